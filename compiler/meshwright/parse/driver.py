"""The LALR(1) loop over the tables that Lark made, with the contextual lexing that Lark would have done.

A lexeme is what the state of the parser wants it to be: its candidates are tried in order (a keyword before a name), and
a newline is a separator only where a statement may end.  Linear: every lexeme is looked at once, errors included.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from meshwright.parse.lexemes import CONTINUATIONS, NEWLINE, TRIVIA, Cut, candidates
from meshwright_grammar import tables

# A builder gets the context, the values of the symbols that are kept (tokens as lexeme numbers), and the numbers of the
# first and the last lexeme of what was reduced.
Builder = Callable[[Any, list[Any], int, int], Any]


class Plan(NamedTuple):
    """How one rule is reduced."""

    fate: Literal["pass", "single", "inline", "node"]
    origin: str
    size: int
    keep: tuple[int, ...] | None  # positions kept, None = all
    spliced: tuple[bool, ...]  # for the kept ones: whether it is an inlined rule; () = none is
    build: Builder | None


class Machine:
    """One parse.  ``run`` goes as far as it can; ``push`` and ``pop`` are for whoever repairs what stopped it."""

    __slots__ = ("builders", "context", "cut", "index", "known", "last", "plans", "row", "rows", "starts", "values")

    def __init__(self, cut: Cut, context: Any, builders: Mapping[str, Builder], plans: list[Plan | None]) -> None:
        self.cut = cut
        self.context = context
        self.builders = builders
        self.plans = plans  # shared between runs with the same builders
        self.known: dict[str, tuple[str, ...]] = {}
        self.row = row_of(0)  # of the state at the top of the stack
        self.rows = [self.row]  # the stack, of three: what each state does,
        self.values: list[Any] = [None]  # what was built,
        self.starts = [0]  # and its first lexeme
        self.index = 0  # next lexeme to look at
        self.last = -1  # last lexeme shifted

    def run(self) -> bool:
        """True when the text ended where it may; False when ``self.index`` is a lexeme that does not fit here."""
        lexemes, kinds, known = self.cut.lexemes, self.cut.kinds, self.known
        rows, values, starts = self.rows, self.values, self.starts
        end = len(lexemes)
        index, row, last = self.index, self.row, self.last
        while index < end:
            lexeme = lexemes[index]
            found = known.get(lexeme)
            if found is None:
                found = known[lexeme] = candidates(lexeme)
            following = index + 1
            for terminal in found:
                if terminal in row:
                    break
            else:
                if found is TRIVIA:
                    index = following
                    continue
                if found is not NEWLINE:
                    self.index, self.row, self.last = index, row, last
                    return False
                following = self.significant(index)
                terminal = "_NL"
                if "_NL" not in row or (following < end and lexemes[following] in CONTINUATIONS):
                    index = following
                    continue
            action = row[terminal]
            if action < 0:
                self.last = last
                self.row = row
                reduced = self.reduce(terminal, index)
                if reduced is None:
                    self.index = index
                    return False
                action = reduced
            row = _ROWS[action] or row_of(action)
            last = index
            rows.append(row)
            values.append(index)
            starts.append(index)
            kinds[index] = terminal
            index = following
        self.index, self.row, self.last = index, row, last
        return self.push("$END", index)

    def push(self, terminal: str, index: int) -> bool:
        """Reduce what ``terminal`` asks for and shift it; False, reductions kept, when the state does not accept it."""
        action = self.reduce(terminal, index)
        if action is None:
            return terminal == "$END" and self.row is row_of(_END)
        self.row = row_of(action)
        self.rows.append(self.row)
        self.values.append(index)
        self.starts.append(index)
        self.last = index
        return True

    def reduce(self, terminal: str, index: int) -> int | None:
        """Every reduction that ``terminal`` asks for; then the state it is shifted to, None if it is not accepted after all."""
        rows, values, starts, plans, row = self.rows, self.values, self.starts, self.plans, self.row
        action = row.get(terminal)
        while action is not None and action < 0:
            fate, origin, size, keep, spliced, build = plans[~action] or self._plan(~action)
            if fate == "pass":
                rows.pop()
            else:
                if size == 1:
                    rows.pop()
                    first = starts.pop()
                    parts = [values.pop()]
                    if keep is not None:
                        parts = []
                elif size:
                    parts = values[-size:]
                    first = starts[-size]
                    del rows[-size:], values[-size:], starts[-size:]
                    if keep is not None:
                        parts = [parts[place] for place in keep]
                else:
                    parts = []
                    first = index
                if spliced:
                    parts = _splice(parts, spliced)
                starts.append(first)
                if fate == "node":
                    values.append(build(self.context, parts, first, self.last) if build is not None else None)
                elif fate == "inline":
                    values.append(parts)
                elif len(parts) == 1:
                    values.append(parts[0])
                else:
                    values.append(build(self.context, parts, first, self.last) if build is not None else None)
            state = rows[-1][origin]
            row = _ROWS[state] or row_of(state)
            rows.append(row)
            action = row.get(terminal)
        self.row = row
        return action

    def pop(self) -> None:
        """Forget the top of the stack."""
        del self.rows[-1], self.values[-1], self.starts[-1]
        self.row = self.rows[-1]

    def significant(self, index: int) -> int:
        """The first lexeme from ``index`` on that is not blank, newline or comment; the number of lexemes if there is none."""
        lexemes = self.cut.lexemes
        while index < len(lexemes) and lexemes[index][0] in " \t\r\n#":
            index += 1
        return index

    def accepts(self, terminal: str) -> bool:
        """Whether ``terminal`` would be shifted here, all reductions before it considered."""
        rows, row = list(self.rows), self.row
        action = row.get(terminal)
        while action is not None and action < 0:
            origin, _, _, symbols = tables.RULES[~action]
            if symbols:
                del rows[-len(symbols):]
            row = row_of(rows[-1][origin])
            rows.append(row)
            action = row.get(terminal)
        return action is not None or (terminal == "$END" and row is row_of(_END))

    def _plan(self, number: int) -> Plan:
        origin, name, fate, symbols = tables.RULES[number]
        keep = tuple(place for place, symbol in enumerate(symbols) if symbol != "-")
        spliced = tuple(symbols[place] == "s" for place in keep)
        plan = Plan("pass" if fate == "single" and symbols == "k" else fate, origin, len(symbols),  # type: ignore[arg-type]
                    None if len(keep) == len(symbols) else keep, spliced if any(spliced) else (), self.builders.get(name))
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
