"""Which services are judged by a waypoint, and which one: the one answer that `lower` and `report` share."""

from meshwright.ir.intent import Placement, Program, Service


def waypoints(program: Program) -> dict[str, str]:
    """Service id -> waypoint id ("namespace/name"), in order of service id, for each service whose requests pass a waypoint.

    A service of a governed namespace passes one as soon as one allow or deny asks for HTTP terms at its address.  Services of
    a namespace that says `waypoint none` are left out, as are services of several accounts under `waypoint per service-account`
    (`lower` refuses both).
    """
    placements = {space.name: space.placement for space in program.namespaces if space.enforce == "yes"}
    found: dict[str, str] = {}
    wanted = l7_services(program)
    for service in program.services:
        if service.id in wanted:
            waypoint = waypoint_name(service, placements[service.namespace])
            if waypoint:
                found[service.id] = waypoint
    return found


def l7_services(program: Program) -> frozenset[str]:
    """Ids of the services in governed namespaces that at least one allow or deny with HTTP terms is about."""
    governed = {space.name for space in program.namespaces if space.enforce == "yes"}
    return frozenset(grant.target.id for grant in program.grants
                     if grant.http is not None and grant.target.kind == "service" and grant.target.id.partition("/")[0] in governed)


def waypoint_name(service: Service, placement: Placement) -> str:
    """The waypoint that ``service`` would have, "namespace/name"; "" when ``placement`` gives it none."""
    if placement.kind == "namespace":
        return f"{service.namespace}/waypoint"
    if placement.kind == "service":
        return f"{service.namespace}/{dns_label(service.name + '-waypoint')}"
    if placement.kind == "service-account" and len(service.identities) == 1:
        return f"{service.namespace}/{dns_label(service.identities[0].account + '-waypoint')}"
    return placement.waypoint if placement.kind == "shared" else ""


def dns_label(name: str) -> str:
    """``name`` as a DNS label of at most 63 characters: itself when it is one, else cut, dots replaced, with a hash of the whole."""
    plain = name.replace(".", "-").replace("*", "any")
    if plain == name and len(name) <= 63:
        return name
    from meshwright.ir.digest import sha256  # here: the plain path never needs it

    return f"{plain[:54].rstrip('-')}-{sha256(name.encode()).hexdigest()[:8]}"
