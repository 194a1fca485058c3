"""Diagnostics for a terminal, in the manner of rustc: places first, reasons below, one proposal at the end."""

from collections.abc import Callable, Iterable, Sequence

from meshwright.diagnostics.diagnostic import Diagnostic, Label
from meshwright.record import NamedTuple
from meshwright.source import LineIndex, Span

Texts = Callable[[str], str | None]  # path -> text, None: not available, only the path is shown

TAB = 4
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "info": "\x1b[1;36m", "blue": "\x1b[1;34m", "bold": "\x1b[1m"}


class Style(NamedTuple):
    """How to write: ``width`` in columns (0 = never shorten source lines)."""

    colour: bool = False
    width: int = 0
    show_environment: bool = False

    def paint(self, colour: str, text: str) -> str:
        return f"{_COLOURS[colour]}{text}\x1b[0m" if self.colour and text else text


PLAIN = Style()


def render(diagnostics: Iterable[Diagnostic], texts: Texts, style: Style = PLAIN, page: Callable[[str], str] | None = None) -> str:
    """All diagnostics, one paragraph each; the same finding of several environments is shown once and names them.

    ``page`` gives the path of a code's page, "" = none.  Control and direction characters of user text are shown
    escaped, so that no input can write to the terminal or turn a message around.
    """
    together: dict[Diagnostic, list[str]] = {}
    for found in diagnostics:
        names = together.setdefault(found._replace(environment=""), [])
        if found.environment and found.environment not in names:
            names.append(found.environment)
    indexes: dict[str, LineIndex | None] = {}

    def index(path: str) -> LineIndex | None:
        if path not in indexes:
            text = texts(path)
            indexes[path] = None if text is None else LineIndex(text)
        return indexes[path]

    return "\n".join(_one(found, names if style.show_environment else [], index, style, page) for found, names in together.items())


def _one(found: Diagnostic, environments: Sequence[str], index: Callable[[str], LineIndex | None], style: Style,
         page: Callable[[str], str] | None) -> str:
    lines = [style.paint(found.severity, f"{found.severity}[{found.code}]") + style.paint("bold", f": {safe(found.message)}")]
    labels: list[tuple[Label, str]] = []
    if found.span is not None:
        labels.append((Label(found.span, found.label), "^"))
    labels.extend((label, "-") for label in found.others)
    gutter = max((_gutter(label.span, index(label.span.path)) for label, _ in labels), default=1)
    previous = ""
    for label, mark in labels:
        arrow = "-->" if not previous else ":::"
        lines.extend(_place(label, mark, arrow, previous == label.span.path, gutter, index(label.span.path), found.severity, style))
        previous = label.span.path
    bar = " " * (gutter + 1) + style.paint("blue", "=")
    if environments:
        lines.append(f"{bar} environment: {', '.join(environments)}")
    lines.extend(f"{bar} note: {safe(note)}" for note in found.notes)
    lines.extend(f"{bar} help: {_continued(safe_lines(text), gutter)}" for text in found.help)
    where = page(found.code) if page is not None else ""
    if where:
        lines.append(f"{bar} page: {where}")
    return "\n".join(lines) + "\n"


def _gutter(span: Span, index: LineIndex | None) -> int:
    return 1 if index is None else len(str(index.position(span.start)[0]))


def _place(label: Label, mark: str, arrow: str, same_file: bool, gutter: int, index: LineIndex | None, severity: str,
           style: Style) -> list[str]:
    path = safe(label.span.path)
    head = " " * gutter + style.paint("blue", arrow)
    if index is None:
        return [f"{head} {path}" + (f": {safe(label.text)}" if label.text else "")]
    line, column = index.position(label.span.start)
    text = index.line(line)
    end_line, end_column = index.position(max(label.span.start, label.span.end))
    if end_line > line:
        end_column = len(text) + 1
    begin, end = column - 1, max(column, min(end_column - 1, len(text)))
    text, begin, end = _shorten(text, begin, end, style.width - gutter - 3 if style.width else 0)
    before, marked = visible(text[:begin]), visible(text[begin:end], len_before=columns(visible(text[:begin])))
    after = visible(text[end:], len_before=columns(before) + columns(marked))
    count = max(1, columns(marked))
    line_below = mark * count + (f" {safe(label.text)}" if label.text else "")
    under = " " * columns(before) + style.paint(severity if mark == "^" else "blue", line_below)
    bar = style.paint("blue", "|")
    return [f"{head} {path}:{line}:{column}",
            f"{style.paint('blue', str(line).rjust(gutter))} {bar} {before}{marked}{after}".rstrip(),
            f"{' ' * gutter} {bar} {under}"]


def _shorten(text: str, begin: int, end: int, width: int) -> tuple[str, int, int]:
    """A window of about ``width`` characters around the marked part; 0 = the whole line, but never beyond 400 characters."""
    width = max(20, width) if width else 400
    if len(text) <= width:
        return text, begin, end
    start = max(0, min(begin - width // 4, len(text) - width))
    stop = min(len(text), start + width)
    left, right = "…" if start else "", "…" if stop < len(text) else ""
    window = left + text[start:stop] + right
    moved = begin - start + len(left)
    return window, moved, max(moved + 1, min(end - start + len(left), len(window)))


def _continued(lines: list[str], gutter: int) -> str:
    return ("\n" + " " * (gutter + 3)).join(lines)


def visible(text: str, len_before: int = 0) -> str:
    """Tabs as spaces up to the next stop (``len_before`` columns stand before the text), the rest as `safe` shows it."""
    if text.isascii() and text.isprintable():
        return text
    parts: list[str] = []
    column = len_before
    for ch in text:
        part = " " * (TAB - column % TAB) if ch == "\t" else safe(ch)
        parts.append(part)
        column += columns(part)
    return "".join(parts)


def safe(text: str) -> str:
    """``text`` without anything that moves the cursor or the reading direction: such characters become ``\\u{..}``."""
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() or ch == " " else f"\\u{{{ord(ch):x}}}" for ch in text)


def safe_lines(text: str) -> list[str]:
    """``text`` line by line, each `safe`; a proposal may show several lines of source."""
    return [safe(line) for line in text.split("\n")]


def columns(text: str) -> int:
    """How many columns of a terminal ``text`` takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(ch) else 2 if east_asian_width(ch) in "WF" else 1 for ch in text)
