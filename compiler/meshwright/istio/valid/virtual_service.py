"""VirtualService (networking.istio.io)."""

from collections.abc import Iterable, Mapping
from typing import Any

from meshwright.ir.inventory import Object
from meshwright.istio.valid.regex import regex
from meshwright.istio.valid.schema import (
    Check,
    Wrong,
    at_most_one,
    boolean,
    integer,
    items,
    number,
    obj,
    one_of,
    or_null,
    placed,
    short,
    string,
    table,
)
from meshwright.istio.valid.shared import TEXT, TEXTS, UNSIGNED_NUMBER, export_to
from meshwright.istio.valid.words import (
    METHODS,
    TOKEN,
    address_or_block,
    duration,
    header_value,
    is_address,
    is_domain,
    is_fqdn,
    is_label,
    nanoseconds,
    pod_labels,
)

_TOKEN_NAME = string(pattern=TOKEN, called="name of a header")
_PSEUDO = frozenset((":method", ":scheme", ":authority", ":path", ":status"))
_CLAIM = "@request.auth.claims"
_RETRY_ON = frozenset(("5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "refused-stream",
                       "retriable-status-codes", "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure", "cancelled",
                       "deadline-exceeded", "internal", "resource-exhausted", "unavailable"))
_STATUSES = frozenset((*range(100, 104), *range(200, 209), 226, *range(300, 306), 307, 308, *range(400, 419), *range(421, 427), 428, 429,
                       431, 451, *range(500, 509), 510, 511))
_GRPC = frozenset(("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
                   "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
                   "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"))
_ONE_FORM = at_most_one("exact", "prefix", "regex")


def _form(*, empty_prefix: bool = False, star: bool = False, needed: bool = False) -> Check:
    def fitting(value: Mapping[str, Any]) -> None:
        if not empty_prefix and value.get("prefix") == "":
            raise Wrong("must not be empty", "prefix")
        if "regex" in value and not (star and value["regex"] == "*"):
            placed(regex, value["regex"], "regex")
        if needed and not any(value.values()):
            raise Wrong("needs `exact`, `prefix` or `regex`")

    return obj({"exact": TEXT, "prefix": TEXT, "regex": TEXT}, rules=(_ONE_FORM, fitting))


def is_claim(name: str) -> bool:
    """Whether a header of a match stands for a claim of a token: `@request.auth.claims.a` or `@request.auth.claims[a]`."""
    rest = name[len(_CLAIM):]
    bracketed = rest[:1] == "[" and rest[-1] == "]" and len(rest) > 2
    return name.lower().startswith(_CLAIM) and (bracketed or (rest[:1] == "." and len(rest) > 1))


def _names(value: Mapping[str, Any]) -> None:
    for name in value:
        if not is_claim(name) and name not in _PSEUDO:
            placed(_TOKEN_NAME, name, name)


def _port(value: int) -> None:
    if value > 65535:
        raise Wrong(f"is {value}, which is no port number from 1 to 65535")


_PORT_OR_0 = integer(0, 2**32 - 1, rules=(_port,))


def _gateways(value: list[str]) -> None:
    """Only up to the first name without a slash, as the webhook does."""
    for index, name in enumerate(value):
        namespace, slash, rest = name.partition("/")
        if not slash:
            if not is_fqdn(name):
                raise Wrong(f"is {short(name)}, which is no name of a gateway", index)
            return
        if not is_label(namespace) or not is_label(rest):
            raise Wrong(f"is {short(name)}, which is no `namespace/name`", index)


def _namespace(value: str) -> None:
    if value and not is_label(value):
        raise Wrong(f"is {short(value)}, which is no name of a namespace")


_GATEWAYS = items(TEXT, rules=(_gateways,))
_LABELS = table(TEXT, rules=(pod_labels,))
_FORM = _form()
_MATCH = obj({
    "name": TEXT, "statPrefix": TEXT, "ignoreUriCase": boolean, "uri": _form(empty_prefix=True), "scheme": _FORM, "method": _FORM,
    "authority": _FORM, "headers": table(_FORM, rules=(_names,)), "withoutHeaders": table(_form(star=True), rules=(_names,)),
    "queryParams": table(_FORM), "port": _PORT_OR_0, "sourceLabels": _LABELS, "gateways": _GATEWAYS,
    "sourceNamespace": string(rules=(_namespace,))})


