"""The input of guardrails as JSON text: total (no field is ever missing), deterministic.

The schema is ``guard/schema.py``; its JSON form ships as policies/meshwright_guardrails/schema/input.json.
Every node has ``id`` and ``source``; ids are unique over the whole document, so that a finding can name one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from meshwright.guard.diff import change_ids, diff, place_of
from meshwright.guard.edges import Context, access, edge_ids, path_node, unique
from meshwright.guard.encode import encode, fields, string
from meshwright.guard.inventory import inventory_places, inventory_text
from meshwright.ir.changes import Changes
from meshwright.ir.identity import Identity
from meshwright.ir.intent import Gateway, Listener, Namespace, PodSet, Port, Program, Route, Rule, Service
from meshwright.ir.inventory import Labels
from meshwright.source import LineIndex, Span

API_VERSION = "meshwright/v1"
MODEL = ("apiVersion", "kind", "environment", "intent", "access", "inventory", "diff", "org")
INTENT = ("mesh", "namespaces", "services", "pod_sets", "gateways", "routes", "rules", "invariants", "waivers", "index")
INDEXES = ("namespace_by_name", "service_by_id", "gateway_by_id", "services_by_namespace", "services_by_identity")

NOTHING: Mapping[str, Any] = {}

Node = dict[str, Any]
UNKNOWN: Node = {"file": "", "line": 0, "column": 0, "end_line": 0}


def documents(
    program: Program, texts: Mapping[str, str], reads: Any = True, changes: Changes | None = None, org: Mapping[str, Any] = NOTHING
) -> str:
    """The input for one program.

    ``texts``: path of a source (``.mesh``, and YAML where services come from it) -> its text, for line numbers; a node whose
    text is missing has line 0.  ``reads``: what somebody will look at, as in ``Pack.reads``; only that is written.
    ``changes``: for `diff`; None = there is nothing to compare with.  ``org``: data of the organisation, JSON values.
    """
    return _Writer(program, texts).model(reads, changes, org)


def places(program: Program, changes: Changes | None = None) -> dict[str, Span | None]:
    """Id of each node -> its place; None = the sources do not mention it."""
    rules = rule_ids(program)
    spans_of_edges = [program.rules[grant.rule].span for grant in program.grants]
    found = [
        ("mesh", program.mesh.span),
        *((f"namespace {space.name}", space.span) for space in program.namespaces),
        *((f"service {service.id}", service.span) for service in program.services),
        *((_port_id(service, port), service.span) for service in program.services for port in service.ports),
        *((f"pods {pods.id}", _span_of_pods(program, pods)) for pods in program.pod_sets),
        *((f"gateway {gateway.id}", gateway.span) for gateway in program.gateways),
        *((_listener_id(gateway, item), item.span) for gateway in program.gateways for item in gateway.listeners),
        *zip(_route_ids(program), (route.span for route in program.routes), strict=True),
        *zip(rules, (rule.span for rule in program.rules), strict=True),
        *zip(_invariant_ids(program), (item.span for item in program.invariants), strict=True),
        *zip(_waiver_ids(program), (item.span for item in program.waivers), strict=True),
        *zip(edge_ids(list(program.grants)), spans_of_edges, strict=True),
        *inventory_places(program.inventory),
        *((name, place_of(change)) for name, change in change_ids(changes)),
    ]
    return dict(reversed(found))


def rule_ids(program: Program) -> list[str]:
    return unique([rule.text for rule in program.rules])


class _Writer:
    def __init__(self, program: Program, texts: Mapping[str, str]) -> None:
        self.program = program
        self.texts = texts
        self.lines: dict[str, LineIndex] = {}
        self.namespaces = {space.name: space for space in program.namespaces}
        self.services = {service.id: service for service in program.services}
        self.known = {service.id: service for service in program.inventory.services}
        self.rule_ids = rule_ids(program)
        self.by_identity: dict[Identity, list[str]] = {}
        for service in program.services:
            for identity in service.identities:
                self.by_identity.setdefault(identity, []).append(service.id)

    def model(self, reads: Any, changes: Changes | None, org: Mapping[str, Any]) -> str:
        context = Context(self.program, self.rule_ids, self.namespaces, self.services, self.by_identity, self.source)
        write: dict[str, Callable[[Any], str]] = {
            "apiVersion": lambda below: string(API_VERSION),
            "kind": lambda below: string("MeshModel"),
            "environment": lambda below: string(self.program.environment),
            "intent": self.intent,
            "access": lambda below: access(context, below),
            "inventory": lambda below: inventory_text(self.program.inventory, self.source, below),
            "diff": lambda below: diff(changes, self.source, below),
            "org": lambda below: encode(dict(org), True),
        }
        return _object(write, fields(reads, MODEL))

    def intent(self, reads: Any) -> str:
        program = self.program
        write: dict[str, Callable[[Any], str]] = {
            "mesh": lambda below: encode(self.mesh(), below),
            "namespaces": lambda below: encode([self.namespace(space) for space in program.namespaces], below),
            "services": lambda below: encode([self.service(service) for service in program.services], below),
            "pod_sets": lambda below: encode([self.pod_set(pods) for pods in program.pod_sets], below),
            "gateways": lambda below: encode([self.gateway(gateway) for gateway in program.gateways], below),
            "routes": lambda below: encode([self.route(*pair) for pair in zip(program.routes, _route_ids(program), strict=True)], below),
            "rules": lambda below: encode([self.rule(*pair) for pair in zip(program.rules, self.rule_ids, strict=True)], below),
            "invariants": lambda below: encode(self.invariants(), below),
            "waivers": lambda below: encode(self.waivers(), below),
            "index": self.index,
        }
        return _object(write, fields(reads, INTENT))

    def index(self, reads: Any) -> str:
        program = self.program
        write: dict[str, Callable[[Any], str]] = {
            "namespace_by_name": lambda below: encode({space.name: self.namespace(space) for space in program.namespaces}, below),
            "service_by_id": lambda below: encode({service.id: self.service(service) for service in program.services}, below),
            "gateway_by_id": lambda below: encode({gateway.id: self.gateway(gateway) for gateway in program.gateways}, below),
            "services_by_namespace": lambda below: encode(self.by_namespace(), below),
            "services_by_identity": lambda below: encode({str(who): ids for who, ids in sorted(self.by_identity.items())}, below),
        }
        return _object(write, fields(reads, INDEXES))

    def by_namespace(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {space.name: [] for space in self.program.namespaces}
        for service in self.program.services:
            found.setdefault(service.namespace, []).append(service.id)
        return dict(sorted(found.items()))

    def mesh(self) -> Node:
        mesh = self.program.mesh
        return {
            "id": "mesh",
            "istio": "{}.{}".format(*mesh.istio),
            "trust_domain": mesh.trust_domain,
            "root_namespace": mesh.root_namespace,
            "source": self.source(mesh.span),
        }

    def namespace(self, space: Namespace) -> Node:
        name = f"namespace {space.name}"
        placement = space.placement
        return {
            "id": name,
            "name": space.name,
            "enforce": space.enforce == "yes",
            "owner": space.owner,
            "because": space.because,
            "until": space.until,
            "waypoint": {"kind": placement.kind, "name": placement.waypoint},
            "source": self.source(space.span),
        }

    def service(self, service: Service) -> Node:
        name = f"service {service.id}"
        known = self.known.get(service.id)
        space = self.namespaces.get(service.namespace)
        return {
            "id": name,
            "namespace": service.namespace,
            "name": service.name,
            "key": service.id,
            "enforce": space is not None and space.enforce == "yes",
            "owner": space.owner if space is not None else "",
            "headless": service.headless,
            "type": known.type if known is not None else "ClusterIP",
            "external_ips": list(known.external_ips) if known is not None else [],
            "labels": _labels(known.labels) if known is not None else {},
            "ports": [self.port(service, port) for port in service.ports],
            "identities": [str(identity) for identity in service.identities],
            "pod_sets": list(service.pod_sets),
            "source": self.source(service.span),
        }

    def port(self, service: Service, port: Port) -> Node:
        name = _port_id(service, port)
        return {
            "id": name,
            "number": port.number,
            "target": port.target,
            "name": port.name,
            "protocol": port.protocol,
            "http": port.is_http,
            "source": self.source(service.span),
        }

    def pod_set(self, pods: PodSet) -> Node:
        name = f"pods {pods.id}"
        return {
            "id": name,
            "namespace": pods.namespace,
            "name": pods.name,
            "key": pods.id,
            "selector": _labels(pods.selector),
            "identities": [str(identity) for identity in pods.identities],
            "workloads": list(pods.workloads),
            "services": list(pods.services),
            "source": self.source(_span_of_pods(self.program, pods)),
        }

    def gateway(self, gateway: Gateway) -> Node:
        name = f"gateway {gateway.id}"
        return {
            "id": name,
            "namespace": gateway.namespace,
            "name": gateway.name,
            "key": gateway.id,
            "identity": str(gateway.identity),
            "listeners": [self.listener(gateway, item) for item in gateway.listeners],
            "source": self.source(gateway.span),
        }

    def listener(self, gateway: Gateway, item: Listener) -> Node:
        name = _listener_id(gateway, item)
        return {
            "id": name,
            "name": item.name,
            "protocol": item.protocol,
            "port": item.port,
            "hosts": list(item.hosts),
            "certificate": item.certificate,
            "redirect": item.redirect,
            "source": self.source(item.span),
        }

    def route(self, route: Route, name: str) -> Node:
        return {
            "id": name,
            "gateway": route.gateway,
            "hosts": list(route.hosts),
            "path": path_node(route.path),
            "service": route.service,
            "port": route.port,
            "source": self.source(route.span),
        }

    def rule(self, rule: Rule, name: str) -> Node:
        return {"id": name, "text": rule.text, "because": rule.because, "until": rule.until, "source": self.source(rule.span)}

    def invariants(self) -> list[Node]:
        return [
            {"id": name, "title": item.title, "claims": [claim.text for claim in item.claims], "source": self.source(item.span)}
            for item, name in zip(self.program.invariants, _invariant_ids(self.program), strict=True)
        ]

    def waivers(self) -> list[Node]:
        return [
            {"id": name, "guardrail": item.guardrail, "subject": item.subject, "owner": item.owner, "until": item.until,
             "because": item.because, "expired": item.expired, "source": self.source(item.span)}
            for item, name in zip(self.program.waivers, _waiver_ids(self.program), strict=True)
        ]

    def source(self, span: Span | None) -> Node:
        if span is None:
            return UNKNOWN
        text = self.texts.get(span.path)
        if text is None:
            return {"file": span.path, "line": 0, "column": 0, "end_line": 0}
        index = self.lines.get(span.path)
        if index is None:
            index = self.lines[span.path] = LineIndex(text)
        line, column = index.position(span.start)
        return {"file": span.path, "line": line, "column": column, "end_line": index.position(max(span.start, span.end - 1))[0]}


def _object(write: Mapping[str, Callable[[Any], str]], wanted: Mapping[str, Any]) -> str:
    return "{" + ",".join([f'"{name}":{write[name](below)}' for name, below in wanted.items()]) + "}"


def _port_id(service: Service, port: Port) -> str:
    return f"port {service.id}:{port.number}"


def _listener_id(gateway: Gateway, item: Listener) -> str:
    return f"listener {gateway.id}/{item.name}"


def _route_ids(program: Program) -> list[str]:
    return unique([f"route {route.gateway} {','.join(route.hosts) or '*'}{route.path}" for route in program.routes])


def _invariant_ids(program: Program) -> list[str]:
    return unique([f"invariant {item.title}" for item in program.invariants])


def _waiver_ids(program: Program) -> list[str]:
    return unique([f"waiver {item.guardrail} on {item.subject}" for item in program.waivers])


def _span_of_pods(program: Program, pods: PodSet) -> Span | None:
    spans = {service.id: service.span for service in program.services if service.id in pods.services}
    return next((spans[name] for name in pods.services if name in spans), None)


def _labels(labels: Labels) -> dict[str, str]:
    return dict(labels)
