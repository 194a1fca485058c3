"""The LALR(1) loop over the tables that Lark made, with the contextual lexing that Lark would have done.

A lexeme is what the state of the parser wants it to be: its candidates are tried in order (a keyword before a name), and
a newline is a separator only where a statement may end.  Linear: every lexeme is looked at once, errors included.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from meshwright.parse.lexemes import CONTINUATIONS, NEWLINE, Cut, candidates
from meshwright_grammar import tables

# A builder gets the context, the values of the symbols that are kept (tokens as lexeme numbers), and the numbers of the
# first and the last lexeme of what was reduced.
Builder = Callable[[Any, list[Any], int, int], Any]


class Plan(NamedTuple):
    """How one rule is reduced."""

    origin: str
    size: int
    fate: str  # node, inline (its values become those of the rule above) or single (as inline when there is one)
    keep: tuple[int, ...] | None  # positions kept, None = all
    spliced: tuple[bool, ...]  # for the kept ones, () = none
    build: Builder | None


class Machine:
    """One parse.  ``run`` goes as far as it can; ``push`` and ``pop`` are for whoever repairs what stopped it."""

    __slots__ = ("builders", "context", "cut", "index", "known", "last", "plans", "row", "starts", "states", "values")

    def __init__(self, cut: Cut, context: Any, builders: Mapping[str, Builder], plans: list[Plan | None]) -> None:
        self.cut = cut
        self.context = context
        self.builders = builders
        self.plans = plans  # shared between runs with the same builders
        self.known: dict[str, tuple[str, ...]] = {}
        self.states = [0]
        self.values: list[Any] = [None]
        self.starts = [0]
        self.row = row_of(0)
        self.index = 0  # next lexeme to look at
        self.last = -1  # last lexeme shifted

    def run(self) -> bool:
        """True when the text ended where it may; False when ``self.index`` is a lexeme that does not fit here."""
        lexemes, kinds, known = self.cut.lexemes, self.cut.kinds, self.known
        end = len(lexemes)
        index, row = self.index, self.row
        push = self.push
        while index < end:
            lexeme = lexemes[index]
            found = known.get(lexeme)
            if found is None:
                found = known[lexeme] = candidates(lexeme)
            if not found:
                index += 1
                continue
            following = index + 1
            if found is NEWLINE:
                following = self.significant(index)
                if "_NL" not in row or (following < end and lexemes[following] in CONTINUATIONS):
                    index = following
                    continue
                terminal = "_NL"
            else:
                for terminal in found:
                    if terminal in row:
                        break
                else:
                    self.index = index
                    return False
            if not push(terminal, index):
                self.index = index
                return False
            row = self.row
            kinds[index] = terminal
            index = following
        self.index = index
        return self.push("$END", index)

    def push(self, terminal: str, index: int) -> bool:
        """Reduce what ``terminal`` asks for and shift it; False, reductions kept, when the state does not accept it."""
        row, states, values, starts = self.row, self.states, self.values, self.starts
        action = row.get(terminal)
        while action is not None and action < 0:
            plan = self.plans[~action] or self._plan(~action)
            size = plan.size
            if size:
                parts = values[-size:]
                first = starts[-size]
                del states[-size:], values[-size:], starts[-size:]
                if plan.keep is not None:
                    parts = [parts[place] for place in plan.keep]
                if plan.spliced:
                    parts = _splice(parts, plan.spliced)
            else:
                parts = []
                first = index
            fate = plan.fate
            if fate == "inline" or (fate == "single" and len(parts) == 1):
                value = parts if fate == "inline" else parts[0]
            else:
                value = plan.build(self.context, parts, first, self.last) if plan.build else None
            state = row_of(states[-1])[plan.origin]
            states.append(state)
            values.append(value)
            starts.append(first)
            row = row_of(state)
            action = row.get(terminal)
        self.row = row
        if action is None:
            return terminal == "$END" and states[-1] == _END
        states.append(action)
        values.append(index)
        starts.append(index)
        self.row = row_of(action)
        self.last = index
        return True

    def pop(self) -> None:
        """Forget the top of the stack."""
        del self.states[-1], self.values[-1], self.starts[-1]
        self.row = row_of(self.states[-1])

    def significant(self, index: int) -> int:
        """The first lexeme from ``index`` on that is not blank, newline or comment; the number of lexemes if there is none."""
        lexemes = self.cut.lexemes
        while index < len(lexemes) and lexemes[index][0] in " \t\r\n#":
            index += 1
        return index

    def accepts(self, terminal: str) -> bool:
        """Whether ``terminal`` would be shifted here, all reductions before it considered."""
        states, row = list(self.states), self.row
        action = row.get(terminal)
        while action is not None and action < 0:
            origin, _, _, symbols = tables.RULES[~action]
            if symbols:
                del states[-len(symbols):]
            states.append(row_of(states[-1])[origin])
            row = row_of(states[-1])
            action = row.get(terminal)
        return action is not None or (terminal == "$END" and states[-1] == _END)

    def _plan(self, number: int) -> Plan:
        origin, name, fate, symbols = tables.RULES[number]
        keep = tuple(place for place, symbol in enumerate(symbols) if symbol != "-")
        spliced = tuple(symbols[place] == "s" for place in keep)
        plan = Plan(origin, len(symbols), fate, None if len(keep) == len(symbols) else keep, spliced if any(spliced) else (),
                    self.builders.get(name))
        self.plans[number] = plan
        return plan


def new_plans() -> list[Plan | None]:
    """Room for the plans of one set of builders."""
    return [None] * len(tables.RULES)


def row_of(state: int) -> dict[str, int]:
    """What a state does: symbol -> state to go to, or ~rule to reduce."""
    row = _ROWS[state]
    if row is None:
        cells = iter(tables.STATES[state].split())
        row = _ROWS[state] = {_SYMBOLS[int(symbol)]: int(action) for symbol, action in zip(cells, cells, strict=True)}
    return row


def _splice(parts: list[Any], spliced: tuple[bool, ...]) -> list[Any]:
    """Values of inlined rules in place of the rules; a list that comes first is used further, which keeps lists linear."""
    result: list[Any] = parts[0] if spliced[0] else [parts[0]]
    for part, inline in zip(parts[1:], spliced[1:], strict=True):
        if inline:
            result.extend(part)
        else:
            result.append(part)
    return result


_SYMBOLS = tables.SYMBOLS
_ROWS: list[dict[str, int] | None] = [None] * len(tables.STATES)
_END = row_of(0)["<start>"]
