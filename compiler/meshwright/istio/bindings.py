"""Which waypoint serves a Service (istio-semantics 3.1 to 3.3, 3.5; lowering-verified 3 and 5)."""

from collections.abc import Mapping, Sequence

from meshwright.ir.inventory import Inventory, Service, Workload
from meshwright.istio.kinds.gateway import Gateway

USE, USE_NAMESPACE, INGRESS = "istio.io/use-waypoint", "istio.io/use-waypoint-namespace", "istio.io/ingress-use-waypoint"
WAYPOINT_CLASS = "istio-waypoint"


class Bindings:
    """Labels of namespaces and Services, those of the tree laid over those of the inventory, and what they bind."""

    __slots__ = ("_defaults", "_namespaces", "_services", "_strange", "waypoints")

    def __init__(self, inventory: Inventory, overlays: Mapping[tuple[str, str, str], Mapping[str, str]], gateways: Sequence[Gateway],
                 class_labels: Mapping[str, Mapping[str, str]]) -> None:
        self.waypoints = {(gateway.namespace, gateway.name): gateway for gateway in gateways if gateway.class_name == WAYPOINT_CLASS}
        self._strange = {(gateway.namespace, gateway.name): gateway.id for gateway in gateways
                         if gateway.class_name not in (WAYPOINT_CLASS, "istio")}
        self._defaults = class_labels.get(WAYPOINT_CLASS, {}).get("istio.io/waypoint-for", "service")
        self._namespaces = {namespace.name: dict(namespace.labels) for namespace in inventory.namespaces}
        self._services: dict[str, Mapping[str, str]] = {}
        for (kind, namespace, name), labels in overlays.items():
            if kind == "Namespace":
                self._namespaces.setdefault(name, {}).update(labels)
            else:
                self._services[f"{namespace}/{name}"] = labels

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """With the label that Kubernetes puts on every namespace."""
        return {"kubernetes.io/metadata.name": name, **self._namespaces.get(name, {})}

    def namespaces(self) -> tuple[str, ...]:
        """Those that are known by name."""
        return tuple(self._namespaces)

    def waypoint(self, service: Service) -> Gateway | None:
        """The waypoint that clients use for this Service when it is ready; None = they go straight to the pods.

        A binding to something that is no fitting waypoint counts for nothing, and does not fall back to the namespace's.
        """
        if service.kind != "vip":
            return None  # a headless name is the pods' own addresses
        labels = self._labels(service)
        if USE not in labels:
            labels = self._namespaces.get(service.namespace, {})
        name = labels.get(USE, "none")
        if name == "none":
            return None
        waypoint = self.waypoints.get((labels.get(USE_NAMESPACE, service.namespace), name))
        if waypoint is None or waypoint.labels.get("istio.io/waypoint-for", self._defaults) not in ("service", "all"):
            return None
        if service.namespace == waypoint.namespace and service.name == waypoint.name:
            return None  # the waypoint's own Service never has one
        return waypoint if self._admits(waypoint, service.namespace) else None

    def pod_waypoint(self, workload: Workload) -> Gateway | None:
        """The waypoint that clients use for the addresses of these pods: only one for workloads, by label of the pod or namespace."""
        labels: Mapping[str, str] = dict(workload.labels)
        if USE not in labels:
            labels = self._namespaces.get(workload.namespace, {})
        waypoint = self.waypoints.get((labels.get(USE_NAMESPACE, workload.namespace), labels.get(USE, "none")))
        if waypoint is None or waypoint.labels.get("istio.io/waypoint-for", self._defaults) not in ("workload", "all"):
            return None
        return waypoint if self._admits(waypoint, workload.namespace) else None

    def ingress_uses_waypoint(self, service: Service) -> bool:
        """Whether gateways of class istio send requests for this Service to its waypoint; the Service's label beats the namespace's."""
        labels = self._labels(service)
        written = labels.get(INGRESS, self._namespaces.get(service.namespace, {}).get(INGRESS, ""))
        return written.lower() == "true"

    def canary(self, service: Service) -> bool:
        """Whether labels of the waypoint canary occur, which is not modelled."""
        namespace = self._namespaces.get(service.namespace, {})
        return any("istio.io/use-waypoint-canary" in labels for labels in (self._labels(service), namespace))

    def strange(self, service: Service) -> str:
        """The id of a Gateway of another class that the Service is bound to, which may be a waypoint of somebody's own; "" for none."""
        labels = self._labels(service)
        if USE not in labels:
            labels = self._namespaces.get(service.namespace, {})
        return self._strange.get((labels.get(USE_NAMESPACE, service.namespace), labels.get(USE, "none")), "") if self._strange else ""

    def _admits(self, waypoint: Gateway, namespace: str) -> bool:
        """Whether its HBONE listener lets objects of ``namespace`` bind; without such a listener it is no waypoint."""
        for listener in waypoint.listeners:
            if listener.port == 15008 and listener.protocol == "HBONE":
                return listener.namespaces.admits(waypoint.namespace, namespace, self.namespace_labels(namespace))
        return False

    def _labels(self, service: Service) -> Mapping[str, str]:
        own = dict(service.labels)
        own.update(self._services.get(service.id, {}))
        return own
