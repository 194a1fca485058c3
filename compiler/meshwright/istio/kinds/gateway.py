"""Gateway (gateway.networking.k8s.io): content to record (istio-semantics 3.3, 5.1, 5.4)."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from meshwright.ir.inventory import Object
from meshwright.istio.plain import Refused, filled, labels, mapping, metadata_labels, number, optional_list, optional_mapping, text
from meshwright.record import NamedTuple

# Compiled at the first use: most meshes that are checked have no host at all.
_NAME = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"


def is_hostname(text: str) -> bool:
    """A DNS name in lower case, possibly with a leading ``*.``; at most 253 characters."""
    return len(text) <= 253 and re.fullmatch(_NAME, text.removeprefix("*.")) is not None


class NamespaceSelector(NamedTuple):
    """Which namespaces may attach: ``same``, ``all``, or those whose labels satisfy every requirement (key, operator, values)."""

    kind: Literal["same", "all", "selector"]
    requirements: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def admits(self, own: str, other: str, other_labels: Mapping[str, str]) -> bool:
        """Whether ``other`` may attach to an object of namespace ``own``."""
        if self.kind == "selector":
            return all(_holds(requirement, other_labels) for requirement in self.requirements)
        return self.kind == "all" or own == other


class Listener(NamedTuple):
    name: str
    port: int
    protocol: str
    hostname: str  # "" = every host
    passthrough: bool
    namespaces: NamespaceSelector
    http_routes: bool  # allowedRoutes.kinds does not exclude HTTPRoute
    certificates: tuple[tuple[str, str], ...]  # namespace ("" = the gateway's own) and name of Secrets


class Gateway(NamedTuple):
    """``doubts`` are fields that may change who passes and are not modelled."""

    id: str
    namespace: str
    name: str
    class_name: str
    labels: Mapping[str, str]
    pod_labels: Mapping[str, str]
    account: str  # service account of its pods
    listeners: tuple[Listener, ...]
    doubts: tuple[str, ...]

    def principal(self, trust_domain: str) -> str:
        return f"{trust_domain}/ns/{self.namespace}/sa/{self.account}"


_SPEC = frozenset({"gatewayClassName", "listeners", "infrastructure"})
_LISTENER = frozenset({"name", "hostname", "port", "protocol", "tls", "allowedRoutes"})
_TLS = frozenset({"mode", "certificateRefs"})


def read_gateway(found: Object) -> Gateway:
    """The gateway as written; raises Refused."""
    spec = mapping(found.content.get("spec"), "spec")
    class_name = filled(spec, "gatewayClassName", "spec")
    raw = optional_list(spec, "listeners", "spec")
    if not raw and "allowedListeners" not in spec:
        raise Refused("`spec.listeners` must have at least one item")
    if len(raw) > 64:
        raise Refused("`spec.listeners` has more than 64 items")
    doubts = [f"{found.id}: `spec.{field}` is not modelled" for field in sorted(spec.keys() - _SPEC)]
    listeners = [_listener(mapping(item, "spec.listeners[]"), found.id, doubts) for item in raw]
    _distinct(listeners)
    annotations = metadata_labels(found.content, "annotations")
    if "ambient.istio.io/waypoint-inbound-binding" in annotations:
        doubts.append(f"{found.id}: a proxy that is not Istio's own behind a waypoint is not modelled")
    infrastructure = optional_mapping(spec, "infrastructure", "spec")
    if infrastructure.get("parametersRef") is not None:
        doubts.append(f"{found.id}: `spec.infrastructure.parametersRef` is not modelled")
    own_labels = metadata_labels(found.content)
    copied = dict(labels(infrastructure["labels"], "spec.infrastructure.labels")) if infrastructure.get("labels") else own_labels
    generated = found.name if class_name == "istio-waypoint" else f"{found.name}-{class_name}"
    name = annotations.get("gateway.istio.io/name-override") or generated
    pods = {key: value for key, value in copied.items() if not key.startswith("gateway.networking.k8s.io/")}
    pods.update({"gateway.networking.k8s.io/gateway-name": found.name, "istio.io/dataplane-mode": "none"})
    return Gateway(found.id, found.namespace, found.name, class_name, own_labels, pods,
                   annotations.get("gateway.istio.io/service-account") or name, tuple(listeners), tuple(doubts))


def _listener(raw: Mapping[str, object], owner: str, doubts: list[str]) -> Listener:
    name, protocol, hostname = filled(raw, "name", "listener"), filled(raw, "protocol", "listener"), filled(raw, "hostname", "listener", "")
    if len(name) > 253 or not re.fullmatch(_NAME, name):
        raise Refused(f"the listener name `{name}` is no DNS name")
    if hostname and not is_hostname(hostname):
        raise Refused(f"the listener hostname `{hostname}` is no DNS name")
    doubts.extend([f"{owner}: listener field `{field}` is not modelled" for field in sorted(raw.keys() - _LISTENER)])
    tls = optional_mapping(raw, "tls", "listener")
    if tls and protocol in ("HTTP", "TCP", "UDP"):
        raise Refused(f"a listener of protocol {protocol} must not have `tls`")
    mode = filled(tls, "mode", "listener.tls", "Terminate")
    if mode not in ("Terminate", "Passthrough") or (mode == "Passthrough" and protocol == "HTTPS"):
        raise Refused(f"a listener of protocol {protocol} must not have the tls mode {mode}")
    doubts.extend([f"{owner}: listener field `tls.{field}` is not modelled" for field in sorted(tls.keys() - _TLS) if tls[field]])
    allowed = optional_mapping(raw, "allowedRoutes", "listener")
    kinds = optional_list(allowed, "kinds", "listener.allowedRoutes")
    http = not kinds or any(mapping(kind, "kinds[]").get("kind") == "HTTPRoute" for kind in kinds)
    return Listener(name, number(raw, "port", "listener"), protocol, hostname, mode == "Passthrough",
                    _namespaces(optional_mapping(allowed, "namespaces", "listener.allowedRoutes")), http, _certificates(tls))


def _certificates(tls: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    refs = [mapping(item, "certificateRefs[]") for item in optional_list(tls, "certificateRefs", "listener.tls")]
    return tuple([(filled(ref, "namespace", "certificateRefs[]", ""), filled(ref, "name", "certificateRefs[]")) for ref in refs])


def _distinct(listeners: Sequence[Listener]) -> None:
    if len({listener.name for listener in listeners}) < len(listeners):
        raise Refused("two listeners have the same name")
    if len({(listener.port, listener.protocol, listener.hostname) for listener in listeners}) < len(listeners):
        raise Refused("two listeners have the same port, protocol and hostname")


def _namespaces(raw: Mapping[str, object]) -> NamespaceSelector:
    written = filled(raw, "from", "allowedRoutes.namespaces", "Same")
    if written == "Same":
        return NamespaceSelector("same")
    if written == "All":
        return NamespaceSelector("all")
    if written != "Selector":
        raise Refused(f"`allowedRoutes.namespaces.from` is `{written}`, which is none of All, Selector, Same")
    selector = raw.get("selector")
    if selector is None:
        return NamespaceSelector("selector", (("", "Never", ()),))  # a Selector without a selector admits nobody
    content = mapping(selector, "allowedRoutes.namespaces.selector")
    wanted: list[tuple[str, str, tuple[str, ...]]] = [
        (key, "In", (value,)) for key, value in labels(content.get("matchLabels") or {}, "matchLabels")]
    for item in optional_list(content, "matchExpressions", "allowedRoutes.namespaces.selector"):
        expression = mapping(item, "matchExpressions[]")
        values = tuple([str(value) for value in optional_list(expression, "values", "matchExpressions[]")])
        wanted.append((text(expression, "key", "matchExpressions[]"), filled(expression, "operator", "matchExpressions[]"), values))
    return NamespaceSelector("selector", tuple(wanted))


def _holds(requirement: tuple[str, str, tuple[str, ...]], found: Mapping[str, str]) -> bool:
    key, operator, values = requirement
    if operator == "In":
        return found.get(key) in values
    if operator == "NotIn":
        return found.get(key) not in values
    if operator == "Exists":
        return key in found
    return operator == "DoesNotExist" and key not in found
