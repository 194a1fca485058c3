"""What the API server and Istio's webhook would refuse: one table of checks for each kind, and one place that asks them."""

from collections.abc import Mapping
from typing import Any

from meshwright.ir.inventory import Object
from meshwright.istio.kinds.authorization_policy import Policy
from meshwright.istio.valid.metadata import metadata
from meshwright.istio.valid.quick import Known, plain_policy
from meshwright.istio.valid.schema import Wrong
from meshwright.record import NamedTuple

__all__ = ["Known", "Wrong", "refuse"]

class _Kind(NamedTuple):
    versions: tuple[str, ...]  # that clusters of the supported releases serve
    module: str
    check: str  # of `spec`
    required: bool  # `spec` must be there
    whole: str = ""  # what also depends on the name, namespace or labels


_V1 = ("v1",)
_BOTH, _ALL = ("v1", "v1beta1"), ("v1", "v1beta1", "v1alpha3")
_SECURITY, _ROUTING, _GATEWAY = "security.istio.io", "networking.istio.io", "gateway.networking.k8s.io"
_KINDS: Mapping[tuple[str, str], _Kind] = {
    (_SECURITY, "AuthorizationPolicy"): _Kind(_BOTH, "security", "POLICY", False, "dry_run"),
    (_SECURITY, "PeerAuthentication"): _Kind(_BOTH, "security", "PEERS", False),
    (_SECURITY, "RequestAuthentication"): _Kind(_BOTH, "security", "TOKENS", False),
    (_GATEWAY, "Gateway"): _Kind(_BOTH, "gateways", "GATEWAY", True),
    (_GATEWAY, "GatewayClass"): _Kind(_BOTH, "gateways", "GATEWAY_CLASS", True),
    (_GATEWAY, "ListenerSet"): _Kind(_V1, "gateways", "LISTENER_SET", True),
    (_GATEWAY, "ReferenceGrant"): _Kind(_BOTH, "gateways", "GRANT", True),
    (_GATEWAY, "BackendTLSPolicy"): _Kind(_V1, "gateways", "BACKEND_TLS", True),
    (_GATEWAY, "HTTPRoute"): _Kind(_BOTH, "routes", "HTTP", True),
    (_GATEWAY, "GRPCRoute"): _Kind(_V1, "routes", "GRPC", True),
    (_GATEWAY, "TCPRoute"): _Kind(_V1, "routes", "TCP", True),
    (_GATEWAY, "UDPRoute"): _Kind(_V1, "routes", "UDP", True),
    (_GATEWAY, "TLSRoute"): _Kind(_V1, "routes", "TLS", True),
    (_ROUTING, "VirtualService"): _Kind(_ALL, "virtual_service", "SPEC", False, "whole"),
    (_ROUTING, "DestinationRule"): _Kind(_ALL, "destination_rule", "SPEC", False, "whole"),
    (_ROUTING, "ServiceEntry"): _Kind(_ALL, "entries", "SERVICE_ENTRY", True, "whole_service"),
    (_ROUTING, "WorkloadEntry"): _Kind(_ALL, "entries", "WORKLOAD_ENTRY", True, "whole_workload"),
    (_ROUTING, "WorkloadGroup"): _Kind(_ALL, "entries", "WORKLOAD_GROUP", True),
    (_ROUTING, "Gateway"): _Kind(_ALL, "listeners", "GATEWAY", False, "whole_gateway"),
    (_ROUTING, "Sidecar"): _Kind(_ALL, "listeners", "SIDECAR", False, "whole_sidecar"),
    (_ROUTING, "EnvoyFilter"): _Kind(("v1alpha3",), "extensions", "ENVOY_FILTER", False),
    (_ROUTING, "ProxyConfig"): _Kind(("v1beta1",), "extensions", "PROXY_CONFIG", False),
    ("extensions.istio.io", "WasmPlugin"): _Kind(("v1alpha1",), "extensions", "WASM_PLUGIN", True),
    ("extensions.istio.io", "TrafficExtension"): _Kind(("v1alpha1",), "extensions", "TRAFFIC_EXTENSION", True),
    ("telemetry.istio.io", "Telemetry"): _Kind(("v1", "v1alpha1"), "extensions", "TELEMETRY", False),
}
_PLAIN = frozenset((("", "Namespace"), ("", "Service")))
_TOP = frozenset(("apiVersion", "kind", "metadata", "spec", "status"))
_loaded: dict[tuple[str, str], Any] = {}


def refuse(found: Object, known: Known) -> Policy | None:
    """Raises Wrong when the API server or the webhook would refuse the object.  A policy that is written as most are is also read.

    Objects of other kinds are taken as they are, and of Namespaces and Services only metadata is looked at.  ``known`` is for
    many objects that share parts and outlive it.
    """
    group, _, version = found.api_version.rpartition("/")
    kind = _KINDS.get((group, found.kind))
    if kind is None:
        if (group, found.kind) in _PLAIN:
            _serves(found, version, _V1)
            metadata(found, group)
        return None
    _serves(found, version, kind.versions)
    if kind.check == "POLICY":
        policy = plain_policy(found, known)
        if policy is not None:
            return policy
    content: Any = found.content
    for key in content:
        if key not in _TOP:
            raise Wrong("is no field of this kind", str(key))
    metadata(found, group)
    if "spec" not in content and kind.required:
        raise Wrong("is required", "spec")
    spec = content.get("spec", {})
    try:
        _part(kind.module, kind.check)(spec)
        if kind.whole:
            _part(kind.module, kind.whole)(found, spec)
    except Wrong as wrong:
        if wrong.place[:1] != ("metadata",):
            wrong.under("spec")
        raise
    return None


def _serves(found: Object, version: str, versions: tuple[str, ...]) -> None:
    if version not in versions:
        raise Wrong(f"is `{found.api_version}`, which has no kind {found.kind}", "apiVersion")


def _part(module: str, name: str) -> Any:
    part = _loaded.get((module, name))
    if part is None:
        from importlib import import_module  # a table is loaded when the first object of its kinds comes

        part = _loaded[module, name] = getattr(import_module(f"meshwright.istio.valid.{module}"), name)
    return part
