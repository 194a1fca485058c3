"""The capability matrix: every field that `lower` writes, each proxy that reads it, each Istio minor, and how we know.

A field without a row for an engine in its reach is not written; a test walks every golden output.
"""

from collections.abc import Mapping
from typing import Literal

from meshwright.ir.manifest import Manifest
from meshwright.record import NamedTuple

MINORS: tuple[tuple[int, int], ...] = ((1, 30), (1, 31))

# api-server: the CRD schema and istiod's webhook accept the value · the others: the proxy (or istiod for it) acts on it
Engine = Literal["api-server", "ztunnel", "waypoint", "gateway"]

# executed: put through the real program · read: in its source · release-note: said by a release · unknown: believed
Evidence = Literal["executed", "read", "release-note", "unknown"]


class Row(NamedTuple):
    """One field for one engine; ``evidence`` is parallel to MINORS."""

    field: str
    engine: Engine
    evidence: tuple[Evidence, ...]


_RAN: tuple[Evidence, ...] = ("read", "executed")  # run with the 1.31 line; the code that matters is the same in 1.30
_READ: tuple[Evidence, ...] = ("read", "read")

_POLICY = "AuthorizationPolicy.spec"
_SOURCE = "AuthorizationPolicy.spec.rules[].from[].source"
_OPERATION = "AuthorizationPolicy.spec.rules[].to[].operation"
_LISTENER = "Gateway.spec.listeners[]"
_ROUTE = "HTTPRoute.spec"


def rows() -> tuple[Row, ...]:
    """The whole matrix; made on demand, because compiling needs only MINORS.

    Schema and webhook (engine api-server): all of lowering-verified was put through istiod's conversion and CRD schema of the 1.31 line.
    """
    made: dict[tuple[str, Engine], Row] = {}
    for field, engines, evidence in _fields():
        for engine in (*engines, "api-server"):
            made.setdefault((field, engine), Row(field, engine, evidence))
    return tuple(made.values())


def _fields() -> tuple[tuple[str, tuple[Engine, ...], tuple[Evidence, ...]], ...]:
    # field -> (engines that read it, evidence); executed: lowering-verified 2-6, tests/conformance/test_verdicts; read: istio-semantics
    return (
        (f"{_POLICY}.action", ("ztunnel", "waypoint", "gateway"), _RAN),
        (f"{_POLICY}.selector.matchLabels", ("ztunnel",), _RAN),
        (f"{_POLICY}.targetRefs[].group", ("waypoint", "gateway"), _RAN),
        (f"{_POLICY}.targetRefs[].kind", ("waypoint", "gateway"), _RAN),
        (f"{_POLICY}.targetRefs[].name", ("waypoint", "gateway"), _RAN),
        (f"{_POLICY}.rules[]", ("ztunnel", "waypoint", "gateway"), _RAN),  # the empty rule: everything
        (f"{_SOURCE}.serviceAccounts[]", ("ztunnel", "waypoint"), _RAN),
        (f"{_SOURCE}.notServiceAccounts[]", ("ztunnel", "waypoint"), _RAN),
        (f"{_SOURCE}.principals[]", ("ztunnel", "waypoint"), _RAN),
        (f"{_SOURCE}.notPrincipals[]", ("ztunnel", "waypoint"), _RAN),
        (f"{_SOURCE}.namespaces[]", ("ztunnel", "waypoint"), _RAN),
        (f"{_SOURCE}.notNamespaces[]", ("ztunnel", "waypoint"), _RAN),
        (f"{_SOURCE}.ipBlocks[]", ("ztunnel",), _RAN),
        (f"{_SOURCE}.notIpBlocks[]", ("ztunnel",), _RAN),
        (f"{_OPERATION}.ports[]", ("ztunnel", "waypoint"), _RAN),
        (f"{_OPERATION}.notPorts[]", ("ztunnel", "waypoint"), _RAN),
        (f"{_OPERATION}.methods[]", ("waypoint",), _RAN),
        (f"{_OPERATION}.paths[]", ("waypoint",), _RAN),
        (f"{_OPERATION}.notPaths[]", ("waypoint",), _RAN),
        ("PeerAuthentication.spec.selector.matchLabels", ("ztunnel",), _RAN),
        ("PeerAuthentication.spec.mtls.mode", ("ztunnel",), _RAN),
        ("PeerAuthentication.spec.portLevelMtls{}.mode", ("ztunnel",), _RAN),
        ("Gateway.metadata.labels.istio.io/waypoint-for", ("waypoint",), _RAN),
        ("Gateway.spec.gatewayClassName", ("waypoint", "gateway"), _RAN),
        (f"{_LISTENER}.name", ("waypoint", "gateway"), _RAN),
        (f"{_LISTENER}.port", ("waypoint", "gateway"), _RAN),
        (f"{_LISTENER}.protocol", ("waypoint", "gateway"), _RAN),
        (f"{_LISTENER}.hostname", ("gateway",), _RAN),
        (f"{_LISTENER}.tls.mode", ("gateway",), _RAN),
        (f"{_LISTENER}.tls.certificateRefs[].group", ("gateway",), _RAN),
        (f"{_LISTENER}.tls.certificateRefs[].kind", ("gateway",), _RAN),
        (f"{_LISTENER}.tls.certificateRefs[].name", ("gateway",), _RAN),
        (f"{_LISTENER}.tls.certificateRefs[].namespace", ("gateway",), _READ),
        (f"{_LISTENER}.allowedRoutes.namespaces.from", ("waypoint", "gateway"), _RAN),
        (f"{_LISTENER}.allowedRoutes.namespaces.selector.matchExpressions[].key", ("waypoint",), _READ),
        (f"{_LISTENER}.allowedRoutes.namespaces.selector.matchExpressions[].operator", ("waypoint",), _READ),
        (f"{_LISTENER}.allowedRoutes.namespaces.selector.matchExpressions[].values[]", ("waypoint",), _READ),
        (f"{_ROUTE}.parentRefs[].group", ("gateway",), _RAN),
        (f"{_ROUTE}.parentRefs[].kind", ("gateway",), _RAN),
        (f"{_ROUTE}.parentRefs[].name", ("gateway",), _RAN),
        (f"{_ROUTE}.parentRefs[].sectionName", ("gateway",), _READ),
        (f"{_ROUTE}.hostnames[]", ("gateway",), _RAN),
        (f"{_ROUTE}.rules[].matches[].path.type", ("gateway",), _RAN),
        (f"{_ROUTE}.rules[].matches[].path.value", ("gateway",), _RAN),
        (f"{_ROUTE}.rules[].backendRefs[].group", ("gateway",), _RAN),
        (f"{_ROUTE}.rules[].backendRefs[].kind", ("gateway",), _RAN),
        (f"{_ROUTE}.rules[].backendRefs[].name", ("gateway",), _RAN),
        (f"{_ROUTE}.rules[].backendRefs[].namespace", ("gateway",), _READ),
        (f"{_ROUTE}.rules[].backendRefs[].port", ("gateway",), _RAN),
        (f"{_ROUTE}.rules[].backendRefs[].weight", ("gateway",), _RAN),
        (f"{_ROUTE}.rules[].filters[].type", ("gateway",), _READ),
        (f"{_ROUTE}.rules[].filters[].requestRedirect.scheme", ("gateway",), _READ),
        (f"{_ROUTE}.rules[].filters[].requestRedirect.statusCode", ("gateway",), _READ),
        ("ReferenceGrant.spec.from[].group", ("gateway",), _READ),
        ("ReferenceGrant.spec.from[].kind", ("gateway",), _READ),
        ("ReferenceGrant.spec.from[].namespace", ("gateway",), _READ),
        ("ReferenceGrant.spec.to[].group", ("gateway",), _READ),
        ("ReferenceGrant.spec.to[].kind", ("gateway",), _READ),
        ("ReferenceGrant.spec.to[].name", ("gateway",), _READ),
        ("Namespace.metadata.labels.istio.io/dataplane-mode", ("ztunnel",), _RAN),
        ("Service.metadata.labels.istio.io/use-waypoint", ("ztunnel",), _RAN),
        ("Service.metadata.labels.istio.io/use-waypoint-namespace", ("ztunnel",), _RAN),
        ("Service.metadata.labels.istio.io/ingress-use-waypoint", ("gateway",), _RAN),
        ("Namespace.metadata.annotations.argocd.argoproj.io/sync-options", (), _RAN),
        ("Namespace.metadata.annotations.kustomize.toolkit.fluxcd.io/prune", (), _RAN),
        ("Namespace.metadata.annotations.kustomize.toolkit.fluxcd.io/ssa", (), _RAN),
        ("Service.metadata.annotations.argocd.argoproj.io/sync-options", (), _RAN),
        ("Service.metadata.annotations.kustomize.toolkit.fluxcd.io/prune", (), _RAN),
        ("Service.metadata.annotations.kustomize.toolkit.fluxcd.io/ssa", (), _RAN),
    )


