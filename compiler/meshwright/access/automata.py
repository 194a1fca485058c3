"""Stand-ins for any set of patterns: one small machine a pattern, all of them fed together, character by character.

Slower than the shapes of ``candidates`` and right for every mixture: suffixes beside templates, cases beside no cases.
"""

from collections.abc import Callable, Sequence
from typing import Any

from meshwright.access.expr import Dimension, Pattern, PatternKind, family
from meshwright.access.request import ANY, ONE, REST, SEGMENT, UNSEEN, fold, glob_tokens, seen, template_segments
from meshwright.access.universe import FILLERS, TooMany, allowed, belongs

MOST_STATES = 20_000


def explore(dimension: Dimension, patterns: Sequence[Pattern]) -> list[str]:
    """One value for every set of ``patterns`` that some value of ``dimension`` matches; shortest first.

    Raises TooMany beyond ``MOST_STATES`` joint states.
    """
    machines = [_machine(pattern) for pattern in patterns] + [_tokens(tokens) for tokens in _SHAPES[family(dimension)]]
    steps = [step for _, step, _ in machines]
    accepts = [accept for _, _, accept in machines]
    letters = _alphabet(dimension, patterns)
    start = tuple(first for first, _, _ in machines)
    seen = {start}
    found: dict[tuple[bool, ...], str] = {}
    queue = [(start, "")]
    for states, text in queue:
        vector = tuple(accept(state) for accept, state in zip(accepts, states, strict=True))
        if vector not in found and belongs(dimension, text):
            found[vector] = text
        for char in letters:
            following = tuple(step(state, char) for step, state in zip(steps, states, strict=True))
            if following not in seen:
                if len(seen) >= MOST_STATES:
                    raise TooMany(f"joint states of {len(patterns)} patterns of {dimension}")
                seen.add(following)
                queue.append((following, text + char))
    return list(found.values())


def _alphabet(dimension: Dimension, patterns: Sequence[Pattern]) -> list[str]:
    """Characters that some pattern names, in both cases where case is ignored, and one that none names."""
    named = {"/"} if dimension in ("principal", "path") else {":"} if dimension == "host" else set()
    for pattern in patterns:
        named |= set(pattern.text)
        if pattern.kind in ("iexact", "iprefix", "isuffix", "wildcard"):
            named |= {char.lower() for char in pattern.text if char.isascii()} | {char.upper() for char in pattern.text if char.isascii()}
    if dimension == "principal":
        named |= set("/nsa")
    fresh = next((char for char in FILLERS[family(dimension)] if not named & {char.lower(), char.upper()}), None)
    if fresh is None:
        fresh = next((chr(code) for code in range(33, 127) if chr(code) not in named and allowed(dimension, chr(code))), None)
    if fresh is None and dimension == "path":
        fresh = next(chr(code) for code in range(0xE0, 0x10000) if chr(code) not in named)
    if any(pattern.kind == "template" for pattern in patterns):
        # One that no operator takes; it is named by no pattern, or it tells itself apart anyway.
        named.add(next((char for char in UNSEEN if char not in named), UNSEEN[0]))
    return [*([fresh] if fresh else []), *sorted(char for char in named if allowed(dimension, char))]


_State = Any  # hashable; each machine knows its own
_Machine = tuple[_State, Callable[[_State, str], _State], Callable[[_State], bool]]

# A token is one character, or one of these.
_SOME = "some"  # a character that is no slash
_MANY = "many"  # any number of them
_ALL = "all"  # any number of any characters
_PART = (_SOME, _MANY)
# The same of characters that operators of templates take.
_SEEN_ONE, _SEEN_MANY, _SEEN_ALL = "seen one", "seen many", "seen all"
_REPEATED = (_MANY, _ALL, _SEEN_MANY, _SEEN_ALL)
# The shape that values of a dimension have.  Its machine takes part so that joint states keep apart what it keeps apart.
_SHAPES: dict[str, tuple[tuple[str, ...], ...]] = {
    "principal": ((*_PART, *"/ns/", *_PART, *"/sa/", *_PART), ()), "path": (("/", _ALL),), "method": ((),), "host": ((),),
    "sni": ((),), "header": ((),), "claim": ((),), "metadata": ((),), "source_ip": (), "destination_ip": (), "remote_ip": (), "port": (),
}


