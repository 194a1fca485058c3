"""The input of guardrails: plain dictionaries, total (no field is ever missing), deterministic.

The schema is ``guard/schema.py``; its JSON form ships as policies/meshwright_guardrails/schema/input.json.
Every node has ``id`` and ``source``; ids are unique over the whole document, so that a finding can name one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from meshwright.ir.identity import Identity
from meshwright.ir.intent import (
    Gateway,
    Grant,
    Http,
    Listener,
    Namespace,
    PathPattern,
    PodSet,
    Port,
    Program,
    Route,
    Rule,
    Service,
    Source,
    Target,
)
from meshwright.ir.inventory import Labels
from meshwright.record import NamedTuple
from meshwright.source import LineIndex, Span

API_VERSION = "meshwright/v1"

Node = dict[str, Any]


class Documents(NamedTuple):
    input: Node
    places: Mapping[str, Span | None]  # id of a node -> its place; None = the sources do not mention it


def documents(program: Program, texts: Mapping[str, str], reads: Any = True) -> Documents:
    """The documents of one program.

    ``texts``: path of a source (``.mesh``, and YAML where services come from it) -> its text, for line numbers; a node whose
    text is missing has line 0.  ``reads``: what somebody will look at, as in ``Pack.reads``; unless it is True, parts that are
    costly and not in it may be empty, and there are no places.
    """
    return _Writer(program, texts, reads).write()


class _Writer:
    def __init__(self, program: Program, texts: Mapping[str, str], reads: Any) -> None:
        self.program = program
        self.reads = reads
        self.placed = reads is True or _mentions(reads, "source")
        self.texts = texts
        self.lines: dict[str, LineIndex] = {}
        self.places: dict[str, Span | None] = {}
        self.namespaces = {space.name: space for space in program.namespaces}
        self.services = {service.id: service for service in program.services}
        self.pod_sets = {pods.id: pods for pods in program.pod_sets}
        self.known = {service.id: service for service in program.inventory.services}
        self.rule_ids = _unique([rule.text for rule in program.rules])
        by_identity: dict[Identity, list[str]] = {}
        for service in program.services:
            for identity in service.identities:
                by_identity.setdefault(identity, []).append(service.id)
        self.by_identity = by_identity
        self.callers: dict[Source, Node] = {}  # many edges share them
        self.destinations: dict[Target, Node] = {}
        self.doors: dict[Http | None, Node] = {}

    def write(self) -> Documents:
        program = self.program
        namespaces = [self.namespace(space) for space in program.namespaces]
        services = [self.service(service) for service in program.services]
        gateways = [self.gateway(gateway) for gateway in program.gateways]
        by_namespace: dict[str, list[str]] = {space.name: [] for space in program.namespaces}
        for service in program.services:
            by_namespace.setdefault(service.namespace, []).append(service.id)
        allows = self.edges("allow")
        denies = self.edges("deny")
        intent = {
            "mesh": {
                "id": "mesh",
                "istio": "{}.{}".format(*program.mesh.istio),
                "trust_domain": program.mesh.trust_domain,
                "root_namespace": program.mesh.root_namespace,
                "source": self.place("mesh", program.mesh.span),
            },
            "namespaces": namespaces,
            "services": services,
            "pod_sets": [self.pod_set(pods) for pods in program.pod_sets] if self.wanted("pod_sets") else [],
            "gateways": gateways,
            "routes": [
                self.route(route, name) for route, name in zip(program.routes, _unique([_route_id(r) for r in program.routes]), strict=True)
            ],
            "rules": [self.rule(rule, name) for rule, name in zip(program.rules, self.rule_ids, strict=True)]
            if self.wanted("rules")
            else [],
            "invariants": [
                {"id": name, "title": item.title, "claims": [claim.text for claim in item.claims], "source": self.place(name, item.span)}
                for item, name in zip(program.invariants, _unique([f"invariant {i.title}" for i in program.invariants]), strict=True)
            ],
            "index": {
                "namespace_by_name": {node["name"]: node for node in namespaces},
                "service_by_id": {_key(node): node for node in services},
                "gateway_by_id": {_key(node): node for node in gateways},
                "services_by_namespace": dict(sorted(by_namespace.items())),
                "services_by_identity": {str(who): ids for who, ids in sorted(self.by_identity.items())},
            },
        }
        access = {
            "allows": allows,
            "denies": denies,
            "index": {
                "allows_by_destination": _positions(edge["to"]["key"] for edge in allows),
                "denies_by_destination": _positions(edge["to"]["key"] for edge in denies),
                "allows_by_gateway": _positions(edge["from"]["gateway"] for edge in allows),
                "allows_by_kind": _positions(edge["from"]["kind"] for edge in allows),
                "allows_by_rule": _positions(edge["rule"] for edge in allows),
            },
        }
        return Documents(
            {"apiVersion": API_VERSION, "kind": "MeshModel", "environment": program.environment, "intent": intent, "access": access},
            self.places,
        )

    def wanted(self, part: str) -> bool:
        """Whether a part of the intent is read."""
        return self.reads is True or part in self.reads.get("intent", {})

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
            "source": self.place(name, space.span),
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
            "source": self.place(name, service.span),
        }

    def port(self, service: Service, port: Port) -> Node:
        name = f"port {service.id}:{port.number}"
        return {
            "id": name,
            "number": port.number,
            "target": port.target,
            "name": port.name,
            "protocol": port.protocol,
            "http": port.is_http,
            "source": self.place(name, service.span),
        }

    def pod_set(self, pods: PodSet) -> Node:
        name = f"pods {pods.id}"
        span = next((self.services[service].span for service in pods.services if service in self.services), None)
        return {
            "id": name,
            "namespace": pods.namespace,
            "name": pods.name,
            "key": pods.id,
            "selector": _labels(pods.selector),
            "identities": [str(identity) for identity in pods.identities],
            "workloads": list(pods.workloads),
            "services": list(pods.services),
            "source": self.place(name, span),
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
            "source": self.place(name, gateway.span),
        }

    def listener(self, gateway: Gateway, item: Listener) -> Node:
        name = f"listener {gateway.id}/{item.name}"
        return {
            "id": name,
            "name": item.name,
            "protocol": item.protocol,
            "port": item.port,
            "hosts": list(item.hosts),
            "certificate": item.certificate,
            "redirect": item.redirect,
            "source": self.place(name, item.span),
        }

    def route(self, route: Route, name: str) -> Node:
        return {
            "id": name,
            "gateway": route.gateway,
            "hosts": list(route.hosts),
            "path": _path(route.path),
            "service": route.service,
            "port": route.port,
            "source": self.place(name, route.span),
        }

    def rule(self, rule: Rule, name: str) -> Node:
        return {"id": name, "text": rule.text, "because": rule.because, "until": rule.until, "source": self.place(name, rule.span)}

    def edges(self, effect: str) -> list[Node]:
        grants = [grant for grant in self.program.grants if grant.effect == effect]
        names = _unique([_edge_id(grant) for grant in grants])
        return [self.edge(grant, name) for grant, name in zip(grants, names, strict=True)]

    def edge(self, grant: Grant, name: str) -> Node:
        rule = self.program.rules[grant.rule]
        return {
            "id": name,
            "effect": grant.effect,
            "rule": self.rule_ids[grant.rule],
            "from": self.caller(grant.source),
            "to": self.destination(grant.target),
            "http": self.door(grant.http),
            "entry": "gateway"
            if grant.source.kind in ("gateway", "any-gateway")
            else "any"
            if grant.source.kind == "anyone"
            else "outside"
            if grant.source.kind == "unidentified"
            else "mesh",
            "enforced_by": "ztunnel" if grant.http is None else "waypoint",
            "because": rule.because,
            "until": rule.until,
            "source": self.place(name, rule.span),
        }

    def caller(self, source: Source) -> Node:
        node = self.callers.get(source)
        if node is None:
            node = self.callers[source] = self._caller(source)
        return node

    def destination(self, target: Target) -> Node:
        node = self.destinations.get(target)
        if node is None:
            node = self.destinations[target] = self._destination(target)
        return node

    def door(self, http: Http | None) -> Node:
        node = self.doors.get(http)
        if node is None:
            node = self.doors[http] = _http(http)
        return node

    def _caller(self, source: Source) -> Node:
        identity = source.identity
        gateway = next((g for g in self.program.gateways if g.id == source.gateway), None) if source.gateway else None
        namespace = identity.namespace if identity is not None else source.namespace or (gateway.namespace if gateway is not None else "")
        return {
            "kind": source.kind,
            "name": source.name,
            "identity": str(identity) if identity is not None else "",
            "namespace": namespace,
            "account": identity.account if identity is not None else "",
            "gateway": source.gateway,
            "listener": source.port,
            "cidrs": list(source.cidrs),
            "services": self.by_identity.get(identity, []) if identity is not None else [],
        }

    def _destination(self, target: Target) -> Node:
        namespace, _, name = target.id.partition("/")
        space = self.namespaces.get(namespace)
        service = self.services.get(target.id) if target.kind == "service" else self._service_of(target)
        port = None
        if service is not None:
            wanted = [p for p in service.ports if (p.number if target.kind == "service" else p.target) == target.port]
            port = wanted[0] if wanted else None
        return {
            "kind": target.kind,
            "key": target.id,
            "namespace": namespace,
            "name": name,
            "enforce": space is not None and space.enforce == "yes",
            "services": [service.id] if service is not None else [],
            "port": target.port,
            "every_port": target.port == 0,
            "port_name": port.name if port is not None else "",
            "protocol": port.protocol if port is not None else "unknown",
            "http": port is not None and port.is_http,
        }

    def _service_of(self, target: Target) -> Service | None:
        """The first service over these pods that has the target port: what a reader would call it."""
        pods = self.pod_sets.get(target.id)
        behind = [self.services[name] for name in pods.services if name in self.services] if pods is not None else []
        for service in behind:
            if any(port.target == target.port for port in service.ports):
                return service
        return behind[0] if behind else None

    def place(self, name: str, span: Span | None) -> Node:
        """The ``source`` of a node, and the note where it is for findings."""
        if not self.placed:
            return {}
        self.places.setdefault(name, span)
        if span is None:
            return {"file": "", "line": 0, "column": 0, "end_line": 0}
        text = self.texts.get(span.path)
        if text is None:
            return {"file": span.path, "line": 0, "column": 0, "end_line": 0}
        index = self.lines.get(span.path)
        if index is None:
            index = self.lines[span.path] = LineIndex(text)
        line, column = index.position(span.start)
        return {"file": span.path, "line": line, "column": column, "end_line": index.position(max(span.start, span.end - 1))[0]}


def _mentions(reads: Any, name: str) -> bool:
    return reads is not True and (name in reads or any(_mentions(inner, name) for inner in reads.values()))


def _http(http: Http | None) -> Node:
    """Doors in HTTP terms; without any, the widest values and ``narrowed`` false."""
    if http is None:
        return {"narrowed": False, "methods": [], "any_method": True, "path": _path(PathPattern((), True))}
    return {"narrowed": True, "methods": list(http.methods), "any_method": not http.methods, "path": _path(http.path)}


def _path(path: PathPattern) -> Node:
    """``segments``: "{id}" stands for one non-empty segment; ``any`` is "/**"."""
    return {
        "text": str(path),
        "segments": ["{id}" if part is None else part for part in path.segments],
        "subtree": path.subtree,
        "any": path.subtree and not path.segments,
        "exact": not path.subtree and None not in path.segments,
    }


def _edge_id(grant: Grant) -> str:
    source = grant.source
    who = str(source.identity) if source.identity is not None else source.gateway or source.namespace or source.kind
    if source.kind == "gateway":
        who = f"clients of {source.gateway}" + (f" port {source.port}" if source.port else "")
    elif source.kind == "namespace":
        who = f"namespace {source.namespace}"
    elif source.cidrs:
        who = f"{source.kind} from " + ", ".join(source.cidrs)
    what = ("pods of " if grant.target.kind == "pods" else "") + f"{grant.target.id}:{grant.target.port or '*'}"
    doors = "" if grant.http is None else " " + "|".join(grant.http.methods or ("*",)) + " " + str(grant.http.path)
    return f"{grant.effect} {who} -> {what}{doors}"


def _route_id(route: Route) -> str:
    return f"route {route.gateway} {','.join(route.hosts) or '*'}{route.path}"


def _unique(names: list[str]) -> list[str]:
    """The same names, later equal ones numbered: "x", "x #2"."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        count = seen[name] = seen.get(name, 0) + 1
        result.append(name if count == 1 else f"{name} #{count}")
    return result


def _positions(keys: Iterable[str]) -> dict[str, list[int]]:
    """Key -> positions in the list; the empty key is left out."""
    found: dict[str, list[int]] = {}
    for position, key in enumerate(keys):
        if key:
            found.setdefault(key, []).append(position)
    return dict(sorted(found.items()))


def _labels(labels: Labels) -> dict[str, str]:
    return dict(labels)


def _key(node: Node) -> str:
    return str(node["key"])
