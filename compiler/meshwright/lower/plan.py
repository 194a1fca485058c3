"""The program, indexed the way lowering asks for it."""


from meshwright.ir.identity import Identity
from meshwright.ir.intent import Gateway, Grant, Listener, PodSet, Port, Program, Service, Source
from meshwright.ir.placement import waypoints
from meshwright.lower.phrases import Phrases
from meshwright.record import NamedTuple


class Plan(NamedTuple):
    """Indexes over one program; the order inside every value is that of the program, which is sorted."""

    program: Program
    governed: frozenset[str]  # names of namespaces with `enforce yes`
    services: dict[str, Service]
    pod_sets: dict[str, PodSet]  # of governed namespaces
    gateways: dict[str, Gateway]
    proxies: frozenset[Identity]  # the gateways' service accounts: what `any workload` leaves out
    waypoints: dict[str, str]  # L7 service id -> waypoint id
    at_service: dict[tuple[str, int], list[Grant]]  # (service id, port number) -> grants
    at_pods: dict[str, list[Grant]]  # pod set id -> grants on `pods of`
    behind: dict[tuple[str, int], list[tuple[Service, Port]]]  # (pod set id, target port) -> service ports that lead there
    routed: dict[str, tuple[str, ...]]  # service id -> ids of the gateways with a route to it
    sidecars: dict[Identity, str]  # identity -> one workload with a sidecar that runs as it
    phrases: Phrases  # what was said already

    def sidecar_of(self, source: Source) -> str:
        """A workload with a sidecar that ``source`` may be, "" = none: a sidecar dials the pod and never the waypoint."""
        if source.kind == "identity" and source.identity is not None:
            return self.sidecars.get(source.identity, "")
        if source.kind == "namespace":
            return next((name for identity, name in self.sidecars.items() if identity.namespace == source.namespace), "")
        if source.kind == "any-workload":
            return next((name for identity, name in self.sidecars.items() if identity not in self.proxies), "")
        return ""


def plan(program: Program) -> Plan:
    """Index ``program`` once; a few dictionary entries a grant."""
    governed = frozenset(space.name for space in program.namespaces if space.enforce == "yes")
    at_service: dict[tuple[str, int], list[Grant]] = {}
    at_pods: dict[str, list[Grant]] = {}
    for grant in program.grants:
        if grant.target.kind == "service":
            at_service.setdefault((grant.target.id, grant.target.port), []).append(grant)
        else:
            at_pods.setdefault(grant.target.id, []).append(grant)
    behind: dict[tuple[str, int], list[tuple[Service, Port]]] = {}
    for service in program.services:
        for port in service.ports:
            for pod_set in service.pod_sets:
                behind.setdefault((pod_set, port.target), []).append((service, port))
    routed: dict[str, set[str]] = {}
    for route in program.routes:
        routed.setdefault(route.service, set()).add(route.gateway)
    return Plan(
        program, governed,
        {service.id: service for service in program.services},
        {pods.id: pods for pods in program.pod_sets if pods.namespace in governed},
        {gateway.id: gateway for gateway in program.gateways},
        frozenset(gateway.identity for gateway in program.gateways),
        waypoints(program), at_service, at_pods, behind,
        {service: tuple(sorted(gateways)) for service, gateways in routed.items()},
        {one.identity: one.id for one in reversed(program.inventory.workloads) if one.capture == "sidecar"},
        Phrases(program.mesh.trust_domain),
    )


def waypoint_identity(waypoint: str) -> Identity:
    """A waypoint's proxies run as the service account named after its Gateway."""
    namespace, _, name = waypoint.partition("/")
    return Identity(namespace, name)


def serves(listener: Listener, host: str) -> str | None:
    """The hosts that a route for ``host`` ("" = any) gets at ``listener``: the narrower of both, None when they are disjoint."""
    if not listener.hosts:
        return host
    if not host:
        return ""
    return next((found for own in listener.hosts if (found := narrower(own, host)) is not None), None)


def narrower(one: str, other: str) -> str | None:
    """What two host patterns ("" = any, "*.a.b" = any name below a.b) have in common; None = nothing."""
    if one == other or not other:
        return one
    if not one:
        return other
    if one.startswith("*.") and other.endswith(one[1:]) and len(other) > len(one) - 1:
        return other
    if other.startswith("*.") and one.endswith(other[1:]) and len(one) > len(other) - 1:
        return one
    return None
