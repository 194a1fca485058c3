"""Do Kubernetes objects, as plain dicts, let one request pass one proxy.  From istio-semantics 1 to 4."""

from typing import Any, NamedTuple

from tests.reference.matching import address, path_of_istio, string_of_istio

Document = dict[str, Any]


class Call(NamedTuple):
    """One request as one proxy sees it: ``principal`` of whoever opened the connection, ``port`` as that proxy counts it."""

    principal: str
    source_ip: str
    port: int
    method: str
    path: str
    host: str


def ztunnel(objects: list[Document], root: str, namespace: str, labels: dict[str, str], call: Call) -> bool:
    """At the ztunnel of a pod."""
    if call.principal == "" and plaintext_refused(objects, root, namespace, labels, call.port):
        return False
    policies = [one for one in objects if one["kind"] == "AuthorizationPolicy" and "targetRefs" not in spec(one)
                and one["metadata"]["namespace"] in (namespace, root) and selects(spec(one), labels)]
    return decide(policies, call, at_ztunnel=True)


def waypoint(objects: list[Document], root: str, name: str, service: str, call: Call) -> bool:
    """At a waypoint "ns/name", for traffic to a service "ns/name"; "" = one that no policy names."""
    policies = []
    for one in objects:
        if one["kind"] == "AuthorizationPolicy":
            where = one["metadata"]["namespace"]
            for ref in spec(one).get("targetRefs", ()):
                if ((ref["kind"] == "Gateway" and f"{where}/{ref['name']}" == name) or (ref["kind"] == "Service" and f"{where}/{ref['name']}" == service)
                        or (ref["kind"] == "GatewayClass" and where == root and ref["name"] == "istio-waypoint")):
                    policies.append(one)
    return decide(policies, call, at_ztunnel=False)


def gateway(objects: list[Document], root: str, name: str, call: Call) -> bool:
    """At a gateway "ns/name": policies that target it, and those of its namespace and the root that select its pods."""
    namespace, _, short = name.partition("/")
    labels = {"gateway.networking.k8s.io/gateway-name": short}
    policies = []
    for one in objects:
        if one["kind"] == "AuthorizationPolicy":
            where, refs = one["metadata"]["namespace"], spec(one).get("targetRefs", ())
            selected = not refs and where in (namespace, root) and spec(one).get("selector", {}).get("matchLabels", {}).items() <= labels.items()
            if selected or (where == namespace and any((ref["kind"], ref["name"]) == ("Gateway", short) for ref in refs)):
                policies.append(one)
    return decide(policies, call, at_ztunnel=False)


def plaintext_refused(objects: list[Document], root: str, namespace: str, labels: dict[str, str], port: int) -> bool:
    """Whether the PeerAuthentication in effect is STRICT at a port; the narrowest object with a mode decides."""
    found = {"root": "PERMISSIVE", "namespace": "", "workload": "", "port": ""}
    for one in objects:
        if one["kind"] == "PeerAuthentication":
            mode = spec(one).get("mtls", {}).get("mode", "")
            chosen = spec(one).get("selector", {}).get("matchLabels", {})
            if not chosen and one["metadata"]["namespace"] == root:
                found["root"] = mode or found["root"]
            elif not chosen and one["metadata"]["namespace"] == namespace:
                found["namespace"] = mode
            elif chosen and one["metadata"]["namespace"] == namespace and chosen.items() <= labels.items():
                found["workload"] = mode
                found["port"] = spec(one).get("portLevelMtls", {}).get(str(port), {}).get("mode", "")
    return (found["port"] or found["workload"] or found["namespace"] or found["root"]) == "STRICT"


def decide(policies: list[Document], call: Call, at_ztunnel: bool) -> bool:
    """DENY first; then ALLOW, if there is one at all."""
    for one in policies:
        if spec(one).get("action", "ALLOW") == "DENY" and any(meets(rule, one, call, at_ztunnel) for rule in spec(one).get("rules", ())):
            return False
    allows = [one for one in policies if spec(one).get("action", "ALLOW") == "ALLOW"]
    return not allows or any(meets(rule, one, call, at_ztunnel) for one in allows for rule in spec(one).get("rules", ()))


def selects(content: Document, labels: dict[str, str]) -> bool:
    if "selector" not in content:
        return True
    wanted = content["selector"].get("matchLabels", {})
    return bool(wanted) and wanted.items() <= labels.items()


HTTP_FIELDS = {"hosts", "methods", "paths", "notHosts", "notMethods", "notPaths", "requestPrincipals", "notRequestPrincipals", "remoteIpBlocks", "notRemoteIpBlocks"}


def meets(rule: Document, policy: Document, call: Call, at_ztunnel: bool) -> bool:
    """Any `from`, any `to`.  ztunnel knows no HTTP: an ALLOW rule with some is dropped, of a DENY rule only those fields are."""
    if "when" in rule:
        raise ValueError("conditions are not in this evaluator")
    sources = [dict(one["source"]) for one in rule.get("from", ())]
    operations = [dict(one["operation"]) for one in rule.get("to", ())]
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
    raise ValueError(f"field {field} is not in this evaluator")


def spec(one: Document) -> Document:
    return one.get("spec") or {}


def gateway_backend(objects: list[Document], name: str, port: int, host: str, path: str) -> str:
    """The "ns/service:port" that an HTTPRoute of gateway "ns/name" sends a request at a listener port to; "" = none."""
    (gateway,) = (one for one in objects if one["kind"] == "Gateway" and f"{one['metadata']['namespace']}/{one['metadata']['name']}" == name)
    best: tuple[Any, ...] = ()
    backend = ""
    for listener in spec(gateway)["listeners"]:
        if listener["port"] != port:
            continue
        for route in objects:
            if route["kind"] != "HTTPRoute" or not any(parent["name"] == name.split("/")[1] and parent.get("sectionName", listener["name"]) == listener["name"]
                                                       for parent in spec(route)["parentRefs"]):
                continue
            for wanted in spec(route).get("hostnames") or ("",):
                if not (host_meets(wanted, host) and host_meets(listener.get("hostname", ""), host)):
                    continue
                for rule in spec(route)["rules"]:
                    for match in rule.get("matches") or ({"path": {"type": "PathPrefix", "value": "/"}},):
                        kind, value = match["path"]["type"], match["path"]["value"]
                        below = value.rstrip("/") + "/"
                        if path == value or (kind == "PathPrefix" and (path.startswith(below) or path == value.rstrip("/"))):
                            rank = (wanted != "", not wanted.startswith("*"), len(wanted), kind == "Exact", len(value))
                            if rank > best:
                                best = rank
                                refs = rule.get("backendRefs") or ()
                                backend = "".join(f"{ref.get('namespace', route['metadata']['namespace'])}/{ref['name']}:{ref['port']}" for ref in refs[:1])
    return backend


def host_meets(wanted: str, host: str) -> bool:
    name = host.lower().split(":")[0]
    return wanted == "" or name == wanted.lower() or (wanted.startswith("*.") and name.endswith(wanted[1:].lower()) and len(name) > len(wanted) - 1)
