"""The model of a mesh: objects in, what they let in by every way to every destination out."""

from collections.abc import Iterable, Mapping

from meshwright.access.reach import Reach
from meshwright.diagnostics import Outcome
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Inventory, Object, Service, Workload
from meshwright.istio.attachment import Policies
from meshwright.istio.bindings import Bindings
from meshwright.istio.doubts import doubt_endpoints
from meshwright.istio.hops import Hops
from meshwright.istio.kinds.gateway import Gateway
from meshwright.istio.kinds.http_route import HttpRoute
from meshwright.istio.metadata import has_owner
from meshwright.istio.paths import World, reach_workload
from meshwright.istio.peers import Peers
from meshwright.istio.reading import Locate, Objects, at_name, read_objects
from meshwright.istio.routes import Edge, Granted, gateway_edges, mesh_edges
from meshwright.istio.strangers import reach_other_pods, reach_waypoint


def model(objects: tuple[Object, ...], inventory: Inventory, mesh: Mesh, locate: Locate = at_name) -> Outcome[tuple[Reach, ...]]:
    """What ``objects`` and the foreign ones of ``inventory`` let in, one Reach a destination: workloads, then other pods by
    namespace, then waypoints, each sorted by id.  No value when an object would be refused (MW0450) or two contradict (MW0451).

    ``locate`` finds the place of a field of an object in its file, for what is refused.
    """
    given = sorted([*objects, *inventory.foreign], key=lambda one: (one.namespace, one.kind, one.name))
    read = read_objects(given, mesh.root_namespace, locate)
    if read.diagnostics:
        return Outcome(None, tuple(read.diagnostics))
    for found_by_hand in inventory.unknown:
        doubt_endpoints(found_by_hand, read.doubts)
    for held in objects:
        if has_owner(held):
            read.doubts.everywhere(f"{held.id} goes as soon as the owner that it names is gone")
    world = world_of(read, inventory, mesh)
    selecting: dict[str, list[Service]] = {}
    for service in inventory.services:
        for workload_id in service.workloads:
            selecting.setdefault(workload_id, []).append(service)
    found: list[Reach] = []
    by_namespace: dict[str, list[Workload]] = {}
    captured: set[str] = set()
    for workload in sorted(inventory.workloads, key=lambda one: one.id):
        capture = _capture(workload, read.overlays, mesh.root_namespace)
        found.append(reach_workload(world, workload, capture, selecting.get(workload.id, ())))
        by_namespace.setdefault(workload.namespace, []).append(workload)
        if capture == "ambient":
            captured.add(workload.namespace)
    enrolled = [namespace.name for namespace in inventory.namespaces
                if world.bindings.namespace_labels(namespace.name).get("istio.io/dataplane-mode") == "ambient"]
    for name in sorted(captured.union(enrolled)):
        found.extend(reach_other_pods(world, name, by_namespace.get(name, ())))
    by_hand = _bound_by_hand(world.bindings, inventory.services)
    for key in sorted(world.bindings.waypoints):
        found.append(reach_waypoint(world, world.bindings.waypoints[key], by_hand.get(key, ())))
    return Outcome(tuple(found))


def world_of(read: Objects, inventory: Inventory, mesh: Mesh) -> World:
    bindings = Bindings(inventory, read.overlays, read.gateways, read.class_labels)
    services = {service.id: service for service in inventory.services}
    at_gateways: dict[str, list[Edge]] = {}
    granted: Granted = {(grant.kind, grant.source, grant.target, grant.name) for grant in read.grants}
    gateways = {f"{gateway.namespace}/{gateway.name}": gateway for gateway in read.gateways if gateway.class_name == "istio"}
    for edge in _gateway_edges(gateways, read, granted, bindings):
        at_gateways.setdefault(edge.backend.service, []).append(edge)
    own_routes, mesh_routes = _mesh_tables(read.routes, services)
    policies = Policies(read.policies, Peers(read.peers, mesh.root_namespace), mesh, read.tokens)
    return World(mesh, policies, bindings, read.doubts, gateways, services, at_gateways, own_routes, mesh_routes, {}, Hops())


