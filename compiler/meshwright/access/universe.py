"""Which values a dimension has at all, and friendly ones among them for witnesses."""

import re
from collections.abc import Iterable

from meshwright.access.expr import Dimension

_PART = r"[A-Za-z0-9._-]+"
_PRINCIPAL = re.compile(rf"{_PART}/ns/{_PART}/sa/{_PART}")  # what SPIFFE allows in an identity of Istio's shape
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 token
_PATH = re.compile(r"/[^\s?#\x00-\x20\x7f]*")  # the query is not part of it
_HOST = re.compile(r"[^\s/?#\x00-\x20\x7f-\U0010ffff]*")  # ASCII; empty is possible

_SHAPES: dict[Dimension, re.Pattern[str]] = {
    "principal": re.compile(f"(?:{_PRINCIPAL.pattern})?"), "method": _METHOD, "path": _PATH, "host": _HOST,
}

# Words for "none of the named ones", best first; characters for the same inside a word.
FALLBACKS: dict[Dimension, tuple[str, ...]] = {
    "principal": ("cluster.local/ns/other/sa/other",),
    "source_ip": ("203.0.113.7", "2001:db8::7"),
    "port": ("80",),
    "method": ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "OTHER"),
    "path": ("/", "/x", "/other", "/any"),
    "host": ("example.com", "other.example.com", "other.test"),
}
_LETTERS = "xyzwvqabcdefghijklmnoprstu0123456789XYZWVQABCDEFGHIJKLMNOPRSTU"
FILLERS: dict[Dimension, str] = {
    "principal": _LETTERS + "-", "source_ip": "", "port": "", "method": "XYZWVQABCDEFGHIJKLMNOPRSTU" + _LETTERS + "-_~!$&'*+.^|%`",
    "path": _LETTERS + "-_~!$&'()*+,;=@", "host": _LETTERS[:36] + "-_~!$&'()*+,;=@",
}


class TooMany(Exception):
    """A decision would cost more than its budget; the answer is "unknown"."""


def belongs(dimension: Dimension, value: str) -> bool:
    """Whether ``value`` can occur in ``dimension``.  Ports and addresses are not judged here."""
    if dimension == "principal":
        return value == "" or _PRINCIPAL.fullmatch(value) is not None
    if dimension == "method":
        return _METHOD.fullmatch(value) is not None
    if dimension == "path":
        return _PATH.fullmatch(value) is not None
    return dimension != "host" or _HOST.fullmatch(value) is not None


def all_belonging(dimension: Dimension, values: Iterable[str]) -> list[str]:
    """Those of ``values`` that belong, in order."""
    shape = _SHAPES.get(dimension)
    chosen = list(values)
    if shape is None or all(map(shape.fullmatch, chosen)):
        return chosen
    return [value for value in chosen if belongs(dimension, value)]


def allowed(dimension: Dimension, char: str) -> bool:
    """Whether a character can occur anywhere in a value of a string dimension."""
    if dimension == "principal":
        return char == "/" or _PRINCIPAL.fullmatch(f"a/ns/{char}/sa/a") is not None
    if dimension == "path":
        return belongs("path", "/" + char)
    return belongs(dimension, char)
