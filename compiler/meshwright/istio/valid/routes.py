"""HTTPRoute, GRPCRoute, TCPRoute, TLSRoute, UDPRoute (gateway.networking.k8s.io), release 1.6; both channels, as in ``gateways``."""

import re
from collections.abc import Mapping
from typing import Any

from meshwright.istio.valid.gateways import OBJECT, references
from meshwright.istio.valid.schema import (
    WHOLE,
    Check,
    Wrong,
    at_most_one,
    boolean,
    integer,
    items,
    obj,
    one_of,
    or_null,
    short,
    string,
)
from meshwright.istio.valid.shared import GROUP_NAME, HOST, KIND_NAME, NAME, NAMESPACE_NAME, PORT, PRECISE_HOST, SECTION_NAME, TEXT
from meshwright.istio.valid.words import HOSTNAME, METHODS, TOKEN, is_address, nanoseconds

_SPAN = string(pattern=r"^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}\Z", called="duration such as `1s` or `1m30s`")
_HEADER_NAME = string(1, 256, TOKEN, "name of a header")
_HEADER_VALUE = string(1, 4096, r"^[!-~]+(?:[\t ][!-~]+)*\Z", "value of a header")
_HEADER = obj({"name": _HEADER_NAME, "value": _HEADER_VALUE}, ("name", "value"))
_HEADERS = obj({"add": items(_HEADER, most=16, unique="name"), "set": items(_HEADER, most=16, unique="name"),
                "remove": items(TEXT, most=16, unique="*")})
_MATCHED = or_null(one_of("Exact", "RegularExpression"))
_CHARACTERS = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+").fullmatch
_PATH_PARTS = ("//", "/./", "/../", "%2f", "%2F", "#")


def _port_of_service(value: Mapping[str, Any]) -> None:
    if not value.get("group") and (value.get("kind") or "Service") == "Service" and "port" not in value:
        raise Wrong("is required for a Service", "port")


_BACKEND: dict[str, Check] = {"group": or_null(GROUP_NAME), "kind": or_null(KIND_NAME), "name": NAME, "namespace": NAMESPACE_NAME,
                              "port": PORT}
_PLAIN_BACKEND = obj(_BACKEND, ("name",), (_port_of_service,))
_WEIGHTED: dict[str, Check] = {**_BACKEND, "weight": or_null(integer(0, 1_000_000))}


def _fraction(value: Mapping[str, Any]) -> None:
    if value["numerator"] > (value.get("denominator") or 100):
        raise Wrong("must not be greater than `denominator`", "numerator")


_MIRROR = obj({"backendRef": _PLAIN_BACKEND, "percent": integer(0, 100), "fraction": obj(
    {"numerator": integer(0), "denominator": or_null(integer(1))}, ("numerator",), (_fraction,))}, ("backendRef",),
    (at_most_one("percent", "fraction"),))


def _replaced(value: Mapping[str, Any]) -> None:
    field, other = "replaceFullPath", "replacePrefixMatch"
    if value["type"] == "ReplacePrefixMatch":
        field, other = other, field
    if field not in value:
        raise Wrong(f"is required for the type {value['type']}", field)
    if other in value:
        raise Wrong(f"must not be set for the type {value['type']}", other)


_REPLACED = obj({"type": one_of("ReplaceFullPath", "ReplacePrefixMatch"), "replaceFullPath": string(0, 1024),
                 "replacePrefixMatch": string(0, 1024)}, ("type",), (_replaced,))


def _status(value: int) -> None:
    if value not in (301, 302, 303, 307, 308):
        raise Wrong(f"is {value}, which is none of 301, 302, 303, 307, 308")


def _wildcard_alone(value: list[str]) -> None:
    if "*" in value and len(value) > 1:
        raise Wrong("must not have `*` and others")


_CORS = obj({
    "allowCredentials": boolean, "maxAge": or_null(integer(1)),
    "allowHeaders": items(_HEADER_NAME, most=64, unique="*", rules=(_wildcard_alone,)),
    "exposeHeaders": items(_HEADER_NAME, most=64, unique="*"),
    "allowMethods": items(one_of(*METHODS, "*"), most=9, unique="*", rules=(_wildcard_alone,)),
    "allowOrigins": items(string(1, 253, r"^(?:\*|https?://(?:(?:\*\.)?(?:[a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(?::[0-9]{1,5})?)\Z",
                                 "origin such as `https://example.com`"), most=64, unique="*", rules=(_wildcard_alone,))})


def _authorization(value: Mapping[str, Any]) -> None:
    wanted, other = ("grpc", "http") if value["protocol"] == "GRPC" else ("http", "grpc")
    if wanted not in value:
        raise Wrong(f"is required for the protocol {value['protocol']}", wanted)
    if other in value:
        raise Wrong(f"must not be set for the protocol {value['protocol']}", other)


