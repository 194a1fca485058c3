"""Do Kubernetes objects, as plain dicts, let one request pass one proxy.  From istio-semantics 1 to 4."""

from typing import Any, NamedTuple

from tests.reference.matching import address, path_of_istio, string_of_istio

Document = dict[str, Any]


class NotJudged(ValueError):
    """Something that this evaluator does not know."""


class Call(NamedTuple):
    """One request as one proxy sees it: ``principal`` of whoever opened the connection, ``port`` as that proxy counts it."""

    principal: str
    source_ip: str
    port: int
    method: str
    path: str
    host: str


GROUPS = {"AuthorizationPolicy": "security.istio.io", "PeerAuthentication": "security.istio.io", "Gateway": "gateway.networking.k8s.io",
          "HTTPRoute": "gateway.networking.k8s.io", "ReferenceGrant": "gateway.networking.k8s.io", "Namespace": "", "Service": ""}


def effective(documents: list[Document]) -> list[Document]:
    """The objects as a cluster keeps them: without nulls and empty lists of values, and without kinds that their group does not have."""
    return [_kept(one) for one in documents if one["kind"] not in GROUPS or GROUPS[one["kind"]] == one["apiVersion"].rpartition("/")[0]]


def _kept(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _kept(inner, name) for name, inner in value.items() if inner is not None and not (key in ("source", "operation") and inner == [])}
    return [_kept(inner) for inner in value] if isinstance(value, list) else value


def proxy_account(gateway: Document) -> str:
    """The service account "ns/name" of the pods of a Gateway."""
    notes = gateway["metadata"].get("annotations") or {}
    kind = spec(gateway)["gatewayClassName"]
    name = gateway["metadata"]["name"] if kind == "istio-waypoint" else f"{gateway['metadata']['name']}-{kind}"
    return f"{gateway['metadata']['namespace']}/{notes.get('gateway.istio.io/service-account') or notes.get('gateway.istio.io/name-override') or name}"


def ztunnel(objects: list[Document], root: str, namespace: str, labels: dict[str, str], call: Call) -> bool:
    """At the ztunnel of a pod."""
    if call.principal == "" and plaintext_refused(objects, root, namespace, labels, call.port):
        return False
    policies = [one for one in objects if one["kind"] == "AuthorizationPolicy" and not spec(one).get("targetRefs")
                and one["metadata"]["namespace"] in (namespace, root) and selects(spec(one), labels)]
    return decide(policies, call, at_ztunnel=True)


def waypoint(objects: list[Document], root: str, name: str, service: str, call: Call) -> bool:
    """At a waypoint "ns/name", for traffic to a service "ns/name"; "" = one that no policy names."""
    policies = []
    for one in objects:
        if one["kind"] == "AuthorizationPolicy":
            where = one["metadata"]["namespace"]
            for ref in (spec(one).get("targetRefs") or ()):
                if ((ref["kind"] == "Gateway" and f"{where}/{ref['name']}" == name) or (ref["kind"] == "Service" and f"{where}/{ref['name']}" == service)
                        or (ref["kind"] == "GatewayClass" and where == root and ref["name"] == "istio-waypoint")):
                    policies.append(one)
    return decide(policies, call, at_ztunnel=False)


def gateway_pod_labels(gateway: Document) -> dict[str, str]:
    """Labels of the pods of a Gateway: its own are copied, unless it says others."""
    own = (spec(gateway).get("infrastructure") or {}).get("labels") or gateway["metadata"].get("labels") or {}
    kept = {key: value for key, value in own.items() if not key.startswith("gateway.networking.k8s.io/")}
    return {**kept, "gateway.networking.k8s.io/gateway-name": gateway["metadata"]["name"], "istio.io/dataplane-mode": "none"}


def gateway(objects: list[Document], root: str, name: str, call: Call, labels: dict[str, str] | None = None) -> bool:
    """At a gateway "ns/name": policies that target it, and those of its namespace and the root that select its pods."""
    namespace, _, short = name.partition("/")
    labels = labels or {"gateway.networking.k8s.io/gateway-name": short}
    policies = []
    for one in objects:
        if one["kind"] == "AuthorizationPolicy":
            where, refs = one["metadata"]["namespace"], (spec(one).get("targetRefs") or ())
            selected = not refs and where in (namespace, root) and (spec(one).get("selector") or {}).get("matchLabels", {}).items() <= labels.items()
            if selected or (where == namespace and any((ref["kind"], ref["name"]) == ("Gateway", short) for ref in refs)):
                policies.append(one)
    return decide(policies, call, at_ztunnel=False)


