"""What one proxy decides when the next hop, not the client, is the peer that it sees."""

from meshwright.access.expr import EVERYTHING, NOTHING, Dimension, Expr, all_of, any_of, both, match, negate
from meshwright.access.request import fix
from meshwright.istio.verdict import Verdict

PRESENT = match("principal", "present")


def at_port(verdict: Verdict, port: int) -> Verdict:
    """The verdict for connections to one port."""
    text = str(port)
    return verdict.change(lambda expr: fix(expr, "port", text))


def behind(verdict: Verdict, principal: str, proxy: str) -> Verdict:
    """The verdict when a proxy with this identity opened the connection: whose address that is, nobody knows."""
    known = verdict.change(lambda expr: fix(expr, "principal", principal))
    if not (_mentions(known.denied, "source_ip") or _mentions(known.allowed, "source_ip")):
        return known
    reason = f"a policy asks for the address of the {proxy}, which is not known"
    return Verdict(_forget(known.denied, "source_ip", False), _forget(known.allowed, "source_ip", True), known.objects,
                   (*known.unknown, reason))


def any_port(verdict: Verdict) -> Verdict:
    """A bound of the verdict for connections to a port that nobody knows."""
    return Verdict(_forget(verdict.denied, "port", False), _forget(verdict.allowed, "port", True), verdict.objects, verdict.unknown)


def identified(expr: Expr) -> Expr:
    """Only requests with a mesh identity, as every client of the mesh has one."""
    return expr if fix(expr, "principal", "") == NOTHING else both(PRESENT, expr)


def unidentified(expr: Expr) -> Expr:
    """Only requests without a mesh identity."""
    return both(negate(PRESENT), fix(expr, "principal", ""))


def _mentions(expr: Expr, dimension: Dimension) -> bool:
    return expr.dimension == dimension or any(_mentions(arg, dimension) for arg in expr.args)


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
