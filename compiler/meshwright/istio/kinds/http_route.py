"""HTTPRoute and ReferenceGrant (gateway.networking.k8s.io): content to records (istio-semantics 4.3)."""

from collections.abc import Mapping
from typing import Literal

from meshwright.ir.inventory import Object
from meshwright.istio.kinds.gateway import is_hostname
from meshwright.istio.plain import Refused, filled, mapping, number, optional_list, optional_mapping, text
from meshwright.record import NamedTuple


class Parent(NamedTuple):
    kind: Literal["Gateway", "Service", "other"]
    namespace: str
    name: str
    section: str  # listener name, "" = every one
    port: int  # 0 = every one


class RouteMatch(NamedTuple):
    """``vague``: there are also conditions on query parameters, or on headers by regular expression, which no dimension has."""

    kind: Literal["exact", "prefix", "regex"]
    path: str  # a prefix without its trailing slash, except "/"
    method: str  # "" = any
    vague: int  # how many such conditions
    headers: tuple[tuple[str, str], ...] = ()  # name in lower case and exact value, every one
    counts: tuple[int, int] = (0, 0)  # conditions on headers and on query parameters, whatever their kind: the order of matches


class Backend(NamedTuple):
    service: str  # "ns/name"
    port: int
    mirror: bool


class RouteRule(NamedTuple):
    matches: tuple[RouteMatch, ...]
    backends: tuple[Backend, ...]  # of positive weight; () = redirect or an error response
    doubts: tuple[str, ...]


class HttpRoute(NamedTuple):
    id: str
    namespace: str
    name: str
    parents: tuple[Parent, ...]
    hostnames: tuple[str, ...]
    rules: tuple[RouteRule, ...]
    doubts: tuple[str, ...]


class Grant(NamedTuple):
    """What objects of namespace ``source`` may name in namespace ``target``: HTTPRoutes Services, Gateways Secrets."""

    kind: Literal["HTTPRoute", "Gateway"]
    source: str
    target: str
    name: str  # "" = every one


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
_FILTERS = frozenset({"RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect", "URLRewrite",
                      "ExtensionRef", "CORS", "ExternalAuth"})
_SPEC = frozenset({"parentRefs", "hostnames", "rules"})
_RULE = frozenset({"name", "matches", "filters", "backendRefs", "timeouts", "retry"})
_MATCH = frozenset({"path", "headers", "queryParams", "method"})
_GROUP = "gateway.networking.k8s.io"
_GRANTED: tuple[tuple[Literal["HTTPRoute", "Gateway"], str], ...] = (("HTTPRoute", "Service"), ("Gateway", "Secret"))
ANY = RouteMatch("prefix", "/", "", 0)


def read_route(found: Object) -> HttpRoute:
    """The route as written; raises Refused."""
    spec = mapping(found.content.get("spec"), "spec")
    doubts = tuple([f"{found.id}: `spec.{field}` is not modelled" for field in sorted(spec.keys() - _SPEC)])
    hostnames = []
    for host in optional_list(spec, "hostnames", "spec"):
        if type(host) is not str or not is_hostname(host):
            raise Refused(f"the hostname `{host}` is no DNS name")
        hostnames.append(host)
    rules = optional_list(spec, "rules", "spec")
    if len(rules) > 16:
        raise Refused("`spec.rules` has more than 16 items")
    # No rules at all: the schema fills in one that matches everything and has no backend.
    read = [_rule(found, mapping(rule, "spec.rules[]")) for rule in rules] or [RouteRule((ANY,), (), ())]
    parents = [_parent(found, mapping(parent, "spec.parentRefs[]")) for parent in optional_list(spec, "parentRefs", "spec")]
    return HttpRoute(found.id, found.namespace, found.name, tuple(parents), tuple(hostnames), tuple(read), doubts)


def read_grants(found: Object) -> tuple[Grant, ...]:
    """The pairs of a ReferenceGrant that concern HTTPRoutes and Services, or Gateways and Secrets."""
    spec = mapping(found.content.get("spec"), "spec")
    sources = [mapping(item, "spec.from[]") for item in optional_list(spec, "from", "spec")]
    targets = [mapping(item, "spec.to[]") for item in optional_list(spec, "to", "spec")]
    return tuple([Grant(kind, filled(source, "namespace", "spec.from[]"), found.namespace, filled(target, "name", "spec.to[]", ""))
                  for kind, named in _GRANTED
                  for source in sources if (source.get("group"), source.get("kind")) == (_GROUP, kind)
                  for target in targets if (target.get("group") or "", target.get("kind")) == ("", named)])


def _parent(found: Object, raw: Mapping[str, object]) -> Parent:
    reference = (text(raw, "group", "parentRef", _GROUP), filled(raw, "kind", "parentRef", "Gateway"))
    kind: Literal["Gateway", "Service", "other"] = "other"
    if reference == (_GROUP, "Gateway"):
        kind = "Gateway"
    elif reference == ("", "Service"):
        kind = "Service"
    port = 0 if raw.get("port") is None else number(raw, "port", "parentRef")
    return Parent(kind, filled(raw, "namespace", "parentRef", "") or found.namespace, filled(raw, "name", "parentRef"),
                  filled(raw, "sectionName", "parentRef", ""), port)