_NAMES = items(TEXT, most=64, unique="*")
_EXTERNAL = obj({
    "protocol": one_of("HTTP", "GRPC"), "backendRef": _PLAIN_BACKEND, "forwardBody": obj({"maxSize": integer(-(2**63), 2**63 - 1)}),
    "grpc": obj({"allowedHeaders": _NAMES}), "http": obj({
        "allowedHeaders": _NAMES, "allowedResponseHeaders": _NAMES,
        "path": string(0, 1024, r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+\Z", "path")})},
    ("protocol", "backendRef"), (_authorization,))
_REDIRECT = obj({"hostname": PRECISE_HOST, "path": _REPLACED, "port": PORT, "scheme": one_of("http", "https"),
                 "statusCode": or_null(integer(rules=(_status,)))})
_REWRITE = obj({"hostname": PRECISE_HOST, "path": _REPLACED})
# Type of a filter → its field, and the check of that.
_GRPC_FILTERS: dict[str, tuple[str, Check]] = {
    "RequestHeaderModifier": ("requestHeaderModifier", _HEADERS), "ResponseHeaderModifier": ("responseHeaderModifier", _HEADERS),
    "RequestMirror": ("requestMirror", _MIRROR), "ExtensionRef": ("extensionRef", OBJECT)}
_HTTP_FILTERS: dict[str, tuple[str, Check]] = {
    **_GRPC_FILTERS, "RequestRedirect": ("requestRedirect", _REDIRECT), "URLRewrite": ("urlRewrite", _REWRITE), "CORS": ("cors", _CORS),
    "ExternalAuth": ("externalAuth", _EXTERNAL)}
_ONCE = ("CORS", "RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite")


def _filters(kinds: Mapping[str, tuple[str, Check]]) -> Check:
    def fitting(value: Mapping[str, Any]) -> None:
        wanted = kinds[value["type"]][0]
        if wanted not in value:
            raise Wrong(f"is required for the type {value['type']}", wanted)
        other = next((field for field, _ in kinds.values() if field in value and field != wanted), None)
        if other is not None:
            raise Wrong(f"must not be set for the type {value['type']}", other)

    def once(value: list[Mapping[str, Any]]) -> None:
        types = [item["type"] for item in value]
        for index, kind in enumerate(types):
            if kind in _ONCE and kind in types[:index]:
                raise Wrong(f"is a second filter {kind}", index)
        if "RequestRedirect" in types and "URLRewrite" in types:
            raise Wrong("must not have a RequestRedirect and a URLRewrite")

    fields = {"type": one_of(*kinds), **dict(kinds.values())}
    return items(obj(fields, ("type",), (fitting,)), most=16, rules=(once,))


def _path(value: Mapping[str, Any]) -> None:
    text = value.get("value")
    if (value.get("type") or "PathPrefix") == "RegularExpression" or text is None:
        return
    if not text.startswith("/") or any(part in text for part in _PATH_PARTS) or text.endswith(("/..", "/.")):
        raise Wrong(f"is {short(text)}, which is not absolute and normalized", "value")
    if _CHARACTERS(text) is None:
        raise Wrong(f"is {short(text)}, with characters that no path has", "value")


_MATCH = obj({
    "path": or_null(obj({"type": or_null(one_of("Exact", "PathPrefix", "RegularExpression")), "value": or_null(string(0, 1024))},
                        rules=(_path,))),
    "method": one_of(*METHODS),
    "headers": items(obj({"name": _HEADER_NAME, "type": _MATCHED, "value": _HEADER_VALUE}, ("name", "value")), most=16, unique="name"),
    "queryParams": items(obj({"name": _HEADER_NAME, "type": _MATCHED, "value": string(1, 1024)}, ("name", "value")), most=16,
                         unique="name")})


def _timeouts(value: Mapping[str, Any]) -> None:
    whole, backend = (nanoseconds(value[name]) if name in value else None for name in ("request", "backendRequest"))
    if whole and backend is not None and backend > whole:
        raise Wrong("must not be longer than `request`", "backendRequest")


def _session(value: Mapping[str, Any]) -> None:
    if "cookieConfig" in value:
        if (value.get("type") or "Cookie") != "Cookie":
            raise Wrong("must not be set for the type Header", "cookieConfig")
        if value["cookieConfig"].get("lifetimeType") == "Permanent" and "absoluteTimeout" not in value:
            raise Wrong("is required for a permanent cookie", "absoluteTimeout")


_SESSION = obj({"absoluteTimeout": _SPAN, "cookieConfig": obj({"lifetimeType": or_null(one_of("Permanent", "Session"))}),
                "sessionName": string(0, 128), "type": or_null(one_of("Cookie", "Header"))}, rules=(_session,))


def _rule(value: Mapping[str, Any]) -> None:
    backends = value.get("backendRefs") or []
    filters = value.get("filters") or []
    if backends and any("requestRedirect" in item for item in filters):
        raise Wrong("must not be set together with a filter RequestRedirect", "backendRefs")
    matches = value.get("matches")
    if matches is None:
        return  # the default is one prefix
    prefix = len(matches) == 1 and ((matches[0].get("path") or {}).get("type") or "PathPrefix") == "PathPrefix"
    for field in ("requestRedirect", "urlRewrite"):
        inside = [sum(_replaces_prefix(each, field) for each in backend.get("filters") or ()) == 1 for backend in backends]
        if not prefix and (sum(_replaces_prefix(item, field) for item in filters) == 1 or sum(inside) == 1):
            raise Wrong(f"must be exactly one PathPrefix, because `{field}` replaces it", "matches")


def _replaces_prefix(item: Mapping[str, Any], field: str) -> bool:
    path = item.get(field, {}).get("path")
    return path is not None and path["type"] == "ReplacePrefixMatch"


def _rules(value: list[Mapping[str, Any]]) -> None:
    if sum(1 if rule.get("matches") is None else len(rule["matches"]) for rule in value) > 128:
        raise Wrong("must have at most 128 matches in all")
    _names(value)


def _names(value: list[Mapping[str, Any]]) -> None:
    seen = set()
    for index, rule in enumerate(value):
        name = rule.get("name")
        if name is not None and name in seen:
            raise Wrong(f"is {short(name)}, as the name of another rule", index, "name")
        seen.add(name)


def _grpc_rules(value: list[Mapping[str, Any]]) -> None:
    if sum(len(rule.get("matches") or ()) for rule in value) > 128:
        raise Wrong("must have at most 128 matches in all")
    _names(value)


def _parents(value: list[Mapping[str, Any]]) -> None:
    references([{"group": "gateway.networking.k8s.io", "kind": "Gateway", **{key: each for key, each in item.items() if each is not None}}
                for item in value])


_PARENTS = items(obj({"group": or_null(GROUP_NAME), "kind": or_null(KIND_NAME), "name": NAME, "namespace": NAMESPACE_NAME, "port": PORT,
                      "sectionName": SECTION_NAME}, ("name",)), most=32, rules=(_parents,))
_ROUTE: dict[str, Check] = {"parentRefs": _PARENTS, "useDefaultGateways": one_of("All", "None")}


def _backends(filters: Check) -> Check:
    return items(obj({**_WEIGHTED, "filters": filters}, ("name",), (_port_of_service,)), most=16)


_HTTP_FILTER_LIST = _filters(_HTTP_FILTERS)
HTTP = obj({**_ROUTE, "hostnames": items(HOST, most=16), "rules": or_null(items(obj({
    "name": SECTION_NAME, "matches": or_null(items(_MATCH, most=64)), "filters": _HTTP_FILTER_LIST,
    "backendRefs": _backends(_HTTP_FILTER_LIST), "timeouts": obj({"request": _SPAN, "backendRequest": _SPAN}, rules=(_timeouts,)),
    "retry": obj({"attempts": integer(1, WHOLE), "backoff": _SPAN, "codes": items(integer(400, 599), unique="*")}),
    "sessionPersistence": _SESSION}, rules=(_rule,)), 1, 16, (_rules,)))})

_SERVICE = re.compile(r"\.?[a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)*", re.IGNORECASE | re.ASCII).fullmatch
_METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*").fullmatch


def _method(value: Mapping[str, Any]) -> None:
    if "service" not in value and "method" not in value:
        raise Wrong("needs a `service` or a `method`")
    if (value.get("type") or "Exact") != "Exact":
        return
    for field, matches in (("service", _SERVICE), ("method", _METHOD)):
        if field in value and matches(value[field]) is None:
            raise Wrong(f"is {short(value[field])}, which is no name of a gRPC {field}", field)


_GRPC_FILTER_LIST = _filters(_GRPC_FILTERS)
_GRPC_MATCH = obj({
    "method": obj({"type": _MATCHED, "service": string(0, 1024), "method": string(0, 1024)}, rules=(_method,)),
    "headers": items(obj({"name": _HEADER_NAME, "type": _MATCHED, "value": string(1, 4096)}, ("name", "value")), most=16, unique="name")})
GRPC = obj({**_ROUTE, "hostnames": items(HOST, most=16), "rules": items(obj({
    "name": SECTION_NAME, "matches": items(_GRPC_MATCH, most=64), "filters": _GRPC_FILTER_LIST,
    "backendRefs": _backends(_GRPC_FILTER_LIST), "sessionPersistence": _SESSION}), most=16, rules=(_grpc_rules,))})

_STREAMS = items(obj({"name": SECTION_NAME, "backendRefs": items(obj(_WEIGHTED, ("name",), (_port_of_service,)), 1, 16)},
                     ("backendRefs",)), 1, 1)
TCP = obj({**_ROUTE, "rules": _STREAMS}, ("rules",))
UDP = TCP


def _no_addresses(value: list[str]) -> None:
    for index, host in enumerate(value):
        if is_address(host):
            raise Wrong(f"is {short(host)}: an address is no name for TLS", index)


TLS = obj({**_ROUTE, "hostnames": items(string(1, 253, HOSTNAME, "DNS name in lower case"), 1, 1024, (_no_addresses,)), "rules": _STREAMS},
          ("hostnames", "rules"))
