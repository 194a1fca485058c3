"""From bytes to text that YAML readers agree on, and from text to its documents."""

import re

from meshwright.diagnostics import Diagnostic, error
from meshwright.inventory.limits import DOCUMENTS
from meshwright.record import NamedTuple
from meshwright.source import Span

# Everything YAML refuses below 0x80; deleting the rest of the bytes finds them at the speed of memory.
_FINE = bytes([9, 10, 13, *range(0x20, 0x7F), *range(0x80, 0x100)])
_REFUSED = "[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # compiled when a text first needs it: 4 ms


class Chunk(NamedTuple):
    """The part of a text between two document markers, in code points."""

    start: int
    end: int


def decode(data: bytes, path: str) -> str | Diagnostic:
    """The text of ``data``, a leading byte order mark kept so that places count from the file's first character.

    MW0803 names the first byte that is not UTF-8, or the first character YAML refuses (NUL, ESC, ...).
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as found:
        before = len(data[: found.start].decode("utf-8"))
        kind = (
            "looks like UTF-16"
            if data[:2] in (b"\xff\xfe", b"\xfe\xff")
            else f"byte 0x{data[found.start]:02x} does not belong to any character"
        )
        return error(
            "MW0803",
            f"`{path}` is not UTF-8 text: {kind}",
            Span(path, before, before),
            label="the first wrong byte",
            notes=("Kubernetes reads YAML as UTF-8 only",),
            help=("save the file as UTF-8",),
        )
    if not data.translate(None, _FINE) and (text.isascii() or not re.search(_REFUSED, text)):
        return text
    match = re.compile(_REFUSED).search(text, 1 if text.startswith("\ufeff") else 0)
    if match is None:
        return text
    what = "a NUL" if match[0] == "\0" else "a byte order mark" if match[0] == "\ufeff" else f"the control character U+{ord(match[0]):04X}"
    return error(
        "MW0803",
        f"`{path}` contains {what}, which YAML does not allow",
        Span(path, match.start(), match.end()),
        notes=("readers differ in what they make of it, so nothing behind it can be trusted",),
        help=("remove the character",),
    )


def chunks(text: str) -> list[Chunk]:
    """The documents of ``text``, each from its `---` line (if it has one) to before the next.

    A line that starts with `---` ends every YAML construct, so that the parts can be read one by one.  With directives
    (`%YAML`) the text stays whole: they belong to the document that follows.
    Stops one past the limit of documents.
    """
    start = 1 if text.startswith("\ufeff") else 0
    if text.startswith("%", start) or "\n%" in text or "\r" in text:
        return [Chunk(start, len(text))]
    found: list[Chunk] = []
    at = text.find("\n---", start)
    while at >= 0:
        if len(found) > DOCUMENTS:
            break
        if text[at + 4 : at + 5] in ("\n", " ", "\t", ""):
            found.append(Chunk(start, at + 1))
            start = at + 1
        at = text.find("\n---", at + 4)
    found.append(Chunk(start, len(text)))
    return found
