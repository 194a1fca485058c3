"""The tokens of a file as statements and blocks, with every comment in its place: all that a layout depends on."""

from typing import Union

from meshwright.ir.syntax import Tokens
from meshwright.record import NamedTuple


class Word(NamedTuple):
    """One token.  ``kind`` as in syntax.Tokens."""

    text: str
    kind: str


class Remark(NamedTuple):
    """A comment with its `#`.  blank: an empty line stands before it; own_line: nothing else stands on its line."""

    text: str
    own_line: bool
    blank: bool


class Block(NamedTuple):
    """Braces.  ``opening`` stands behind `{`, ``closing`` before `}`."""

    statements: "tuple[Statement, ...]"
    opening: Remark | None
    closing: tuple[Remark, ...]


Item = Union[Word, Remark, Block]


class Statement(NamedTuple):
    """``leading`` stand on lines before it, ``trailing`` behind it; ``blank``: an empty line before it (and behind ``leading``)."""

    items: tuple[Item, ...]
    leading: tuple[Remark, ...]
    trailing: Remark | None
    blank: bool


def shape(tokens: Tokens) -> Block:
    """The whole file as one block without braces."""
    reader = _Reader(tokens)
    return reader.block()


class _Reader:
    """One pass over the lexemes; recursion is as deep as the braces, which parse bounds."""

    def __init__(self, tokens: Tokens) -> None:
        self.lexemes = tokens.lexemes
        self.kinds = tokens.kinds
        self.index = 0
        self.newlines = 1  # since the last token or comment

    def block(self) -> Block:
        """Up to the closing brace, which is taken, or the end."""
        statements: list[Statement] = []
        leading: list[Remark] = []
        opening: Remark | None = None
        items: list[Item] = []
        blank = False
        first = True  # nothing but the brace stands on this line yet
        ended_by_mark = False
        while self.index < len(self.lexemes):
            lexeme, kind = self.lexemes[self.index], self.kinds[self.index]
            self.index += 1
            if kind == "" or kind == "_NL":
                if lexeme[0] == "#":
                    remark = Remark(lexeme.rstrip(), self.newlines > 0, self.newlines > 1)
                    self.newlines = 0
                    if items:
                        items.append(remark)
                    elif not remark.own_line and first:
                        opening = remark
                    elif not remark.own_line and ended_by_mark and statements and statements[-1].trailing is None:
                        statements[-1] = statements[-1]._replace(trailing=remark)
                    else:
                        leading.append(remark)
                    first = False
                else:
                    self.newlines += lexeme.count("\n")
                if kind == "_NL" and items:
                    leading = self._end(statements, items, leading, blank)
                    items, ended_by_mark = [], False
            elif kind == "}":
                if items:
                    leading = self._end(statements, items, leading, blank)
                self.newlines = 0
                return Block(tuple(statements), opening, tuple(leading))
            elif kind == ";":
                if items:
                    leading = self._end(statements, items, leading, blank)
                items, ended_by_mark = [], True
                self.newlines = 0
            else:
                if not items:
                    blank = self.newlines > 1
                self.newlines = 0
                first = False
                if kind == "{":
                    items.append(self.block())
                else:
                    items.append(Word(lexeme[1:-1] if kind == "UNQUOTE" else lexeme, kind))
        if items:
            leading = self._end(statements, items, leading, blank)
        return Block(tuple(statements), opening, tuple(leading))

    def _end(self, statements: list[Statement], items: list[Item], leading: list[Remark], blank: bool) -> list[Remark]:
        """Close a statement; comments behind it that stand on lines of their own lead what follows."""
        behind: list[Remark] = []
        while items and isinstance(remark := items[-1], Remark):
            behind.append(remark)
            items.pop()
        behind.reverse()
        trailing = behind.pop(0) if behind and not behind[0].own_line else None
        statements.append(Statement(tuple(items), tuple(leading), trailing, blank))
        return behind
