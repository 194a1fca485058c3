"""Lines that look alike are parsed alike: what the tables make of one shape of a line is found once, and used for all such lines.

The tables are deterministic: the state at the start of a line and the terminals on it decide every shift and reduction up to its end.
What is kept of that is what to build, with the lexemes counted from the start of the line.
"""

from collections.abc import Callable, Sequence
from typing import Any

from meshwright.parse.lexemes import CANDIDATES
from meshwright.parse.plan import Plan, Plans, Row, row_of
from meshwright.record import NamedTuple

# Gets the context and the number of the first lexeme of the line; gives a value of the tree.
Maker = Callable[[Any, int], Any]
# A value before it is built: a lexeme counted from the start of the line, how to build a node, or the values of an inlined rule.
Part = Any

class Line(NamedTuple):
    """What a line adds to the stack of the parser, one value for each entry."""

    kinds: list[str]  # of each lexeme
    rows: list[Row]
    makers: list[Part]
    starts: list[int]  # first lexeme of each entry, counted from the start of the line
    last: int  # last lexeme shifted, counted likewise
    below: list[Row] | None  # the two rows below that of the line's start with which a newline makes its value the last of a list


def read(plans: Plans, top: list[Row], shape: str, ends: bool) -> Line | None:
    """What the tables make of a line of the shape ``shape`` where the stack ends with ``top``; ``ends``: a separator may follow it.

    None when the tables alone cannot say: the line does not fit, or reduces what stands before it.
    """
    row = top[-1]
    rows, parts, starts = [row], list[Part]([None]), [0]
    kinds: list[str] = []
    last = -1
    for index, mark in enumerate(shape):
        terminal = next((each for each in CANDIDATES[mark] if each in row), None)
        if terminal is None:
            if CANDIDATES[mark]:
                return None
            kinds.append("")
            continue
        row = _reduce(plans, rows, parts, starts, terminal, index, last)
        action = row.get(terminal, -1)
        if action < 0:
            return None
        row = row_of(action)
        rows.append(row)
        parts.append(index)
        starts.append(index)
        kinds.append(terminal)
        last = index
    if last < 0:
        return None
    if ends and "_NL" in row and "_NL" not in _reduce(plans, rows, parts, starts, "_NL", len(shape), last):
        return None  # not accepted after all: a mistake
    below = top[:2] if ends and type(parts[-1]) is not int and _repeats(plans, top, rows[1:]) else None
    return Line(kinds, rows[1:], [_maker(part) for part in parts[1:]], starts[1:], last, below)


def _repeats(plans: Plans, top: list[Row], line: list[Row]) -> bool:
    """Whether a newline behind the line adds its one value to the list before it, and leads back to where the line began."""
    if len(top) < 3 or len(line) != 1 or line[0].get("_NL", 0) >= 0:
        return False
    before, members, row = top
    plan = plans.get(~line[0]["_NL"])
    longer = plan.fate == "inline" and plan.size == 3 and plan.keep == (0, 2) and plan.spliced == (True, False)
    if not longer or plan.origin not in before or members.get("_NL", -1) < 0:
        return False
    return row_of(before[plan.origin]) is members and row_of(members["_NL"]) is row


def _reduce(plans: Plans, rows: list[Row], parts: list[Part], starts: list[int], terminal: str, index: int, last: int) -> Row:
    """Every reduction that ``terminal`` asks for and that stays on this line; the row that is then at the top."""
    action = rows[-1].get(terminal, 0)
    while action < 0:
        plan = plans.get(~action)
        size = plan.size
        if size >= len(rows) or last < 0:
            break
        inner = parts[len(parts) - size:]
        first = starts[-size] if size else index
        if size:
            del rows[-size:], parts[-size:], starts[-size:]
        rows.append(row_of(rows[-1][plan.origin]))
        parts.append(_part(plan, inner, first, last))
        starts.append(first)
        action = rows[-1].get(terminal, 0)
    return rows[-1]


def _part(plan: Plan, inner: list[Part], first: int, last: int) -> Part:
    if plan.fate == "pass":
        return inner[0]
    kept = inner if plan.keep is None else [inner[place] for place in plan.keep]
    if plan.spliced:
        kept = [each for part, inline in zip(kept, plan.spliced, strict=True) for each in (part if inline else [part])]
    if plan.fate == "inline":
        return kept
    if plan.fate == "single" and len(kept) == 1:
        return kept[0]
    return _node(plan.build or _nothing, [_maker(part) for part in kept], first, last)


def _nothing(context: Any, values: list[Any], first: int, last: int) -> None:
    """For rules without a builder: what is inside is built all the same."""


def _maker(part: Part) -> Part:
    return _list([_maker(each) for each in part]) if type(part) is list else part


def _list(makers: list[Part]) -> Maker:
    return lambda c, at: [at + make if type(make) is int else make(c, at) for make in makers]


def _node(build: Callable[[Any, list[Any], int, int], Any], makers: Sequence[Part], first: int, last: int) -> Maker:
    """Calls ``build`` with the values; what comes often has a form of its own, without a loop."""
    values: Any = makers
    if all(type(make) is int for make in makers):
        if len(makers) == 1:
            return lambda c, at: build(c, [at + values[0]], at + first, at + last)
        return lambda c, at: build(c, [at + place for place in values], at + first, at + last)
    if int in map(type, makers) or len(makers) > 4:
        return lambda c, at: build(c, [at + make if type(make) is int else make(c, at) for make in values], at + first, at + last)
    if len(makers) == 1:
        (one,) = values
        return lambda c, at: build(c, [one(c, at)], at + first, at + last)
    if len(makers) == 2:
        one, two = values
        return lambda c, at: build(c, [one(c, at), two(c, at)], at + first, at + last)
    if len(makers) == 3:
        one, two, three = values
        return lambda c, at: build(c, [one(c, at), two(c, at), three(c, at)], at + first, at + last)
    one, two, three, four = values
    return lambda c, at: build(c, [one(c, at), two(c, at), three(c, at), four(c, at)], at + first, at + last)
