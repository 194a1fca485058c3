"""EnvoyFilter, ProxyConfig (networking.istio.io), WasmPlugin, TrafficExtension (extensions.istio.io), Telemetry (telemetry.istio.io).

What an EnvoyFilter writes into Envoy's configuration is not looked at: the answers for what it reaches are `unknown` anyway.
"""

from collections.abc import Mapping
from typing import Any

from meshwright.istio.valid.regex import pattern
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
    struct,
    table,
)
from meshwright.istio.valid.shared import (
    ANY_TARGETS,
    ISTIO_PORT,
    PORT,
    SELECTOR,
    TARGET,
    TARGETS,
    TEXT,
    UNSIGNED_NUMBER,
    WORKLOAD_SELECTOR,
    attachment,
)
from meshwright.istio.valid.words import nanoseconds, scheme_of

_NAMED = obj({"name": TEXT})
_SUBFILTER = obj({"name": TEXT, "subFilter": _NAMED})
_LISTENER_CLASS = frozenset(("LISTENER", "FILTER_CHAIN", "NETWORK_FILTER", "HTTP_FILTER"))
_ROUTE_CLASS = frozenset(("ROUTE_CONFIGURATION", "VIRTUAL_HOST", "HTTP_ROUTE"))
_MANAGERS = ("envoy.filters.network.http_connection_manager", "envoy.http_connection_manager")


def _match(value: Mapping[str, Any]) -> None:
    if (value.get("context") == "WAYPOINT") != ("waypoint" in value):
        raise Wrong("goes with the context WAYPOINT, and only with it", "waypoint")


def _patch(value: Mapping[str, Any]) -> None:
    match = value.get("match", {})
    if match.get("context") == "WAYPOINT":
        return
    applied, patch = value.get("applyTo", "INVALID"), value.get("patch")
    if applied == "INVALID":
        raise Wrong("is required", "applyTo")
    if patch is None:
        raise Wrong("is required", "patch")
    operation = patch.get("operation", "INVALID")
    if operation == "INVALID":
        raise Wrong("is required", "patch", "operation")
    if operation != "REMOVE" and "value" not in patch:
        raise Wrong(f"is required for the operation {operation}", "patch", "value")
    version = match.get("proxy", {}).get("proxyVersion", "")
    if len(version.encode()) <= 1024:
        placed(pattern, version, "match", "proxy", "proxyVersion")
    _fitting(applied, match)


def _fitting(applied: str, match: Mapping[str, Any]) -> None:
    kind = next((name for name in ("listener", "routeConfiguration", "cluster") if name in match), "")
    wanted = ("listener" if applied in _LISTENER_CLASS else "routeConfiguration" if applied in _ROUTE_CLASS
              else "cluster" if applied == "CLUSTER" else kind)
    if kind and kind != wanted:
        raise Wrong(f"does not go with `applyTo: {applied}`", "match", kind)
    chosen = match.get("listener", {}).get("filterChain", {}).get("filter") if applied in _LISTENER_CLASS else None
    if chosen is None:
        return
    place = ("match", "listener", "filterChain", "filter")
    if not chosen.get("name"):
        raise Wrong("is required", *place, "name")
    if "subFilter" in chosen:
        if applied != "HTTP_FILTER" or chosen["name"] not in _MANAGERS:
            raise Wrong("goes only with `applyTo: HTTP_FILTER` and the HTTP connection manager", *place, "subFilter")
        if not chosen["subFilter"].get("name"):
            raise Wrong("is required", *place, "subFilter", "name")


