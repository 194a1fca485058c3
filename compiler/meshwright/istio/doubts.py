"""Objects and fields that the model does not know, by what they can reach: their destinations get the answer `unknown`."""

from collections.abc import Callable, Iterable, Mapping

from meshwright.ir.inventory import Object
from meshwright.istio.plain import metadata_labels
from meshwright.istio.valid.channel import experimental

ISTIO_GROUPS = ("istio.io", "gateway.networking.k8s.io", "gateway.networking.x-k8s.io", "inference.networking.k8s.io")


class Doubts:
    """Reasons, by reach.  A proxy is named "waypoint ns/name" or "gateway ns/name"; "ns/*" is all of a namespace, "*" all."""

    __slots__ = ("_everywhere", "_namespaces", "_proxies", "_services")

    def __init__(self) -> None:
        self._everywhere: list[str] = []
        self._namespaces: dict[str, list[str]] = {}
        self._services: dict[str, list[str]] = {}
        self._proxies: dict[str, list[str]] = {}

    def everywhere(self, reason: str) -> None:
        _note(self._everywhere, reason)

    def namespace(self, name: str, reason: str) -> None:
        _note(self._namespaces.setdefault(name, []), reason)

    def service(self, service: str, reason: str) -> None:
        _note(self._services.setdefault(service, []), reason)

    def proxy(self, proxy: str, reason: str) -> None:
        _note(self._proxies.setdefault(proxy, []), reason)

    def of_workload(self, namespace: str, services: Iterable[str]) -> tuple[str, ...]:
        """Reasons for pods of ``namespace`` behind ``services``."""
        found = [*self._everywhere, *self._namespaces.get(namespace, ())]
        if self._services:
            for service in services:
                found.extend(self._services.get(service, ()))
        return tuple(found)

    def of_proxy(self, kind: str, namespace: str, name: str) -> tuple[str, ...]:
        """Reasons for what passes one proxy."""
        if not self._proxies:
            return ()
        return tuple([reason for key in (f"{kind} {namespace}/{name}", f"{kind} {namespace}/*", f"{kind} *")
                      for reason in self._proxies.get(key, ())])


MOST_REASONS = 16


def _note(reasons: list[str], reason: str) -> None:
    """Every destination in reach repeats the reasons, so a long list would be one for each of them."""
    if reason not in reasons and len(reasons) <= MOST_REASONS:
        reasons.append(reason if len(reasons) < MOST_REASONS else "and more objects that are not modelled")


def doubt(found: Object, doubts: Doubts, root: str) -> None:
    """Note what an object of a kind that the model does not read can reach."""
    group = found.api_version.partition("/")[0] if "/" in found.api_version else ""
    reason = f"{found.id}: the kind {found.kind} is not modelled"
    if group == "networking.istio.io" and found.kind in _NETWORKING:
        _NETWORKING[found.kind](found, doubts, root, reason)
    elif group == "extensions.istio.io":
        _at_envoys(found, doubts, root, reason, waypoints=True)
    elif group == "gateway.networking.k8s.io" and found.kind in ("GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"):
        _named(found, doubts, root, reason)
    elif group == "gateway.networking.k8s.io" and found.kind in ("GatewayClass", "ListenerSet"):
        pass  # classes are read by whoever needs them; a ListenerSet does nothing until a route names it as parent
    elif group == "gateway.networking.k8s.io" and found.kind == "BackendTLSPolicy":
        _named(found, doubts, root, reason)
    elif group == "telemetry.istio.io" or (group == "networking.istio.io" and found.kind in _HARMLESS):
        pass
    elif group.endswith(ISTIO_GROUPS):
        _all_of(found, doubts, root, reason)
    elif group == "discovery.k8s.io" or (group == "" and found.kind == "Endpoints"):
        doubt_endpoints(found, doubts)
    elif group in _WORKLOAD_GROUPS and found.kind not in _NO_PODS:
        doubts.namespace(found.namespace, f"{found.id}: the tree itself has a {found.kind}, which is not part of the inventory")


def doubt_unread(found: Object, doubts: Doubts, root: str, why: str) -> None:
    """An object that gets into the cluster, and that the model does not read to its end."""
    _all_of(found, doubts, root, f"{found.id}: {why}, which is not modelled")


def doubt_channel(found: Object, doubts: Doubts, root: str) -> None:
    """An object of Gateway API that clusters with its standard channel refuse: whether it is there is not known."""
    for field in experimental(found):
        reason = f"{found.id}: only the experimental channel of Gateway API has {field}"
        if found.kind == "Gateway":
            doubts.proxy(f"gateway {found.namespace}/{found.name}", reason)
            doubts.proxy(f"waypoint {found.namespace}/{found.name}", reason)
        else:
            _named(found, doubts, root, reason)


def doubt_endpoints(found: Object, doubts: Doubts) -> None:
    """Endpoints made by hand lead from a Service, through its waypoint, to any pod; a controller's are those of the selector."""
    group = found.api_version.partition("/")[0] if "/" in found.api_version else ""
    if (group, found.kind) not in (("discovery.k8s.io", "EndpointSlice"), ("", "Endpoints")):
        return
    managed = metadata_labels(found.content).get("endpointslice.kubernetes.io/managed-by", "").endswith(".k8s.io")
    triggered = "endpoints.kubernetes.io/last-change-trigger-time" in metadata_labels(found.content, "annotations")
    if not managed and not triggered:
        reason = f"{found.id}: endpoints that somebody made by hand are not modelled"
        doubts.namespace(found.namespace, reason)
        doubts.proxy(f"waypoint {found.namespace}/*", reason)


