"""Everything the rules of this room look things up in, made once per run."""

from typing import Literal

from meshwright.check.podsets import PodSets, is_proxy, pod_sets
from meshwright.ir import intent, inventory, resolved
from meshwright.ir.identity import Identity
from meshwright.ir.inventory import Workload
from meshwright.record import NamedTuple
from meshwright.source import Span

DATAPLANE_MODE = "istio.io/dataplane-mode"
BYPASS = ("ambient.istio.io/bypass-inbound-capture", "true")  # what comes in passes no proxy; what goes out does

# What Istio does with a declared protocol: grpc-web is HTTP with a filter; the filters for databases are off, so they are TCP.
_PROTOCOLS: dict[str, Literal["http", "http2", "grpc", "tcp", "tls", "https"]] = {
    "http": "http",
    "http2": "http2",
    "grpc": "grpc",
    "grpc-web": "http",
    "tcp": "tcp",
    "tls": "tls",
    "https": "https",
    "mongo": "tcp",
    "redis": "tcp",
    "mysql": "tcp",
    "undeclared": "tcp",
}


class Problem(NamedTuple):
    """Why a term of a rule could not be turned into grants; the rule of that ``kind`` explains it."""

    kind: str
    span: Span  # the term or door
    statement: resolved.Rule | resolved.Claim
    service: resolved.Service | None = None
    port: inventory.ServicePort | None = None
    workload: Workload | None = None
    text: str = ""


class Facts:
    """The resolved program, indexed; then, step by step, what ``check`` makes of it."""

    __slots__ = (
        "_outside",
        "_services",
        "by_identity",
        "callers",
        "excluding",
        "gateways",
        "governed",
        "grants",
        "http_services",
        "invariants",
        "namespaces",
        "opened",
        "plain",
        "pods",
        "ports",
        "problems",
        "program",
        "routes",
        "services",
        "set_by_id",
        "set_of_workload",
        "sets_of_service",
        "spaces",
        "today",
        "unnamed_grants",
        "unnamed_terms",
        "workloads",
    )

    def __init__(self, program: resolved.Program, today: str) -> None:
        self.program = program
        self.today = today
        self.problems: dict[str, list[Problem]] = {}
        self.namespaces = {space.name: space for space in program.namespaces}
        self.governed = {space.name: space for space in program.namespaces if space.enforce == "yes"}
        self.spaces = {space.name: space for space in program.inventory.namespaces}
        self.services = {service.id: service for service in program.services}
        self.workloads = {workload.id: workload for workload in program.inventory.workloads}
        self.by_identity: dict[Identity, list[Workload]] = {}
        for workload in program.inventory.workloads:
            if not is_proxy(workload):
                self.by_identity.setdefault(workload.identity, []).append(workload)
        self._outside = {workload.id: reason for workload in program.inventory.workloads if (reason := self._judge_capture(workload))}
        self.excluding = {workload.id for workload in program.inventory.workloads if workload.excluded_inbound}
        self.pods: PodSets = pod_sets([service.found for service in program.services], program.inventory.workloads, self.governed)
        self.sets_of_service: dict[str, list[intent.PodSet]] = {}
        self.set_of_workload: dict[str, intent.PodSet] = {}
        self.set_by_id = {each.id: each for each in self.pods.sets}
        for each in self.pods.sets:
            for service in each.services:
                self.sets_of_service.setdefault(service, []).append(each)
            for own in each.workloads:
                self.set_of_workload[own] = each
        self.ports = {service.id: _ports(service) for service in program.services}
        self.plain: set[str] = set()  # services that were found fit to be a destination
        # What was made of terms and doors before: equal ones are in many rules.
        self.callers: dict[tuple[str, tuple[Identity, ...]], list[intent.Source]] = {}
        self.opened: dict[tuple[object, ...], list[intent.Target]] = {}
        self._services: dict[str, intent.Service] = {}
        self.gateways: tuple[intent.Gateway, ...] = ()
        self.routes: tuple[intent.Route, ...] = ()
        self.grants: list[intent.Grant] = []
        # Of rules, those whose caller is no identity by name: clients of gateways, all of a namespace or mesh, callers without identity.
        self.unnamed_terms: list[tuple[resolved.Rule, resolved.Source]] = []
        self.unnamed_grants: list[intent.Grant] = []
        self.http_services: dict[str, int] = {}  # service id -> first rule that needs a waypoint there
        self.invariants: tuple[intent.Invariant, ...] = ()

    def statements(self) -> list[resolved.Rule | resolved.Claim]:
        """Everything that has sources, targets and doors."""
        claims = [claim for invariant in self.program.invariants for claim in invariant.claims]
        return [*self.program.rules, *claims, *[claim for test in self.program.tests for claim in test.claims]]

    def intent_service(self, own: str) -> intent.Service:
        """A Service as the rooms behind this one see it."""
        if own in self._services:
            return self._services[own]
        service = self.services[own]
        self._services[own] = intent.Service(
            service.found.namespace,
            service.found.name,
            tuple(sorted(self.ports[own].values())),
            service.found.kind == "headless",
            tuple([pods.id for pods in self.sets_of_service.get(own, ())]),
            tuple(sorted({workload.identity for workload in self.behind(service)})),
            service.found.span,
        )
        return self._services[own]

    def blame(self, problem: Problem) -> None:
        self.problems.setdefault(problem.kind, []).append(problem)

    @property
    def is_whole(self) -> bool:
        """Whether every rule and route was understood: only then does it mean something that one is absent."""
        return (
            self.program.complete and len(self.routes) == len(self.program.routes) and all(kind == "ungoverned" for kind in self.problems)
        )

    def is_enrolled(self, namespace: str) -> bool:
        """Whether the Namespace object of the inventory puts its pods into the ambient mesh."""
        space = self.spaces.get(namespace)
        return space is not None and (DATAPLANE_MODE, "ambient") in space.labels

    def why_outside(self, workload: Workload) -> str:
        """Why ambient does not capture ``workload``, "" when it does."""
        return self._outside.get(workload.id, "")

    def outsider(self, service: resolved.Service) -> Workload | None:
        """A workload behind ``service`` that ambient does not capture."""
        if not self._outside:
            return None
        return next((self.workloads[own] for own in service.found.workloads if own in self._outside), None)

    def _judge_capture(self, workload: Workload) -> str:
        """Why ambient does not capture ``workload``, "" when it does.

        A missing label of a governed namespace is not the workload's fault: it is reported for the namespace (label mode
        `external`) or written by this compile (`own`, `patch`).
        """
        if workload.capture == "ambient":
            return ""
        own = (
            workload.capture == "sidecar"
            or workload.host_network
            or (DATAPLANE_MODE, "none") in workload.labels
            or BYPASS in workload.annotations
            or workload.namespace == "kube-system"  # never enrolled, whatever its labels
        )
        if not own and workload.namespace in self.governed and not self.is_enrolled(workload.namespace):
            return ""
        return workload.capture_reason or workload.capture

    def behind(self, service: resolved.Service) -> list[Workload]:
        """The workloads that a Service selects."""
        return [self.workloads[own] for own in service.found.workloads if own in self.workloads]


def _ports(service: resolved.Service) -> dict[int, intent.Port]:
    """The TCP ports of a Service that lead somewhere, by number.  An undeclared protocol counts as TCP; using it is an error."""
    return {
        port.number: intent.Port(port.number, port.target, port.name, _PROTOCOLS.get(port.protocol, "tcp"))
        for port in service.found.ports
        if port.transport == "TCP" and port.target is not None
    }
