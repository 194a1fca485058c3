"""Do Kubernetes objects, as plain dicts, let one request pass one proxy.  From istio-semantics 1 to 4."""

from typing import Any

from tests.reference import peers
from tests.reference.rules import Call, Document, meets, token_refused, unread

__all__ = ["Call", "Document", "NotJudged"]
Providers = tuple[str, ...] | None  # the external authorizers of the mesh; None: every one that is named exists


class NotJudged(ValueError):
    """Something that this evaluator does not know."""


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
    policies = [one for one in objects if one["kind"] == "AuthorizationPolicy" and not targets(one)
                and one["metadata"]["namespace"] in (namespace, root) and selects(spec(one), labels)]
    return decide(policies, call, "ztunnel")


def waypoint(objects: list[Document], root: str, name: str, service: str, call: Call, engine: str = "http", known: Providers = None) -> bool:
    """At a waypoint "ns/name", for traffic to a service "ns/name"; "" = one that no policy names."""
    found = []
    for one in objects:
        if one["kind"] in ("AuthorizationPolicy", "RequestAuthentication"):
            where = one["metadata"]["namespace"]
            for ref in targets(one):
                if ((ref["kind"] == "Gateway" and f"{where}/{ref['name']}" == name) or (ref["kind"] == "Service" and f"{where}/{ref['name']}" == service)
                        or (ref["kind"] == "GatewayClass" and where == root and ref["name"] == "istio-waypoint")):
                    found.append(one)
    return at_envoy(found, call, engine, known)


def targets(one: Document) -> list[Document]:
    """What a policy names as its targets, in either of the two fields."""
    return spec(one).get("targetRefs") or ([spec(one)["targetRef"]] if spec(one).get("targetRef") else [])


def at_envoy(found: list[Document], call: Call, engine: str = "http", known: Providers = None, domains: tuple[str, ...] = ("cluster.local",)) -> bool:
    """At a chain with these policies: an external authorizer, which may not exist, then on HTTP the token, then the rules."""
    customs = [one for one in found if one["kind"] == "AuthorizationPolicy" and spec(one).get("action") == "CUSTOM"]
    providers = {spec(one)["provider"]["name"] for one in customs}
    for one in customs:
        if any(meets(rule, one, call, engine, domains) for rule in spec(one)["rules"]) and (
                len(providers) > 1 or (known is not None and spec(one)["provider"]["name"] not in known) or call.get(f"asked:{spec(one)['provider']['name']}", "allow") == "deny"):
            return False
    tokens = [one for one in found if one["kind"] == "RequestAuthentication" and engine == "http"]
    if token_refused(tokens, call):
        return False
    call = call if any(spec(one).get("jwtRules") for one in tokens) else unread(call)
    return decide([one for one in found if one["kind"] == "AuthorizationPolicy"], call, engine, domains)


def sidecar(objects: list[Document], root: str, namespace: str, labels: dict[str, str], call: Call, engine: str = "http", known: Providers = None,
            domains: tuple[str, ...] = ("cluster.local",)) -> bool:
    """At a chain of a sidecar: what selects its pod, a selector without labels too."""
    return at_envoy([one for one in objects if one["kind"] in ("AuthorizationPolicy", "RequestAuthentication") and not targets(one)
                     and one["metadata"]["namespace"] in (namespace, root)
                     and ((spec(one).get("selector") or {}).get("matchLabels") or {}).items() <= labels.items()], call, engine, known, domains)


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
        if one["kind"] in ("AuthorizationPolicy", "RequestAuthentication"):
            where, refs = one["metadata"]["namespace"], targets(one)
            selected = not refs and where in (namespace, root) and (spec(one).get("selector") or {}).get("matchLabels", {}).items() <= labels.items()
            if selected or (where == namespace and any((ref["kind"], ref["name"]) == ("Gateway", short) for ref in refs)):
                policies.append(one)
    return at_envoy(policies, call)


