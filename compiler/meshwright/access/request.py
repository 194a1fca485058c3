"""One concrete request, and what it means that a pattern or an expression covers it.  Simple on purpose: the rest is judged by it."""

from functools import lru_cache

from meshwright.access.expr import EVERYTHING, NOTHING, Dimension, Expr, Pattern, all_of, any_of, negate
from meshwright.access.ipv4 import ipv4_block
from meshwright.record import NamedTuple


class Witness(NamedTuple):
    """A request with every dimension filled in; the values are spelt as ``DIMENSIONS`` says."""

    principal: str
    source_ip: str
    port: int
    method: str
    path: str
    host: str

    def value(self, dimension: Dimension) -> str:
        """The value of one dimension as the text that patterns match."""
        return str(getattr(self, dimension))


def evaluate(expr: Expr, request: Witness) -> bool:
    """Whether ``request`` is a member of ``expr``.  Raises ValueError for a pattern that has no meaning."""
    if expr.op == "match":
        if expr.dimension is None or expr.pattern is None:
            raise ValueError("a match needs a dimension and a pattern")
        return matches(expr.pattern, request.value(expr.dimension))
    if expr.op == "and":
        return all(evaluate(arg, request) for arg in expr.args)
    if expr.op == "or":
        return any(evaluate(arg, request) for arg in expr.args)
    if expr.op == "not":
        return not evaluate(expr.args[0], request)
    return expr.op == "true"


def fix(expr: Expr, dimension: Dimension, value: str) -> Expr:
    """``expr`` for requests whose ``dimension`` is known to be ``value``: that dimension no longer occurs in the answer."""
    if expr.op == "match":
        if expr.dimension != dimension or expr.pattern is None:
            return expr
        return EVERYTHING if matches(expr.pattern, value) else NOTHING
    if expr.op == "and":
        return all_of(fix(arg, dimension, value) for arg in expr.args)
    if expr.op == "or":
        return any_of(fix(arg, dimension, value) for arg in expr.args)
    if expr.op == "not":
        return negate(fix(expr.args[0], dimension, value))
    return expr


def matches(pattern: Pattern, value: str) -> bool:
    """Whether one pattern covers one value.

    Raises ValueError for a template, a CIDR or a port number that cannot be read: whoever decides says "unknown" then.
    """
    kind, text = pattern
    if kind == "exact":
        return value == text
    if kind == "prefix":
        return value.startswith(text)
    if kind == "suffix":
        return value.endswith(text)
    if kind == "present":
        return value != ""
    if kind == "iexact":
        return fold(value) == fold(text)
    if kind == "iprefix":
        return fold(value).startswith(fold(text))
    if kind == "isuffix":
        return fold(value).endswith(fold(text))
    if kind == "template":
        return _template_matches(template_segments(text), value)
    if kind == "wildcard":
        name = fold(value).partition(":")[0]
        return len(name) > len(text) and name.endswith(fold(text))
    if kind == "number":
        return value == str(port_number(text))
    if kind == "cidr":
        return _cidr_covers(text, value)
    parts = value.split("/")
    if len(parts) != 5 or parts[1] != "ns" or parts[3] != "sa":
        return False
    return parts[2] == text if kind == "namespace" else f"{parts[2]}/{parts[4]}" == text


def fold(text: str) -> str:
    """Case ignored as a proxy does: ASCII letters only."""
    return text.lower() if text.isascii() else "".join(char.lower() if char.isascii() else char for char in text)


def port_number(text: str) -> int:
    """The port that decimal ``text`` means; ValueError unless it is 1-65535."""
    if text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 65535:
        return int(text)
    raise ValueError(f"`{text[:20]}` is no port number")


ONE, REST = "{*}", "{**}"


@lru_cache(maxsize=4096)
def template_segments(text: str) -> tuple[str, ...]:
    """The segments of a path template, operators as ``ONE`` and ``REST``; ValueError for one that Istio would refuse.

    Source: Istio refuses operators that are no whole segment, and any operator behind ``{**}`` (istio-semantics 1.4, 1.5).
    """
    segments = tuple(text.split("/"))
    if segments[0] != "" or len(segments) < 2:
        raise ValueError(f"template `{text[:80]}` does not start with `/`")
    seen_rest = False
    for segment in segments[1:]:
        if segment in (ONE, REST):
            if seen_rest:
                raise ValueError(f"template `{text[:80]}` has an operator behind `{{**}}`")
            seen_rest = segment == REST
        elif "{" in segment or "}" in segment or "*" in segment:
            raise ValueError(f"template `{text[:80]}` has an operator that is no whole segment")
    return segments[1:]


def _template_matches(pattern: tuple[str, ...], value: str) -> bool:
    if not value.startswith("/"):
        return False
    segments = tuple(value.split("/")[1:])
    if REST not in pattern:
        return len(segments) == len(pattern) and all(map(_segment_matches, pattern, segments))
    # {**} stands for any text between two slashes, slashes included: one segment or more, each possibly empty.
    head = pattern[: pattern.index(REST)]
    tail = pattern[len(head) + 1 :]
    if len(segments) < len(pattern):
        return False
    return all(map(_segment_matches, head, segments)) and segments[len(segments) - len(tail) :] == tail


def _segment_matches(pattern: str, segment: str) -> bool:
    return segment != "" if pattern == ONE else pattern == segment


def _cidr_covers(text: str, value: str) -> bool:
    version, low, high = cidr_range(text)
    if version == 4 and ":" in value:  # an IPv6 address, and nothing more to know about it
        return False
    other, address, _ = cidr_range(value)
    return version == other and low <= address <= high


@lru_cache(maxsize=4096)
def cidr_range(text: str) -> tuple[int, int, int]:
    """IP version, first and last address of a CIDR or a single address, host bits ignored; ValueError when it is neither."""
    block = ipv4_block(text if "/" in text else f"{text}/32")
    if block is not None:
        return 4, *block
    from ipaddress import ip_network  # only other spellings pay for the import

    network = ip_network(text, strict=False)
    return network.version, int(network.network_address), int(network.broadcast_address)
