"""Words with a grammar of their own, as the API server and Istio's webhook read them: names, domains, addresses, durations, URLs.

A function named ``is_...`` answers; one named by its noun is a rule for ``schema.string`` and raises ``Wrong``.
"""

import re
from collections.abc import Iterable

from meshwright.access.ipv4 import ipv4, ipv4_block
from meshwright.istio.valid.patterns import start, whole
from meshwright.istio.valid.schema import Wrong, short

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
LABEL = rf"^{_LABEL}\Z"  # RFC 1123
SUBDOMAIN = rf"^{_LABEL}(?:\.{_LABEL})*\Z"
HOSTNAME = rf"^(?:\*\.)?{_LABEL}(?:\.{_LABEL})*\Z"
KIND = r"^[a-zA-Z](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?\Z"
GROUP = rf"^(?:{_LABEL}(?:\.{_LABEL})*)?\Z"
TOKEN = r"^[A-Za-z0-9!#$%&'*+\-.^_`|~]+\Z"  # of HTTP: names of headers and query parameters
QUALIFIED = whole(rf"(?:{_LABEL}(?:\.{_LABEL})*/)?(?:[A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9]")
_ANY_CASE = whole(r"[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?")
_FIRST = whole(r"\*|(?:\*-?)?[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?")
_LABEL_KEY = whole(r"(?:([a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*)/)?"
                        r"((?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])")
