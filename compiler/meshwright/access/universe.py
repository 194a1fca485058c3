"""Which values a dimension has at all, and friendly ones among them for witnesses."""

from collections.abc import Callable, Iterable

from meshwright.access.expr import Dimension, family

# Sets of characters, not regular expressions: compiling those would cost every command some milliseconds.
_ALNUM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_NAME = _ALNUM | frozenset("._-")  # what SPIFFE allows in a part of an identity
_TOKEN = _ALNUM | frozenset("!#$%&'*+-.^_`|~")  # RFC 9110
_NOT_IN_PATH = frozenset("?#\x7f") | frozenset(map(chr, range(0x21)))  # the query is not part of it
_HOST = frozenset(map(chr, range(0x21, 0x7F))) - frozenset("/?#")
_SERVER_NAME = _HOST - frozenset(map(chr, range(0x41, 0x5B)))
_CONTROL = frozenset(map(chr, range(0x20))) | {"\x7f"}

# By family.  Words for "none of the named ones", best first; characters for the same inside a word.
FALLBACKS: dict[str, tuple[str, ...]] = {
    "principal": ("cluster.local/ns/other/sa/other",),
    "source_ip": ("203.0.113.7", "2001:db8::7"),
    "port": ("80",),
    "method": ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "OTHER"),
    "path": ("/", "/x", "/other", "/any"),
    "host": ("example.com", "other.example.com", "other.test"),
    "destination_ip": ("10.0.0.10", "2001:db8::10"), "remote_ip": ("203.0.113.8", "2001:db8::8"),
    "sni": ("", "example.com", "other.example.com", "other.test"), "header": ("other", "x"), "claim": ("other", "x"),
    "metadata": ("other", "x"), "asked": ("allow", "deny"),
}
_LETTERS = "xyzwvqabcdefghijklmnoprstu0123456789XYZWVQABCDEFGHIJKLMNOPRSTU"
FILLERS: dict[str, str] = {
    "principal": _LETTERS + "-", "source_ip": "", "port": "", "method": "XYZWVQABCDEFGHIJKLMNOPRSTU" + _LETTERS + "-_~!$&'*+.^|%`",
    "path": _LETTERS + "-_~!$&'()*+,;=@", "host": _LETTERS[:36] + "-_~!$&'()*+,;=@",
    "destination_ip": "", "remote_ip": "", "sni": _LETTERS[:36] + "-_~!$&'()*+,;=@", "header": _LETTERS + "-_~!$&'()*+,;=@",
    "claim": _LETTERS + "-_~!$&'()*+,;=@", "metadata": _LETTERS + "-_~!$&'()*+,;=@", "asked": "",
}


class TooMany(Exception):
    """A decision would cost more than its budget; the answer is "unknown"."""


def belongs(dimension: Dimension, value: str) -> bool:
    """Whether ``value`` can occur in ``dimension``.  Ports and addresses are not judged here."""
    shape = _SHAPES.get(family(dimension))
    return shape is None or shape(value)


def all_belonging(dimension: Dimension, values: Iterable[str]) -> list[str]:
    """Those of ``values`` that belong, in order."""
    shape = _SHAPES.get(family(dimension))
    return list(values) if shape is None else list(filter(shape, values))


def _is_principal(value: str) -> bool:
    """Istio's shape of an identity, or none."""
    parts = value.split("/")
    named = len(parts) == 5 and parts[1] == "ns" and parts[3] == "sa" and "" not in parts
    return value == "" or (named and _NAME.issuperset("".join(parts)))


def _is_method(value: str) -> bool:
    return value != "" and _TOKEN.issuperset(value)


def _is_path(value: str) -> bool:
    return value.startswith("/") and _NOT_IN_PATH.isdisjoint(value)


def _is_header(value: str) -> bool:
    """Blanks around a value are no part of it."""
    return _CONTROL.isdisjoint(value) and value.strip() == value


_SHAPES: dict[str, Callable[[str], bool]] = {
    "principal": _is_principal, "method": _is_method, "path": _is_path, "host": _HOST.issuperset,  # an empty host is possible
    "sni": _SERVER_NAME.issuperset, "header": _is_header, "asked": ("allow", "deny").__contains__,
}


def allowed(dimension: Dimension, char: str) -> bool:
    """Whether a character can occur anywhere in a value of a string dimension."""
    if dimension == "principal":
        return char == "/" or char in _NAME
    if dimension.startswith("header:"):
        return char not in _CONTROL
    return belongs("path", "/" + char) if dimension == "path" else belongs(dimension, char)