def _destination(value: Mapping[str, Any]) -> None:
    if value["host"] == "*" or not is_domain(value["host"]):
        raise Wrong(f"is {short(value['host'])}, which is no DNS name", "host")


def subset_name(value: str) -> None:
    if not is_label(value):
        raise Wrong(f"is {short(value)}, which is no name of a subset: letters, digits and dashes")


def _subset(value: str) -> None:
    if value:
        subset_name(value)


def _needs_number(value: Mapping[str, Any]) -> None:
    if not 1 <= value.get("number", 0) <= 65535:
        raise Wrong("must be a port number from 1 to 65535", "number")


PORT_SELECTOR = obj({"number": UNSIGNED_NUMBER}, rules=(_needs_number,))
DESTINATION = obj({"host": TEXT, "port": PORT_SELECTOR, "subset": string(rules=(_subset,))}, ("host",), (_destination,))


def _host_like(name: str) -> bool:
    return name.lower() in (":authority", "host")


def _set_names(value: Mapping[str, str]) -> None:
    for name in value:
        if not name or (name[0] == ":" and not _host_like(name)):
            raise Wrong("is no header that can be set", name)


def _set_plain_names(value: Iterable[str]) -> None:
    for index, name in enumerate(value):
        if not name or name[0] == ":" or name.lower() == "host":
            raise Wrong("is no header that can be changed here", *((name,) if isinstance(value, dict) else (index,)))


_VALUE = string(rules=(header_value,))
_HEADERS = obj({
    "request": obj({"add": table(_VALUE, rules=(_set_names,)), "set": table(_VALUE, rules=(_set_names,)),
                    "remove": items(TEXT, rules=(_set_plain_names,))}),
    "response": obj({"add": table(_VALUE, rules=(_set_plain_names,)), "set": table(_VALUE, rules=(_set_plain_names,)),
                     "remove": items(TEXT, rules=(_set_plain_names,))})})


def _weights(value: list[Mapping[str, Any]]) -> None:
    for index, item in enumerate(value):
        if item.get("weight", 0) < 0:
            raise Wrong("must not be negative", index, "weight")
    if len(value) > 1 and sum(item.get("weight", 0) for item in value) % 2**32 == 0:
        raise Wrong("needs weights: those of several destinations come to 0")


_WEIGHT = integer()
_ROUTES = items(obj({"destination": DESTINATION, "headers": _HEADERS, "weight": _WEIGHT}, ("destination",)), rules=(_weights,))
_STREAM_ROUTES = items(obj({"destination": DESTINATION, "weight": _WEIGHT}, ("destination",)), rules=(_weights,))


def _cors_method(value: str) -> None:
    if value != "*" and value not in METHODS:
        raise Wrong(f"is {short(value)}, which is no method")


def _cors_header(value: str) -> None:
    if value != "*":
        _TOKEN_NAME(value)


def _whole_seconds(value: str) -> None:
    if (nanoseconds(value) or 0) % 10**9:
        raise Wrong(f"is {short(value)}: whole seconds are asked for")


_DURATION = string(rules=(duration,))
_CORS = obj({
    "allowCredentials": or_null(boolean), "allowHeaders": items(string(rules=(_cors_header,))),
    "exposeHeaders": items(string(rules=(_cors_header,))), "allowMethods": items(string(rules=(_cors_method,))), "allowOrigin": TEXTS,
    "allowOrigins": items(_form(empty_prefix=True, needed=True)), "maxAge": string(rules=(duration, _whole_seconds)),
    "unmatchedPreflights": one_of("UNSPECIFIED", "FORWARD", "IGNORE")})


def _percent(value: Mapping[str, Any]) -> None:
    share = value.get("value", 0)
    if share and not 0.0001 <= share <= 100:
        raise Wrong(f"is {share}, which is neither 0 nor from 0.0001 to 100", "value")


def _status(value: int) -> None:
    if not 200 <= value <= 600:
        raise Wrong(f"is {value}, which is no status from 200 to 599")


def _grpc_status(value: str) -> None:
    if value not in _GRPC:
        raise Wrong(f"is {short(value)}, which is no status of gRPC such as `NOT_FOUND`")


