"""Every small change of a tree that somebody could make by hand, and objects that somebody could add beside it."""

import copy
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from meshwright.diagnostics import Diagnostic
from meshwright.inventory import read_tree
from meshwright.ir.filetree import File, FileTree
from meshwright.ir.intent import Program
from meshwright.ir.inventory import Object
from meshwright.ir.proof import Proof
from meshwright.istio import model
from meshwright.prove import prove
from tests.support.proved import Documents, Proved

Answer = Literal["holds", "fails", "unknown", "refused"]


class Mutant(NamedTuple):
    name: str
    documents: Documents


class Judged(NamedTuple):
    answer: Answer
    proved: Proved | None
    diagnostics: tuple[Diagnostic, ...]


@lru_cache(maxsize=20000)
def _read(text: str) -> tuple[tuple[Object, ...], tuple[Diagnostic, ...]]:
    outcome = read_tree(FileTree((File("one.yaml", text.encode(), ""),)))
    return outcome.value or (), tuple(one for one in outcome.diagnostics if one.severity == "error")


def judge(program: Program, documents: Documents) -> Judged:
    """What the proof says of a tree; "refused" when reading or the model refuses it."""
    objects: list[Object] = []
    wrong: list[Diagnostic] = []
    for one in documents:
        read, found = _read(json.dumps(one))
        objects.extend(read)
        wrong.extend(found)
    ids = [(one.api_version.partition("/")[0], one.id) for one in objects]
    if wrong or len(set(ids)) < len(ids):
        return Judged("refused", None, tuple(wrong))
    reach = model(tuple(sorted(objects, key=lambda one: (one.namespace, one.kind, one.name, one.api_version))), program.inventory, program.mesh)
    if reach.value is None:
        return Judged("refused", None, reach.diagnostics)
    outcome = prove(program, reach.value)
    assert outcome.value is not None
    return Judged(answer_of(outcome.value), Proved(program, documents, reach.value, outcome.value, outcome.diagnostics), outcome.diagnostics)


def answer_of(proof: Proof) -> Answer:
    statuses = {verdict.status for verdict in proof.verdicts}
    return "fails" if "fails" in statuses else "unknown" if "unknown" in statuses else "holds"


def name_of(one: dict[str, Any]) -> str:
    return f"{one['kind']} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}"


def mutants(program: Program, documents: Documents) -> Iterator[Mutant]:
    """One change each: of objects, of every key and list element, of every scalar; and one object more."""
    words = _Words(program, documents)
    for number, one in enumerate(documents):
        name = name_of(one)
        yield Mutant(f"{name}: deleted", documents[:number] + documents[number + 1:])
        for changed in _objects(one, words):
            yield Mutant(f"{name}: {changed[0]}", [*documents[:number], changed[1], *documents[number + 1:]])
        for changed in _inside(one, (), words):
            yield Mutant(f"{name}: {changed[0]}", [*documents[:number], changed[1], *documents[number + 1:]])
    for more in foreign(program, documents):
        yield Mutant(f"added {more.name}", [*documents, *more.documents])


class _Words:
    """Values that occur in the world, to be put where others stood."""

    def __init__(self, program: Program, documents: Documents) -> None:
        self.namespaces = sorted({one.name for one in program.namespaces} | {program.mesh.root_namespace, "elsewhere"})
        self.accounts = sorted({f"{one.namespace}/{one.service_account}" for one in program.inventory.workloads})[:4]
        self.services = sorted({one.name for one in program.services})[:4]
        self.ports = sorted({str(number) for one in program.services for port in one.ports for number in (port.number, port.target)})[:4]
        self.labels = sorted({pair for one in program.inventory.workloads for pair in one.labels})[:4]
        self.gateways = sorted({one["metadata"]["name"] for one in documents if one["kind"] == "Gateway"})
        self.domain = program.mesh.trust_domain
        self.root = program.mesh.root_namespace


