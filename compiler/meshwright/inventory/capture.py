"""Whether ztunnel sees the traffic of a pod, and why.

Facts: istio-cni enrols pods labelled `istio.io/dataplane-mode: ambient`, or in a namespace labelled so unless the pod says `none`;
never host-network pods, injected pods, or pods of kube-system.  Injection follows the labels of Istio's webhook.
"""

from meshwright.ir.inventory import Capture, Labels

MODE = "istio.io/dataplane-mode"
_INJECT = "sidecar.istio.io/inject"
_NEVER_ENROLLED = ("kube-system",)
_NEVER_INJECTED = ("kube-system", "kube-public", "kube-node-lease", "local-path-storage")


def capture_of(
    namespace: str, namespace_labels: Labels, declared: bool, labels: Labels, annotations: Labels, host_network: bool, proxy_inside: bool
) -> tuple[Capture, str]:
    """How the pods take part, and the one fact that decides it.

    ``proxy_inside``: the template itself lists Istio's proxy container (read from a running cluster, or a gateway).
    """
    pod, space, notes = dict(labels), dict(namespace_labels), dict(annotations)
    if host_network:
        return "outside", "hostNetwork: true"
    if "gateway.istio.io/managed" in pod or "gateway.networking.k8s.io/gateway-name" in pod:
        return "sidecar", "a gateway's own proxy (label gateway.networking.k8s.io/gateway-name)"
    reason = "container istio-proxy in the pod template" if proxy_inside else _injected(namespace, pod, space, notes)
    if reason:
        return "sidecar", "injected gateway (annotation inject.istio.io/templates)" if notes.get(
            "inject.istio.io/templates"
        ) == "gateway" else reason
    if namespace in _NEVER_ENROLLED:
        return "outside", f"namespace {namespace} is never enrolled"
    mode = pod.get(MODE)
    if mode == "none":
        return "outside", f"pod label {MODE}: none"
    if mode != "ambient" and space.get(MODE) != "ambient":
        if not declared:
            return "outside", f"namespace {namespace} is not in the inventory, so nothing says {MODE}: ambient"
        return (
            "outside",
            f"namespace label {MODE}: {space[MODE]}" if MODE in space else f"no label {MODE}: ambient on the namespace or the pods",
        )
    if notes.get("ambient.istio.io/bypass-inbound-capture") == "true":
        return "outside", "annotation ambient.istio.io/bypass-inbound-capture: true"
    return "ambient", f"{'pod' if mode == 'ambient' else 'namespace'} label {MODE}: ambient"


def _injected(namespace: str, pod: dict[str, str], space: dict[str, str], notes: dict[str, str]) -> str:
    """The label that makes Istio's webhook inject a sidecar; "" when none does."""
    if namespace in _NEVER_INJECTED:
        return ""
    wish = pod.get(_INJECT, notes.get(_INJECT, ""))
    if wish == "false":
        return ""
    if space.get("istio-injection") == "disabled":
        return ""
    if space.get("istio-injection") == "enabled":
        return "namespace label istio-injection: enabled"
    if space.get("istio.io/rev"):
        return f"namespace label istio.io/rev: {space['istio.io/rev']}"
    if pod.get(_INJECT) == "true":
        return f"pod label {_INJECT}: true"
    if pod.get("istio.io/rev"):
        return f"pod label istio.io/rev: {pod['istio.io/rev']}"
    return ""
