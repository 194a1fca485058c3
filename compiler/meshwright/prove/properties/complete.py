"""Complete on the declared way: every request that the intent allows gets in on the way that the source declares.

The service's address with its waypoint ready, the pod's address for `pods of` and headless services, a gateway's listener
and route for its clients, plaintext for `unidentified`.
"""

from meshwright.access.expr import Expr
from meshwright.access.reach import Way
from meshwright.access.request import fix
from meshwright.ir.proof import Verdict
from meshwright.prove.destination import Case, compare
from meshwright.prove.properties.sound import admitted


def complete(case: Case) -> list[Verdict]:
    """One verdict for each declared way that refuses what the intent allows."""
    found = []
    for way in case.reach.ways if case.pods else ():
        asked = _asked(case, way)
        if asked is not None:
            verdict = compare(case, "complete", way, asked, admitted(way), "the intent allows it, and it is refused")
            if verdict is not None:
                found.append(verdict)
    return found


def _asked(case: Case, way: Way) -> Expr | None:
    meaning, pods = case.meaning, case.pods
    if way.kind == "service":
        return meaning.asked_at_service(way.service, way.port, pods, way.target)
    if way.kind == "pod":
        return meaning.asked_at_pods(pods)
    if way.kind == "plaintext":
        return meaning.asked_in_plaintext(pods)
    if way.kind == "gateway":
        asked = meaning.asked_through_gateway(way.gateway, way.listener, way.service, way.port, pods, way.target)
        gateway = meaning.gateways.get(way.gateway)
        return fix(asked, "principal", gateway.identity.principal(meaning.trust_domain)) if gateway is not None else asked
    return None