def plaintext_refused(objects: list[Document], root: str, namespace: str, labels: dict[str, str], port: int) -> bool:
    """Whether the PeerAuthentication in effect is STRICT at a port; the narrowest object with a mode decides."""
    found = {"root": "PERMISSIVE", "namespace": "", "workload": "", "port": ""}
    seen: list[tuple[str, str, str]] = []
    inherits = plain = False
    for one in objects:
        if one["kind"] == "PeerAuthentication":
            mode = mode_of(spec(one).get("mtls"))
            chosen = (spec(one).get("selector") or {}).get("matchLabels") or {}
            where = one["metadata"]["namespace"]
            if not chosen and where == root:
                seen.append(("root", mode, ""))
                found["root"] = mode or found["root"]
            elif not chosen and where == namespace:
                seen.append(("namespace", mode, ""))
                found["namespace"] = mode
            elif chosen and where == namespace != root and chosen.items() <= labels.items():
                ports = {str(key): mode_of(value) for key, value in (spec(one).get("portLevelMtls") or {}).items()}
                if ports and len(set(ports.values()) - {""}) > 1:
                    raise NotJudged("exceptions of several modes")
                inherits = bool(ports) and not mode
                plain = inherits and set(ports.values()) == {"PERMISSIVE"}
                found["workload"], found["port"] = mode, ports.get(str(port), "")
                seen.append(("workload", mode, found["port"]))
    if len({level for level, *_ in seen}) < len(set(seen)):  # two that say the same need no order
        raise NotJudged("which of two PeerAuthentications is the older one")
    if inherits and not (plain and found["namespace"] == "STRICT"):  # only this one is honoured for sure: PERMISSIVE ports below a STRICT namespace
        raise NotJudged("exceptions under an inherited mode")
    return (found["port"] or found["workload"] or found["namespace"] or found["root"]) == "STRICT"


def mode_of(value: Any) -> str:
    """A written mode; "" for none and UNSET, which inherit."""
    mode = (value or {}).get("mode", "")
    return "" if mode == "UNSET" else str(mode)


def decide(policies: list[Document], call: Call, at_ztunnel: bool) -> bool:
    """DENY first; then ALLOW, if there is one at all.  What runs dry or only audits decides nothing."""
    kept = []
    for one in policies:
        if spec(one).get("targetRef"):
            raise NotJudged("targetRef")
        dry = (one["metadata"].get("annotations") or {}).get("istio.io/dry-run", "false").lower() in ("1", "t", "true")
        if spec(one).get("action") == "CUSTOM" and not at_ztunnel:
            raise NotJudged("an external authorizer")
        if not dry and spec(one).get("action", "ALLOW") in ("ALLOW", "DENY"):
            kept.append(one)
    policies = kept
    for one in policies:
        if spec(one).get("action", "ALLOW") == "DENY" and any(meets(rule, one, call, at_ztunnel) for rule in (spec(one).get("rules") or ())):
            return False
    allows = [one for one in policies if spec(one).get("action", "ALLOW") == "ALLOW"]
    return not allows or any(meets(rule, one, call, at_ztunnel) for one in allows for rule in (spec(one).get("rules") or ()))


def selects(content: Document, labels: dict[str, str]) -> bool:
    if content.get("selector") is None:
        return True
    wanted = content["selector"].get("matchLabels") or {}
    return bool(wanted) and wanted.items() <= labels.items()


HTTP_FIELDS = {"hosts", "methods", "paths", "notHosts", "notMethods", "notPaths", "requestPrincipals", "notRequestPrincipals", "remoteIpBlocks", "notRemoteIpBlocks"}


CONDITIONS = {"source.namespace": "namespaces", "source.principal": "principals", "source.ip": "ipBlocks", "destination.port": "ports"}


def meets(rule: Document, policy: Document, call: Call, at_ztunnel: bool) -> bool:
    """Any `from`, any `to`.  ztunnel knows no HTTP: an ALLOW rule with some is dropped, of a DENY rule only those fields are."""
    for condition in rule.get("when") or ():
        field = CONDITIONS.get(condition["key"])
        if field is None:
            if at_ztunnel and not condition["key"].startswith("destination.ip"):
                return False  # an ALLOW rule is dropped whole; of a DENY rule the condition stays, as one that nothing meets
            raise NotJudged(f"a condition on {condition['key']}")
        for values, name in ((condition.get("values"), field), (condition.get("notValues"), "not" + field[0].upper() + field[1:])):
            if values and not field_meets(name, values, call, policy["metadata"]["namespace"]):
                return False
    sources = [dict(one["source"]) for one in (rule.get("from") or ())]
    operations = [dict(one["operation"]) for one in (rule.get("to") or ())]
    if at_ztunnel:  # which never hears of these
        sources = [{key: value for key, value in fields.items() if key not in ("trustDomains", "notTrustDomains")} for fields in sources]
    if at_ztunnel and any(HTTP_FIELDS & fields.keys() for fields in sources + operations):
        if spec(policy).get("action", "ALLOW") == "ALLOW":
            return False
        sources, operations = [[{key: value for key, value in fields.items() if key not in HTTP_FIELDS} for fields in clause] for clause in (sources, operations)]
    namespace = policy["metadata"]["namespace"]
    return all(not clause or any(fields and all(field_meets(key, values, call, namespace) for key, values in fields.items()) for fields in clause)
               for clause in (sources, operations))


