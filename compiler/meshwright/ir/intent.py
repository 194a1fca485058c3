"""Checked meaning: what ``check`` makes and ``lower``, ``prove``, ``guard`` and ``report`` use.  Free of Istio words.

Everything here is resolved: ids are ``namespace/name``, ports are numbers, groups and `any service` are expanded,
gRPC calls have become methods and paths.  Tuples are sorted by id, so that equal meaning gives equal values.
"""

from typing import Literal

from meshwright.ir.identity import Identity
from meshwright.ir.inventory import Inventory, Labels
from meshwright.record import NamedTuple
from meshwright.source import Span


class Mesh(NamedTuple):
    istio: tuple[int, int]  # (1, 30): this minor or a later one of the capability matrix
    trust_domain: str
    root_namespace: str
    span: Span | None  # None: no `mesh` block, defaults
    aliases: tuple[str, ...] = ()  # further trust domains that mean this mesh
    providers: tuple[str, ...] | None = None  # external authorizers of the mesh's configuration; None: not known
    http_providers: tuple[str, ...] = ()  # those of them that judge HTTP only
    normalization: str = "BASE"  # how proxies read paths: NONE, BASE, MERGE_SLASHES, DECODE_AND_MERGE_SLASHES


class Placement(NamedTuple):
    """Where the waypoint of a namespace's L7 services stands."""

    kind: Literal["namespace", "service", "service-account", "none", "shared"]
    waypoint: str  # "namespace/name" for "shared", else ""


class Namespace(NamedTuple):
    name: str
    enforce: Literal["yes", "no"]  # "no": nothing is emitted, open to anyone in every proof and report
    placement: Placement
    owner: str  # "" = not given
    because: str
    until: str  # ISO date or ""
    span: Span | None


class Port(NamedTuple):
    """A port of a service: ``number`` at its address, ``target`` at its pods (1-65535)."""

    number: int
    target: int
    name: str
    protocol: Literal["http", "http2", "grpc", "tcp", "tls", "https"]

    @property
    def is_http(self) -> bool:
        """Whether HTTP terms have a meaning here: the enforcing Envoy parses requests."""
        return self.protocol in ("http", "http2", "grpc")


class Service(NamedTuple):
    namespace: str
    name: str
    ports: tuple[Port, ...]  # TCP ones, sorted by number; UDP and SCTP never enter the mesh
    headless: bool
    pod_sets: tuple[str, ...]  # ids, sorted
    identities: tuple[Identity, ...]  # of the pods behind it, sorted
    span: Span

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}"


class PodSet(NamedTuple):
    """Workloads that the same services select; the unit at which ztunnel is configured.

    INVARIANT: ``selector`` is not empty, and matches the labels of the workloads listed and of no other workload of the inventory.
    """

    namespace: str
    name: str  # from its services or its workload; unique in the namespace, a DNS label of at most 40 characters
    selector: Labels
    identities: tuple[Identity, ...]
    workloads: tuple[str, ...]  # workload ids
    services: tuple[str, ...]  # service ids; () = a workload without a Service

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}"


class Listener(NamedTuple):
    name: str  # "https-443"; unique in the gateway, a DNS label
    protocol: Literal["http", "https"]
    port: int
    hosts: tuple[str, ...]  # () = any host
    certificate: str  # "namespace/name" of the Secret, "" for http
    redirect: bool  # http: answer with a redirect to https, no routes
    span: Span


class Gateway(NamedTuple):
    namespace: str
    name: str
    identity: Identity  # service account of the proxies it gets: <name>-istio
    listeners: tuple[Listener, ...]
    span: Span

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}"


class PathPattern(NamedTuple):
    """A path of the language over the normalized path without its query.

    ``segments`` are literals, or None for one non-empty segment (`{id}`); ``subtree`` adds everything below ("/a/**" includes "/a").
    "/" is ((),False)... a trailing slash is kept as a last literal "" ("/a/" is ("a", "")); "/**" is ((), True): every path.
    """

    segments: tuple[str | None, ...]
    subtree: bool

    def __str__(self) -> str:
        text = "".join("/" + ("{id}" if part is None else part) for part in self.segments)
        return text + "/**" if self.subtree else text or "/"


