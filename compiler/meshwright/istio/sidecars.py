"""Ways to pods with a sidecar: one Envoy in the pod judges what comes in, by the container's port (istio-semantics 0.2, 1.7, 1.8, 4.1)."""

from collections.abc import Mapping, Sequence

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, any_of, both, either, match, negate
from meshwright.access.reach import Reach, Way
from meshwright.ir.inventory import Service, Workload
from meshwright.istio.attachment import OPEN
from meshwright.istio.hops import at_port, behind, identified, settle, unidentified
from meshwright.istio.paths import HTTP_PROTOCOLS, World, gateway_verdict, target_port
from meshwright.istio.peers import Modes
from meshwright.istio.routes import Edge
from meshwright.istio.verdict import Verdict


def reach_sidecar(world: World, workload: Workload, services: Sequence[Service]) -> Reach:
    """All ways to one workload with a sidecar; ``services`` are those that select it.

    A TCP chain opens the connection before it judges it, so only HTTP ports refuse by policy; STRICT refuses everywhere.
    """
    asked = _Asked(world, workload, services)
    for service in services:
        asked.service(service)
    asked.pod()
    unknown = [*world.doubts.of_workload(workload.namespace, [service.id for service in services]), *asked.unknown]
    if any(world.bindings.namespace_labels(name).get("istio.io/dataplane-mode") == "ambient" for name in world.bindings.namespaces()):
        unknown.append(f"{workload.id}: whether callers in ambient show its sidecar an identity is not modelled")
    return Reach(workload.id, workload.namespace, "workload", True, tuple(asked.ways), asked.plaintext(), tuple(dict.fromkeys(unknown)))


class _Asked:
    """The ways to one workload while they are found."""

    __slots__ = ("_http", "_modes", "_targets", "_verdict", "_workload", "_world", "unknown", "ways")

    def __init__(self, world: World, workload: Workload, services: Sequence[Service]) -> None:
        labels = dict(workload.labels)
        self._world, self._workload = world, workload
        self._verdict = world.policies.envoy(workload.namespace, labels)
        self._modes: Modes = world.policies.modes(workload.namespace, labels)
        self._targets = http_ports(workload, services)
        self._http = sorted(port for port, http in self._targets.items() if http and port not in workload.excluded_inbound)
        self.ways: list[Way] = []
        self.unknown: list[str] = [*self._verdict.unknown, *self._modes.unknown,
                                   *world.doubts.of_proxy("gateway", workload.namespace, "")]  # filters for every Envoy of the namespace

    def service(self, service: Service) -> None:
        """By the Service's address, and through gateways; a sidecar caller goes past every waypoint, and so does a gateway."""
        for port in service.ports:
            target = target_port(service, port, self._workload) if port.transport == "TCP" else None
            if target is None:
                continue
            verdict = self._at(target)
            admitted, sealed = self._seen(verdict.admitted, target), self._seen(verdict.sealed, target)
            self.ways.append(Way("service", service.id, port.number, target, "", 0, admitted, sealed, (f"sidecar {self._workload.id}",),
                                 self._objects(), verdict.tokens))
            for edge in self._world.at_gateways.get(service.id, ()):
                if edge.backend.port == port.number:
                    self.ways.append(self._by_gateway(service, port.number, target, edge))

    def pod(self) -> None:
        """By the pod's own address, over the port: clients of the mesh, and peers without identity where STRICT lets them in."""
        name = (f"sidecar {self._workload.id}",)
        admitted, sealed = self._over_ports(False), self._over_ports(True)
        self.ways.append(Way("pod", "", 0, 0, "", 0, identified(admitted), identified(sealed), name, self._objects()))
        accepted = self.plaintext()
        self.ways.append(Way("plaintext", "", 0, 0, "", 0, both(accepted, unidentified(admitted)), both(accepted, unidentified(sealed)),
                             name, self._objects()))

    def plaintext(self) -> Expr:
        """Over the port: where a peer without identity is accepted."""
        return either(negate(self._modes.strict), _ports(self._workload.excluded_inbound))

    def _at(self, target: int) -> Verdict:
        """The policies at one port; what is no HTTP is open before it is judged."""
        return at_port(self._verdict, target) if target in self._http else Verdict(OPEN.denied, OPEN.allowed, self._verdict.objects, ())

    def _seen(self, expr: Expr, target: int) -> Expr:
        """Where mTLS is switched off nobody's identity is seen."""
        hidden = settle(self._modes.disabled, {"port": str(target)}) == EVERYTHING
        return match("principal", "present") if hidden and settle(expr, {"principal": ""}) == EVERYTHING else (
            both(match("principal", "present"), settle(expr, {"principal": ""})) if hidden else identified(expr))

    def _over_ports(self, sealed: bool) -> Expr:
        found = [negate(_ports(self._http))]
        for port in self._http:
            verdict = self._at(port)
            expr = verdict.sealed if sealed else verdict.admitted
            if settle(self._modes.disabled, {"port": str(port)}) == EVERYTHING:
                expr = settle(expr, {"principal": ""})
            found.append(both(match("port", "number", str(port)), expr))
        return any_of(found)

    def _by_gateway(self, service: Service, port: int, target: int, edge: Edge) -> Way:
        gateway = self._world.gateways[edge.source]
        name = f"gateway {edge.source}"
        first = gateway_verdict(self._world, gateway, edge.port)
        hidden = settle(self._modes.disabled, {"port": str(target)}) == EVERYTHING
        last = behind(self._at(target), "" if hidden else gateway.principal(self._world.mesh.trust_domain), name, target)
        self.unknown.extend((*first.unknown, *last.unknown, *gateway.doubts, *edge.doubts,
                             *self._world.doubts.of_proxy("gateway", gateway.namespace, gateway.name)))
        return Way("gateway", service.id, port, target, edge.source, edge.port, both(edge.requests, first.admitted, last.admitted),
                   both(edge.requests, first.sealed, last.sealed), (name, f"sidecar {self._workload.id}"),
                   (*first.objects, *edge.objects, *self._objects()), either(first.tokens, last.tokens))

    def _objects(self) -> tuple[str, ...]:
        return (*self._verdict.objects, *self._modes.objects)


def http_ports(workload: Workload, services: Sequence[Service]) -> Mapping[int, bool]:
    """Container ports that Services lead to, and whether all of them say that HTTP is spoken there."""
    found: dict[int, bool] = {}
    for service in services:
        for port in service.ports:
            target = target_port(service, port, workload) if port.transport == "TCP" else None
            if target is not None:
                found[target] = found.get(target, True) and port.protocol in HTTP_PROTOCOLS
    return found


def _ports(numbers: Sequence[int]) -> Expr:
    return any_of([match("port", "number", str(number)) for number in numbers]) if numbers else NOTHING