ENVOY_FILTER = obj({
    "configPatches": items(obj({
        "applyTo": one_of("INVALID", "LISTENER", "FILTER_CHAIN", "NETWORK_FILTER", "HTTP_FILTER", "ROUTE_CONFIGURATION", "VIRTUAL_HOST",
                          "HTTP_ROUTE", "CLUSTER", "EXTENSION_CONFIG", "BOOTSTRAP", "LISTENER_FILTER"),
        "match": obj({
            "cluster": obj({"name": TEXT, "portNumber": UNSIGNED_NUMBER, "service": TEXT, "subset": TEXT}),
            "context": one_of("ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY", "WAYPOINT"),
            "listener": obj({
                "filterChain": obj({"applicationProtocols": TEXT, "destinationPort": UNSIGNED_NUMBER, "filter": _SUBFILTER, "name": TEXT,
                                    "sni": TEXT, "transportProtocol": TEXT}),
                "listenerFilter": TEXT, "name": TEXT, "portName": TEXT, "portNumber": UNSIGNED_NUMBER}),
            "proxy": obj({"metadata": table(TEXT), "proxyVersion": TEXT}),
            "routeConfiguration": obj({
                "gateway": TEXT, "name": TEXT, "portName": TEXT, "portNumber": UNSIGNED_NUMBER,
                "vhost": obj({"domainName": TEXT, "name": TEXT, "route": obj({
                    "action": one_of("ANY", "ROUTE", "REDIRECT", "DIRECT_RESPONSE"), "name": TEXT})})}),
            "waypoint": obj({"filter": _SUBFILTER, "portNumber": ISTIO_PORT, "route": _NAMED})},
            rules=(at_most_one("listener", "routeConfiguration", "cluster", "waypoint"), _match)),
        "patch": obj({
            "filterClass": one_of("UNSPECIFIED", "AUTHN", "AUTHZ", "STATS"), "value": struct,
            "operation": one_of("INVALID", "MERGE", "ADD", "REMOVE", "INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST", "REPLACE",
                                "MERGE_AND_REPLACE_LIST")})}, rules=(_patch,))),
    "priority": integer(), "targetRefs": ANY_TARGETS, "workloadSelector": WORKLOAD_SELECTOR},
    rules=(at_most_one("workloadSelector", "targetRefs"),))

PROXY_CONFIG = obj({"concurrency": or_null(integer(0)), "environmentVariables": table(string(0, 2048)), "image": obj({"imageType": TEXT}),
                    "selector": SELECTOR})


def _url(value: str) -> None:
    scheme = scheme_of(value)
    doubtful = value.startswith("//") and not value.startswith("///")  # taken for an absolute path, and then for a host
    if scheme is None and (doubtful or scheme_of("http://" + value) is None):
        raise Wrong(f"is {short(value)}, which is no URL")
    if scheme not in (None, "", "http", "https", "file", "oci"):
        raise Wrong(f"is {short(value)}, whose scheme is none of http, https, file, oci")


def _variable(value: Mapping[str, Any]) -> None:
    if value.get("valueFrom") == "HOST" and "value" in value:
        raise Wrong("must not be set when it comes from the HOST", "value")


_PHASES = ("AUTHN", "AUTHZ", "STATS")
_MATCHES = items(obj({"mode": one_of("UNDEFINED", "CLIENT", "SERVER", "CLIENT_AND_SERVER"),
                      "ports": items(obj({"number": PORT}, ("number",)), unique="number")}))
_WASM: dict[str, Check] = {
    "failStrategy": one_of("FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"), "imagePullSecret": string(1, 253), "pluginConfig": struct,
    "imagePullPolicy": one_of("UNSPECIFIED_POLICY", "IfNotPresent", "Always"), "pluginName": string(1, 256),
    "sha256": string(pattern=r"^(?:[a-f0-9]{64})?\Z", called="SHA-256 in hexadecimal"),
    "type": one_of("UNSPECIFIED_PLUGIN_TYPE", "HTTP", "NETWORK"), "url": string(1, rules=(_url,)), "verificationKey": TEXT,
    "vmConfig": obj({"env": items(obj({"name": string(1, 256), "value": string(0, 2048), "valueFrom": one_of("INLINE", "HOST")}, ("name",),
                                      (_variable,)), most=256, unique="name")})}
