"""Sound on every way: whatever way a request takes, the objects let it in only if the intent allows it.

Where a proxy does not see an attribute, its answer covers every value of it, and so must the intent.
"""

from functools import lru_cache

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, all_of, any_of, either, match
from meshwright.access.reach import Way
from meshwright.prove.destination import Case, Inclusion


def sound(case: Case, permitted: tuple[Expr, ...]) -> list[Inclusion]:
    """One question a way.  ``permitted`` is what the intent allows on each, in order."""
    return [Inclusion("sound", way, admitted(case, way), allowed, "it gets in, and the intent does not allow it")
            for way, allowed in zip(case.reach.ways, permitted, strict=True)]


def permitted_ways(case: Case) -> tuple[Expr, ...]:
    """What the intent allows on each way of a destination."""
    around = with_waypoints(case) if case.pods else NOTHING
    return tuple([_permitted(case, way, around) for way in case.reach.ways])


def admitted(case: Case, way: Way) -> Expr:
    """What the objects let in on a way; a peer of `plaintext` has no identity."""
    return case.meaning.fixed(way.admitted, "principal", "") if way.kind == "plaintext" else way.admitted


def _permitted(case: Case, way: Way, around: Expr) -> Expr:
    """Nothing for pods and services that nobody listed; ``around`` is what holds at the pods' own address."""
    meaning, pods = case.meaning, case.pods
    if not pods or way.kind == "unlisted-service":
        return NOTHING
    if way.kind in ("service", "other-service"):
        allowed = meaning.at_service(way.service, way.port, pods, way.target)
        if passes_waypoint(way):
            return allowed
        # A service that no waypoint serves, over pods that one does: ztunnel cannot tell its address from the pod's own.
        return either(allowed, meaning.fixed(waypoints(case), "port", str(way.target)))
    if way.kind == "mesh-route":
        services = (case.meaning.services[name] for name in case.meaning.pod_sets[pods].services)
        return any_of(meaning.at_service(service.id, port.number, pods, way.target) for service in services
                      for port in service.ports if port.target == way.target)
    if way.kind == "gateway":
        return meaning.through_gateway(way.gateway, way.listener, way.service, way.port, pods, way.target)
    if way.kind == "plaintext":
        return meaning.fixed(meaning.at_pods(pods), "principal", "")
    if way.kind == "without-waypoint":
        return meaning.fixed(around, "port", str(way.target))
    return around


def passes_waypoint(way: Way) -> bool:
    """Whether some waypoint is asked on the way."""
    return any(proxy.startswith("waypoint ") for proxy in way.by)


def with_waypoints(case: Case) -> Expr:
    """``at_pods``, and the waypoints that judge for these pods."""
    allowed = case.meaning.at_pods(case.pods)
    return waypoints(case) if allowed is NOTHING else either(allowed, waypoints(case))


def waypoints(case: Case) -> Expr:
    """Connections of waypoints that judge for these pods: what passes them is asked at the ways that lead through them."""
    return _dialling(case.program.mesh.trust_domain, case.waypoints)


@lru_cache(maxsize=4096)  # one expression for all pods of a namespace behind the same port: what is asked of it is answered once
def _dialling(domain: str, waypoints: tuple[tuple[str, int], ...]) -> Expr:
    return any_of(
        all_of((match("principal", "exact", f"{domain}/ns/{space}/sa/{name}"), match("port", "number", str(port)) if port else EVERYTHING))
        for waypoint, port in waypoints for space, _, name in [waypoint.partition("/")])
