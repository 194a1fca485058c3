"""What one proxy decides when the next hop, not the client, is the peer that it sees."""

from collections.abc import Mapping

from meshwright.access.expr import EVERYTHING, NOTHING, Dimension, Expr, all_of, any_of, both, match, negate
from meshwright.access.request import matches
from meshwright.istio.verdict import Verdict

Known = Mapping[Dimension, str]
PRESENT = match("principal", "present")
_NAMED = frozenset(("account", "namespace", "present"))  # no identity is a member of none


def at_port(verdict: Verdict, port: int) -> Verdict:
    """The verdict for connections to one port."""
    known: Known = {"port": str(port)}
    return Verdict(settle(verdict.denied, known), settle(verdict.allowed, known), verdict.objects, verdict.unknown)


def behind(verdict: Verdict, principal: str, proxy: str, port: int = 0) -> Verdict:
    """The verdict when a proxy with this identity opened the connection to ``port`` (0: any): whose address that is, nobody knows."""
    values: Known = {"principal": principal, "port": str(port)} if port else {"principal": principal}
    known = Verdict(settle(verdict.denied, values), settle(verdict.allowed, values), verdict.objects, verdict.unknown)
    if not (_mentions(known.denied, "source_ip") or _mentions(known.allowed, "source_ip")):
        return known
    reason = f"a policy asks for the address of the {proxy}, which is not known"
    return Verdict(_forget(known.denied, "source_ip", False), _forget(known.allowed, "source_ip", True), known.objects,
                   (*known.unknown, reason))


def settle(expr: Expr, known: Known) -> Expr:
    """``expr`` for requests of which some dimensions are known: those no longer occur; the same object when none did."""
    op = expr.op
    if op == "match":
        value = known.get(expr.dimension)  # type: ignore[arg-type]  # a match has a dimension
        if value is None or expr.pattern is None:
            return expr
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


def identified(expr: Expr) -> Expr:
    """Only requests with a mesh identity, as every client of the mesh has one."""
    return expr if _never_without(expr) else both(PRESENT, expr)


def unidentified(expr: Expr) -> Expr:
    """Only requests without a mesh identity."""
    return both(negate(PRESENT), settle(expr, {"principal": ""}))


def _never_without(expr: Expr) -> bool:
    """Whether, as far as a look at its principals tells, no request without identity is a member."""
    if expr.op == "match":
        pattern = expr.pattern
        return expr.dimension == "principal" and pattern is not None and (pattern.kind in _NAMED or not matches(pattern, ""))
    if expr.op == "and":
        return any(_never_without(arg) for arg in expr.args)
    if expr.op == "or":
        return all(_never_without(arg) for arg in expr.args)
    return _always_without(expr.args[0]) if expr.op == "not" else expr.op == "false"


def _always_without(expr: Expr) -> bool:
    """Whether every request without identity is a member."""
    if expr.op == "match":
        return expr.dimension == "principal" and expr.pattern is not None and matches(expr.pattern, "")
    if expr.op == "and":
        return all(_always_without(arg) for arg in expr.args)
    if expr.op == "or":
        return any(_always_without(arg) for arg in expr.args)
    return _never_without(expr.args[0]) if expr.op == "not" else expr.op == "true"


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