def _named(found: Object, doubts: Doubts, root: str, reason: str) -> None:
    """Every Service that the object names anywhere, as host or as reference."""
    for service in sorted(set(_services_in(found.content.get("spec"), found.namespace))):
        if service == "*":
            _all_of(found, doubts, found.namespace, reason)
        else:
            doubts.service(service, reason)


def _services_in(value: object, namespace: str) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key in ("host", "hosts"):
                for host in item if isinstance(item, list) else [item]:
                    yield from _service_of_host(str(host), namespace)
            elif key in ("backendRef", "backendRefs", "parentRefs", "targetRefs"):
                for ref in item if isinstance(item, list) else [item]:
                    if isinstance(ref, Mapping):
                        yield f"{ref.get('namespace') or namespace}/{ref.get('name')}"
            yield from _services_in(item, namespace)
    elif isinstance(value, list):
        for item in value:
            yield from _services_in(item, namespace)


def _service_of_host(host: str, namespace: str) -> Iterable[str]:
    parts = host.split(".")
    if "*" in host:
        yield "*"
    elif len(parts) == 1:
        yield f"{namespace}/{host}"
    elif len(parts) == 2 or parts[2:3] == ["svc"]:
        yield f"{parts[1]}/{parts[0]}"


def _destination_rule(found: Object, doubts: Doubts, root: str, reason: str) -> None:
    """Balancing and ejection change no access; TLS and tunnels change who is asked."""
    if any(key in ("tls", "tunnel", "proxyProtocol") for key in _keys(found.content.get("spec"))):
        _named(found, doubts, root, reason)


def _keys(value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def leads_to_addresses(found: Object) -> bool:
    """Whether a ServiceEntry has endpoints by address or label, or passes on to where the client dialled."""
    spec = found.content.get("spec")
    return isinstance(spec, Mapping) and bool(
        spec.get("endpoints") or spec.get("workloadSelector") or not str(spec.get("resolution", "NONE")).startswith(("DNS", "DYNAMIC_DNS")))


def _service_entry(found: Object, doubts: Doubts, root: str, reason: str) -> None:
    """Hosts that are Services, pods selected by label, and a waypoint it may be bound to: a policy for the entry may open it there."""
    spec = found.content.get("spec")
    _named(found, doubts, root, reason)
    if isinstance(spec, Mapping) and (spec.get("workloadSelector") or spec.get("endpoints")):
        labels = metadata_labels(found.content)
        namespace = labels.get("istio.io/use-waypoint-namespace", found.namespace)
        doubts.proxy(f"waypoint {namespace}/{labels.get('istio.io/use-waypoint', '*')}", reason)
        if spec.get("workloadSelector"):
            doubts.namespace(found.namespace, reason)


def _at_envoys(found: Object, doubts: Doubts, root: str, reason: str, waypoints: bool) -> None:
    spec = found.content.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    several = spec.get("targetRefs")
    refs = [ref for ref in [*(several if isinstance(several, list) else ()), spec.get("targetRef")] if isinstance(ref, Mapping)]
    scope = "*" if found.namespace == root else f"{found.namespace}/*"
    for ref in refs:
        if ref.get("kind") == "Service":
            doubts.service(f"{found.namespace}/{ref.get('name')}", reason)
        elif ref.get("kind") == "Gateway":
            doubts.proxy(f"waypoint {found.namespace}/{ref.get('name')}", reason)
            doubts.proxy(f"gateway {found.namespace}/{ref.get('name')}", reason)
        elif ref.get("kind") == "GatewayClass":
            doubts.proxy("waypoint *", reason)
    if not refs:
        doubts.proxy(f"gateway {scope}", reason)
        if waypoints:
            doubts.proxy(f"waypoint {scope}", reason)


def _envoy_filter(found: Object, doubts: Doubts, root: str, reason: str) -> None:
    _at_envoys(found, doubts, root, reason, waypoints=True)


def _classic_gateway(found: Object, doubts: Doubts, root: str, reason: str) -> None:
    """It may add servers to a gateway's pods; what it routes to is said by VirtualServices."""
    doubts.proxy(f"gateway {found.namespace}/*", reason)


def _workload_entry(found: Object, doubts: Doubts, root: str, reason: str) -> None:
    doubts.namespace(found.namespace, reason)


def _all_of(found: Object, doubts: Doubts, root: str, reason: str) -> None:
    if found.namespace in ("", root):
        doubts.everywhere(reason)
    else:
        doubts.namespace(found.namespace, reason)
        doubts.proxy(f"waypoint {found.namespace}/*", reason)
        doubts.proxy(f"gateway {found.namespace}/*", reason)


_NETWORKING: Mapping[str, Callable[[Object, Doubts, str, str], None]] = {
    "VirtualService": _named, "DestinationRule": _destination_rule, "ServiceEntry": _service_entry, "EnvoyFilter": _envoy_filter,
    "Gateway": _classic_gateway, "WorkloadEntry": _workload_entry}
_HARMLESS = frozenset({"Sidecar", "ProxyConfig", "WorkloadGroup"})
_WORKLOAD_GROUPS = frozenset({"", "apps", "batch"})
_NO_PODS = frozenset({"ConfigMap", "Secret", "ServiceAccount", "Namespace", "Service", "List", "ControllerRevision", "LimitRange",
                      "ResourceQuota", "PersistentVolumeClaim", "PersistentVolume", "Event", "Binding", "Node"})
