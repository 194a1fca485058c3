"""From the bytes of one file to its documents, by the fast reader where it can and by the complete one elsewhere."""

import re

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.inventory.limits import DOCUMENTS
from meshwright.inventory.plain import OPEN, UNREAD, Memo, Places, read_plain
from meshwright.inventory.text import chunks, decode
from meshwright.record import NamedTuple
from meshwright.source import Span

_QUOTED = r"\"[^\"\\]*(?:\\.[^\"\\]*)*(?:\"|$)|'[^']*(?:'|$)|(?:^|(?<=\s))#.*"
_LONGEST_LINE = 1000  # templates are written by people


class Read(NamedTuple):
    value: object  # of one document
    start: int  # code points of the file
    end: int


class Documents(NamedTuple):
    """What one file holds.  ``places``: (id of a mapping, "name" or "port") → code points of that value."""

    path: str
    reads: tuple[Read, ...]
    places: Places
    plain: bool  # all by the fast reader, which knows no ambiguous words


def read_documents(data: bytes, path: str, memo: Memo) -> Outcome[Documents]:
    """The documents of the file ``path``; empty ones are left out.

    Documents are read independently, so one run reports the mistakes of all.  MW0803 to MW0809 and MW0816 come out.
    """
    quick = _one_plain(data, path, memo)
    if quick is not None:
        return Outcome(quick)
    text = decode(data, path)
    if isinstance(text, Diagnostic):
        return Outcome(None, (text,))
    reads: list[Read] = []
    places: Places = {}
    wrong: list[Diagnostic] = []
    parts = chunks(text)
    if len(parts) > DOCUMENTS:
        return Outcome(None, (error("MW0804", f"`{path}` holds more than {DOCUMENTS:,} documents", Span(path, 0, 0)),))
    plain = True
    for start, end in parts:
        marks: Places = {}
        value = read_plain(text, start, end, memo, marks)
        if value is UNREAD:
            plain = False
            found = _read_events(text, start, end, path, places)
            if isinstance(found, Diagnostic):
                wrong.append(_template(text, start, end, path) or found)
            else:
                reads.extend(found)
        elif value is not OPEN:
            reads.append(Read(value, start, end))
            places.update(marks)  # those of an unread document would name mappings that are gone
    return Outcome(Documents(path, tuple(reads), places, plain), tuple(wrong))


def _read_events(text: str, start: int, end: int, path: str, places: Places) -> list[Read] | Diagnostic:
    from meshwright.inventory.events import Failure, read_events  # most trees never need it

    try:
        return [found for found in read_events(text[start:end], start, path, places) if found.value is not None]
    except Failure as failure:
        return failure.found


def _one_plain(data: bytes, path: str, memo: Memo) -> Documents | None:
    """The one document of a file in the fast reader's subset, whose lines leave no room for characters and directives to refuse."""
    if b"\n---" in data:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    places: Places = {}
    value = read_plain(text, 0, len(text), memo, places)
    if value is UNREAD:
        return None
    return Documents(path, () if value is OPEN else (Read(value, 0, len(text)),), places, True)


def _template(text: str, start: int, end: int, path: str) -> Diagnostic | None:
    """MW0807 when what could not be read has `{{` outside of strings and comments: an unrendered chart."""
    at = text.find("{{", start, end)
    while at >= 0:
        line = text.rfind("\n", 0, at) + 1
        if at - line > _LONGEST_LINE:
            return None
        if "{{" in re.sub(_QUOTED, "", text[line : at + 2]):
            break
        at = text.find("{{", at + 2, end)
    if at < 0:
        return None
    close = text.find("}}", at, at + 200)
    stop = close + 2 if close >= 0 else at + 2
    return error(
        "MW0807",
        f"`{path}` is a template, not YAML: `{text[at:stop]}`",
        Span(path, at, stop),
        label="filled in by Helm",
        notes=("what the template would become cannot be known from here",),
        help=("render the chart first: `helm template`",),
    )
