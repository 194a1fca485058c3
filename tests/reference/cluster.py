"""One request at a time through a whole mesh: the owners' YAML and the rendered manifests, as plain dicts.

Which proxies a request meets is read from labels here, without the model of `istio` and without the rooms that wrote the manifests.
"""

from typing import Any

from tests.reference import istio
from tests.reference.gateways import Gateways, Http

Document = dict[str, Any]
CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod")


class Cluster:
    """Every question is answered for all pods that the request may meet; ValueError when they do not agree."""

    def __init__(self, owned: list[Document], manifests: list[Document], trust_domain: str = "cluster.local", root: str = "istio-system") -> None:
        self.documents = [one for one in manifests if one["kind"] not in ("Kustomization", "Component")]
        self.root, self.domain = root, trust_domain
        self.services = {_id(one): one for one in owned if one["kind"] == "Service"}
        self.spaces = {one["metadata"]["name"]: one for one in owned if one["kind"] == "Namespace"}
        self.pods = {f"{one['metadata'].get('namespace', '')}/{one['kind']}/{one['metadata']['name']}": (one["metadata"].get("namespace", ""), *_pod(one))
                     for one in owned if one["kind"] in CONTROLLERS}

    def dial(self, caller: str, service: str, port: int, method: str = "", path: str = "", host: str = "", source_ip: str = "10.1.2.3") -> bool:
        """A workload that runs as ``caller`` ("ns/account") opens port ``port`` of a service's address."""
        return self._service(self._principal(caller), service, port, istio.Call("", source_ip, 0, method, path, host or service.split("/")[1]), True)

    def dial_pod(self, caller: str, workload: str, port: int, source_ip: str = "10.1.2.3") -> bool:
        """The pod's own address; ``caller`` "" has no identity in the mesh."""
        return self._pod(workload, istio.Call(self._principal(caller), source_ip, port, "GET", "/", workload.split("/")[2]))

    def enter(self, gateway: str, listener: int, host: str, method: str, path: str, source_ip: str = "203.0.113.9") -> str:
        """A client outside sends a request to a listener: the "ns/service:port" whose pods get it, "" = nobody."""
        (made,) = (one for one in self.documents if one["kind"] == "Gateway" and _id(one) == gateway)
        namespaces = {name: one["metadata"].get("labels") or {} for name, one in self.spaces.items()}
        backends = Gateways(self.documents, namespaces).backends(made, listener, Http(method, path, host))
        call = istio.Call("", source_ip, listener, method, path, host)
        if not backends or not istio.gateway(self.documents, self.root, gateway, call):
            return ""
        (backend,) = backends
        service, _, port = backend.rpartition(":")
        labels = self.services[service]["metadata"].get("labels") or {}
        asks = labels.get("istio.io/ingress-use-waypoint") == "true"
        return backend if self._service(self._principal(f"{gateway}-istio"), service, int(port), call, asks) else ""

    def _service(self, principal: str, service: str, port: int, call: istio.Call, bound: bool) -> bool:
        one = self.services[service]
        namespace = one["metadata"]["namespace"]
        (declared,) = (each for each in one["spec"]["ports"] if each["port"] == port)
        waypoint = self._waypoint(one, namespace) if bound else ""
        if waypoint:
            if not istio.waypoint(self.documents, self.root, waypoint, service, call._replace(principal=principal, port=port)):
                return False
            principal = self._principal(waypoint)
        selector = one["spec"].get("selector") or {}
        answers = set()
        for id, (space, labels, _, named) in self.pods.items():
            if space == namespace and selector and selector.items() <= labels.items():
                target = declared.get("targetPort", port)
                answers.add(self._pod(id, call._replace(principal=principal, port=named[target] if isinstance(target, str) else target)))
        if len(answers) != 1:
            raise ValueError(f"{service}: {'its pods do not agree' if answers else 'no pods'}")
        return answers.pop()

    def _waypoint(self, service: Document, namespace: str) -> str:
        """The waypoint that label of the Service, else of its Namespace, names; "" = none, or one that nobody wrote."""
        for one in (service, self.spaces.get(namespace, {"metadata": {}})):
            labels = one["metadata"].get("labels") or {}
            name = labels.get("istio.io/use-waypoint", "")
            if name:
                id = f"{labels.get('istio.io/use-waypoint-namespace', namespace)}/{name}"
                there = any(each["kind"] == "Gateway" and _id(each) == id and each["spec"]["gatewayClassName"] == "istio-waypoint" for each in self.documents)
                return id if there else ""
        return ""

    def _pod(self, workload: str, call: istio.Call) -> bool:
        namespace, labels, _, _ = self.pods[workload]
        return istio.ztunnel(self.documents, self.root, namespace, labels, call)

    def _principal(self, account: str) -> str:
        namespace, _, name = account.partition("/")
        return f"{self.domain}/ns/{namespace}/sa/{name}" if account else ""


def account_of(cluster: Cluster, workload: str) -> str:
    """The "ns/account" that a workload "ns/Kind/name" runs as."""
    return f"{cluster.pods[workload][0]}/{cluster.pods[workload][2]}"


def _pod(one: Document) -> tuple[dict[str, str], str, dict[str, int]]:
    """Labels, service account and named ports of the pods that a controller makes."""
    template = one if one["kind"] == "Pod" else (one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"])["template"]
    ports = [port for container in template["spec"]["containers"] for port in container.get("ports") or ()]
    named = {port["name"]: port["containerPort"] for port in ports if "name" in port}
    return template["metadata"].get("labels") or {}, template["spec"].get("serviceAccountName", "default"), named


def _id(one: Document) -> str:
    return f"{one['metadata'].get('namespace', '')}/{one['metadata']['name']}"
