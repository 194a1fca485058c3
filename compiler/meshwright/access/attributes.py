"""Atoms of attributes: values that may be missing, and values that are sets of texts.

A set shows the patterns that any of its elements shows, so its atoms are the unions of what single texts show.  Patterns that no
text joins say nothing of each other; a space keeps each such group as a dimension of its own, or n exact ones would make 2^n atoms.
"""

from collections.abc import Iterable

from meshwright.access.candidates import MOST, candidates
from meshwright.access.expr import NOTHING, Dimension, Expr, Pattern, Value, any_of, both, is_set, negate
from meshwright.access.request import matches
from meshwright.access.universe import TooMany

GROUP = "\0"  # between the name of a dimension and the number of a group of its patterns


def atoms_of_attribute(dimension: Dimension, patterns: Iterable[Pattern]) -> tuple[tuple[Value, ...], dict[Pattern, int]]:
    """The values and masks of ``Atoms`` for an attribute; a value that is missing is the friendliest.  Raises as ``candidates`` does."""
    name = dimension.partition(GROUP)[0]
    ordered = sorted(patterns)
    texts = candidates(name, [pattern for pattern in ordered if pattern.kind != "given"])  # that one covers every text
    values: list[Value] = []
    if is_set(name):
        values.extend(_unions(_shown(ordered, texts)).values())
    elif name in ("claim:iss", "claim:sub") or name.startswith(("header:", "metadata:")):
        values = [None, *texts]
    else:
        values.extend(texts)
    masks = {pattern: sum([1 << number for number, value in enumerate(values) if matches(pattern, value)]) for pattern in ordered}
    return tuple(values), masks


def impossible(patterns: dict[Dimension, set[Pattern]]) -> Expr:
    """Requests that cannot be, among those that ``patterns`` tell apart: with a claim, and without the issuer that every token has.

    Adds to ``patterns`` what it speaks of itself.
    """
    found = []
    given = Pattern("given", "")
    for dimension in sorted(patterns):
        if dimension.startswith("claim:") and dimension != "claim:iss":
            if not is_set(dimension):
                patterns[dimension].add(given)
            found.extend([Expr("match", dimension, pattern) for pattern in sorted(patterns[dimension])])
    if not found:
        return NOTHING
    patterns.setdefault("claim:iss", set()).add(given)
    return both(negate(Expr("match", "claim:iss", given)), any_of(found))


def groups(dimension: Dimension, patterns: Iterable[Pattern]) -> list[list[Pattern]]:
    """The patterns of a dimension of sets, in groups that no text joins."""
    ordered = sorted(patterns)
    if all(pattern.kind == "exact" for pattern in ordered):
        return [[pattern] for pattern in ordered]
    found: list[int] = []
    for shown in _shown(ordered, candidates(dimension, ordered)):
        joined, apart = shown, []
        for group in found:
            if group & shown:
                joined |= group
            else:
                apart.append(group)
        found = [*apart, joined] if joined else apart
    masks = [[pattern for number, pattern in enumerate(ordered) if group >> number & 1] for group in found]
    listed = {pattern for group in masks for pattern in group}
    return [*sorted(masks), *([pattern] for pattern in ordered if pattern not in listed)]  # the last ones match no text at all


def grouped(expr: Expr, places: dict[tuple[Dimension, Pattern], Dimension]) -> Expr:
    """``expr`` with the dimension of each match on a set replaced by that of its group."""
    if expr.op == "match":
        if expr.dimension is None or expr.pattern is None:
            return expr
        place = places.get((expr.dimension, expr.pattern))
        return expr if place is None else expr._replace(dimension=place)
    return expr._replace(args=tuple([grouped(arg, places) for arg in expr.args])) if expr.args else expr


def _shown(patterns: list[Pattern], texts: Iterable[str]) -> dict[int, str]:
    """What single texts show, as bits over ``patterns``, with a text that shows it."""
    found: dict[int, str] = {}
    for text in texts:
        found.setdefault(sum([1 << number for number, pattern in enumerate(patterns) if matches(pattern, text)]), text)
    return found


def _unions(shown: dict[int, str]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {0: ()}
    for bits, text in shown.items():
        for others, texts in list(found.items()):
            if bits | others not in found:
                found[bits | others] = (*texts, text)
                if len(found) > MOST:
                    raise TooMany("kinds of sets")
    return found
