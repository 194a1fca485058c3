"""The tables, unpacked as they are needed: what a state does, and how a rule is reduced."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from meshwright.record import NamedTuple
from meshwright_grammar import tables

# A builder gets the context, the values of the symbols that are kept (tokens as lexeme numbers), and the numbers of the
# first and the last lexeme of what was reduced.
Builder = Callable[[Any, list[Any], int, int], Any]
Row = dict[str, int]  # what a state does: symbol -> state to go to, or ~rule to reduce


class Plan(NamedTuple):
    """How one rule is reduced."""

    fate: Literal["pass", "single", "inline", "node"]
    origin: str
    size: int
    keep: tuple[int, ...] | None  # positions kept, None = all
    spliced: tuple[bool, ...]  # for the kept ones: whether it is an inlined rule; () = none is
    build: Builder | None


class Plans:
    """The plans of one set of builders, and the lines that were read with them; shared between runs."""

    __slots__ = ("builders", "lines", "rules")

    def __init__(self, builders: Mapping[str, Builder]) -> None:
        self.builders = builders
        self.rules: list[Plan | None] = [None] * len(tables.RULES)
        self.lines: dict[Any, Any] = {}  # filled by the driver

    def get(self, number: int) -> Plan:
        """The plan of the rule with this number."""
        plan = self.rules[number]
        if plan is None:
            origin, name, fate, symbols = tables.RULES[number]
            keep = tuple(place for place, symbol in enumerate(symbols) if symbol != "-")
            spliced = tuple(symbols[place] == "s" for place in keep)
            plan = Plan("pass" if fate == "single" and symbols == "k" else fate, origin, len(symbols),  # type: ignore[arg-type]
                        None if len(keep) == len(symbols) else keep, spliced if any(spliced) else (), self.builders.get(name))
            self.rules[number] = plan
        return plan


def row_of(state: int) -> Row:
    """What a state does."""
    row = ROWS[state]
    if row is None:
        cells = iter(tables.STATES[state].split())
        row = ROWS[state] = {_SYMBOLS[int(symbol)]: int(action) for symbol, action in zip(cells, cells, strict=True)}
    return row


_SYMBOLS = tables.SYMBOLS
ROWS: list[Row | None] = [None] * len(tables.STATES)  # of the states that were needed so far