def _objects(one: dict[str, Any], words: _Words) -> Iterator[tuple[str, dict[str, Any]]]:
    kind, content = one["kind"], one.get("spec") or {}
    for where in words.namespaces:
        if where != one["metadata"].get("namespace"):
            yield f"moved to {where}", _with(one, ("metadata", "namespace"), where)
    yield "dry run", _with(one, ("metadata", "annotations"), {"istio.io/dry-run": "true"})
    yield "another revision", _with(one, ("metadata", "labels"), {**(one["metadata"].get("labels") or {}), "istio.io/rev": "canary"})
    yield "an older version", _with(one, ("apiVersion",), one["apiVersion"].partition("/")[0] + "/v1beta1")
    yield "no such version", _with(one, ("apiVersion",), one["apiVersion"].partition("/")[0] + "/v9")
    yield "an owner", _with(one, ("metadata", "ownerReferences"), [{"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "0"}])
    if kind == "AuthorizationPolicy":
        for action in ("ALLOW", "DENY", "AUDIT", "CUSTOM", "allow"):
            if content.get("action", "ALLOW") != action:
                more = {"provider": {"name": "x"}} if action == "CUSTOM" else {}
                yield f"action {action}", _with(one, ("spec",), {**content, "action": action, **more})
        yield "a rule for everything", _with(one, ("spec",), {**content, "rules": [*content.get("rules", ()), {}]})
        yield "no selector, no targets", _with(one, ("spec",), {key: value for key, value in content.items() if key not in ("selector", "targetRefs")})
        plain = {key: value for key, value in content.items() if key not in ("selector", "targetRefs")}
        yield "an empty selector", _with(one, ("spec",), {**plain, "selector": {}})
        yield "an empty matchLabels", _with(one, ("spec",), {**plain, "selector": {"matchLabels": {}}})
        for key, value in words.labels:
            yield f"selects {key}={value}", _with(one, ("spec",), {**plain, "selector": {"matchLabels": {key: value}}})
        for target in _targets(words):
            yield f"targets {target['kind']} {target['name']}", _with(one, ("spec",), {**plain, "targetRefs": [target]})
        for number, rule in enumerate(content.get("rules", ())):
            for text, more_ in _rule_changes(rule, words):
                yield f"rule {number} {text}", _with(one, ("spec", "rules", number), more_)
    if kind == "PeerAuthentication":
        for mode in ("STRICT", "PERMISSIVE", "DISABLE", "UNSET"):
            yield f"mode {mode}", _with(one, ("spec",), {**content, "mtls": {"mode": mode}})
            for port in words.ports:
                chosen = content.get("selector") or {"matchLabels": dict(words.labels[:1])}
                yield f"port {port} {mode}", _with(one, ("spec",), {**content, "selector": chosen, "portLevelMtls": {port: {"mode": mode}}})
                yield f"unset, port {port} {mode}", _with(one, ("spec",), {"selector": chosen, "portLevelMtls": {port: {"mode": mode}}})
    if kind == "Gateway":
        for kind_ in ("service", "workload", "all", "none", "Service"):
            yield f"waypoint-for {kind_}", _with(one, ("metadata", "labels"), {**(one["metadata"].get("labels") or {}), "istio.io/waypoint-for": kind_})
        for name in ("istio", "istio-waypoint", "istio-remote", "istio-east-west", "nginx"):
            yield f"class {name}", _with(one, ("spec", "gatewayClassName"), name)
        for text in ("from-all", "from-same", "from-selector"):
            allowed = {"from-all": {"from": "All"}, "from-same": {"from": "Same"},
                       "from-selector": {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": words.namespaces[0]}}}}[text]
            for number in range(len(content.get("listeners", ()))):
                yield f"listener {number} {text}", _with(one, ("spec", "listeners", number, "allowedRoutes"), {"namespaces": allowed})
        yield "an account", _with(one, ("metadata", "annotations"), {"gateway.istio.io/service-account": "web"})
        yield "another name", _with(one, ("metadata", "annotations"), {"gateway.istio.io/name-override": "web"})
        yield "pod labels", _with(one, ("spec", "infrastructure"), {"labels": dict(words.labels[:1])})
        yield "a plain listener", _with(one, ("spec", "listeners"), [*content.get("listeners", ()), {"name": "more", "port": 8081, "protocol": "HTTP"}])
    if kind == "HTTPRoute":
        for name in words.services:
            yield f"parent Service {name}", _with(one, ("spec", "parentRefs"), [*content.get("parentRefs", ()), {"group": "", "kind": "Service", "name": name}])
        for number, rule in enumerate(content.get("rules", ())):
            for method in ("GET", "POST"):
                yield f"rule {number} only {method}", _with(one, ("spec", "rules", number), {**rule, "matches": [{**match, "method": method} for match in rule.get("matches") or ({},)]})
            for name in words.services:
                backend = {"name": name, "port": int(words.ports[0]), "namespace": "shop"}
                yield f"rule {number} mirrors {name}", _with(one, ("spec", "rules", number), {**rule, "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": backend}}]})
                yield f"rule {number} also to {name}", _with(one, ("spec", "rules", number), {**rule, "backendRefs": [*rule.get("backendRefs", ()), backend]})
            yield f"rule {number} rewrites", _with(one, ("spec", "rules", number), {**rule, "filters": [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/x"}}}]})


def _targets(words: _Words) -> Iterator[dict[str, str]]:
    for name in words.services:
        yield {"group": "", "kind": "Service", "name": name}
    for name in words.gateways:
        yield {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": name}
    yield {"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "name": "istio-waypoint"}
    yield {"group": "networking.istio.io", "kind": "ServiceEntry", "name": words.services[0] if words.services else "x"}


SOURCES = ({"principals": ["*"]}, {"notPrincipals": ["x"]}, {"namespaces": ["*"]}, {"notNamespaces": ["elsewhere"]}, {"ipBlocks": ["0.0.0.0/0"]},
           {"requestPrincipals": ["*"]}, {"principals": ["spiffe://*"]})
OPERATIONS = ({"methods": ["*"]}, {"paths": ["/*"]}, {"notPaths": ["/none"]}, {"hosts": ["*"]}, {"notPorts": ["1"]}, {"ports": ["80"]}, {"methods": ["get"]})


def _rule_changes(rule: dict[str, Any], words: _Words) -> Iterator[tuple[str, dict[str, Any]]]:
    for source in SOURCES:
        yield f"from also {source}", {**rule, "from": [*rule.get("from", ()), {"source": source}]}
        for number, known in enumerate(rule.get("from", ())):
            yield f"from {number} and {source}", {**rule, "from": _put(rule["from"], number, {"source": {**known["source"], **source}})}
    for operation in OPERATIONS:
        yield f"to also {operation}", {**rule, "to": [*rule.get("to", ()), {"operation": operation}]}
        for number, known in enumerate(rule.get("to", ())):
            yield f"to {number} and {operation}", {**rule, "to": _put(rule["to"], number, {"operation": {**known["operation"], **operation}})}
    yield "when", {**rule, "when": [{"key": "request.headers[x-a]", "values": ["1"]}]}
    yield "when at ztunnel", {**rule, "when": [{"key": "source.namespace", "values": [words.namespaces[0]]}]}


def _put(items: list[Any], number: int, value: Any) -> list[Any]:
    return [*items[:number], value, *items[number + 1:]]


def _with(one: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """``one`` with another value at a place; only what lies on the way there is copied."""
    if not place:
        return value
    key, *rest = place
    if isinstance(key, int):
        return _put(one, key, _with(one[key], tuple(rest), value))
    return {**one, key: _with(one.get(key) if rest else None, tuple(rest), value)}


def _inside(one: dict[str, Any], place: tuple[str | int, ...], words: _Words) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each key and element deleted, doubled, renamed; each scalar changed."""
    value: Any = one
    for key in place:
        value = value[key]
    where = ".".join(map(str, place))
    if isinstance(value, dict):
        for key in value:
            yield f"{where}.{key} deleted", _with(one, place, {name: inner for name, inner in value.items() if name != key})
            if not place or place[0] == "spec":
                yield f"{where}.{key} null", _with(one, (*place, key), None)
                negated = key[3].lower() + key[4:] if key.startswith("not") else "not" + key[:1].upper() + key[1:]
                if place[-1:] in (("source",), ("operation",)):
                    yield f"{where}.{key} negated", _with(one, place, {negated if name == key else name: inner for name, inner in value.items()})
                    for other in ("principals", "namespaces", "serviceAccounts", "ipBlocks", "ports", "methods", "paths", "hosts"):
                        if other != key:
                            yield f"{where}.{key} as {other}", _with(one, place, {other if name == key else name: inner for name, inner in value.items()})
                if isinstance(value[key], str) and place[-1:] == ("matchLabels",):
                    yield f"{where}.{key} and one more", _with(one, place, {**value, "more": "x"})
            yield from _inside(one, (*place, key), words)
    elif isinstance(value, list):
        yield f"{where} empty", _with(one, place, [])
        for number in range(len(value)):
            yield f"{where}.{number} deleted", _with(one, place, value[:number] + value[number + 1:])
            yield f"{where}.{number} twice", _with(one, place, [*value, copy.deepcopy(value[number])])
            yield from _inside(one, (*place, number), words)
    else:
        for changed in _scalar(place, value, words):
            if changed != value:
                yield f"{where} = {changed!r}", _with(one, place, changed)


def _scalar(place: tuple[str | int, ...], value: Any, words: _Words) -> Iterator[Any]:
    field = next((part for part in reversed(place) if isinstance(part, str)), "")
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        yield from (value - 1, value + 1, 0, str(value), *map(int, words.ports))
        return
    if field == "ports" or value.isdecimal():
        yield from (str(int(value) - 1), str(int(value) + 1), "0", *words.ports)
        if value.isdecimal():
            yield int(value)
        return
    yield from (value + "x", value[:-1], value.upper(), value.lower(), "", "*", value + "*", "*" + value, value + "/", value + "/*", value.replace("{*}", "{**}"),
                value.replace("/*", "*"), value.replace("-", "."), " " + value)
    if field == "type":
        yield from ("Exact", "PathPrefix", "RegularExpression", "ReplacePrefixMatch")
    if field in ("serviceAccounts", "principals", "notPrincipals", "notServiceAccounts"):
        yield from (name if "Accounts" in field else f"{words.domain}/ns/{name.replace('/', '/sa/')}" for name in (*words.accounts, "elsewhere/stranger"))
        yield from ("spiffe://" + value, value.replace(words.domain, "other.domain"), value.rpartition("/")[2])
    if field in ("namespaces", "namespace"):
        yield from words.namespaces
    if field == "methods" or field == "method":
        yield from ("GET", "POST", "DELETE")
    if field == "protocol":
        yield from ("HTTP", "HTTPS", "TLS", "TCP", "HBONE")
    if field == "kind":
        yield from ("Service", "Gateway", "GatewayClass", "ServiceEntry")
    if field in ("name", "sectionName"):
        yield from (*words.services, *words.gateways)


def foreign(program: Program, documents: Documents) -> Iterator[Mutant]:
    """Objects beside the tree, in every namespace that matters."""
    words = _Words(program, documents)
    for where in words.namespaces:
        for name, spec in _policies(words):
            yield Mutant(f"AuthorizationPolicy {where} {name}", [_made("security.istio.io/v1", "AuthorizationPolicy", where, "foreign", spec)])
        for mode in ("STRICT", "PERMISSIVE", "DISABLE", "UNSET"):
            yield Mutant(f"PeerAuthentication {where} {mode}", [_made("security.istio.io/v1", "PeerAuthentication", where, "foreign", {"mtls": {"mode": mode}})])
            for label in words.labels[:2]:
                chosen = {"selector": {"matchLabels": dict([label])}, "mtls": {"mode": mode}}
                yield Mutant(f"PeerAuthentication {where} {mode} for {label}", [_made("security.istio.io/v1", "PeerAuthentication", where, "foreign", chosen)])
        for service in words.services[:2]:
            for other in words.services[:3]:
                port = int(words.ports[0])
                for port in {one.number for each in program.services if each.name == other for one in each.ports}:
                    backend = {"name": other, "port": port}
                    parent = {"group": "", "kind": "Service", "name": service}
                    yield Mutant(f"HTTPRoute {where} of Service {service} to {other} port {port}", [
                        _made("gateway.networking.k8s.io/v1", "HTTPRoute", where, "foreign", {"parentRefs": [parent], "rules": [{"backendRefs": [backend]}]})])
                    for gateway in words.gateways:
                        parent = {"name": gateway}
                        yield Mutant(f"HTTPRoute {where} of Gateway {gateway} to {other} port {port}", [
                            _made("gateway.networking.k8s.io/v1", "HTTPRoute", where, "foreign", {"parentRefs": [parent], "rules": [{"backendRefs": [backend]}]})])
                    listener = {"name": "a", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
                    for kind in ("istio", "istio-custom"):
                        yield Mutant(f"a Gateway of class {kind} in {where} to {other} port {port}", [
                            _made("gateway.networking.k8s.io/v1", "Gateway", where, "foreign", {"gatewayClassName": kind, "listeners": [listener]}),
                            _made("gateway.networking.k8s.io/v1", "HTTPRoute", where, "foreign",
                                  {"parentRefs": [{"name": "foreign"}], "rules": [{"backendRefs": [backend]}]})])
        yield Mutant(f"a waypoint in {where}", [_made("gateway.networking.k8s.io/v1", "Gateway", where, "foreign", {
            "gatewayClassName": "istio-waypoint", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]})])
        for mode in ("none", "ambient"):
            yield Mutant(f"Namespace {where} {mode}", [_made("v1", "Namespace", "", where, None, {"istio.io/dataplane-mode": mode})])
        for key, value in (("istio.io/use-waypoint", "foreign"), ("istio.io/use-waypoint", "none"), ("istio-injection", "enabled"), ("istio.io/rev", "x"),
                           ("istio.io/ingress-use-waypoint", "true"), ("istio.io/ingress-use-waypoint", "false"), ("istio.io/use-waypoint-namespace", "elsewhere")):
            yield Mutant(f"Namespace {where} {key}={value}", [_made("v1", "Namespace", "", where, None, {key: value})])
            for service in words.services:
                yield Mutant(f"Service {where}/{service} {key}={value}", [_made("v1", "Service", where, service, None, {key: value})])
        for kind, spec in UNKNOWN.items():
            group, _, name = kind.rpartition(" ")
            yield Mutant(f"{name} {where}", [_made(group, name, where, "foreign", json.loads(json.dumps(spec).replace("SERVICE", words.services[0] if words.services else "x")))])


def _policies(words: _Words) -> Iterator[tuple[str, dict[str, Any]]]:
    attachments: list[tuple[str, dict[str, Any]]] = [("", {}), (" empty selector", {"selector": {}})]
    attachments += [(f" for {key}={value}", {"selector": {"matchLabels": {key: value}}}) for key, value in words.labels]
    attachments += [(f" at {one['kind']} {one['name']}", {"targetRefs": [one]}) for one in _targets(words)]
    rules: list[tuple[str, list[Any]]] = [("everything", [{}]), ("nothing", [])]
    rules += [(f"from {source}", [{"from": [{"source": source}]}]) for source in SOURCES[:4]]
    rules += [(f"to {operation}", [{"to": [{"operation": operation}]}]) for operation in OPERATIONS[:4]]
    for account in words.accounts[:2]:
        rules.append((f"from {account}", [{"from": [{"source": {"serviceAccounts": [account]}}]}]))
    for action in ("ALLOW", "DENY"):
        for text, attachment in attachments:
            for name, rule in rules:
                yield f"{action} {name}{text}", {**attachment, "action": action, **({"rules": rule} if rule else {})}


UNKNOWN: dict[str, Any] = {
    "networking.istio.io/v1 VirtualService": {"hosts": ["SERVICE"], "http": [{"route": [{"destination": {"host": "SERVICE"}}]}]},
    "networking.istio.io/v1 DestinationRule": {"host": "SERVICE", "trafficPolicy": {"tls": {"mode": "DISABLE"}}},
    "networking.istio.io/v1 ServiceEntry": {"hosts": ["SERVICE.shop.svc.cluster.local"], "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}], "resolution": "STATIC"},
    "networking.istio.io/v1alpha3 EnvoyFilter": {"configPatches": []},
    "extensions.istio.io/v1alpha1 WasmPlugin": {"url": "oci://x"},
    "security.istio.io/v1 RequestAuthentication": {"jwtRules": [{"issuer": "x"}]},
    "gateway.networking.k8s.io/v1 GRPCRoute": {"parentRefs": [{"group": "", "kind": "Service", "name": "SERVICE"}], "rules": [{"backendRefs": [{"name": "SERVICE", "port": 80}]}]},
    "gateway.networking.k8s.io/v1alpha2 TCPRoute": {"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"name": "SERVICE", "port": 80}]}]},
    "telemetry.istio.io/v1 Telemetry": {},
}


def _made(version: str, kind: str, namespace: str, name: str, spec: Any, labels: dict[str, str] | None = None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    made = {"apiVersion": version, "kind": kind, "metadata": metadata}
    return made if spec is None else {**made, "spec": spec}
