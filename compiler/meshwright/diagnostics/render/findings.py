"""Diagnostics made ready for other tools: folded over environments, with lines, and with a fingerprint that survives moved lines."""

from collections.abc import Callable, Iterable

from meshwright.diagnostics.diagnostic import Diagnostic, Severity
from meshwright.record import NamedTuple
from meshwright.source import LineIndex, Span

Texts = Callable[[str], str | None]
ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
NOWHERE = "meshwright.toml"  # what belongs to no place is shown at the project


class Place(NamedTuple):
    """Lines and columns from 1, in code points; the end is behind the last character.  Line 0: the text is not at hand."""

    path: str  # relative to the repository, POSIX separators, no "./"
    line: int
    column: int
    end_line: int
    end_column: int
    text: str  # the first line, "" when it is not at hand


class Finding(NamedTuple):
    """One diagnostic, once for all environments that have it."""

    code: str
    severity: Severity
    message: str
    environments: tuple[str, ...]
    place: Place | None
    others: tuple[tuple[Place, str], ...]
    notes: tuple[str, ...]
    help: tuple[str, ...]
    fingerprint: str  # 32 hexadecimal digits; of code, file, marked line and message, not of the line's number

    @property
    def text(self) -> str:
        """The message, with the environments where they have names of their own."""
        if self.environments in ((), ("default",)):
            return self.message
        return f"{self.message} (environment {', '.join(self.environments)})"

    @property
    def whole(self) -> str:
        """The message, notes and help, a line each."""
        return "\n".join((self.text, *(f"note: {note}" for note in self.notes), *(f"help: {text}" for text in self.help)))

    @property
    def path(self) -> str:
        """Where to show it: what belongs to no place is shown at the project file."""
        return self.place.path if self.place is not None else NOWHERE


class About(NamedTuple):
    """What the catalogue knows of a code."""

    code: str
    slug: str
    summary: str
    page: str  # Markdown; "" when the page is not at hand


Catalogue = Callable[[str], About]


def findings(diagnostics: Iterable[Diagnostic], texts: Texts, prefix: str = "") -> tuple[Finding, ...]:
    """In order of severity, then place.  ``prefix``: from the repository's root to the project, "" or "services/shop/"."""
    together: dict[Diagnostic, list[str]] = {}
    for found in diagnostics:
        names = together.setdefault(found._replace(environment=""), [])
        if found.environment and found.environment not in names:
            names.append(found.environment)
    places = _Places(texts, prefix)
    seen: dict[str, int] = {}
    made = [_finding(found, tuple(names), places, seen) for found, names in together.items()]
    return tuple(sorted(made, key=lambda one: (ORDER[one.severity], one.place is None, one.place or (), one.code, one.message)))


def _finding(found: Diagnostic, environments: tuple[str, ...], places: "_Places", seen: dict[str, int]) -> Finding:
    place = places.of(found.span) if found.span is not None else None
    where = (place.path, place.text.strip()) if place is not None else ("", "")
    key = "\0".join((found.code, *where, whole(found.message)))
    seen[key] = seen.get(key, 0) + 1  # equal ones in one file are told apart by their order
    from hashlib import sha256  # here: whoever only looks up a page never needs it

    fingerprint = sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:32]
    others = tuple((places.of(label.span), whole(label.text)) for label in found.others)
    notes, help = tuple(map(whole, found.notes)), tuple(map(whole, found.help))
    return Finding(found.code, found.severity, whole(found.message), environments, place, others, notes, help, fingerprint)


def whole(text: str) -> str:
    """``text`` without halves of characters, which file names of other encodings bring and no format can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


class _Places:
    def __init__(self, texts: Texts, prefix: str) -> None:
        self._texts = texts
        self._prefix = prefix
        self._indexes: dict[str, LineIndex | None] = {}

    def of(self, span: Span) -> Place:
        if span.path not in self._indexes:
            text = self._texts(span.path)
            self._indexes[span.path] = None if text is None else LineIndex(text)
        index = self._indexes[span.path]
        path = whole(self._prefix + span.path.removeprefix("./")) if span.path not in ("", "-") else self._prefix + NOWHERE
        if index is None:
            return Place(path, 0, 0, 0, 0, "")
        line, column = index.position(span.start)
        end_line, end_column = index.position(max(span.start, span.end))
        return Place(path, line, column, end_line, end_column, whole(index.line(line)))
