"""One concrete request, and what it means that a pattern or an expression covers it.  Simple on purpose: the rest is judged by it."""

from functools import lru_cache

from meshwright.access.expr import DIMENSIONS, EVERYTHING, NOTHING, Dimension, Expr, Pattern, Value, all_of, any_of, is_set, negate
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
    attributes: tuple[tuple[Dimension, Value], ...] = ()  # sorted; one that is absent has no value

    def value(self, dimension: Dimension) -> Value:
        """The value of one dimension as patterns match it."""
        if dimension in DIMENSIONS:
            return str(getattr(self, dimension))
        return dict(self.attributes).get(dimension, absent(dimension))


# An address that nobody told is no missing one: this is in none of the blocks that people write.
NOWHERE = "192.0.0.8"


def absent(dimension: Dimension) -> Value:
    """The value of an attribute that a request does not have."""
    if dimension == "sni":
        return ""
    if dimension in ("destination_ip", "remote_ip"):
        return NOWHERE
    return () if is_set(dimension) else None


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


def fix(expr: Expr, dimension: Dimension, value: Value) -> Expr:
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


def matches(pattern: Pattern, value: Value) -> bool:
    """Whether one pattern covers one value: of a set, any element; what is missing, never.

    Raises ValueError for a template, a CIDR or a port number that cannot be read: whoever decides says "unknown" then.
    """
    if value is None:
        return False
    if type(value) is tuple:
        return any(_text_matches(pattern, element) for element in value)
    return _text_matches(pattern, value)  # type: ignore[arg-type]  # what else is left


def _text_matches(pattern: Pattern, value: str) -> bool:
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
    if kind == "given":
        return True
    if kind == "glob":
        return _glob_matches(glob_tokens(text), value)
    parts = value.split("/")
    if len(parts) != 5 or parts[1] != "ns" or parts[3] != "sa":
        return False
    return parts[2] == text if kind == "namespace" else f"{parts[2]}/{parts[4]}" == text


SEGMENT, ANY = "*", "**"


@lru_cache(maxsize=4096)
def glob_tokens(text: str) -> tuple[str, ...]:
    """The characters of a glob, runs of stars as ``SEGMENT`` or ``ANY``."""
    tokens: list[str] = []
    for char in text:
        if char == "*" and tokens and tokens[-1] == SEGMENT:
            tokens[-1] = ANY
        elif char != "*" or not tokens or tokens[-1] != ANY:
            tokens.append(char)
    return tuple(tokens)


def _glob_matches(tokens: tuple[str, ...], value: str) -> bool:
    """All places in ``tokens`` where the reading may stand, moved on character by character."""
    places = {0}
    for char in [*value, ""]:
        waiting, following = list(places), set()
        while waiting:
            place = waiting.pop()
            if place == len(tokens):
                if char == "":
                    return True
            elif tokens[place] in (SEGMENT, ANY):
                if place + 1 not in places:
                    places.add(place + 1)
                    waiting.append(place + 1)
                if tokens[place] == ANY or char != "/":
                    following.add(place)
            elif tokens[place] == char:
                following.add(place + 1)
        places = following
    return False


def fold(text: str) -> str:
    """Case ignored as a proxy does: ASCII letters only."""
    return text.lower() if text.isascii() else "".join(char.lower() if char.isascii() else char for char in text)


def port_number(text: str) -> int:
    """The port that decimal ``text`` means; ValueError unless it is 1-65535."""
    if text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 65535:
        return int(text)
    raise ValueError(f"`{text[:20]}` is no port number")


ONE, REST = "{*}", "{**}"
# What an operator of a template stands for, beside letters, digits and, for REST, slashes.  Envoy's own set, run against it in every path
# mode: of the characters that are left of a normalized path "[" and "]" are the ones that no operator takes.
_TEMPLATE_MARKS = frozenset("-._~%!$&'()*+,;:@=")
UNSEEN = "[]"  # characters for stand-ins


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


def seen(text: str) -> bool:
    """Whether the operators of a template take every character of ``text``, which has no slash."""
    return (text.isascii() and text.isalnum()) or all((char.isascii() and char.isalnum()) or char in _TEMPLATE_MARKS for char in text)


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
    last = len(segments) - len(tail)
    return all(map(_segment_matches, head, segments)) and segments[last:] == tail and all(map(seen, segments[len(head) : last]))


def _segment_matches(pattern: str, segment: str) -> bool:
    return segment != "" and seen(segment) if pattern == ONE else pattern == segment


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
