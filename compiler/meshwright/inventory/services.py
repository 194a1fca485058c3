"""Services, the workloads behind them, and the ways in from outside that the cluster already has."""

from collections.abc import Mapping, Sequence
from typing import Any

from meshwright.inventory.fields import Fields
from meshwright.inventory.plain import Places
from meshwright.inventory.protocol import protocol_of
from meshwright.ir.inventory import Exposure, Ingress, Labels, Service, ServicePort, Workload
from meshwright.source import Span

_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_TRANSPORTS = ("TCP", "UDP", "SCTP")


class Selected:
    """Finds workloads by labels without looking at all of them: by namespace and one label of the selector."""

    def __init__(self, workloads: Sequence[Workload]) -> None:
        self._by_label: dict[tuple[str, str, str], list[Workload]] = {}
        for workload in workloads:
            for key, value in workload.labels:
                self._by_label.setdefault((workload.namespace, key, value), []).append(workload)

    def by(self, namespace: str, selector: Labels) -> list[Workload]:
        """The workloads of ``namespace`` whose pods carry all of ``selector``, which is not empty."""
        rows = [self._by_label.get((namespace, key, value)) for key, value in selector]
        if None in rows:
            return []
        shortest = min((row for row in rows if row is not None), key=len)
        if len(selector) == 1:
            return shortest
        wanted = frozenset(selector)
        return [workload for workload in shortest if wanted.issubset(workload.labels)]


def service_of(fields: Fields, selected: Selected, places: Places) -> Service | None:
    """The Service in ``fields.object``; None when a port of it is unusable."""
    of = fields.object
    spec: Mapping[str, Any] = fields.mapping(of.content.get("spec"), "spec")
    metadata: Mapping[str, Any] = fields.mapping(of.content.get("metadata"), "metadata")
    kind: Any = fields.string(spec.get("type"), "spec.type") or "ClusterIP"
    if kind not in _TYPES:
        fields.refuse("spec.type", kind, "one of " + ", ".join(_TYPES))
        return None
    address = spec.get("clusterIP")
    shape: Any = "external-name" if kind == "ExternalName" else "headless" if address == "None" else "vip"
    selector = fields.labels(spec.get("selector"), "spec.selector") or None
    if kind == "ExternalName":
        selector = None  # Kubernetes makes no endpoints for it
    behind = sorted(selected.by(of.namespace, selector), key=_id) if selector else []
    before = len(fields.wrong)
    ports = tuple(sorted(_ports(fields, spec, behind, places), key=lambda port: (port.number, port.transport)))
    if len(fields.wrong) > before:
        return None
    external = tuple(sorted(fields.string(one, "spec.externalIPs") for one in fields.values(spec.get("externalIPs"), "spec.externalIPs")))
    return Service(
        of.namespace,
        of.name,
        shape,
        kind,
        selector,
        ports,
        fields.labels(metadata.get("labels"), "metadata.labels"),
        fields.labels(metadata.get("annotations"), "metadata.annotations"),
        external,
        tuple(one.id for one in behind),
        of.span,
        address if shape == "vip" and type(address) is str else "",
    )


def exposures_of(services: Sequence[Service], workloads: Sequence[Workload], ingresses: Sequence[Ingress]) -> list[Exposure]:
    """Every way in from outside: by type, by external address, by Ingress, by a port of the node.

    A hostPort of pods without a Service is listed under the workload's id.
    """
    found = []
    of_workload: dict[str, list[str]] = {}
    for service in services:
        for workload in service.workloads:
            of_workload.setdefault(workload, []).append(service.id)
        if service.type == "LoadBalancer":
            found.append(Exposure(service.id, "LoadBalancer", service.span))
        elif service.type == "NodePort":
            nodes = [str(port.node_port) for port in service.ports if port.node_port is not None]
            found.append(Exposure(service.id, " ".join(["NodePort", ", ".join(nodes)]).strip(), service.span))
        if service.external_ips:
            found.append(Exposure(service.id, "externalIPs " + ", ".join(service.external_ips), service.span))
    for ingress in ingresses:
        for backend in sorted({service for service, _ in ingress.backends}):
            found.append(Exposure(backend, f"Ingress {ingress.namespace}/{ingress.name}", ingress.span))
    for one in workloads:
        for port in one.ports:
            if port.host_port is not None:
                for name in of_workload.get(one.id, [one.id]):
                    found.append(Exposure(name, f"hostPort {port.host_port}", one.span))
    return sorted(found)


def ingress_of(fields: Fields) -> Ingress:
    """The Ingress in ``fields.object``, in its current form and the one before `networking.k8s.io/v1`."""
    of = fields.object
    spec = fields.mapping(of.content.get("spec"), "spec")
    backends = [spec.get("defaultBackend"), spec.get("backend")]
    for index, rule in enumerate(fields.items(spec.get("rules"), "spec.rules")):
        http = fields.mapping(rule.get("http"), f"spec.rules[{index}].http")
        backends.extend(path.get("backend") for path in fields.items(http.get("paths"), f"spec.rules[{index}].http.paths"))
    found = set()
    for backend in backends:
        one = fields.mapping(backend, "spec.rules[].http.paths[].backend")
        service = fields.mapping(one.get("service"), "backend.service")
        name = service.get("name") or one.get("serviceName")
        if name is not None:
            port = service.get("port", {})
            number = port.get("number", port.get("name", "")) if type(port) is dict else ""
            found.add((f"{of.namespace}/{fields.string(name, 'backend.service.name')}", str(number or one.get("servicePort", ""))))
    return Ingress(of.namespace, of.name, tuple(sorted(found)), of.span)


def _ports(fields: Fields, spec: Mapping[str, Any], behind: list[Workload], places: Places) -> list[ServicePort]:
    found = []
    for index, port in enumerate(fields.items(spec.get("ports"), "spec.ports")):
        where = f"spec.ports[{index}]"
        number = fields.port(port.get("port"), where + ".port")
        if number is None:
            if port.get("port") is None:
                fields.refuse(where + ".port", None, "a port number from 1 to 65535")
            continue
        transport: Any = fields.string(port.get("protocol"), where + ".protocol") or "TCP"
        if transport not in _TRANSPORTS:
            fields.refuse(where + ".protocol", transport, "TCP, UDP or SCTP")
            continue
        name = fields.string(port.get("name"), where + ".name")
        app = fields.string(port["appProtocol"], where + ".appProtocol") if port.get("appProtocol") is not None else None
        target = port.get("targetPort")
        target_name, target_number = "", number
        if type(target) is str and target:
            target_name = target
        elif target not in (None, "", 0):
            target_number = fields.port(target, where + ".targetPort") or number
        place = places.get((id(port), "port"))
        found.append(
            ServicePort(
                name,
                number,
                transport,
                protocol_of(transport, app, name, number),
                _named(target_name, transport, behind) if target_name else target_number,
                target_name,
                fields.port(port.get("nodePort") or None, where + ".nodePort"),
                Span(fields.object.span.path, *place) if place else fields.object.span,
            )
        )
    return found


def _named(name: str, transport: str, behind: list[Workload]) -> int | None:
    """The one number that the workloads behind a service give the port name; None when none does, or two differ."""
    numbers = {port.number for one in behind for port in one.ports if port.name == name and port.transport == transport}
    return numbers.pop() if len(numbers) == 1 else None


def _id(workload: Workload) -> str:
    return workload.id
