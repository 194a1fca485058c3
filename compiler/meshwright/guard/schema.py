"""The schemas of what guardrails see, as pydantic models; never imported when guardrails run.

``python -m meshwright.guard.seal`` writes them to policies/meshwright_guardrails/schema: input.json and manifests.json.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel


class Node(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Place(Node):
    """Where a node is written; lines and columns from 1, 0 and "" = unknown."""

    file: str
    line: int
    column: int
    end_line: int


class Mesh(Node):
    id: str
    istio: str
    trust_domain: str
    root_namespace: str
    source: Place


class Waypoint(Node):
    kind: Literal["namespace", "service", "service-account", "none", "shared"]
    name: str


class Namespace(Node):
    id: str
    name: str
    enforce: bool
    owner: str
    because: str
    until: str
    waypoint: Waypoint
    source: Place


Protocol = Literal["http", "http2", "grpc", "tcp", "tls", "https"]


class Port(Node):
    id: str
    number: int
    target: int
    name: str
    protocol: Protocol
    http: bool
    source: Place


class Service(Node):
    id: str
    namespace: str
    name: str
    key: str
    enforce: bool
    owner: str
    headless: bool
    type: Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]
    external_ips: list[str]
    labels: dict[str, str]
    ports: list[Port]
    identities: list[str]
    pod_sets: list[str]
    source: Place


class PodSet(Node):
    id: str
    namespace: str
    name: str
    key: str
    selector: dict[str, str]
    identities: list[str]
    workloads: list[str]
    services: list[str]
    source: Place


class Listener(Node):
    id: str
    name: str
    protocol: Literal["http", "https"]
    port: int
    hosts: list[str]
    certificate: str
    redirect: bool
    source: Place


class Gateway(Node):
    id: str
    namespace: str
    name: str
    key: str
    identity: str
    listeners: list[Listener]
    source: Place


class Path(Node):
    """``segments``: "{id}" stands for one non-empty segment."""

    text: str
    segments: list[str]
    subtree: bool
    any: bool
    exact: bool


class Route(Node):
    id: str
    gateway: str
    hosts: list[str]
    path: Path
    service: str
    port: int
    source: Place


class Rule(Node):
    id: str
    text: str
    because: str
    until: str
    source: Place


class Invariant(Node):
    id: str
    title: str
    claims: list[str]
    source: Place


class Waiver(Node):
    """``expired``: on the day of the compile; then it hides nothing."""

    id: str
    guardrail: str
    subject: str
    owner: str
    until: str
    because: str
    expired: bool
    source: Place


class IntentIndex(Node):
    namespace_by_name: dict[str, Namespace]
    service_by_id: dict[str, Service]
    gateway_by_id: dict[str, Gateway]
    services_by_namespace: dict[str, list[str]]
    services_by_identity: dict[str, list[str]]


class Intent(Node):
    mesh: Mesh
    namespaces: list[Namespace]
    services: list[Service]
    pod_sets: list[PodSet]
    gateways: list[Gateway]
    routes: list[Route]
    rules: list[Rule]
    invariants: list[Invariant]
    waivers: list[Waiver]
    index: IntentIndex


class Caller(Node):
    """Who asks: ``kind`` as in the language, ``key`` the whole of it in words; ``services`` are those whose pods run as ``identity``."""

    key: str
    kind: Literal["identity", "any-workload", "gateway", "any-gateway", "unidentified", "anyone", "namespace"]
    name: str
    identity: str
    namespace: str
    account: str
    gateway: str
    listener: int
    cidrs: list[str]
    services: list[str]


class Destination(Node):
    """What is asked for; ``key`` is the service or pod set, ``port`` its number at the address or at the pods, 0 = every port."""

    kind: Literal["service", "pods"]
    key: str
    namespace: str
    name: str
    enforce: bool
    services: list[str]
    port: int
    every_port: bool
    port_name: str
    protocol: Literal["http", "http2", "grpc", "tcp", "tls", "https", "unknown"]
    http: bool


class Http(Node):
    """HTTP terms of an edge; ``narrowed`` false: none, and the other fields have their widest values."""

    narrowed: bool
    methods: list[str]
    any_method: bool
    path: Path


class Edge(Node):
    """One source at one destination."""

    id: str
    rule: str
    caller: Caller = Field(alias="from")
    to: Destination
    http: Http
    entry: Literal["mesh", "gateway", "outside", "any"]
    enforced_by: Literal["ztunnel", "waypoint"]
    because: str
    until: str
    source: Place


class Allow(Edge):
    """An edge that opens."""

    effect: Literal["allow"]


class Deny(Edge):
    """An edge that closes."""

    effect: Literal["deny"]


class AccessIndex(Node):
    """Key -> positions in ``allows`` or ``denies``."""

    allows_by_destination: dict[str, list[int]]
    denies_by_destination: dict[str, list[int]]
    allows_by_gateway: dict[str, list[int]]
    allows_by_kind: dict[str, list[int]]  # of the caller
    allows_by_entry: dict[str, list[int]]
    allows_by_because: dict[str, list[int]]  # "" = without a reason
    allows_by_rule: dict[str, list[int]]
    allows_by_shared_rule: dict[str, list[int]]  # the same, of rules that make several edges
    open_allows_by_destination: dict[str, list[int]]  # of edges that let every path in


class Access(Node):
    allows: list[Allow]
    denies: list[Deny]
    index: AccessIndex


class ExistingNamespace(Node):
    """A Namespace object; ``declared`` false: only other objects mention it."""

    id: str
    name: str
    declared: bool
    labels: dict[str, str]
    annotations: dict[str, str]
    source: Place


class ExistingPort(Node):
    """A port as the Service has it; ``node_port`` 0 = none."""

    name: str
    number: int
    transport: Literal["TCP", "UDP", "SCTP"]
    protocol: str
    node_port: int


class ExistingService(Node):
    """A Service object, also one that no rule mentions; without a selector its endpoints are made by hand."""

    id: str
    namespace: str
    name: str
    type: Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]
    headless: bool
    has_selector: bool
    selector: dict[str, str]
    labels: dict[str, str]
    annotations: dict[str, str]
    external_ips: list[str]
    ports: list[ExistingPort]
    source: Place


class Workload(Node):
    """Pods of one template.  ``capture``: whether ztunnel sees their traffic, a sidecar, or nobody of the mesh."""

    id: str
    namespace: str
    kind: str
    name: str
    identity: str
    account: str
    labels: dict[str, str]
    annotations: dict[str, str]
    host_network: bool
    capture: Literal["ambient", "sidecar", "outside"]
    capture_reason: str
    excluded_inbound: list[int]
    source: Place


class Exposure(Node):
    """A way in from outside the cluster that no gateway of the sources stands for: "NodePort 30080", "Ingress shop/web"."""

    id: str
    service: str
    how: str
    source: Place


class Existing(Node):
    """An object as read, with all of its contents."""

    id: str
    api_version: str
    kind: str
    namespace: str
    name: str
    contents: dict[str, Any]
    source: Place


class Inventory(Node):
    """What exists beside the intent.  ``foreign``: Istio and Gateway API objects of others; ``unknown``: kinds that nobody models."""

    namespaces: list[ExistingNamespace]
    services: list[ExistingService]
    workloads: list[Workload]
    exposures: list[Exposure]
    foreign: list[Existing]
    unknown: list[Existing]


class ChangedTarget(Node):
    """What is reached: ``text`` in words; ``port`` 0 = every port."""

    text: str
    kind: Literal["service", "pods", "namespace"]
    key: str
    namespace: str
    port: int


class Request(Node):
    """An example; empty for a whole namespace.  ``attributes``: others that matter ("header:x-env", "claim:groups"), [] = not there."""

    principal: str
    source_ip: str
    port: int
    method: str
    path: str
    host: str
    attributes: dict[str, list[str]]


class Change(Node):
    """One rule or namespace that lets in what was not let in before, or no longer does.

    ``public``: callers without an identity of the mesh gain or lose; ``whole`` false: only some of these requests change; ``because``: what
    did it; ``rule``: as written, "" for a namespace; a rule that only the base has is at no place.
    """

    id: str
    caller: str = Field(alias="from")
    public: bool
    to: ChangedTarget
    door: str
    whole: bool
    because: str
    rule: str
    request: Request
    source: Place


class Diff(Node):
    """What a change of the sources does to the access: exact, as `meshwright diff` shows it."""

    base: bool  # whether there is one; without, the lists are empty
    opens: list[Change]
    closes: list[Change]


class Manifest(Node):
    """A rendered object: the file it stands in, relative to the tree, and all of it."""

    path: str
    contents: dict[str, Any]


class Manifests(RootModel[list[Manifest]]):
    """The input of policies over manifests with ``combine``; without, the input is ``contents`` of one manifest."""


class MeshModel(Node):
    """The input of every guardrail.  ``org``: what the files named by ``guard.org`` say, {} without any."""

    apiVersion: Literal["meshwright/v1"]
    kind: Literal["MeshModel"]
    environment: str
    intent: Intent
    access: Access
    inventory: Inventory
    diff: Diff
    org: dict[str, Any]


def json_schema() -> dict[str, Any]:
    """The JSON schema that ships.

    ``position`` is a word of our own, which other readers of schemas leave alone: the gate follows positions from an index to the list, so
    that only the elements that rules ask for have to be written.
    """
    schema = MeshModel.model_json_schema(by_alias=True)
    for name, index in schema["$defs"]["AccessIndex"]["properties"].items():
        of = "denies" if name.startswith("denies") else "allows"
        index["additionalProperties"]["items"]["position"] = {"in": "Access", "of": of, "index": name}
    return schema


def manifests_schema() -> dict[str, Any]:
    """The JSON schema of rendered manifests, in the shape of conftest's ``--combine``."""
    return Manifests.model_json_schema()
