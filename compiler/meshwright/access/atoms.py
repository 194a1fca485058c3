"""The atoms of one dimension: stand-ins for the classes of its values, and which of them each pattern covers, as bits."""

from collections.abc import Iterable
from functools import lru_cache

from meshwright.access.candidates import candidates
from meshwright.access.expr import DIMENSIONS, Dimension, Pattern, Value, family
from meshwright.access.request import ONE, REST, cidr_range, matches, seen, template_segments
from meshwright.access.universe import FALLBACKS
from meshwright.record import NamedTuple


class Atoms(NamedTuple):
    """``values[i]`` stands for its class, bit i of a mask for the same class; friendlier values have lower bits."""

    values: tuple[Value, ...]
    masks: dict[Pattern, int]

    @property
    def full(self) -> int:
        return (1 << len(self.values)) - 1


def atoms(dimension: Dimension, patterns: Iterable[Pattern]) -> Atoms:
    """The atoms under a set of patterns; remembered per set.  Raises TooMany and ValueError as ``candidates`` does."""
    return _atoms(dimension, frozenset(patterns))


# One name fixes the classes of a dimension that occurs in no pattern: its friendliest value stands for all.
@lru_cache(maxsize=2048)
def _atoms(dimension: Dimension, patterns: frozenset[Pattern]) -> Atoms:
    if not patterns:
        return Atoms(FALLBACKS[family(dimension)][:1], {})
    if dimension not in DIMENSIONS:
        from meshwright.access.attributes import atoms_of_attribute  # only policies that ask for some pay for it

        return Atoms(*atoms_of_attribute(dimension, patterns))
    values = candidates(dimension, sorted(patterns))
    place = {value: number for number, value in enumerate(values)}
    split = [value.split("/")[1:] for value in values] if dimension == "path" else []
    masks = {}
    for pattern in patterns:
        kind, text = pattern
        if kind == "exact":
            masks[pattern] = 1 << place[text] if text in place else 0
        elif kind == "prefix":
            masks[pattern] = sum([1 << number for number, value in enumerate(values) if value.startswith(text)])
        elif kind == "template" and REST not in template_segments(text)[:-1]:
            masks[pattern] = _template_mask(template_segments(text), split)
        else:
            masks[pattern] = sum([1 << number for number, value in enumerate(values) if matches(pattern, value)])
    return Atoms(tuple(values), masks)


def _template_mask(segments: tuple[str, ...], split: list[list[str]]) -> int:
    """As ``matches`` would say, for values already cut into segments; {**} only at the end."""
    length, rest = len(segments), segments[-1] == REST
    fixed = [(place, segment) for place, segment in enumerate(segments) if segment not in (ONE, REST)]
    some = [place for place, segment in enumerate(segments) if segment == ONE]
    mask = 0
    for number, value in enumerate(split):
        if len(value) == length or (rest and len(value) > length):
            for place, segment in fixed:
                if value[place] != segment:
                    break
            else:
                if all(value[place] and seen(value[place]) for place in some) and (not rest or all(map(seen, value[length - 1 :]))):
                    mask |= 1 << number
    return mask


def forget() -> None:
    """Drop what was remembered (benchmarks measure the cold case)."""
    _atoms.cache_clear()
    cidr_range.cache_clear()
