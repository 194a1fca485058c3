"""Every way by which a request can reach a workload, and the proxies asked on it (istio-semantics 0.3, 3.4, 3.5)."""

from collections.abc import Iterable, Mapping, Sequence

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, any_of, both, either, match
from meshwright.access.reach import Reach, Way
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Service, ServicePort, Workload
from meshwright.istio.attachment import OPEN, Policies
from meshwright.istio.bindings import Bindings
from meshwright.istio.doubts import Doubts
from meshwright.istio.hops import Hops, Known, behind, forwarded, identified, settle
from meshwright.istio.kinds.gateway import Gateway
from meshwright.istio.routes import Edge
from meshwright.istio.verdict import Verdict
from meshwright.record import NamedTuple

HTTP_PROTOCOLS = frozenset({"http", "http2", "grpc", "grpc-web"})


class World(NamedTuple):
    """What every destination is asked against."""

    mesh: Mesh
    policies: Policies
    bindings: Bindings
    doubts: Doubts
    gateways: Mapping[str, Gateway]  # "ns/name" of class istio
    services: Mapping[str, Service]
    at_gateways: Mapping[str, Sequence[Edge]]  # backend service -> edges
    own_routes: Mapping[tuple[str, int], Sequence[Edge]]  # parent service and port -> its route table; absent = straight on
    mesh_routes: Mapping[str, Sequence[Edge]]  # backend service -> edges of other Services' routes
    gateway_verdicts: dict[tuple[str, int], Verdict]  # cache: gateway, listener port
    hops: Hops


def reach_workload(world: World, workload: Workload, capture: str, services: Sequence[Service]) -> Reach:
    """All ways to one workload; ``services`` are those that select it."""
    if capture == "sidecar":
        from meshwright.istio.sidecars import reach_sidecar  # rarely one is asked about

        return reach_sidecar(world, workload, services)
    if capture != "ambient":
        return _open(world, workload, capture, services)
    labels = dict(workload.labels)
    asked = _Asked(world, world.policies.ztunnel(workload.namespace, labels), workload)
    plaintext_refused = world.policies.plaintext(workload.namespace, labels).refused
    for service in services:
        asked.service(service)
    asked.pod()
    unknown = (*world.doubts.of_workload(workload.namespace, [service.id for service in services]), *asked.unknown)
    return Reach(workload.id, workload.namespace, "workload", True, tuple(asked.ways),
                 _open_ports(workload, plaintext_accepted(plaintext_refused)), tuple(dict.fromkeys(unknown)))


def plaintext_accepted(refused: Expr) -> Expr:
    """Over port: where a peer without identity is accepted."""
    return Verdict(refused, EVERYTHING, (), ()).admitted


def target_port(service: Service, port: ServicePort, workload: Workload) -> int | None:
    """The port of the pod that a request to the service's port arrives at; None = this workload has no endpoint there."""
    if service.kind == "headless":
        return port.number  # the client dials the pod itself, nobody translates
    if port.target is not None or not port.target_name:
        return port.target
    named = [known.number for known in workload.ports if known.name == port.target_name and known.transport == "TCP"]
    return named[0] if named else None


