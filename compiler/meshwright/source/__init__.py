"""Texts and places in them.  This room reads no files: it is handed text by whoever did."""

from bisect import bisect_right

from meshwright.record import NamedTuple


class Source(NamedTuple):
    """One input text: a ``.mesh`` file or a YAML file of the inventory."""

    path: str  # as shown to people and used in reports: relative to the project, POSIX separators; "-" is standard input
    text: str


class Span(NamedTuple):
    """A half-open range of Unicode code points, 0-based, in the source named ``path``."""

    path: str
    start: int
    end: int


class LineIndex:
    """Turns code-point offsets of one text into 1-based lines and columns (columns count code points)."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        starts = [0]
        position = text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = text.find("\n", position + 1)
        self._starts = starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (both from 1) of ``offset``; an offset past the end is the place after the last character."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1) without its line end; '' past the last line."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")