def plaintext_refused(objects: list[Document], root: str, namespace: str, labels: dict[str, str], port: int) -> bool:
    """Whether a peer without identity is refused at a port."""
    answer = peers.plaintext_refused(objects, root, namespace, labels, port)
    if answer is None:
        raise NotJudged("which of two PeerAuthentications is the older one")
    return answer


def decide(policies: list[Document], call: Call, engine: str, domains: tuple[str, ...] = ("cluster.local",)) -> bool:
    """DENY first; then ALLOW, if there is one at all.  What runs dry or only audits decides nothing."""
    policies = [one for one in policies if spec(one).get("action", "ALLOW") in ("ALLOW", "DENY")
                and (one["metadata"].get("annotations") or {}).get("istio.io/dry-run", "false").lower() not in ("1", "t", "true")]
    for one in policies:
        if spec(one).get("action", "ALLOW") == "DENY" and any(meets(rule, one, call, engine, domains) for rule in (spec(one).get("rules") or ())):
            return False
    allows = [one for one in policies if spec(one).get("action", "ALLOW") == "ALLOW"]
    return not allows or any(meets(rule, one, call, engine, domains) for one in allows for rule in (spec(one).get("rules") or ()))


def selects(content: Document, labels: dict[str, str]) -> bool:
    if content.get("selector") is None:
        return True
    wanted = content["selector"].get("matchLabels") or {}
    return bool(wanted) and wanted.items() <= labels.items()


def spec(one: Document) -> Document:
    return one.get("spec") or {}


def matches_of(route: Document) -> list[tuple[Document, Document]]:
    """The rules of an HTTPRoute with their matches, as written."""
    anything = {"path": {"type": "PathPrefix", "value": "/"}}
    return [(rule, match) for rule in spec(route).get("rules") or ({},) for match in rule.get("matches") or (anything,)]


def table(entries: list[tuple[Document, Document, Document]], method: str, path: str, granted: Any = None, headers: dict[str, str] | None = None) -> set[str]:
    """The "ns/service:port"s of the first match: exact path, then the longest prefix, then a method, then most headers; mirrors included."""
    found: list[tuple[tuple[bool, int, bool, int], Document, Document]] = []
    for route, rule, match in entries:
        wishes = match.get("headers") or ()
        if match.keys() - {"path", "method", "headers"} or any(one.get("type", "Exact") != "Exact" for one in wishes):
            raise NotJudged("matches on query parameters or patterns of headers")
        if any((headers or {}).get(one["name"].lower()) != one["value"] for one in wishes):
            continue
        wanted = match.get("path") or {}
        kind, value = wanted.get("type", "PathPrefix"), wanted.get("value", "/")
        if kind == "RegularExpression" and not value.replace("/", "").replace("-", "").replace("_", "").isalnum() and value != "/":
            raise NotJudged("a regular expression")  # one without signs of its own is matched as a whole, like an exact path
        below = value.rstrip("/") + "/"
        if (path.startswith(below) or path == value.rstrip("/") if kind == "PathPrefix" else path == value) and match.get("method", method) == method:
            length = len(value) if kind != "PathPrefix" else len(value.rstrip("/") or "/")
            found.append(((ORDER.index(kind), length, "method" in match), route, rule))
    if not found:
        return set()
    best = max(rank for rank, _, _ in found)
    first = [(route, rule) for rank, route, rule in found if rank == best]
    answers = [backends_of(route, rule, granted) for route, rule in {id(route): (route, rule) for route, rule in reversed(first)}.values()]
    if any(answer != answers[0] for answer in answers):
        raise NotJudged("which of two routes is the older one")
    return answers[0]


ORDER = ("RegularExpression", "PathPrefix", "Exact")  # the last one comes first


def backends_of(route: Document, rule: Document, granted: Any = None) -> set[str]:
    """Where one rule sends what matches it."""
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