class _Asked:
    """The ways to one workload while they are found."""

    __slots__ = ("_workload", "_world", "_ztunnel", "unknown", "ways")

    def __init__(self, world: World, ztunnel: Verdict, workload: Workload) -> None:
        self._world, self._ztunnel, self._workload = world, ztunnel, workload
        self.ways: list[Way] = []
        self.unknown: list[str] = list(ztunnel.unknown)

    def service(self, service: Service) -> None:
        """service, without-waypoint, gateway and mesh-route ways of one Service."""
        waypoint = self._world.bindings.waypoint(service)
        if self._world.bindings.canary(service):
            self.unknown.append(f"Service {service.id}: a waypoint canary is not modelled")
        strange = self._world.bindings.strange(service)
        if strange:
            self.unknown.append(f"Service {service.id}: {strange}, which it is bound to, is of a class that is not modelled")
        for port in service.ports:
            target = target_port(service, port, self._workload) if port.transport == "TCP" else None
            if target is None:
                continue
            if waypoint is not None:
                self.ways.append(self._through(service, port, target, waypoint))
            self.ways.append(Way("service" if waypoint is None else "without-waypoint", service.id, port.number, target, "", 0,
                                 *self._direct(target), ("ztunnel",), self._ztunnel.objects))
            for edge in self._world.at_gateways.get(service.id, ()):
                if edge.backend.port == port.number:
                    self.ways.append(self._by_gateway(service, port, target, waypoint, edge))
            for edge in self._world.mesh_routes.get(service.id, ()):
                if edge.backend.port == port.number:
                    self._by_route(service, port, target, edge)

    def pod(self) -> None:
        """pod and plaintext ways, over the target port."""
        (admitted, sealed), (strangers, opened) = self._world.hops.addresses(self._ztunnel)
        self.ways.append(Way("pod", "", 0, 0, "", 0, _open_ports(self._workload, admitted), _open_ports(self._workload, sealed),
                             ("ztunnel",), self._ztunnel.objects))
        self.ways.append(Way("plaintext", "", 0, 0, "", 0, _open_ports(self._workload, strangers), _open_ports(self._workload, opened),
                             ("ztunnel",), self._ztunnel.objects))
        waypoint = self._world.bindings.pod_waypoint(self._workload)
        if waypoint is not None:
            # Nobody declares the protocol of a pod's ports, so the waypoint may open every connection before it judges it.
            name = f"waypoint {waypoint.namespace}/{waypoint.name}"
            last = behind(self._ztunnel, waypoint.principal(self._world.mesh.trust_domain), name)
            self.unknown.append(f"{self._workload.id}: what the {name} refuses of traffic to the pods' own addresses is not modelled")
            self.ways.append(Way("pod", "", 0, 0, "", 0, _open_ports(self._workload, identified(last.admitted)),
                                 _open_ports(self._workload, identified(last.sealed)), (name, "ztunnel"), (waypoint.id, *last.objects)))

    def _direct(self, target: int) -> tuple[Expr, Expr]:
        verdict = OPEN if target in self._workload.excluded_inbound else self._ztunnel
        return self._world.hops.straight(verdict, target)

    def _through(self, service: Service, port: ServicePort, target: int, waypoint: Gateway) -> Way:
        name = f"{waypoint.namespace}/{waypoint.name}"
        last = self._behind(waypoint.principal(self._world.mesh.trust_domain), target, f"waypoint {name}")
        first = self._waypoint(service, port, waypoint, last)
        requests = self._own_requests(service, port)
        return Way("service", service.id, port.number, target, "", 0, identified(both(requests, first.admitted, last.admitted)),
                   identified(both(requests, first.sealed, last.sealed)), (f"waypoint {name}", "ztunnel"),
                   (*first.objects, waypoint.id, *last.objects), first.tokens)

    def _waypoint(self, service: Service, port: ServicePort, waypoint: Gateway, last: Verdict) -> Verdict:
        """At the waypoint, for one service port; a TCP connection is open before it can be refused, unless ``last`` refuses it."""
        http = port.protocol in HTTP_PROTOCOLS
        name = (service.namespace, service.name)
        verdict = self._world.policies.waypoint(waypoint.namespace, waypoint.name, name, http, port.number)
        self.unknown.extend(waypoint.doubts)
        self.unknown.extend(self._world.doubts.of_proxy("waypoint", waypoint.namespace, waypoint.name))
        if http:
            self.unknown.extend(verdict.unknown)
            return verdict
        if (verdict.admitted != EVERYTHING or port.protocol == "undeclared") and last.admitted != NOTHING:
            why = "its protocol is not declared" if port.protocol == "undeclared" else "it opens the connection before it judges it"
            self.unknown.append(f"port {port.number} of Service {service.id}: what a refused client sees of it behind the waypoint "
                                f"{waypoint.namespace}/{waypoint.name} is not decided there, because {why}")
        return Verdict(OPEN.denied, OPEN.allowed, verdict.objects, ())

    def _own_requests(self, service: Service, port: ServicePort) -> Expr:
        """What the routes that name this Service as parent leave for it; without routes, everything."""
        edges = self._world.own_routes.get((service.id, port.number))
        if edges is None or port.protocol not in HTTP_PROTOCOLS:
            return EVERYTHING
        self.unknown.extend([reason for edge in edges for reason in edge.doubts])
        if any(edge.doubts for edge in edges):
            return EVERYTHING
        return any_of([edge.requests for edge in edges if (edge.backend.service, edge.backend.port) == (service.id, port.number)])

    def _behind(self, principal: str, target: int, proxy: str) -> Verdict:
        """At the ztunnel, for connections that a proxy with this identity opens."""
        if target in self._workload.excluded_inbound:
            return OPEN
        found = self._world.hops.behind(self._ztunnel, principal, proxy, target)
        self.unknown.extend(found.unknown)
        return found

    def _by_gateway(self, service: Service, port: ServicePort, target: int, waypoint: Gateway | None, edge: Edge) -> Way:
        gateway = self._world.gateways[edge.source]
        name, principal = f"gateway {edge.source}", gateway.principal(self._world.mesh.trust_domain)
        hops, by = [gateway_verdict(self._world, gateway, edge.port)], [name]
        objects = [*hops[0].objects, *edge.objects]
        self.unknown.extend((*hops[0].unknown, *gateway.doubts, *edge.doubts,
                             *self._world.doubts.of_proxy("gateway", gateway.namespace, gateway.name)))
        if waypoint is not None and self._world.bindings.ingress_uses_waypoint(service):
            last = self._behind(waypoint.principal(self._world.mesh.trust_domain), target, f"waypoint {waypoint.namespace}/{waypoint.name}")
            kept = self._world.policies.forwards_tokens(gateway.namespace, gateway.pod_labels, gateway.name)
            middle = forwarded(behind(self._waypoint(service, port, waypoint, last), principal, name), kept is not False)
            self.unknown.extend(middle.unknown)
            if kept is None:
                self.unknown.append(f"{name}: it forwards the tokens of some issuers only, which is not modelled")
            hops.append(middle)
            by.append(f"waypoint {waypoint.namespace}/{waypoint.name}")
            objects.extend((*middle.objects, waypoint.id))
            edge = edge._replace(requests=both(edge.requests, self._own_requests(service, port)))
            principal = waypoint.principal(self._world.mesh.trust_domain)
        hops.append(self._behind(principal, target, by[-1]))
        return Way("gateway", service.id, port.number, target, edge.source, edge.port, both(edge.requests, *[hop.admitted for hop in hops]),
                   both(edge.requests, *[hop.sealed for hop in hops]), (*by, "ztunnel"), (*objects, *hops[-1].objects),
                   either(*[hop.tokens for hop in hops]))

    def _by_route(self, service: Service, port: ServicePort, target: int, edge: Edge) -> None:
        """Callers of another Service whose route names this one: only that Service's policies are asked, no second waypoint."""
        parent = self._world.services[edge.source]
        waypoint = self._world.bindings.waypoint(parent)
        if waypoint is None:
            return  # nobody reads the route
        for known in parent.ports:
            if edge.port in (0, known.number) and known.protocol in HTTP_PROTOCOLS:
                name = f"waypoint {waypoint.namespace}/{waypoint.name}"
                last = self._behind(waypoint.principal(self._world.mesh.trust_domain), target, name)
                first = self._waypoint(parent, known, waypoint, last)
                self.unknown.extend(edge.doubts)
                self.ways.append(Way("mesh-route", service.id, port.number, target, "", 0,
                                     identified(both(edge.requests, first.admitted, last.admitted)),
                                     identified(both(edge.requests, first.sealed, last.sealed)),
                                     (name, "ztunnel"), (*edge.objects, *first.objects, waypoint.id, *last.objects)))


