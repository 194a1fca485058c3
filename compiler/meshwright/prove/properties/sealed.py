"""Sealed: if anybody adds any ALLOW policy, no further identity gets in and no way around a waypoint opens.

At ztunnel that is exact: the DENY part alone is inside the intent.  Through a waypoint it is `sealed: identities`: a foreign
ALLOW there may widen what a declared caller asks, and never who asks.
"""

from meshwright.access.expr import NOTHING, Expr
from meshwright.access.reach import Way
from meshwright.prove.destination import Case, Inclusion
from meshwright.prove.properties.sound import passes_waypoint

# Nothing but an ALLOW can close these, so an ALLOW that somebody adds can open them: printed as an assumption.
CANNOT_BE_SEALED = ("unlisted-service", "mesh-route")


def sealed(case: Case, permitted: tuple[Expr, ...]) -> list[Inclusion]:
    """One question a way.  ``permitted`` is what the intent allows on each, in order."""
    found = []
    for way, allowed in zip(case.reach.ways, permitted, strict=True) if case.pods else ():
        if way.kind not in CANNOT_BE_SEALED:
            left = case.meaning.fixed(way.sealed, "principal", "") if way.kind == "plaintext" else way.sealed
            reason = "gets in as soon as anybody adds an ALLOW for everything"
            found.append(Inclusion("sealed", way, left, _limit(case, way, allowed), reason))
    return found


def _limit(case: Case, way: Way, allowed: Expr) -> Expr:
    if not passes_waypoint(way):
        return allowed
    if way.kind == "gateway":
        gateway = case.meaning.gateways.get(way.gateway)
        if gateway is None:
            return NOTHING
        principal = gateway.identity.principal(case.program.mesh.trust_domain)
        return case.meaning.fixed(case.meaning.callers_of(way.service, way.port, case.pods, way.target), "principal", principal)
    if way.kind in ("service", "other-service"):
        return case.meaning.callers_of(way.service, way.port, case.pods, way.target)
    return allowed


