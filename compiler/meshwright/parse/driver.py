"""The LALR(1) loop over the tables that Lark made, with the contextual lexing that Lark would have done.

A lexeme is what the state of the parser wants it to be: its candidates are tried in order (a keyword before a name), and
a newline is a separator only where a statement may end.  Linear: every lexeme is looked at once, errors included.
"""

from typing import Any

from meshwright.parse import lines
from meshwright.parse.lexemes import CANDIDATES, COMMENT_MARK, CONTINUATIONS, NEWLINE_MARK, Cut, shape
from meshwright.parse.plan import ROWS, Plans, Row, row_of
from meshwright_grammar import tables

MOST_LINES = 2_000  # shapes of lines that are remembered; a text of more of them gains nothing by it


class Machine:
    """One parse.  ``run`` goes as far as it can; ``push`` and ``pop`` are for whoever repairs what stopped it."""

    __slots__ = ("context", "cut", "following", "index", "last", "plans", "row", "rows", "shape", "starts", "values")

    def __init__(self, cut: Cut, context: Any, plans: Plans) -> None:
        self.cut = cut
        self.context = context
        self.plans = plans
        self.shape = cut.shape
        self.row = row_of(0)  # of the state at the top of the stack
        self.rows = [self.row]  # the stack, of three: what each state does,
        self.values: list[Any] = [None]  # what was built,
        self.starts = [0]  # and its first lexeme
        self.index = 0  # next lexeme to look at
        self.following = 0  # the first lexeme that is not blank behind the line that `_line` looked at
        self.last = -1  # last lexeme shifted

    def run(self) -> bool:
        """True when the text ended where it may; False when ``self.index`` is a lexeme that does not fit here."""
        lexemes, kinds = self.cut.lexemes, self.cut.kinds
        rows, values, starts = self.rows, self.values, self.starts
        end = len(lexemes)
        if len(self.shape) != end:
            self.shape = shape(lexemes)  # again after a repair that cut a lexeme up
        marks = self.shape
        index, row, last = self.index, self.row, self.last
        fresh = False  # whether a line begins here
        while index < end:
            mark = marks[index]
            if fresh:
                fresh = False
                line = self._line(index, row)
                if line is not None:
                    size = len(line.kinds)
                    kinds[index:index + size] = line.kinds
                    if line.below is not None and rows[-3:-1] == line.below:  # the newline will add it to the list, and stand here again
                        values[-2].append(line.makers[0](self.context, index))
                        last = values[-1] = starts[-1] = index + size
                        kinds[last] = "_NL"
                        index = self.following
                        fresh = True
                        continue
                    for make in line.makers:
                        values.append(index + make if type(make) is int else make(self.context, index))
                    for start in line.starts:
                        starts.append(index + start)
                    rows += line.rows
                    row = rows[-1]
                    last = index + line.last
                    index += size
                    continue
            following = index + 1
            for terminal in CANDIDATES[mark]:
                if terminal in row:
                    break
            else:
                if mark != NEWLINE_MARK:
                    if not CANDIDATES[mark]:  # a blank or a comment
                        index = following
                        continue
                    self.index, self.row, self.last = index, row, last
                    return False
                fresh = True
                following = self.beyond(index)
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
            row = ROWS[action] or row_of(action)
            last = index
            rows.append(row)
            values.append(index)
            starts.append(index)
            kinds[index] = terminal
            index = following
        self.index, self.row, self.last = index, row, last
        return self.push("$END", index)

    def _line(self, index: int, row: Row) -> lines.Line | None:
        """How to read the line that begins at ``index``, if it is known; a line is read for that when its like comes again."""
        end = self.shape.find(NEWLINE_MARK, index)
        if end <= index:
            return None
        self.following = following = self.beyond(end)
        ends = following >= len(self.shape) or self.cut.lexemes[following] not in CONTINUATIONS
        key = (id(row), ends, self.shape[index:end])  # rows live for ever
        known = self.plans.lines
        line = known.get(key, 0)
        if line == 0:
            if len(known) < MOST_LINES:
                known[key] = 1
            return None
        if line == 1:
            line = known[key] = lines.read(self.plans, self.rows[-3:], key[2], ends)
        return line  # type: ignore[no-any-return]

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
        rows, values, starts, plans, row = self.rows, self.values, self.starts, self.plans.rules, self.row
        action = row.get(terminal)
        while action is not None and action < 0:
            fate, origin, size, keep, spliced, build = plans[~action] or self.plans.get(~action)
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
            row = ROWS[state] or row_of(state)
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

    def beyond(self, newline: int) -> int:
        """The same behind a newline, which has all blanks and newlines that follow it."""
        following = newline + 1
        return self.significant(following) if self.shape[following:following + 1] == COMMENT_MARK else following

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

def _splice(parts: list[Any], spliced: tuple[bool, ...]) -> list[Any]:
    """Values of inlined rules in place of the rules; a list that comes first is used further, which keeps lists linear."""
    result: list[Any] = parts[0] if spliced[0] else [parts[0]]
    for part, inline in zip(parts[1:], spliced[1:], strict=True):
        if inline:
            result.extend(part)
        else:
            result.append(part)
    return result


_END = row_of(0)["<start>"]