def gateway_verdict(world: World, gateway: Gateway, port: int) -> Verdict:
    """At the gateway's own pods: clients have no mesh identity there, and the port is the one the pod listens on."""
    key = (f"{gateway.namespace}/{gateway.name}", port)
    found = world.gateway_verdicts.get(key)
    if found is None:
        verdict = world.policies.envoy(gateway.namespace, gateway.pod_labels, gateway.name)
        verdict = forwarded(verdict, True)
        known: Known = {"principal": "", "port": str(port)}
        found = world.gateway_verdicts[key] = Verdict(settle(verdict.denied, known), settle(verdict.allowed, known), verdict.objects,
                                                      verdict.unknown, verdict.tokens)
    return found


def _open_ports(workload: Workload, expr: Expr) -> Expr:
    """Ports that an annotation takes out of capture are open, whatever the policies say."""
    if not workload.excluded_inbound:
        return expr
    return either(expr, *[match("port", "number", str(port)) for port in workload.excluded_inbound])


def _open(world: World, workload: Workload, capture: str, services: Iterable[Service]) -> Reach:
    ways = []
    for service in services:
        for port in service.ports:
            target = target_port(service, port, workload) if port.transport == "TCP" else None
            if target is not None:
                ways.append(Way("service", service.id, port.number, target, "", 0, EVERYTHING, EVERYTHING, (), ()))
                ways.extend([Way("gateway", service.id, port.number, target, edge.source, edge.port, edge.requests, edge.requests,
                                 (f"gateway {edge.source}",), edge.objects)
                             for edge in world.at_gateways.get(service.id, ()) if edge.backend.port == port.number])
    ways.append(Way("pod", "", 0, 0, "", 0, EVERYTHING, EVERYTHING, (), ()))
    ways.append(Way("plaintext", "", 0, 0, "", 0, EVERYTHING, EVERYTHING, (), ()))
    return Reach(workload.id, workload.namespace, "workload", False, tuple(ways), EVERYTHING, ())
