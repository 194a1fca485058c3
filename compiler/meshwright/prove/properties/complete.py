"""Complete on the declared way: every request that the intent allows gets in on the way that the source declares.

The service's address with its waypoint ready, the pod's address for `pods of` and headless services, a gateway's listener
and route for its clients, plaintext for `unidentified`.
"""

from meshwright.access.expr import NOTHING, Expr, any_of, both, negate
from meshwright.access.reach import Way
from meshwright.prove.destination import Case, Inclusion
from meshwright.prove.properties.sound import admitted


def complete(case: Case) -> list[Inclusion]:
    """One question for each declared way."""
    found = []
    together: dict[tuple[str, str, int, str, int, int], list[Way]] = {}
    for way in case.reach.ways if case.pods else ():
        together.setdefault((way.kind, way.service, way.port, way.gateway, way.listener, way.target), []).append(way)
    for ways in together.values():
        asked = _asked(case, ways[0])
        if asked is not None and asked != NOTHING:  # a gateway may have several route tables that lead here: one for each host
            let_in = admitted(case, ways[0]) if len(ways) == 1 else any_of(admitted(case, way) for way in ways)
            if ways[0].tokens is not NOTHING:
                asked = both(asked, negate(ways[0].tokens))
            found.append(Inclusion("complete", ways[0], asked, let_in, "the intent allows it, and it is refused"))
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
        return meaning.fixed(asked, "principal", gateway.identity.principal(meaning.trust_domain)) if gateway is not None else asked
    return None
