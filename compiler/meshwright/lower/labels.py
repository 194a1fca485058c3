"""Labels on objects of other owners: which ones the output relies on, and who sets them (reference: lowering-verified 8, gitops 2.7)."""

from collections.abc import Iterable
from typing import Literal

from meshwright.diagnostics import Diagnostic
from meshwright.ir import inventory
from meshwright.ir.manifest import Manifest, WantedLabel
from meshwright.lower import refuse
from meshwright.lower.plan import Plan
from meshwright.record import NamedTuple

ENROL = "istio.io/dataplane-mode"
BIND = "istio.io/use-waypoint"
BIND_NAMESPACE = "istio.io/use-waypoint-namespace"
INGRESS = "istio.io/ingress-use-waypoint"

# Both tools leave the object alone when it leaves our tree, and merge instead of taking over.
OWN_ANNOTATIONS = (
    ("argocd.argoproj.io/sync-options", "ServerSideApply=true,Prune=false,Delete=false"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
    ("kustomize.toolkit.fluxcd.io/ssa", "Merge"),
)

Mode = Literal["external", "own", "patch"]


class Labelled(NamedTuple):
    """What a mode makes of the wanted labels."""

    wanted: tuple[WantedLabel, ...]
    manifests: tuple[Manifest, ...]  # mode own
    components: tuple[Manifest, ...]  # mode patch


def lower_labels(plan: Plan, mode: Mode, found: list[Diagnostic]) -> Labelled:
    """The labels that Namespaces and Services must carry, and what ``mode`` does about them.

    external: the inventory must carry them (MW0610; MW0611 in every mode) · own: labels-only objects, where that is safe (MW0613, MW0614) ·
    patch: strategic-merge patches by name, for the owner's repository (MW0612, an info).
    """
    spaces = {space.name: space for space in plan.program.inventory.namespaces}
    services = {service.id: service for service in plan.program.inventory.services}
    wanted = [*_wanted_of_namespaces(plan), *_wanted_of_services(plan, spaces, services, found)]
    groups = _by_object(wanted)
    if mode == "external":
        _verify(groups, spaces, services, found)
        return Labelled(tuple(wanted), (), ())
    if mode == "own":
        for kind, namespace, name in groups:
            _refuse_owning(kind, namespace, name, spaces, services, found)
        return Labelled(tuple(wanted), tuple(_labels_only(key, labels, OWN_ANNOTATIONS) for key, labels in groups.items()), ())
    if wanted:
        found.append(refuse.labels_not_verified(len(groups)))
    return Labelled(tuple(wanted), (), tuple(_labels_only(key, labels, ()) for key, labels in groups.items()))


_Key = tuple[Literal["Namespace", "Service"], str, str]
_Spaces = dict[str, inventory.Namespace]
_Services = dict[str, inventory.Service]


def _wanted_of_namespaces(plan: Plan) -> list[WantedLabel]:
    return [WantedLabel("Namespace", "", name, ENROL, "ambient", "ztunnel enforces nothing at pods that are not enrolled")
            for name in sorted(plan.governed)]


def _wanted_of_services(plan: Plan, spaces: _Spaces, services: _Services, found: list[Diagnostic]) -> list[WantedLabel]:
    wanted = []
    for service in plan.program.services:
        if service.namespace not in plan.governed:
            continue
        waypoint = plan.waypoints.get(service.id)
        if waypoint:
            namespace, _, name = waypoint.partition("/")
            wanted.append(WantedLabel("Service", service.namespace, service.name, BIND, name, f"requests pass the waypoint {waypoint}"))
            if namespace != service.namespace:
                wanted.append(WantedLabel("Service", service.namespace, service.name, BIND_NAMESPACE, namespace, "the waypoint is shared"))
            if service.id in plan.routed:
                wanted.append(WantedLabel("Service", service.namespace, service.name, INGRESS, "true",
                                          f"{' and '.join(plan.routed[service.id])} must dial the waypoint, not the pods"))
        else:
            space, own = spaces.get(service.namespace), services.get(service.id)
            inherited = _value(space.labels, BIND) if space else None
            bound = _value(own.labels, BIND) if own else None
            if (bound or inherited) not in (None, "none") and not service.headless:
                wanted.append(WantedLabel("Service", service.namespace, service.name, BIND, "none",
                                          "only ztunnel judges it, and a waypoint would hide the callers from ztunnel"))
    for gateway in plan.program.gateways:
        space = spaces.get(gateway.namespace)
        if space and gateway.namespace in plan.governed and _value(space.labels, BIND) not in (None, "none"):
            found.append(refuse.gateway_in_bound_namespace(gateway, space))
    return wanted


def _by_object(wanted: Iterable[WantedLabel]) -> dict[_Key, dict[str, str]]:
    groups: dict[_Key, dict[str, str]] = {}
    for one in wanted:
        groups.setdefault((one.kind, one.namespace, one.name), {})[one.key] = one.value
    return groups


def _verify(groups: dict[_Key, dict[str, str]], spaces: _Spaces, services: _Services, found: list[Diagnostic]) -> None:
    """One diagnostic for all objects that need the same command."""
    failing: dict[tuple[str, str, inventory.Labels], list[tuple[str, bool, refuse.Subject]]] = {}
    for (kind, namespace, name), labels in groups.items():
        subject = spaces.get(name) if kind == "Namespace" else services.get(f"{namespace}/{name}")
        carried = dict(subject.labels) if subject else {}
        space = spaces.get(namespace)
        effective = {**_inherited(space.labels, carried), **carried} if space else carried
        lacking = tuple((key, value) for key, value in labels.items() if effective.get(key) != value)
        if lacking:
            overwrite = any(key in carried for key, _ in lacking)
            failing.setdefault((kind, namespace, lacking), []).append((name, overwrite, subject))
    for (what, where, lacking), objects in failing.items():
        found.append(refuse.labels_missing(what, where, lacking, objects))


def _inherited(labels: inventory.Labels, carried: dict[str, str]) -> dict[str, str]:
    """What a Service takes from its Namespace: name and namespace of the waypoint are read from one and the same object."""
    keys = (INGRESS,) if BIND in carried else (BIND, BIND_NAMESPACE, INGRESS)
    return {key: value for key, value in labels if key in keys}


def _refuse_owning(kind: str, namespace: str, name: str, spaces: _Spaces, services: _Services, found: list[Diagnostic]) -> None:
    subject = spaces.get(name) if kind == "Namespace" else services.get(f"{namespace}/{name}")
    if kind == "Service" and (subject is None or subject.span is None or subject.span.path.endswith(".mesh")):
        found.append(refuse.service_not_there(namespace, name, subject))
        return
    owner = _owner(subject)
    if owner in ("Flux", "Argo CD", "kubectl"):
        found.append(refuse.owned_elsewhere(kind, namespace, name, owner, subject))
    elif not owner and kind == "Service":
        found.append(refuse.owner_unknown(namespace, name, subject))


def _owner(subject: refuse.Subject) -> str:
    """Who applies an object, by the marks that the tools leave; "" = no mark."""
    if subject is None:
        return ""
    labels, annotations = dict(subject.labels), dict(subject.annotations)
    if any(key.endswith("toolkit.fluxcd.io/name") for key in labels):
        return "Flux"
    if "argocd.argoproj.io/tracking-id" in annotations or "argocd.argoproj.io/instance" in labels:
        return "Argo CD"
    if "kubectl.kubernetes.io/last-applied-configuration" in annotations:
        return "kubectl"
    if labels.get("app.kubernetes.io/managed-by") == "Helm" or "meta.helm.sh/release-name" in annotations:
        return "Helm"
    return ""


def _labels_only(key: _Key, labels: dict[str, str], annotations: inventory.Labels) -> Manifest:
    kind, namespace, name = key
    what = f"{name} enrolment" if kind == "Namespace" else f"{namespace}/{name} binding"
    return Manifest("v1", kind, namespace, name, {}, what, tuple(sorted(labels.items())), annotations)


def _value(labels: inventory.Labels, key: str) -> str | None:
    return next((value for name, value in labels if name == key), None)