class Http(NamedTuple):
    """One door in HTTP terms.  ``methods`` () = any method; the path is never absent ("/**" is any)."""

    methods: tuple[str, ...]
    path: PathPattern


class Route(NamedTuple):
    """Requests at ``gateway`` for one of ``hosts`` whose path matches go to ``service`` port ``port`` (number at its address).

    Longest match first decides between routes of one host, as Gateway API orders them: exact before prefix, longer before shorter.
    """

    gateway: str
    hosts: tuple[str, ...]  # () = every host of the listeners
    path: PathPattern  # without {id}: exact or subtree
    service: str
    port: int
    span: Span


class Source(NamedTuple):
    """Who asks.

    identity: the workloads that run as ``identity`` · any-workload: any identity of this mesh except gateways' ·
    gateway: whoever ``gateway`` (listener ``port``, 0 = every listener) lets in · unidentified: no mesh identity, from
    ``cidrs`` (() = from anywhere) · anyone: every request at all (deny and invariants only) ·
    any-gateway: clients of every gateway · namespace: every identity of ``namespace``.
    """

    kind: Literal["identity", "any-workload", "gateway", "any-gateway", "unidentified", "anyone", "namespace"]
    identity: Identity | None = None
    gateway: str = ""
    port: int = 0
    cidrs: tuple[str, ...] = ()
    namespace: str = ""
    name: str = ""  # as written, for people


class Target(NamedTuple):
    """What is asked for: port ``port`` of service ``id`` at its address, or target port ``port`` of the pods of set ``id``.

    ``port`` 0 occurs only with kind "pods": every port, listed or not.
    """

    kind: Literal["service", "pods"]
    id: str
    port: int


class Grant(NamedTuple):
    """One allow or deny of one source at one target: the normal form of every rule.

    ``http`` None = every request and every connection.  A request is allowed iff some allow matches and no deny does.
    A deny on a service also covers its pods' target port (a deny is never narrower than it reads).
    """

    effect: Literal["allow", "deny"]
    source: Source
    target: Target
    http: Http | None
    rule: int  # index into Program.rules


class Rule(NamedTuple):
    """A rule as written, for messages and reports."""

    text: str  # one line, canonical
    span: Span
    because: str
    until: str


class Claim(NamedTuple):
    """One line of an invariant, over sources x targets.

    never: no source reaches a target in one hop · never-reaches: by any chain of allowed calls ·
    only-from: nobody but ``sources`` reaches ``targets`` · only-to: ``sources`` reach nothing but ``targets``.
    Of a test: expect-allow: every such request gets in at the address that is named · expect-deny: as never.
    """

    kind: Literal["never", "never-reaches", "only-from", "only-to", "expect-allow", "expect-deny"]
    sources: tuple[Source, ...]
    targets: tuple[Target, ...]
    http: Http | None
    text: str
    span: Span


class Invariant(NamedTuple):
    title: str
    claims: tuple[Claim, ...]
    span: Span


class PolicyTest(NamedTuple):
    title: str
    claims: tuple[Claim, ...]  # expectations, each of one line
    span: Span


class Waiver(NamedTuple):
    """Findings of one guardrail that somebody answers for until a day: at ``subject`` and at what belongs to it."""

    guardrail: str  # "zero_trust/any_workload"
    subject: str  # "service shop/web", "gateway edge/public", "namespace shop", or the id of a node
    owner: str
    until: str  # ISO date, the last day
    because: str
    expired: bool  # on the day of the compile
    span: Span


class Program(NamedTuple):
    """The whole checked intent of one environment."""

    environment: str
    mesh: Mesh
    namespaces: tuple[Namespace, ...]
    services: tuple[Service, ...]  # of governed namespaces, and those outside that rules mention
    pod_sets: tuple[PodSet, ...]  # of governed namespaces
    gateways: tuple[Gateway, ...]
    routes: tuple[Route, ...]
    grants: tuple[Grant, ...]
    rules: tuple[Rule, ...]
    invariants: tuple[Invariant, ...]
    inventory: Inventory  # as read, plus what only the sources declare
    tests: tuple[PolicyTest, ...] = ()  # what `meshwright test` asks
    waivers: tuple[Waiver, ...] = ()