def field_meets(field: str, values: list[str], call: Call, namespace: str) -> bool:
    if field.startswith("not"):
        return not field_meets(field[3].lower() + field[4:], values, call, namespace)
    parts = call.principal.split("/")  # td/ns/N/sa/A
    if field == "principals":
        return any(string_of_istio(value, call.principal) for value in values)
    if field == "namespaces":
        return call.principal != "" and any(string_of_istio(value, parts[2]) for value in values)
    if field == "serviceAccounts":
        return call.principal != "" and any((value if "/" in value else f"{namespace}/{value}") == f"{parts[2]}/{parts[4]}" for value in values)
    if field == "ipBlocks":
        return any(address(value, call.source_ip) for value in values)
    if field == "ports":
        return any(int(value) == call.port for value in values)
    if field == "methods":
        return any(string_of_istio(value, call.method) for value in values)
    if field == "paths":
        return any(path_of_istio(value, call.path) for value in values)
    if field == "hosts":
        return any(string_of_istio(value.lower(), call.host.lower()) for value in values)
    raise NotJudged(f"field {field} is not in this evaluator")


def spec(one: Document) -> Document:
    return one.get("spec") or {}


def matches_of(route: Document) -> list[tuple[Document, Document]]:
    """The rules of an HTTPRoute with their matches, as written."""
    anything = {"path": {"type": "PathPrefix", "value": "/"}}
    return [(rule, match) for rule in spec(route).get("rules") or ({},) for match in rule.get("matches") or (anything,)]


def table(entries: list[tuple[Document, Document, Document]], method: str, path: str, granted: Any = None) -> set[str]:
    """The "ns/service:port"s of the first match: exact path, then the longest prefix, then a method; mirrors included."""
    found: list[tuple[tuple[bool, int, bool], Document, Document]] = []
    for route, rule, match in entries:
        if match.keys() - {"path", "method"}:
            raise NotJudged("matches on headers or query parameters")
        wanted = match.get("path") or {}
        kind, value = wanted.get("type", "PathPrefix"), wanted.get("value", "/")
        if kind == "RegularExpression":
            raise NotJudged("a regular expression")
        below = value.rstrip("/") + "/"
        if (path == value if kind == "Exact" else path.startswith(below) or path == value.rstrip("/")) and match.get("method", method) == method:
            length = len(value) if kind == "Exact" else len(value.rstrip("/") or "/")
            found.append(((kind == "Exact", length, "method" in match), route, rule))
    if not found:
        return set()
    best = max(rank for rank, _, _ in found)
    first = [(route, rule) for rank, route, rule in found if rank == best]
    if len({id(route) for route, _ in first}) > 1:
        raise NotJudged("which of two routes is the older one")
    route, rule = first[0]
    refs = [one for one in rule.get("backendRefs") or () if one.get("weight", 1) != 0]
    for one in rule.get("filters") or ():
        if one["type"] == "RequestMirror":
            refs.append(one["requestMirror"]["backendRef"])
        elif one["type"] not in ("RequestRedirect", "ResponseHeaderModifier"):
            raise NotJudged(f"the filter {one['type']}")
    if any((one.get("group") or "", one.get("kind", "Service")) != ("", "Service") or one.get("filters") for one in refs):
        raise NotJudged("a backend that is no Service")
    return {f"{one.get('namespace', route['metadata']['namespace'])}/{one['name']}:{one['port']}" for one in refs if granted is None or granted(route, one)}


def domains(listener: str, hostnames: list[str]) -> list[str]:
    """The hosts that a listener and a route both serve; "" is every host."""
    found = []
    for host in hostnames:
        if host == listener or listener == "" or (listener.startswith("*.") and host.removeprefix("*").endswith(listener[1:])):
            found.append(host)
        elif host == "" or (host.startswith("*.") and listener.removeprefix("*").endswith(host[1:])):
            found.append(listener)
    return list(dict.fromkeys(found))


def host_meets(wanted: str, host: str) -> bool:
    name = host.lower().split(":")[0]
    return wanted == "" or name == wanted.lower() or (wanted.startswith("*.") and name.endswith(wanted[1:].lower()) and len(name) > len(wanted) - 1)
