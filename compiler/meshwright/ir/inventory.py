"""What exists in the mesh, as read from Kubernetes YAML: ``inventory`` makes it, ``resolve`` and ``istio`` use it."""

from collections.abc import Mapping
from typing import Literal

from meshwright.ir.identity import Identity
from meshwright.record import NamedTuple
from meshwright.source import Span

Labels = tuple[tuple[str, str], ...]  # sorted by key; () = none

# How the protocol of a Service port was declared (appProtocol first, else the prefix of the port's name):
# "undeclared" means neither says one; Istio would sniff it.
Protocol = Literal["http", "http2", "grpc", "grpc-web", "tcp", "tls", "https", "udp", "sctp", "mongo", "redis", "mysql", "undeclared"]


class Namespace(NamedTuple):
    """A Namespace object; one that is only mentioned by other objects has ``declared`` False and no labels."""

    name: str
    labels: Labels
    annotations: Labels
    declared: bool
    span: Span | None


class ServicePort(NamedTuple):
    """One port of a Service."""

    name: str  # "" when unnamed
    number: int  # 1-65535, the port at the service address
    transport: Literal["TCP", "UDP", "SCTP"]
    protocol: Protocol
    target: int | None  # the container port; None: a name that no selected workload resolves (or resolves in two ways)
    target_name: str  # the named target port as written, "" when numeric or defaulted
    node_port: int | None
    span: Span


class Service(NamedTuple):
    """A Service object."""

    namespace: str
    name: str
    kind: Literal["vip", "headless", "external-name"]
    type: Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]
    selector: Labels | None  # None: no selector, endpoints are made by hand
    ports: tuple[ServicePort, ...]
    labels: Labels
    annotations: Labels
    external_ips: tuple[str, ...]
    workloads: tuple[str, ...]  # ids of the workloads the selector matches, sorted; () may mean "nothing matches"
    span: Span
    address: str = ""  # clusterIP, where one is written

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}"


class ContainerPort(NamedTuple):
    """A port that a container lists; listing is informative in Kubernetes, except for names and hostPort."""

    name: str
    number: int
    transport: str
    host_port: int | None


# Whether ztunnel sees traffic to and from a pod (reference: istio-semantics 3.3): "sidecar" pods are in the mesh but
# not in ambient; "outside" pods are open to everyone as far as the mesh is concerned.
Capture = Literal["ambient", "sidecar", "outside"]


class Workload(NamedTuple):
    """Pods made from one template: a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or a bare Pod."""

    namespace: str
    kind: str
    name: str
    labels: Labels  # of the pods, not of the controller
    match_labels: Labels  # the controller's own selector; of a Pod or Job its pod labels
    annotations: Labels  # of the pods
    service_account: str  # "default" when the template names none
    ports: tuple[ContainerPort, ...]
    host_network: bool
    capture: Capture
    capture_reason: str  # why: "namespace label istio.io/dataplane-mode: ambient", "hostNetwork: true", ...
    excluded_inbound: tuple[int, ...]  # ports an annotation takes out of capture
    span: Span

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.kind}/{self.name}"

    @property
    def identity(self) -> Identity:
        return Identity(self.namespace, self.service_account)


class ServiceAccount(NamedTuple):
    namespace: str
    name: str
    span: Span


class Ingress(NamedTuple):
    """A networking.k8s.io Ingress: something outside may reach ``backends`` (service ids with port number or name)."""

    namespace: str
    name: str
    backends: tuple[tuple[str, str], ...]
    span: Span


class Exposure(NamedTuple):
    """One way in from outside that the cluster already has."""

    service: str  # service id
    how: str  # "LoadBalancer", "NodePort 30080", "externalIPs 10.1.2.3", "Ingress shop/web", "hostPort 8080"
    span: Span


class Object(NamedTuple):
    """Any Kubernetes object as read: Istio and Gateway API objects of a tree, foreign objects, kinds nobody models."""

    api_version: str
    kind: str
    namespace: str  # "" for cluster-scoped kinds
    name: str
    content: Mapping[str, object]  # the whole document; treat as read-only
    span: Span

    @property
    def id(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Inventory(NamedTuple):
    """Everything that was read, each tuple sorted by (namespace, name)."""

    namespaces: tuple[Namespace, ...]
    services: tuple[Service, ...]
    workloads: tuple[Workload, ...]
    service_accounts: tuple[ServiceAccount, ...]
    ingresses: tuple[Ingress, ...]
    exposures: tuple[Exposure, ...]
    foreign: tuple[Object, ...]  # Istio and Gateway API objects, from `paths` and from `foreign`
    unknown: tuple[Object, ...]  # kinds that run pods or route traffic and are not modelled: listed, never dropped
    ignored: tuple[Object, ...]  # kinds without meaning for the mesh (ConfigMap, ClusterRole, ...)
    digest: str  # sha256 over the bytes read, in order of path; what "the inventory" means in every assumption


EMPTY = Inventory((), (), (), (), (), (), (), (), (), "")
