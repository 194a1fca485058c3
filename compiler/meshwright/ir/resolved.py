"""Names bound, files joined: what ``resolve`` makes and ``check`` judges.

Every name has become an id or an identity; ports, doors and dates are still as written, because whether they make sense is
the question of ``check``.  A rule, route or claim with a name that could not be bound is absent: its error was reported.
"""

from typing import Literal

from meshwright.ir import intent, inventory, syntax
from meshwright.ir.identity import Identity
from meshwright.record import NamedTuple
from meshwright.source import Span


class Service(NamedTuple):
    """A Service of the effective inventory and what the sources add to it."""

    found: inventory.Service  # from Kubernetes YAML; made from the declaration when only the sources know it
    names: tuple[tuple[str, int], ...]  # further names of its ports: `port tcp 5432 as db` is ("db", 5432)
    declared: Span | None  # the `service` block, None without one

    @property
    def id(self) -> str:
        return self.found.id


class Source(NamedTuple):
    """A source term.  ``kind`` as in ``intent.Source``; "identity" may stand for several (a Service over two accounts)."""

    kind: Literal["identity", "any-workload", "gateway", "any-gateway", "unidentified", "anyone", "namespace"]
    text: str  # as written
    span: Span
    identities: tuple[Identity, ...] = ()  # sorted
    workloads: tuple[str, ...] = ()  # ids of what the name names; () = a service account, or nothing known to run as it
    gateway: str = ""  # id
    port: int = 0  # listener, 0 = every one
    cidrs: tuple[syntax.Cidr, ...] = ()
    namespace: str = ""


class Target(NamedTuple):
    """A destination term.  "pods" has either ``service`` (id) or ``workloads`` (ids); groups are expanded."""

    kind: Literal["service", "any-service", "namespace", "pods", "pods-any-service", "pods-any-workload"]
    text: str  # as written
    span: Span
    service: str = ""
    workloads: tuple[str, ...] = ()
    namespace: str = ""


class Rule(NamedTuple):
    effect: Literal["allow", "deny"]
    sources: tuple[Source, ...]
    targets: tuple[Target, ...]
    doors: tuple[syntax.Door, ...] | None  # None: everything at that destination
    until: syntax.Date | None
    because: str
    text: str  # one line, canonical
    span: Span


class Listener(NamedTuple):
    listen: syntax.Listen
    certificate: str  # "namespace/name" of the Secret, "" when none is written


class Gateway(NamedTuple):
    namespace: str
    name: str
    listeners: tuple[Listener, ...]
    span: Span

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}"


class Route(NamedTuple):
    """One line of a `route at` block."""

    gateway: str  # id
    hosts: tuple[syntax.Text, ...]  # () = every host of the listeners
    path: syntax.Path | None  # None: every path
    service: str  # id
    port: syntax.Number | syntax.Name | None
    span: Span


class Claim(NamedTuple):
    kind: Literal["never", "never-reaches", "only-from", "only-to", "expect-allow", "expect-deny"]
    sources: tuple[Source, ...]
    targets: tuple[Target, ...]
    doors: tuple[syntax.Door, ...] | None
    text: str
    span: Span


class Invariant(NamedTuple):
    title: str
    claims: tuple[Claim, ...]
    span: Span


class PolicyTest(NamedTuple):
    title: str
    claims: tuple[Claim, ...]  # expectations
    span: Span


class Program(NamedTuple):
    """All files of one environment as one program.  Services, namespaces and gateways are sorted by id, the rest stands in
    order of (path, place)."""

    environment: str
    labels: Literal["external", "own", "patch"]  # who sets enrolment labels: `output.labels` of the project file
    mesh: intent.Mesh
    namespaces: tuple[intent.Namespace, ...]  # those with a `namespace` block
    services: tuple[Service, ...]  # every Service of the effective inventory
    gateways: tuple[Gateway, ...]
    routes: tuple[Route, ...]
    rules: tuple[Rule, ...]
    invariants: tuple[Invariant, ...]
    inventory: inventory.Inventory  # as read, plus what only the sources declare
    tests: tuple[PolicyTest, ...] = ()
    waivers: tuple[intent.Waiver, ...] = ()  # ``expired`` is not known yet
    complete: bool = True  # False: something was left out after an error, so what is absent means nothing