# Maps whose keys are the user's: the path stops at them, or names any key as "{}".
_USER_KEYS = ("selector.matchLabels",)
_ANY_KEY = ("portLevelMtls",)


def missing(manifest: Manifest) -> tuple[tuple[str, Engine], ...]:
    """Fields of ``manifest`` without a row for an engine that reads it, sorted; () = all known.

    Engines in reach: the api-server; for a policy at a Service or at a waypoint the waypoint, at another Gateway the gateway,
    else ztunnel; for the Gateway API objects the proxy of their class.
    """
    known = {(row.field, row.engine) for row in rows()}
    need: list[Engine] = ["api-server", *_readers(manifest)]
    return tuple(sorted((field, engine) for field in set(fields(manifest)) for engine in need if (field, engine) not in known))


def fields(manifest: Manifest) -> tuple[str, ...]:
    """Paths of the values in one object, "Kind.spec.rules[].to[].operation.ports[]", in order of writing."""
    found: list[str] = []
    for key, _ in manifest.labels:
        found.append(f"{manifest.kind}.metadata.labels.{key}")
    for key, _ in manifest.annotations:
        found.append(f"{manifest.kind}.metadata.annotations.{key}")
    for key, value in manifest.body.items():
        _walk(f"{manifest.kind}.{key}", value, found)
    return tuple(found)


def _walk(path: str, value: object, found: list[str]) -> None:
    if isinstance(value, Mapping) and value and not path.endswith(_USER_KEYS):
        for key, inner in value.items():
            _walk(f"{path}{{}}" if path.endswith(_ANY_KEY) else f"{path}.{key}", inner, found)
    elif isinstance(value, list):
        for inner in value:
            _walk(f"{path}[]", inner, found)
    else:
        found.append(path)


def _readers(manifest: Manifest) -> tuple[Engine, ...]:
    spec = manifest.body.get("spec")
    if not isinstance(spec, Mapping):
        return ()
    if manifest.kind == "AuthorizationPolicy":
        refs = spec.get("targetRefs")
        if not isinstance(refs, list):
            return ("ztunnel",)
        if refs[0]["kind"] == "Gateway":
            return ("gateway",) if spec.get("rules") else ("waypoint",)
        return ("waypoint",)
    if manifest.kind == "PeerAuthentication":
        return ("ztunnel",)
    if manifest.kind == "Gateway":
        return ("waypoint",) if spec.get("gatewayClassName") == "istio-waypoint" else ("gateway",)
    return ("gateway",)
