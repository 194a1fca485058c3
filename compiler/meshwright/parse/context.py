"""What the builders of one file share: places, texts, what was found wrong."""

from meshwright.diagnostics import Diagnostic
from meshwright.ir import syntax
from meshwright.parse.lexemes import Cut
from meshwright.record import NamedTuple, new
from meshwright.source import Span

MAX_DIAGNOSTICS = 50  # a file with more mistakes than this is not read further


class Line(NamedTuple):
    """A line of a block that the block's builder picks up by ``tag``: no node of the tree."""

    tag: str
    value: object
    span: Span


class Context:
    """Handed to every builder.  Lexemes are named by their number."""

    __slots__ = ("cut", "diagnostics", "errors", "later", "lexemes", "parameters", "path", "skips", "starts")

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self.path = cut.path
        self.lexemes = cut.lexemes
        self.starts = cut.starts
        self.diagnostics: list[Diagnostic] = []
        self.later: list[syntax.Later] = []
        self.errors: list[syntax.ErrorNode] = []
        self.parameters: list[int] = []  # `$name`s that no profile has claimed
        self.skips: dict[int, Span] = {}  # first lexeme of a broken statement -> all of it

    def span(self, first: int, last: int) -> Span:
        """From the start of one lexeme to the end of another."""
        starts = self.starts
        return new(Span, (self.path, starts[first], starts[last + 1]))

    def at(self, index: int) -> Span:
        """The place of one lexeme; past the last one: the end of the text, empty."""
        starts = self.starts
        return new(Span, (self.path, starts[index], starts[index + 1]))

    def report(self, found: Diagnostic) -> None:
        self.diagnostics.append(found)