_LABEL_VALUE = whole(r"(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_NUMERIC = whole(r"[-+]?[0-9]+")
_SPAN = r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)"  # both letters mu
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_USER = whole(r"[A-Za-z0-9\-._~!$&'()*+,;=:%@]*")
_HOST = whole(r"(?:[A-Za-z0-9\-_.~!$&'()*+,;=<>\"\x80-\U0010ffff]|%[89A-Fa-f][0-9A-Fa-f])*")
_SCHEME = start(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
HTTP = frozenset(("http", "http2", "http_proxy", "grpc", "grpc-web"))
TLS = frozenset(("https", "tls"))
PROTOCOLS = HTTP | TLS | {"tcp", "udp", "mongo", "redis", "mysql"}
TCP = TLS | {"tcp", "mongo", "redis", "mysql"}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")


def is_label(text: str) -> bool:
    """A DNS label as Istio takes it: also with capitals, at most 63 characters."""
    return len(text) <= 63 and _ANY_CASE(text) is not None


def is_fqdn(text: str) -> bool:
    """Labels with dots between, the last one no number; one dot at the end is fine."""
    return 0 < len(text.encode()) <= 255 and _labels(text)


def is_domain(text: str) -> bool:
    """As ``is_fqdn``, but the first label may be or begin with a wildcard, and a single label may be a number."""
    if not 0 < len(text.encode()) <= 255:
        return False
    first, dot, rest = text.partition(".")
    return len(first) <= 63 and _FIRST(first) is not None and (not dot or _labels(rest))


def _labels(text: str) -> bool:
    parts = text.split(".")
    if _NUMERIC(parts[-1]) and -(2**63) <= int(parts[-1][:30]) < 2**63:
        return False
    return all(is_label(part) or (part == "" and index == len(parts) - 1) for index, part in enumerate(parts))


def domain(text: str) -> None:
    if not is_domain(text):
        raise Wrong(f"is {short(text)}, which is no DNS name")


def is_address(text: str) -> bool:
    """An IPv4 or IPv6 address; an IPv6 one may have a zone."""
    if ipv4(text) is not None:
        return True
    return ":" in text and _python_address(text)


def is_block(text: str) -> bool:
    """An address, a slash and a number of bits, without zone."""
    if ipv4_block(text) is not None:
        return True
    address, slash, bits = text.rpartition("/")
    if not slash or "%" in address or ":" not in address or not (bits.isascii() and bits.isdecimal()) or (bits[0] == "0" and bits != "0"):
        return False
    return len(bits) <= 3 and int(bits) <= 128 and _python_address(address)


def _python_address(text: str) -> bool:
    from ipaddress import ip_address  # only objects with such addresses pay for the import

    if text.endswith("%"):
        return False
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def address(text: str) -> None:
    if not is_address(text):
        raise Wrong(f"is {short(text)}, which is no IP address")


def address_or_block(text: str) -> None:
    if not (is_block(text) if "/" in text else is_address(text)):
        raise Wrong(f"is {short(text)}, which is no IP address and no block of them")


def port(number: int) -> None:
    if not 1 <= number <= 65535:
        raise Wrong(f"is {number}, which is no port number from 1 to 65535")


def port_text(text: str) -> None:
    """A port of an AuthorizationPolicy: digits, 0 and leading zeros included."""
    if not (text.isascii() and text.isdecimal()) or int(text[:30]) > 65535:
        raise Wrong(f"is {short(text)}, which is no port number from 0 to 65535")


def port_name(text: str) -> None:
    if not is_label(text):
        raise Wrong(f"is {short(text)}, which is no name of a port: letters, digits and dashes, at most 63")


def protocol(text: str) -> None:
    if text.lower() not in PROTOCOLS:
        raise Wrong(f"is {short(text)}, which is none of {', '.join(sorted(PROTOCOLS))}")


def nanoseconds(text: str) -> int | None:
    """A duration as Go writes it (`1h30m`, `0.5s`); None for every other text, and beyond 292 years."""
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    spans = re.compile(_SPAN)  # remembered by `re`
    total, position = 0, 0
    while position < len(rest):
        found = spans.match(rest, position)
        if found is None or (not found[1] and not found[2]):
            return None
        unit = _UNITS[found[3]]
        if len(found[1]) > 20 and found[1].lstrip("0")[20:]:
            return None
        total += int(found[1][-20:] or 0) * unit
        if found[2]:
            digits = found[2][:18]
            total += int(digits) * unit // 10 ** len(digits)
        position = found.end()
        if total >= 2**63:
            return None
    if not rest:
        return None
    return -total if text[0] == "-" else total


def duration(text: str) -> None:
    """At least a millisecond, and no parts of one."""
    found = nanoseconds(text)
    if found is None:
        raise Wrong(f"is {short(text)}, which is no duration such as `1.5s` or `2m`")
    if found < 10**6 or found % 10**6:
        raise Wrong(f"is {short(text)}: at least one millisecond, and whole ones")


def any_duration(text: str) -> None:
    if nanoseconds(text) is None:
        raise Wrong(f"is {short(text)}, which is no duration such as `1.5s` or `2m`")


def pod_labels(found: dict[str, str]) -> None:
    """Labels that pods are compared with: keys and values as Kubernetes has them."""
    for key, value in found.items():
        parts = _LABEL_KEY(key)
        if parts is None or len(parts[1] or "") > 253 or len(parts[2]) > 63:
            raise Wrong("is no key of a label", key)
        if _LABEL_VALUE(value) is None:
            raise Wrong(f"is {short(value)}, which is no value of a label", key)


def selector_labels(found: dict[str, str]) -> None:
    """Labels of a selector: no wildcards, no empty keys."""
    for key, value in found.items():
        if not key:
            raise Wrong("has an empty key")
        if "*" in key or "*" in value:
            raise Wrong("has a wildcard: a selector compares labels as they are", key)


def header_value(text: str) -> None:
    """A value of a header that Envoy sets: no control characters, and every `%` is `%%` or the begin or end of a `%VARIABLE%`."""
    if any((character < " " and character != "\t") or character == "\x7f" for character in text):
        raise Wrong("has a control character")
    if not _formatted(text):
        raise Wrong(f"is {short(text)}, with a `%` that begins or ends no `%VARIABLE%`: write `%%` for a plain one")


# State, then what a character leads to: "" stands for any other, no "" for staying, "!" is a mistake.
_STATES: dict[str, dict[str, str]] = {
    "name": {"%": "text", "(": "open"},
    "open": {"[": "want string", " ": "open", "": "string"},
    "want string": {'"': "string", " ": "want string", "": "!"},
    "string": {")": "end", '"': "next"},
    "next": {",": "want string", "]": "close", " ": "next", "": "!"},
    "close": {")": "end", " ": "close", "": "!"},
    "end": {"%": "text", " ": "end", "": "!"},
}


def _formatted(text: str) -> bool:
    state, position = "text", 0
    while position < len(text):
        character = text[position]
        if state == "text":
            if character == "%":
                if position + 1 == len(text):
                    return False
                if text[position + 1] == "%":
                    position += 1
                else:
                    state = "name"
        elif state == "string" and character == "\\":
            position += 1
            if position == len(text):
                return False
        else:
            table = _STATES[state]
            state = table.get(character, table.get("", state))
            if state == "!":
                return False
        position += 1
    return state == "text"


def unix_socket(text: str) -> None:
    """What stands behind `unix://`: an absolute path of a file, or `@` and a name."""
    if not text.startswith("@") and (not text.startswith("/") or text.endswith("/")):
        raise Wrong(f"is {short('unix://' + text)}, which is no absolute path of a socket")


def scheme_of(text: str) -> str | None:
    """The scheme of an absolute URL in lower case, "" for an absolute path; None when the text is neither."""
    if not text or any(character < " " or character == "\x7f" for character in text):
        return None
    if text == "*":
        return ""
    found = _SCHEME(text)
    scheme, rest = (found[1].lower(), text[found.end():]) if found else ("", text)
    if not rest.startswith("/"):
        return scheme if found else None
    body = rest.partition("?")[0]
    if not scheme and not _escapes_fine(body):
        return None
    if body.startswith("//") and (scheme or not body.startswith("///")):
        host, slash, path = (body if scheme else body.partition("#")[0])[2:].partition("/")
        if not _is_authority(host):
            return None
        body = slash + path
    return scheme if _escapes_fine(body) else None


def _is_authority(text: str) -> bool:
    user, at, host = text.rpartition("@")
    if at and not (_USER(user) and _escapes_fine(user)):
        return False
    if host.startswith("["):
        inner, close, after = host[1:].rpartition("]")
        return bool(close) and ":" in inner and _python_address(inner.partition("%25")[0]) and _is_port_of_url(after)
    name, colon, number = host.rpartition(":")
    if not colon:
        name, number = host, ""
    return ":" not in name and _HOST(name) is not None and _is_port_of_url(colon + number)


def _is_port_of_url(text: str) -> bool:
    return not text or (text[0] == ":" and (text == ":" or (text.isascii() and text[1:].isdecimal())))


def _escapes_fine(text: str) -> bool:
    return re.search(r"%(?![0-9A-Fa-f]{2})", text) is None


def all_of(values: Iterable[str], *place: str) -> None:
    """A rule over texts of a list: none is empty."""
    for index, value in enumerate(values):
        if not value:
            raise Wrong("must not be empty", *place, index)