WASM_PLUGIN = obj({**_WASM, "match": _MATCHES, "phase": one_of("UNSPECIFIED_PHASE", *_PHASES), "priority": or_null(integer()),
                   "selector": SELECTOR, "targetRef": TARGET, "targetRefs": TARGETS}, ("url",), (attachment,))


def _one_of_two(value: Mapping[str, Any]) -> None:
    if ("wasm" in value) == ("lua" in value):
        raise Wrong("needs either `wasm` or `lua`")


TRAFFIC_EXTENSION = obj({
    "lua": obj({"inlineCode": string(1, 65536, rules=(lambda value: _code(value),))}, ("inlineCode",)), "match": _MATCHES,
    "phase": one_of("UNSPECIFIED", *_PHASES), "priority": or_null(integer()), "selector": SELECTOR, "targetRefs": TARGETS,
    "wasm": obj(_WASM, ("url",))}, rules=(attachment, _one_of_two))


def _code(value: str) -> None:
    if len(value.encode()) > 65536:
        raise Wrong("must have at most 65,536 bytes")


def _millisecond(value: str) -> None:
    found = nanoseconds(value)
    if found is None or found < 10**6:
        raise Wrong(f"is {short(value)}, which is no duration of at least one millisecond")


def _expression(value: str) -> None:
    from meshwright.istio.valid.cel import expression  # hardly any Telemetry has a filter

    expression(value)


def _tag(value: Mapping[str, Any]) -> None:
    if value.get("operation", "UPSERT") == "UPSERT" and not value.get("value"):
        raise Wrong("is required to UPSERT a tag", "value")
    if value.get("operation") == "REMOVE" and "value" in value:
        raise Wrong("must not be set to REMOVE a tag", "value")


def _tag_names(value: Mapping[str, Any]) -> None:
    if "" in value:
        raise Wrong("has a tag without a name")


_MODE = one_of("CLIENT_AND_SERVER", "CLIENT", "SERVER")
_PROVIDERS = items(obj({"name": string(1)}, ("name",)))
_MAYBE = or_null(boolean)
_FROM_NAME = obj({"defaultValue": TEXT, "name": string(1)}, ("name",))
_VALUE = obj({"value": string(1)}, ("value",))
TELEMETRY = obj({
    "accessLogging": items(obj({"disabled": _MAYBE, "filter": obj({"expression": string(rules=(_expression,))}, ("expression",)),
                                "match": obj({"mode": _MODE}), "providers": _PROVIDERS})),
    "metrics": items(obj({
        "overrides": items(obj({
            "disabled": _MAYBE, "tagOverrides": table(obj({"operation": one_of("UPSERT", "REMOVE"), "value": TEXT}, rules=(_tag,))),
            "match": obj({"mode": _MODE, "customMetric": string(1), "metric": one_of(
                "ALL_METRICS", "REQUEST_COUNT", "REQUEST_DURATION", "REQUEST_SIZE", "RESPONSE_SIZE", "TCP_OPENED_CONNECTIONS",
                "TCP_CLOSED_CONNECTIONS", "TCP_SENT_BYTES", "TCP_RECEIVED_BYTES", "GRPC_REQUEST_MESSAGES", "GRPC_RESPONSE_MESSAGES")},
                rules=(at_most_one("metric", "customMetric"),))})),
        "providers": _PROVIDERS, "reportingInterval": string(rules=(_millisecond,))})),
    "tracing": items(obj({
        "customTags": table(obj({"environment": _FROM_NAME, "formatter": _VALUE, "header": _FROM_NAME, "literal": _VALUE},
                                rules=(at_most_one("literal", "environment", "header", "formatter"),)), rules=(_tag_names,)),
        "disableContextPropagation": _MAYBE, "disableSpanReporting": _MAYBE, "enableIstioTags": _MAYBE, "match": obj({"mode": _MODE}),
        "providers": _PROVIDERS, "randomSamplingPercentage": or_null(number(0, 100)), "useRequestIdForTraceSampling": _MAYBE})),
    "selector": SELECTOR, "targetRef": TARGET, "targetRefs": TARGETS}, rules=(attachment,))
