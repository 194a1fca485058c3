"""Sets of requests as expressions: what both the meaning of intent and the model of Istio produce.

A request has the dimensions of ``DIMENSIONS``, and attributes that only some policies ask for; an expression says for which
values it is a member.
"""

from collections.abc import Iterable
from typing import Literal

from meshwright.record import NamedTuple, new

# dimension -> what a value looks like
#   principal  "cluster.local/ns/shop/sa/web" (no scheme), or "" = no mesh identity
#   source_ip  an IPv4 or IPv6 address, the peer of the connection
#   port       1-65535: which one (service or target port) is fixed by the way a request takes, see access/reach.py
#   method     "GET"; upper case letters and "-", never empty
#   path       "/a/b", normalized, no query; starts with "/"
#   host       the authority as the client sent it, port included, case-insensitive
Dimension = str
DIMENSIONS: tuple[Dimension, ...] = ("principal", "source_ip", "port", "method", "path", "host")

# attribute -> what a value looks like; a name behind ":" says which one of a family
#   destination_ip, remote_ip  addresses, as source_ip: where the connection arrives, and who sent the request as far as headers tell
#   sni              the server name of the TLS handshake in lower case, "" = none
#   header:<name>    one request header, name in lower case, several joined by ","; None = not sent, which "" is not
#   claim:iss, claim:sub   of the token that the proxy accepted; None = no token
#   claim:<path>     any other claim, path joined by "/" (a "/" or "~" inside a name is "~1", "~0"): the set of its texts,
#                    () = no token, no such claim, or one that is no text; a pattern matches when it matches any element
#   metadata:<filter>[<key>]   the text that another filter left: None = nothing; with "[]" behind it: the set of texts in a list
#   asked:<provider>           what an external authorizer says: "allow" or "deny"
Value = str | tuple[str, ...] | None

# exact/prefix/suffix/present: on any string dimension · template: "{*}" one non-empty segment, "{**}" any rest (path) ·
# iexact/iprefix/isuffix: case ignored (host) · namespace: principal of that namespace, "*" not special ·
# account: "ns/sa" under any trust domain · cidr: source_ip · number: port, decimal text ·
# wildcard: text ".example.com": hosts `*.example.com` with or without a port, at least one character before the text ·
# glob: principal, where "*" is any text without slash and "**" any text, each possibly empty · given: there is a value, maybe ""
PatternKind = Literal["exact", "prefix", "suffix", "present", "template", "iexact", "iprefix", "isuffix",
                      "namespace", "account", "cidr", "number", "wildcard", "glob", "given"]


class Pattern(NamedTuple):
    kind: PatternKind
    text: str  # "" for present and given


class Expr(NamedTuple):
    """A set of requests.  Build with the functions below: they simplify."""

    op: Literal["true", "false", "match", "and", "or", "not"]
    dimension: Dimension | None = None
    pattern: Pattern | None = None
    args: tuple["Expr", ...] = ()


EVERYTHING = Expr("true")
NOTHING = Expr("false")
_PLAIN = ("match", "or")  # what an intersection takes in as it is
_PARTS = ("match", "or", "and", "not")  # neither everything nor nothing


def match(dimension: Dimension, kind: PatternKind, text: str = "") -> Expr:
    """Requests whose ``dimension`` matches one pattern."""
    return new(Expr, ("match", dimension, new(Pattern, (kind, text)), ()))


def family(dimension: Dimension) -> str:
    """The dimension without the name behind ":"."""
    return dimension.partition(":")[0]


def is_set(dimension: Dimension) -> bool:
    """Whether its values are sets of texts."""
    return (dimension.startswith("claim:") and dimension not in ("claim:iss", "claim:sub")) or dimension.endswith("][]")


def both(*args: Expr) -> Expr:
    """Intersection; of nothing: everything."""
    if len(args) == 2 and args[0].op in _PLAIN:  # one caller, one door: the most frequent by far
        one, other = args
        op = other.op
        if op == "and":
            return new(Expr, ("and", None, None, (one, *other.args)))
        if op in _PLAIN:
            return new(Expr, ("and", None, None, args))
    return _join("and", args, EVERYTHING, NOTHING)


def pair(one: Expr, other: Expr) -> Expr:
    """Intersection of two, whose parts stay what they are: one that occurs in many pairs can be known again as one object."""
    if one.op in _PLAIN and other.op in _PARTS:
        return new(Expr, ("and", None, None, (one, other)))
    return both(one, other)


def either(*args: Expr) -> Expr:
    """Union; of nothing: nothing."""
    return _join("or", args, NOTHING, EVERYTHING)


def all_of(args: Iterable[Expr]) -> Expr:
    """Intersection of many."""
    return _join("and", args, EVERYTHING, NOTHING)


def any_of(args: Iterable[Expr]) -> Expr:
    """Union of many."""
    return _join("or", args, NOTHING, EVERYTHING)


def negate(expr: Expr) -> Expr:
    """Complement."""
    op = expr.op
    if op == "true":
        return NOTHING
    if op == "false":
        return EVERYTHING
    if op == "not":
        return expr.args[0]
    return new(Expr, ("not", None, None, (expr,)))


_SIMPLE = {op: frozenset(("true", "false", op)) for op in ("and", "or")}  # what a join has to look at closely


def _join(op: Literal["and", "or"], args: Iterable[Expr], neutral: Expr, absorbing: Expr) -> Expr:
    given = args if type(args) is tuple else tuple(args)
    simple = _SIMPLE[op]
    for arg in given:
        if arg[0] in simple:
            break
    else:
        return new(Expr, (op, None, None, given)) if len(given) > 1 else given[0] if given else neutral
    kept: list[Expr] = []
    for arg in given:
        if arg.op == absorbing.op:
            return absorbing
        if arg.op == op:
            kept.extend(arg.args)
        elif arg.op != neutral.op:
            kept.append(arg)
    if not kept:
        return neutral
    return kept[0] if len(kept) == 1 else Expr(op, args=tuple(kept))