def _rule(found: Object, raw: Mapping[str, object]) -> RouteRule:
    doubts = [f"{found.id}: rule field `{field}` is not modelled" for field in sorted(raw.keys() - _RULE)]
    matches = [_match(found, mapping(item, "matches[]"), doubts) for item in optional_list(raw, "matches", "rule")] or [ANY]
    backends = [backend for item in optional_list(raw, "backendRefs", "rule")
                for backend in _backend(found, mapping(item, "backendRefs[]"), doubts)]
    for item in optional_list(raw, "filters", "rule"):
        content = mapping(item, "filters[]")
        kind = filled(content, "type", "filters[]")
        if kind == "RequestRedirect":
            if content.get("requestRedirect") is None:
                raise Refused("a RequestRedirect filter needs `requestRedirect`")
            if raw.get("backendRefs"):
                raise Refused("a RequestRedirect filter must not be used together with `backendRefs`")
        elif kind == "RequestMirror":
            mirror = mapping(mapping(content.get("requestMirror"), "requestMirror").get("backendRef"), "requestMirror.backendRef")
            backends.extend([backend._replace(mirror=True) for backend in _backend(found, mirror, doubts)])
        elif kind not in _FILTERS:
            raise Refused(f"`{kind}` is no filter of a route")
        elif kind != "ResponseHeaderModifier":
            doubts.append(f"{found.id}: the filter {kind} is not modelled")
    return RouteRule(tuple(matches), tuple(backends), tuple(doubts))


def _match(found: Object, raw: Mapping[str, object], doubts: list[str]) -> RouteMatch:
    doubts.extend([f"{found.id}: match field `{field}` is not modelled" for field in sorted(raw.keys() - _MATCH)])
    headers, vague = _headers(raw)
    asked = (vague + len(headers), len(optional_list(raw, "queryParams", "match")))
    vague += asked[1]
    if vague:
        doubts.append(f"{found.id}: matches on query parameters, or on headers by regular expression, are not modelled")
    method = filled(raw, "method", "match", "")
    if method and method not in _METHODS:
        raise Refused(f"the method `{method}` is no method")
    path = optional_mapping(raw, "path", "match")
    value, kind = text(path, "value", "match.path", "/"), filled(path, "type", "match.path", "PathPrefix")
    if kind == "RegularExpression":
        doubts.append(f"{found.id}: paths by regular expression are not modelled")
        return RouteMatch("regex", value, method, vague, headers, asked)
    if kind not in ("Exact", "PathPrefix"):
        raise Refused(f"the path type `{kind}` is none of Exact, PathPrefix, RegularExpression")
    if not value.startswith("/") or any(bad in value for bad in ("//", "/./", "/../", "%2f", "%2F", "#")) or value.endswith(("/..", "/.")):
        raise Refused(f"the path `{value}` is not absolute and normalized")
    if kind == "Exact":
        return RouteMatch("exact", value, method, vague, headers, asked)
    return RouteMatch("prefix", value.rstrip("/") or "/", method, vague, headers, asked)


def _headers(raw: Mapping[str, object]) -> tuple[tuple[tuple[str, str], ...], int]:
    """Exact conditions by name, and how many others there are: patterns, a name in two spellings, and what is no plain header."""
    found: dict[str, str] = {}
    others = 0
    for item in optional_list(raw, "headers", "match"):
        header = mapping(item, "match.headers[]")
        name, value = text(header, "name", "match.headers[]").lower(), text(header, "value", "match.headers[]")
        if filled(header, "type", "match.headers[]", "Exact") != "Exact" or name in found or name.startswith(":") or name == "host":
            others += 1
        else:
            found[name] = value
    return tuple(sorted(found.items())), others


def _backend(found: Object, raw: Mapping[str, object], doubts: list[str]) -> tuple[Backend, ...]:
    weight = raw.get("weight", 1)
    if weight is not None and (type(weight) is not int or weight < 0):
        raise Refused("a weight must be a number of at least 0")
    if raw.get("filters"):
        doubts.append(f"{found.id}: filters of a backend are not modelled")
    if (text(raw, "group", "backendRef", ""), filled(raw, "kind", "backendRef", "Service")) != ("", "Service"):
        doubts.append(f"{found.id}: backends other than Services are not modelled")
        return ()
    port = raw.get("port")
    if type(port) is not int or not 1 <= port <= 65535:
        raise Refused("a backend that is a Service needs a port number")
    namespace = filled(raw, "namespace", "backendRef", "") or found.namespace
    return () if weight == 0 else (Backend(f"{namespace}/{text(raw, 'name', 'backendRef')}", port, False),)
