"""What one proxy decides when the next hop, not the client, is the peer that it sees."""

from collections.abc import Mapping

from meshwright.access.expr import DIMENSIONS, EVERYTHING, NOTHING, Dimension, Expr, Value, all_of, any_of, both, match, negate
from meshwright.access.request import matches
from meshwright.istio.engines.envoy_tcp import as_peer
from meshwright.istio.tokens import without_token
from meshwright.istio.verdict import Verdict

Known = Mapping[Dimension, Value]
Sets = tuple[Expr, Expr]  # admitted, sealed
PRESENT = match("principal", "present")
_NAMED = frozenset(("account", "namespace", "present"))  # no identity is a member of none


def at_port(verdict: Verdict, port: int) -> Verdict:
    """The verdict for connections to one port."""
    known: Known = {"port": str(port)}
    return Verdict(settle(verdict.denied, known), settle(verdict.allowed, known), verdict.objects, verdict.unknown)


def behind(verdict: Verdict, principal: str, proxy: str, port: int = 0) -> Verdict:
    """The verdict when a proxy with this identity opened the connection to ``port`` (0: any): whose address that is, nobody knows."""
    values: Known = {"principal": principal, "port": str(port)} if port else {"principal": principal}
    known = Verdict(settle(verdict.denied, values), settle(verdict.allowed, values), verdict.objects, verdict.unknown, verdict.tokens)
    if not (_mentions(known.denied, "source_ip") or _mentions(known.allowed, "source_ip")):
        return known
    reason = f"a policy asks for the address of the {proxy}, which is not known"
    return Verdict(_forget(known.denied, "source_ip", False), _forget(known.allowed, "source_ip", True), known.objects,
                   (*known.unknown, reason), known.tokens)


class Hops:
    """What follows from the verdict of a ztunnel, worked out once for all pods that share its two expressions."""

    __slots__ = ("_addresses", "_behind", "_straight")

    def __init__(self) -> None:
        # By ids of the two expressions; the verdict, which keeps them alive, and the answer.
        self._straight: dict[tuple[int, int, int], tuple[Verdict, Sets]] = {}
        self._addresses: dict[tuple[int, int], tuple[Verdict, Sets, Sets]] = {}
        self._behind: dict[tuple[int, int, str, int], tuple[Verdict, Verdict]] = {}

    def straight(self, verdict: Verdict, port: int) -> Sets:
        """What clients of the mesh get to one target port: what is admitted, and what stays sealed."""
        key = (id(verdict.denied), id(verdict.allowed), port)
        found = self._straight.get(key)
        if found is None:
            there = at_port(verdict, port)
            found = self._straight[key] = verdict, (identified(there.admitted), identified(there.sealed))
        return found[1]

    def addresses(self, verdict: Verdict) -> tuple[Sets, Sets]:
        """Over the target port: what peers with an identity and what peers without one get by the pod's own address."""
        key = (id(verdict.denied), id(verdict.allowed))
        found = self._addresses.get(key)
        if found is None:
            admitted, sealed = verdict.admitted, verdict.sealed
            found = self._addresses[key] = (verdict, (identified(admitted), identified(sealed)),
                                            (unidentified(admitted), unidentified(sealed)))
        return found[1:]

    def behind(self, verdict: Verdict, principal: str, proxy: str, port: int) -> Verdict:
        """As the function ``behind``."""
        key = (id(verdict.denied), id(verdict.allowed), principal + " " + proxy, port)
        found = self._behind.get(key)
        if found is None:
            found = self._behind[key] = verdict, behind(Verdict(verdict.denied, verdict.allowed, (), ()), principal, proxy, port)
        there = found[1]
        return Verdict(there.denied, there.allowed, verdict.objects, verdict.unknown + there.unknown)