def _not_supported(value: object) -> None:
    raise Wrong("is not supported by Istio")


def _some_fault(value: Mapping[str, Any]) -> None:
    if "abort" not in value and "delay" not in value:
        raise Wrong("needs an `abort` or a `delay`")


_PERCENT = obj({"value": number()}, rules=(_percent,))
_FAULT = obj({
    "abort": obj({"httpStatus": integer(rules=(_status,)), "grpcStatus": string(rules=(_grpc_status,)), "http2Error": _not_supported,
                  "percentage": _PERCENT}, rules=(at_most_one("httpStatus", "grpcStatus", "http2Error"),)),
    "delay": obj({"fixedDelay": _DURATION, "exponentialDelay": _not_supported, "percent": integer(), "percentage": _PERCENT},
                 rules=(at_most_one("fixedDelay", "exponentialDelay"),))}, rules=(_some_fault,))


def _bytes(value: str) -> None:
    import re

    if re.fullmatch(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", value) is None:
        raise Wrong("is no base64")


def _size(value: Mapping[str, Any]) -> None:
    size = len(value.get("string", "").encode()) + len(value.get("bytes", "").rstrip("=")) * 3 // 4
    if size > 1 << 20:
        raise Wrong("must have at most 1 MiB")


_BODY = obj({"string": TEXT, "bytes": string(rules=(_bytes,))}, rules=(at_most_one("string", "bytes"), _size))
_RESPONSE = obj({"status": integer(0, 2**32 - 1, rules=(_status,)), "body": _BODY}, ("status",))


def _redirected(value: Mapping[str, Any]) -> None:
    if value.get("uri") and value.get("prefixRewrite"):
        raise Wrong("must not be set together with `uri`", "prefixRewrite")
    if not any(value.get(field) for field in ("uri", "prefixRewrite", "authority", "scheme")) and not {"port", "derivePort"} & value.keys():
        raise Wrong("needs a `uri`, `authority`, `scheme` or `port`")
    if value.get("redirectCode") and not 300 <= value["redirectCode"] <= 399:
        raise Wrong(f"is {value['redirectCode']}, which is no status of a redirect", "redirectCode")
    if value.get("scheme", "") not in ("", "http", "https"):
        raise Wrong(f"is {short(value['scheme'])}, which is none of http, https", "scheme")


_REDIRECT = obj({"authority": TEXT, "derivePort": one_of("FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"), "port": _PORT_OR_0,
                 "prefixRewrite": TEXT, "redirectCode": UNSIGNED_NUMBER, "scheme": TEXT, "uri": TEXT},
                rules=(at_most_one("port", "derivePort"), _redirected))


def _rewritten(value: Mapping[str, Any]) -> None:
    if value.get("uri") and "uriRegexRewrite" in value:
        raise Wrong("must not be set together with `uri`", "uriRegexRewrite")
    if not value.get("uri") and not value.get("authority") and "uriRegexRewrite" not in value:
        raise Wrong("needs a `uri`, `uriRegexRewrite` or `authority`")


def _regex_rewrite(value: Mapping[str, Any]) -> None:
    if not value.get("match") or not value.get("rewrite"):
        raise Wrong("needs a `match` and a `rewrite`")
    placed(regex, value["match"], "match")


_REWRITE = obj({"authority": TEXT, "uri": TEXT, "uriRegexRewrite": obj({"match": TEXT, "rewrite": TEXT}, rules=(_regex_rewrite,))},
               rules=(_rewritten,))


def _retried(value: Mapping[str, Any]) -> None:
    attempts = value.get("attempts", 0)
    if attempts < 0:
        raise Wrong("must not be negative", "attempts")
    given = next((field for field in ("perTryTimeout", "retryOn", "retryRemoteLocalities")
                  if value.get(field) not in (None, "")), None)
    if not attempts and given:
        raise Wrong("must not be set when there are no `attempts`", given)
    for policy in value.get("retryOn", "").split(",") if value.get("retryOn") else ():
        digits = policy[1:] if policy[:1] in ("+", "-") else policy
        numeric = digits.isascii() and digits.isdecimal() and len(digits) < 19 and int(policy) in _STATUSES
        if policy not in _RETRY_ON and not numeric:
            raise Wrong(f"has {short(policy)}, which is no condition of Envoy and no status", "retryOn")


_RETRIES = obj({"attempts": integer(), "backoff": _DURATION, "perTryTimeout": _DURATION, "retryIgnorePreviousHosts": or_null(boolean),
                "retryOn": TEXT, "retryRemoteLocalities": or_null(boolean)}, rules=(_retried,))


def _share(value: Mapping[str, Any]) -> None:
    if not 0 <= value.get("value", 0) <= 100:
        raise Wrong(f"is {value['value']}, which is not from 0 to 100", "value")


_SHARE = obj({"value": number()}, rules=(_share,))


def _http_rule(value: Mapping[str, Any]) -> None:
    rewrite = value.get("rewrite", {}).get("authority", "")
    request = value.get("headers", {}).get("request", {})
    for field in ("set", "add"):
        written = [text for name, text in request.get(field, {}).items() if _host_like(name)]
        if (rewrite and written) or (len(written) > 1 and any(written)):
            raise Wrong("sets the authority a second time", "headers", "request", field)
        rewrite = written[-1] if written else rewrite
    if value.get("redirect", {}).get("prefixRewrite"):
        for index, match in enumerate(value.get("match", ())):
            if "uri" in match and "prefix" not in match["uri"]:
                raise Wrong("must be a `prefix`, because `redirect.prefixRewrite` replaces it", "match", index, "uri")


_PERCENT_NUMBER = or_null(integer(0, 100))
_HTTP = obj({
    "name": TEXT, "match": items(_MATCH), "route": _ROUTES, "redirect": _REDIRECT, "directResponse": _RESPONSE,
    "delegate": obj({"name": TEXT, "namespace": TEXT}), "rewrite": _REWRITE, "timeout": _DURATION, "retries": _RETRIES, "fault": _FAULT,
    "mirror": DESTINATION, "mirrors": items(obj({"destination": DESTINATION, "percentage": _SHARE}, ("destination",))),
    "mirrorPercent": _PERCENT_NUMBER, "mirror_percent": _PERCENT_NUMBER, "mirrorPercentage": _SHARE, "corsPolicy": _CORS,
    "headers": _HEADERS}, rules=(_http_rule,))
_SUBNETS = items(string(rules=(address_or_block,)))
_L4: dict[str, Check] = {"destinationSubnets": _SUBNETS, "gateways": _GATEWAYS, "port": _PORT_OR_0, "sourceLabels": _LABELS,
                         "sourceNamespace": TEXT}
_TCP = obj({"match": items(obj({**_L4, "sourceSubnet": TEXT})), "route": _STREAM_ROUTES})
_TLS = obj({"match": items(obj({**_L4, "sniHosts": items(TEXT, least=1)}, ("sniHosts",)), least=1), "route": _STREAM_ROUTES}, ("match",))
SPEC = obj({"exportTo": TEXTS, "gateways": TEXTS, "hosts": TEXTS, "http": items(_HTTP), "tcp": items(_TCP), "tls": items(_TLS)})


def whole(found: Object, spec: Mapping[str, Any]) -> None:
    """What binds the parts of one VirtualService."""
    hosts, gateways = spec.get("hosts") or [], spec.get("gateways") or []
    for field in ("gateways", "tls", "tcp"):
        if not hosts and spec.get(field):
            raise Wrong("must not be set without `hosts`: such a VirtualService is a delegate", field)
    if gateways:
        placed(_gateways, gateways, "gateways")
    at_gateway = bool(gateways) and "mesh" not in gateways
    if not at_gateway:
        _no_claims(spec)
    _hosts(hosts, at_gateway, spec)
    if not any(spec.get(field) for field in ("http", "tcp", "tls")):
        raise Wrong("needs `http`, `tcp` or `tls`")
    for index, route in enumerate(spec.get("http") or ()):
        try:
            _kind_of_route(route, delegated=not hosts)
        except Wrong as wrong:
            wrong.under("http", index)
            raise
    for field in ("tls", "tcp"):
        for index, route in enumerate(spec.get(field) or ()):
            if not route.get("route"):
                raise Wrong("is required", field, index, "route")
    _server_names(spec, hosts, "mesh" not in gateways)
    export_to(found.namespace, spec.get("exportTo") or [])


def _no_claims(spec: Mapping[str, Any]) -> None:
    for index, route in enumerate(spec.get("http") or ()):
        for row, match in enumerate(route.get("match") or ()):
            for field in ("headers", "withoutHeaders"):
                for name in match.get(field, ()):
                    if is_claim(name):
                        raise Wrong("is a claim of a token, and only a gateway routes by those", "http", index, "match", row, field, name)


def _hosts(hosts: list[str], at_gateway: bool, spec: Mapping[str, Any]) -> None:
    generated = at_gateway and any(match.get("sniHosts") for route in spec.get("tls") or () for match in route.get("match") or ())
    for index, host in enumerate(hosts):
        fine = _is_generated(host) if generated and host.startswith("outbound_") else is_domain(host)
        if not fine and not is_address(host):
            raise Wrong(f"is {short(host)}, which is no DNS name and no address", "hosts", index)
        if fine and not at_gateway and host == "*":
            raise Wrong("must not be `*` without a gateway", "hosts", index)
    if len(hosts) > 1000:  # a mapping of what was seen is enough where there are no wildcards
        if len(set(hosts)) < len(hosts) or any(host.startswith("*") for host in hosts):
            raise Wrong("has a host twice, or more than 1,000 with wildcards", "hosts")
        return
    for index, host in enumerate(hosts):
        for other in hosts[:index]:
            if _overlap(other, host):
                raise Wrong(f"is {short(host)}, which {short(other)} covers already, or the other way round", "hosts", index)


def _is_generated(host: str) -> bool:
    """A name that Istio makes for its own gateways: outbound_.80_._.host; two parts must hold a digit and a letter."""
    parts = host.split("_")
    return (0 < len(host) <= 255 and len(parts) >= 4 and any("0" <= character <= "9" for character in parts[1].strip("."))
            and any(character.isascii() and character.isalpha() for character in parts[3].strip(".")))


def _overlap(one: str, other: str) -> bool:
    wild, also = one.startswith("*"), other.startswith("*")
    if wild and also:
        return other[1:].endswith(one[1:]) if len(one) < len(other) else one[1:].endswith(other[1:])
    if wild:
        return other.endswith(one[1:])
    return one.endswith(other[1:]) if also else one == other


def _kind_of_route(route: Mapping[str, Any], delegated: bool) -> None:
    if "delegate" in route and not delegated:
        for field in ("redirect", "route"):
            if (field == "redirect" and field in route) or route.get(field):
                raise Wrong("must not be set together with `delegate`", field)
        return
    if "delegate" in route:
        raise Wrong("must not be set in a delegate", "delegate")
    kind = next((field for field in ("redirect", "directResponse") if field in route), "")
    if kind:
        for field in ("route", "fault", "rewrite", "directResponse"):
            if field != kind and field in route and (field != "route" or route[field]):
                raise Wrong(f"must not be set together with `{kind}`", field)
    elif not route.get("route"):
        raise Wrong("needs a `route`, `redirect` or `directResponse`")
    if "mirror" in route and route.get("mirrors"):
        raise Wrong("must not be set together with `mirror`", "mirrors")


def _server_names(spec: Mapping[str, Any], hosts: list[str], at_gateway: bool) -> None:
    for index, route in enumerate(spec.get("tls") or ()):
        for row, match in enumerate(route["match"]):
            for place, name in enumerate(match["sniHosts"]):
                generated = at_gateway and name.startswith("outbound_")
                if not (_is_generated(name) if generated else is_domain(name)):
                    if is_address(name):
                        continue
                    raise Wrong(f"is {short(name)}, which is no DNS name", "tls", index, "match", row, "sniHosts", place)
                if not any(_covers(host, name) for host in hosts):
                    raise Wrong(f"is {short(name)}, which no host of the VirtualService covers", "tls", index, "match", row,
                                "sniHosts", place)


def _covers(host: str, name: str) -> bool:
    if name.startswith("*"):
        return host.startswith("*") and len(name) >= len(host) and name[1:].endswith(host[1:])
    return name.endswith(host[1:]) if host.startswith("*") else name == host