def _gateway_edges(gateways: Mapping[str, Gateway], read: Objects, granted: Granted,
                   bindings: Bindings) -> Iterable[Edge]:
    by_gateway: dict[str, list[HttpRoute]] = {}
    known = {f"{gateway.namespace}/{gateway.name}": gateway for gateway in read.gateways}
    for route in sorted(read.routes, key=lambda one: one.id):
        for parent in dict.fromkeys(f"{parent.namespace}/{parent.name}" for parent in route.parents if parent.kind == "Gateway"):
            by_gateway.setdefault(parent, []).append(route)
            other = known.get(parent)
            if other is not None and other.class_name not in ("istio", "istio-waypoint") and read.controllers.get(
                    other.class_name, "istio.io/" if other.class_name.startswith("istio-") else "").startswith("istio.io/"):
                _doubt_backends(route, f"{other.id}: gateways of class {other.class_name} are not modelled", read)
        if any(parent.kind == "other" for parent in route.parents):
            _doubt_backends(route, f"{route.id}: parents other than Gateways and Services are not modelled", read)
    labels = {route.namespace: bindings.namespace_labels(route.namespace) for route in read.routes}
    for name, gateway in gateways.items():
        yield from gateway_edges(gateway, by_gateway.get(name, ()), granted, labels)


def _doubt_backends(route: HttpRoute, reason: str, read: Objects) -> None:
    for rule in route.rules:
        for backend in rule.backends:
            read.doubts.service(backend.service, reason)


def _mesh_tables(routes: Iterable[HttpRoute], services: Mapping[str, Service]
                 ) -> tuple[dict[tuple[str, int], list[Edge]], dict[str, list[Edge]]]:
    """Route tables of Services that are parents, and the same edges by backend where that is another Service or port."""
    by_parent: dict[tuple[str, int], list[HttpRoute]] = {}
    for route in sorted(routes, key=lambda one: one.id):
        for parent in route.parents:
            service = services.get(f"{parent.namespace}/{parent.name}") if parent.kind == "Service" else None
            if service is None or parent.namespace != route.namespace:
                continue  # a waypoint reads only the routes of the Service's own namespace
            for port in service.ports:
                if parent.port in (0, port.number):
                    listed = by_parent.setdefault((service.id, port.number), [])
                    if route not in listed:
                        listed.append(route)
    own: dict[tuple[str, int], list[Edge]] = {}
    others: dict[str, list[Edge]] = {}
    for (service_id, number), listed in by_parent.items():
        edges = own[(service_id, number)] = mesh_edges(service_id, number, listed)
        for edge in edges:
            if (edge.backend.service, edge.backend.port) != (service_id, number):
                others.setdefault(edge.backend.service, []).append(edge)
    return own, others


def _bound_by_hand(bindings: Bindings, services: Iterable[Service]) -> dict[tuple[str, str], list[Service]]:
    found: dict[tuple[str, str], list[Service]] = {}
    for service in services:
        if service.selector is None:
            waypoint = bindings.waypoint(service)
            if waypoint is not None:
                found.setdefault((waypoint.namespace, waypoint.name), []).append(service)
    return found


def _capture(workload: Workload, overlays: Mapping[tuple[str, str, str], Mapping[str, str]], root: str) -> str:
    """The inventory's answer, unless a Namespace of the tree sets the label that decides; system namespaces are never enrolled."""
    overlay = overlays.get(("Namespace", "", workload.namespace), {})
    injects = overlay.get("istio-injection") == "enabled" or (overlay.get("istio.io/rev") and overlay.get("istio-injection") != "disabled")
    if injects and workload.capture == "ambient":
        return "sidecar"  # a pod may still say no; that nobody reads this of the tree counts as not known
    mode = overlay.get("istio.io/dataplane-mode")
    if mode is None or any(key == "istio.io/dataplane-mode" for key, _ in workload.labels):
        return workload.capture
    if mode != "ambient":
        return "outside" if workload.capture == "ambient" else workload.capture
    bypass = any(key == "ambient.istio.io/bypass-inbound-capture" and value == "true" for key, value in workload.annotations)
    if workload.capture != "outside" or workload.host_network or bypass or workload.namespace in (root, "kube-system"):
        return workload.capture
    return "ambient"