def settle(expr: Expr, known: Known) -> Expr:
    """``expr`` for requests of which some dimensions are known: those no longer occur; the same object when none did."""
    op = expr.op
    if op == "match":
        if expr.dimension is None or expr.dimension not in known or expr.pattern is None:
            return expr
        value = known[expr.dimension]
        # the text of a number is canonical here: terms.ports writes it so
        found = value == expr.pattern.text if expr.pattern.kind in ("number", "exact") else matches(expr.pattern, value)
        return EVERYTHING if found else NOTHING
    if op == "not":
        inner = settle(expr.args[0], known)
        return expr if inner is expr.args[0] else negate(inner)
    if op not in ("and", "or"):
        return expr
    stop, skip = ("false", "true") if op == "and" else ("true", "false")
    kept = []
    changed = nested = False
    for arg in expr.args:
        new = arg if arg.op == "match" and arg.dimension not in known else settle(arg, known)
        if new is not arg:
            if new.op == stop:
                return new
            changed = True
        if new.op != skip:
            nested = nested or new.op == op
            kept.append(new)
    if not changed:
        return expr
    if len(kept) == 1:
        return kept[0]
    if kept and not nested:
        return Expr(op, args=tuple(kept))
    return all_of(kept) if op == "and" else any_of(kept)


def forwarded(verdict: Verdict, token: bool) -> Verdict:
    """The verdict of a proxy for what a gateway passes on: the forwarded address is the one that the gateway saw.

    ``token``: whether the gateway leaves the token in the request.
    """
    found = verdict._replace(denied=as_peer(verdict.denied), allowed=as_peer(verdict.allowed))
    if token:
        return found
    return Verdict(without_token(found.denied), without_token(found.allowed), found.objects, found.unknown)


def identified(expr: Expr) -> Expr:
    """Only requests with a mesh identity, as every client of the mesh has one."""
    return expr if _never_without(expr) else both(PRESENT, expr)


def unidentified(expr: Expr) -> Expr:
    """Only requests without a mesh identity."""
    return both(negate(PRESENT), settle(expr, {"principal": ""}))


def _never_without(expr: Expr) -> bool:
    """Whether, as far as a look at its principals tells, no request without identity is a member."""
    op, dimension, pattern, args = expr
    if op == "match":
        return dimension == "principal" and pattern is not None and (pattern.kind in _NAMED or not matches(pattern, ""))
    if op == "and":
        return any(map(_never_without, args))
    if op == "or":
        return all(map(_never_without, args))
    return _always_without(args[0]) if op == "not" else op == "false"


def _always_without(expr: Expr) -> bool:
    """Whether every request without identity is a member."""
    op, dimension, pattern, args = expr
    if op == "match":
        return dimension == "principal" and pattern is not None and pattern.kind not in _NAMED and matches(pattern, "")
    if op == "and":
        return all(map(_always_without, args))
    if op == "or":
        return any(map(_always_without, args))
    return _never_without(args[0]) if op == "not" else op == "true"


def _mentions(expr: Expr, dimension: Dimension) -> bool:
    return expr.dimension == dimension or any(_mentions(arg, dimension) for arg in expr.args)


def attributes(expr: Expr) -> frozenset[Dimension]:
    """What it asks for beside the dimensions of every request."""
    if expr.op == "match":
        return frozenset() if expr.dimension is None or expr.dimension in DIMENSIONS else frozenset((expr.dimension,))
    return frozenset().union(*[attributes(arg) for arg in expr.args])


def _forget(expr: Expr, dimension: Dimension, upper: bool) -> Expr:
    """A bound of ``expr`` that holds whatever the value of ``dimension`` is."""
    if expr.op == "match":
        return expr if expr.dimension != dimension else EVERYTHING if upper else NOTHING
    if expr.op == "not":
        return negate(_forget(expr.args[0], dimension, not upper))
    if expr.op == "and":
        return all_of([_forget(arg, dimension, upper) for arg in expr.args])
    if expr.op == "or":
        return any_of([_forget(arg, dimension, upper) for arg in expr.args])
    return expr
