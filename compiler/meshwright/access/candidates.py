"""Values that stand for all values of a dimension: two values that no pattern of the set tells apart share one stand-in.

``candidates`` answers from the shape of the patterns where it can (each shape has its argument below) and falls back to
``automata.explore``, which works for any set.  Stand-ins may be more than needed, never fewer; the friendliest come first.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

from meshwright.access.expr import Dimension, Pattern, family
from meshwright.access.ipv4 import dotted
from meshwright.access.request import ONE, REST, UNSEEN, cidr_range, fold, port_number, template_segments
from meshwright.access.universe import FALLBACKS, FILLERS, TooMany, all_belonging, belongs

MOST = 20_000  # stand-ins of one dimension
DEEPEST = 200  # segments of a path that are told apart


def candidates(dimension: Dimension, patterns: Sequence[Pattern]) -> list[str]:
    """Stand-ins for every class of values under ``patterns`` (distinct ones, in any order).

    Raises TooMany when there are more than a decision can afford, ValueError for a pattern that has no meaning.
    """
    found = _by_shape(dimension, patterns)
    if found is None:
        from meshwright.access.automata import explore  # rarely needed

        found = explore(dimension, patterns)
    if len(found) > MOST:
        raise TooMany(f"{len(found)} kinds of {dimension}")
    return all_belonging(dimension, dict.fromkeys(found))


def _by_shape(dimension: Dimension, patterns: Sequence[Pattern]) -> list[str] | None:
    if dimension == "port":
        return _ports(patterns)
    if dimension in ("source_ip", "destination_ip", "remote_ip"):
        return _addresses(dimension, patterns)
    if dimension == "principal":
        return _principals(patterns)
    if dimension.startswith("asked:"):
        return list(FALLBACKS["asked"])
    kinds = {pattern.kind for pattern in patterns}
    if kinds <= {"exact", "present"}:
        return _words(dimension, patterns)
    if dimension == "path" and "suffix" not in kinds:
        return _paths(patterns)
    if dimension == "host" and "wildcard" in kinds:
        return _host_names(patterns)
    return _affixes(dimension, patterns)


def _ports(patterns: Sequence[Pattern]) -> list[str]:
    named = {port_number(pattern.text) for pattern in patterns}
    fresh = next((port for port in (80, 8080, 9999) if port not in named), 0) or next((p for p in range(1, 65536) if p not in named), 0)
    return [*([str(fresh)] if fresh else []), *(str(port) for port in sorted(named))]


def _addresses(dimension: Dimension, patterns: Sequence[Pattern]) -> list[str] | None:
    """Between two neighbouring bounds of ranges no range begins or ends, so one address of each stretch is enough."""
    if any(pattern.kind != "cidr" for pattern in patterns):
        return None
    found = list(FALLBACKS[dimension])
    for version, end, spell in ((4, 2**32, dotted), (6, 2**128, _ipv6)):
        bounds = {0}
        for pattern in patterns:
            family, low, high = cidr_range(pattern.text)
            if family == version:
                bounds |= {low, high + 1}
        ordered = sorted(bounds | {end})
        for low, above in pairwise(ordered):
            found.append(spell(low + min(5, above - low - 1)))
    return found


def _ipv6(number: int) -> str:
    if 0 < number < 10:
        return f"::{number}"
    from ipaddress import IPv6Address  # only rules with such addresses pay for the import

    return str(IPv6Address(number))


def _words(dimension: Dimension, patterns: Sequence[Pattern]) -> list[str]:
    """Only exact ones: each of them, and one that is none of them."""
    named = {pattern.text for pattern in patterns if pattern.kind == "exact"}
    words = FALLBACKS[family(dimension)]
    fresh = next((word for word in words if word and word not in named), None)
    if fresh is None:
        stem = words[-1]
        fresh = next(f"{stem}{number}" for number in range(len(named) + 1) if f"{stem}{number}" not in named)
    values = [fresh, *sorted(named)]
    return [*values, ""] if belongs(dimension, "") else values


def _affixes(dimension: Dimension, patterns: Sequence[Pattern]) -> list[str] | None:
    """Exact, prefix, suffix: a value that is longer than its longest prefix p and its longest suffix s together is told
    apart from no other such value, so p + filler + s stands for all; shorter ones are p and s overlapping."""
    kinds = {pattern.kind for pattern in patterns}
    if kinds <= {"iexact", "iprefix", "isuffix", "present"}:
        texts = {kind: sorted({fold(p.text) for p in patterns if p.kind == "i" + kind}) for kind in ("exact", "prefix", "suffix")}
    elif kinds <= {"exact", "prefix", "suffix", "present"}:
        texts = {kind: sorted({p.text for p in patterns if p.kind == kind}) for kind in ("exact", "prefix", "suffix")}
    else:
        return None
    start = "/" if dimension == "path" else ""
    used = set().union(*texts["exact"], *texts["prefix"], *texts["suffix"])
    filler = next((char for char in FILLERS[family(dimension)] if char not in used), None)
    if filler is None:
        return None
    prefixes, suffixes = ["", *texts["prefix"]], ["", *texts["suffix"]]
    if len(prefixes) * len(suffixes) > MOST:
        raise TooMany(f"{len(prefixes)} prefixes and {len(suffixes)} suffixes of {dimension}")
    found = [*FALLBACKS[family(dimension)], *texts["exact"]]
    for head in prefixes:
        for tail in suffixes:
            found.append((head or start) + filler + tail)
            found += [head + tail[shared:] for shared in range(len(tail) + 1) if head.endswith(tail[:shared])]
    return [*found, ""]


def _paths(patterns: Sequence[Pattern]) -> list[str] | None:
    """Exact, prefix, template: a walk over segments, at each step trying what some pattern still alive can tell apart.

    Each pattern is a row of tests on segments and says whether more may follow.  None for templates with text behind {**}.
    """
    rows: list[tuple[tuple[_Test, ...], bool]] = []
    for pattern in patterns:
        if pattern.kind == "exact" and pattern.text.startswith("/"):
            rows.append((tuple((_LITERAL, text) for text in pattern.text.split("/")[1:]), False))
        elif pattern.kind == "prefix" and pattern.text.startswith("/"):
            *whole, last = pattern.text.split("/")[1:]
            rows.append((*((*((_LITERAL, text) for text in whole), (_BEGINS, last)), True),))
        elif pattern.kind == "template":
            segments = template_segments(pattern.text)
            if REST in segments[:-1]:
                return None
            rows.append((tuple(_test_of(segment) for segment in segments), segments[-1] == REST))
        elif pattern.kind not in ("exact", "prefix", "present"):
            return None
    filler = next((char for char in FILLERS["path"] if not any(char in pattern.text for pattern in patterns)), None)
    if filler is None:
        return None
    found: list[str] = []
    _walk("", 0, rows, filler, found)
    if any(pattern.kind == "template" for pattern in patterns):
        if any(char in pattern.text for pattern in patterns for char in UNSEEN):
            return None
        # With a character that no operator takes, a path is in no template and is no exact one: only its prefixes tell it apart.
        found += [text + UNSEEN[0] for text in sorted({"/", *(pattern.text for pattern in patterns if pattern.kind == "prefix")})]
    return [*FALLBACKS["path"], *found]


_Test = tuple[int, str]
_LITERAL, _NOT_EMPTY, _BEGINS = 0, 1, 2


def _test_of(segment: str) -> _Test:
    if segment == ONE:
        return _NOT_EMPTY, "/"  # no segment is that
    return (_BEGINS, "") if segment == REST else (_LITERAL, segment)


def _walk(before: str, depth: int, alive: list[tuple[tuple[_Test, ...], bool]], filler: str, found: list[str]) -> None:
    if depth > DEEPEST:
        raise TooMany(f"paths of more than {DEEPEST} segments")
    literals: set[str] = set()
    begins = {""}
    empty = False  # whether an empty segment is anything but one more segment that no pattern names
    for tests, _ in alive:
        kind, text = tests[depth]
        if kind == _LITERAL:
            literals.add(text)
        elif kind == _BEGINS:
            begins.add(text)
        else:
            empty = True
    choices = sorted(literals) + [_begun(text, literals, begins, filler) for text in sorted(begins)]
    if empty and "" not in literals:
        choices.append("")
    for choice in choices:
        path = f"{before}/{choice}"
        found.append(path)
        if len(found) > MOST:
            raise TooMany("kinds of path")
        passed = [row for row in alive if row[0][depth][1] == choice or (row[0][depth][0] != _LITERAL and _passes(row[0][depth], choice))]
        longer = [row for row in passed if len(row[0]) > depth + 1]
        if longer:
            _walk(path, depth + 1, longer, filler, found)
        elif any(not more for _, more in passed):
            found.append(f"{path}/x")  # nobody alive looks further, but an exact one ended here


def _begun(text: str, literals: set[str], begins: set[str], filler: str) -> str:
    """A segment that begins with ``text``, is no literal, and begins with nothing longer; ``filler`` always does it."""
    for word in ("x", "other", "any"):
        segment = text + word
        if segment not in literals and not any(len(other) > len(text) and segment.startswith(other) for other in begins):
            return segment
    return text + filler


def _passes(test: _Test, segment: str) -> bool:
    kind, text = test
    if kind == _LITERAL:
        return segment == text
    return segment != "" if kind == _NOT_EMPTY else segment.startswith(text)


def _host_names(patterns: Sequence[Pattern]) -> list[str] | None:
    """Whole names (with any port: "name:" as prefix) and wildcards: each name, one per wildcard, one outside, with and
    without a port.  None when another kind of pattern looks into the name."""
    names: set[str] = set()
    exact: set[str] = set()
    wildcards = {""}
    for pattern in patterns:
        text = fold(pattern.text)
        if pattern.kind == "iexact":
            names.add(text.partition(":")[0])
            exact.add(text)
        elif pattern.kind == "iprefix" and text.endswith(":") and text.count(":") == 1:
            names.add(text[:-1])
        elif pattern.kind == "wildcard" and ":" not in text:
            wildcards.add(text)
        elif pattern.kind != "present":
            return None
    used = set().union(*names, *wildcards)
    filler = next((char for char in FILLERS["host"] if char not in used), None)
    port = next((text for text in ("8080", "8443", "9999") if not any(name.endswith(f":{text}") for name in exact)), None)
    if filler is None or port is None:
        return None
    bare = [*FALLBACKS["host"], *sorted(names), *(filler + text for text in sorted(wildcards)), *(text for text in sorted(wildcards))]
    return [*bare, *(f"{name}:{port}" for name in bare), *sorted(exact), f":{port}", ""]


def _principals(patterns: Sequence[Pattern]) -> list[str] | None:
    """Patterns that fix whole parts (trust domain, namespace, account): a walk over the three parts."""
    rows: list[tuple[str | None, str | None, str | None]] = []
    for pattern in patterns:
        row = _PARTS[pattern.kind](pattern.text) if pattern.kind in _PARTS else ()
        if row is None:
            return None
        if len(row) == 3:
            rows.append(row)
    domains: dict[str, int] = {}
    for row in rows:
        if row[0] is not None:
            domains[row[0]] = domains.get(row[0], 0) + 1
    ordered = sorted(domains, key=lambda name: (-domains[name], name)) or ["cluster.local"]
    fresh = _unnamed("other.domain", {row[0] for row in rows})
    named: list[str] = []
    outsiders: list[str] = []
    for domain in [*ordered, fresh]:
        under = [row for row in rows if row[0] in (None, domain)]
        spaces: dict[str | None, set[str | None]] = {}
        for row in under:
            spaces.setdefault(row[1], set()).add(row[2])
        for space in [_unnamed("other", spaces.keys()), *sorted(name for name in spaces if name is not None)]:
            accounts = spaces.get(None, set()) | spaces.get(space, set())
            start = f"{domain}/ns/{space}/sa/"
            outsiders.append(start + _unnamed("other", accounts))
            named += [start + name for name in sorted(name for name in accounts if name is not None)]
            if len(named) + len(outsiders) > MOST:
                raise TooMany("kinds of principal")
    return [outsiders[0], *named, "", *outsiders[1:]]


_Row = tuple[str | None, str | None, str | None] | tuple[()] | None


def _exact_row(text: str) -> _Row:
    parts = text.split("/")
    return (parts[0], parts[2], parts[4]) if len(parts) == 5 and belongs("principal", text) else ()


def _prefix_row(text: str) -> _Row:
    if text == "":
        return ()
    parts = text.split("/")
    if parts[-1] != "" or len(parts) < 2 or "" in parts[:-1] or parts[1:2] not in (["ns"], [""]) or parts[3:4] not in ([], ["sa"], [""]):
        return None
    if len(parts) > 5 or (len(parts) == 5 and parts[3] != "sa"):
        return None
    return parts[0], (parts[2] or None) if len(parts) >= 4 else None, None


def _account_row(text: str) -> _Row:
    space, slash, name = text.partition("/")
    return (None, space, name) if slash and belongs("principal", f"x/ns/{space}/sa/{name}") else ()


def _namespace_row(text: str) -> _Row:
    return (None, text, None) if belongs("principal", f"x/ns/{text}/sa/x") else ()


def _nothing_fixed(_text: str) -> _Row:
    return ()


def _not_by_parts(_text: str) -> _Row:
    return None


_PARTS: dict[str, Callable[[str], _Row]] = {
    "exact": _exact_row, "prefix": _prefix_row, "account": _account_row, "namespace": _namespace_row, "present": _nothing_fixed,
    "suffix": _not_by_parts, "template": _not_by_parts, "iexact": _not_by_parts, "iprefix": _not_by_parts, "isuffix": _not_by_parts,
    "wildcard": _not_by_parts, "cidr": _not_by_parts, "number": _not_by_parts, "glob": _not_by_parts, "given": _nothing_fixed,
}


def _unnamed(wish: str, taken: Collection[str | None]) -> str:
    return wish if wish not in taken else next(f"{wish}-{number}" for number in range(2, len(taken) + 3) if f"{wish}-{number}" not in taken)