def _machine(pattern: Pattern) -> _Machine:
    kind, text = pattern
    if kind in ("iexact", "iprefix", "isuffix"):
        return _folded(_machine(Pattern(_CASED[kind], fold(text))))
    if kind == "wildcard":
        return _folded(_wildcard(fold(text)))
    if kind == "suffix":
        return _suffix(text)
    if kind == "exact":
        return _tokens(tuple(text))
    if kind == "prefix":
        return _tokens((*text, _ALL))
    if kind == "present":
        return _tokens((_SOME_CHAR, _ALL))
    if kind == "given":
        return _tokens((_ALL,))
    if kind == "glob":
        return _tokens(tuple([_MANY if token == SEGMENT else _ALL if token == ANY else token for token in glob_tokens(text)]))
    if kind == "template":
        tokens: list[str] = []
        for segment in template_segments(text):
            tokens += ["/", *((_SEEN_ONE, _SEEN_MANY) if segment == ONE else (_SEEN_ALL,) if segment == REST else segment)]
        return _tokens(tuple(tokens))
    if kind == "namespace":
        return _tokens((*_PART, *"/ns/", *text, *"/sa/", *_PART))
    if kind == "account":
        space, _, name = text.partition("/")
        return _tokens((*_PART, *"/ns/", *space, *"/sa/", *name))
    raise ValueError(f"a {kind} pattern is no pattern over text")


_SOME_CHAR = "any"
_CASED: dict[PatternKind, PatternKind] = {"iexact": "exact", "iprefix": "prefix", "isuffix": "suffix"}


def _folded(machine: _Machine) -> _Machine:
    start, step, accept = machine
    return start, lambda state, char: step(state, fold(char)), accept


def _tokens(tokens: tuple[str, ...]) -> _Machine:
    """A state is the set of places in ``tokens`` where the reading may stand."""
    end = len(tokens)

    def closed(places: set[int]) -> frozenset[int]:
        for place in sorted(places):
            while place < end and tokens[place] in _REPEATED:
                place += 1
                places.add(place)
        return frozenset(places)

    def step(state: _State, char: str) -> _State:
        following: set[int] = set()
        for place in state:
            if place < end:
                token = tokens[place]
                if (token == _ALL or (token == _MANY and char != "/") or (token == _SEEN_MANY and seen(char))
                        or (token == _SEEN_ALL and (char == "/" or seen(char)))):
                    following.add(place)
                elif token in (char, _SOME_CHAR) or (token == _SOME and char != "/") or (token == _SEEN_ONE and seen(char)):
                    following.add(place + 1)
        return closed(following)

    return closed({0}), step, lambda state: end in state


def _suffix(text: str) -> _Machine:
    """A state is how much of ``text`` the end of the reading shows."""

    def step(state: _State, char: str) -> _State:
        shown = text[:state] + char
        shown = shown[-len(text):] if text else ""
        while not text.startswith(shown):
            shown = shown[1:]
        return len(shown)

    return 0, step, lambda state: state == len(text)


def _wildcard(text: str) -> _Machine:
    """A state is what ``_suffix`` shows and whether the name is longer than ``text`` yet; behind ":" nothing changes."""
    _, advance, ends = _suffix(text)

    def step(state: _State, char: str) -> _State:
        shown, length, closed = state
        if closed or char == ":":
            return shown, length, True
        return advance(shown, char), min(length + 1, len(text) + 1), False

    def accept(state: _State) -> bool:
        shown, length, _ = state
        return length > len(text) and ends(shown)

    return (0, 0, False), step, accept
