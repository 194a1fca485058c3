"""One governed namespace: transport, and what nobody declared."""

from collections.abc import Iterable

from meshwright.diagnostics import Diagnostic
from meshwright.ir.intent import Namespace
from meshwright.ir.manifest import Manifest
from meshwright.lower import refuse
from meshwright.lower.objects import SECURITY, gateway_ref, policy
from meshwright.lower.plan import Plan


def lower_namespace(plan: Plan, space: Namespace, found: list[Diagnostic]) -> list[Manifest]:
    """STRICT mTLS, and an ALLOW without rules: pods that no pod set selects are reached by nobody.

    The ALLOW has no selector, and Istio applies it to Gateway API gateways of the namespace too (never to waypoints), so each
    of ours gets an ALLOW of its own that lets every request on to its routes.  Diagnostics: MW0602, MW0603.
    """
    origin = (space.span,) if space.span else ()
    if space.name == plan.program.mesh.root_namespace:
        found.append(refuse.root_namespace(space))
    made = [
        Manifest(SECURITY, "PeerAuthentication", space.name, "mesh-strict", {"spec": {"mtls": {"mode": "STRICT"}}}, f"{space.name} mtls",
                 provenance=origin),
        policy(space.name, "mesh-baseline", f"{space.name} baseline", {"action": "ALLOW"}, origin),
    ]
    ours = {gateway.name for gateway in plan.program.gateways if gateway.namespace == space.name}
    for gateway in plan.program.gateways:
        if gateway.namespace == space.name:
            made.append(policy(space.name, f"{gateway.name}-gateway-allow", f"{gateway.id} gateway allow",
                               {"action": "ALLOW", "targetRefs": gateway_ref(gateway.name), "rules": [{}]}, (gateway.span,)))
    for other in plan.program.inventory.foreign:
        # a Gateway of Istio's own API is no proxy: the pods it selects are workloads, and judged like any other
        if other.kind == "Gateway" and other.api_version.startswith("gateway.networking.k8s.io/") and other.namespace == space.name \
                and other.name not in ours and not _is_waypoint(other.content):
            found.append(refuse.foreign_gateway(space, other))
    return made


def lower_waypoints(plan: Plan, services: Iterable[str], found: list[Diagnostic]) -> list[Manifest]:
    """The Gateway of each waypoint that ``services`` (ids of L7 services) need, and its default deny.

    Without the default deny a Service that somebody binds tomorrow is open to every identity, and through it the pods it
    selects.  Diagnostics: MW0601.
    """
    bound: dict[str, list[str]] = {}
    for service in services:
        bound.setdefault(plan.waypoints[service], []).append(service)
    made = []
    for waypoint, its_services in sorted(bound.items()):
        namespace, _, name = waypoint.partition("/")
        if namespace not in plan.governed:
            found.append(refuse.waypoint_elsewhere(plan, waypoint, its_services))
            continue
        made.extend(_waypoint(namespace, name, sorted({plan.services[one].namespace for one in its_services})))
    return made


def _waypoint(namespace: str, name: str, consumers: list[str]) -> list[Manifest]:
    allowed: dict[str, object] = {"from": "Same"}
    if consumers != [namespace]:
        key = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": consumers}
        allowed = {"from": "Selector", "selector": {"matchExpressions": [key]}}
    listener = {"name": "mesh", "port": 15008, "protocol": "HBONE", "allowedRoutes": {"namespaces": allowed}}
    gateway = Manifest("gateway.networking.k8s.io/v1", "Gateway", namespace, name,
                       {"spec": {"gatewayClassName": "istio-waypoint", "listeners": [listener]}}, f"{namespace}/{name} waypoint",
                       (("istio.io/waypoint-for", "service"),))
    return [gateway, policy(namespace, f"{name}-default-deny", f"{namespace}/{name} default deny",
                            {"action": "ALLOW", "targetRefs": gateway_ref(name)})]


def _is_waypoint(content: object) -> bool:
    spec = content.get("spec") if hasattr(content, "get") else None
    return isinstance(spec, dict) and spec.get("gatewayClassName") == "istio-waypoint"
