"""What istiod sent to an Envoy, made into listeners that an Envoy on loopback loads: the same filters in the same order, nothing behind them.

Kept as istiod wrote it: which chain takes which address and port (waypoints), path normalization, jwt_authn, RBAC, and every other
filter that upstream Envoy has.  Changed, because a test is no mesh:

- where the bytes come from: PROXY protocol says both addresses instead of HBONE and the kernel; RBAC's ``direct_remote_ip`` (the physical
  peer) becomes ``source_ip`` (what PROXY protocol said), compared by the same code;
- who the peer is: a header (HTTP) or a TLV (TCP) sets the filter state that HBONE would set at a waypoint; a sidecar's ``authenticated``
  becomes the same filter state, compared by the same string matcher;
- what is behind: 200, or an echo; a refusal says its reason in the body;
- an external authorizer is a listener inside the same Envoy, which refuses when a header says so;
- the key that tokens are signed with; Istio's own telemetry filters, which upstream Envoy does not have, are left out.
"""

from collections.abc import Iterator
from typing import Any

from meshwright.record import NamedTuple
from tests.support.envoy import loopback
from tests.support.http2 import STREAMS
from tests.support.tokens import jwks

Json = dict[str, Any]
PEER_HEADER = "x-test-peer"
PEER_TLV = 0xE1
_PEER = "io.istio.peer_principal"
_TYPE = "type.googleapis.com/"
_SET_STATE = "envoy.extensions.filters.{}.set_filter_state.v3.Config"
# Settings of the connection manager that decide what a filter sees.
_MANAGER = ("normalize_path", "merge_slashes", "path_with_escaped_slashes_action", "use_remote_address", "xff_num_trusted_hops",
            "strip_any_host_port", "strip_matching_host_port", "http_protocol_options", "common_http_protocol_options", "skip_xff_append")


class Door(NamedTuple):
    """One chain that a question can be asked of: its listener, the address and port that lead to it, and whether it speaks HTTP."""

    listener: str
    address: str
    port: int
    http: bool


def listeners(proxy: Json, prefix: str) -> tuple[list[Json], dict[str, Door]]:
    """The inbound listener of a waypoint or sidecar as istiod described it, and its doors.

    Doors of a waypoint are named "namespace/service:port", those of a sidecar ":port".  Names of listeners begin with ``prefix``.
    """
    name = f"{prefix}{proxy['namespace']}/{proxy['name']}"
    wanted = "main_internal" if proxy["kind"] == "waypoint" else "virtualInbound"
    (written,) = [one for one in proxy["listeners"] if one["name"] == wanted]
    chains = list(_waypoint_chains(written) if proxy["kind"] == "waypoint" else _sidecar_chains(written))
    listener = {"name": name, "address": loopback(), "filter_chains": [chain for _, chain in chains],
                "listener_filters": [_proxy_protocol()]}
    if "filter_chain_matcher" in written:
        listener["filter_chain_matcher"] = written["filter_chain_matcher"]
    addresses = dict(_addresses(written.get("filter_chain_matcher", {})))
    doors = {}
    for key, chain in chains:
        address, port = addresses.get(chain["name"], (proxy["address"], int(key.rpartition(":")[2])))
        http = any("HttpConnectionManager" in one["typed_config"]["@type"] for one in chain["filters"])
        doors[key] = Door(name, address, port, http)
    return [listener], doors


def gateway_listeners(proxy: Json, prefix: str) -> tuple[list[Json], dict[str, Door]]:
    """A listener for each chain of a gateway, and its doors: ":port", or ":port/server.name" where TLS chooses.

    Routes are istiod's; one that leads to a cluster answers with that cluster's name instead.
    """
    routes = {one["name"]: one for one in proxy["routes"]}
    made, doors = [], {}
    for listener in proxy["listeners"]:
        for chain in listener.get("filter_chains", ()):
            (manager,) = chain["filters"]
            if "rds" not in manager["typed_config"]:
                continue
            port = listener["address"]["socket_address"]["port_value"]
            for server in chain.get("filter_chain_match", {}).get("server_names", [""]):
                key = f":{port}" + (f"/{server}" if server else "")
                name = f"{prefix}{proxy['namespace']}/{proxy['name']} {key}"
                config = _manager(manager["typed_config"])
                config["route_config"] = _answering(routes[manager["typed_config"]["rds"]["route_config_name"]])
                config["local_reply_config"] = {"body_format": {"text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"}}}
                made.append({"name": name, "address": loopback(), "listener_filters": [_proxy_protocol()],
                             "filter_chains": [{"filters": [{"name": manager["name"], "typed_config": config}]}]})
                doors[key] = Door(name, "10.0.0.1", port, True)
    return made, doors


def _answering(routes: Json) -> Json:
    hosts = []
    for host in routes["virtual_hosts"]:
        written = []
        for route in host.get("routes", ()):
            action = route.get("route")
            if action is not None:
                clusters = [action["cluster"]] if "cluster" in action else [one["name"] for one in action["weighted_clusters"]["clusters"]]
                route = {"match": route["match"], "direct_response": {"status": 200, "body": {"inline_string": " ".join(clusters)}}}
            written.append({key: value for key, value in route.items() if key in ("match", "direct_response", "redirect")})
        hosts.append({**host, "routes": written})
    return {**routes, "virtual_hosts": hosts}


def kept(proxy: Json) -> Json:
    """The part of istiod's answer that ``listeners`` reads, for storing."""
    wanted = "main_internal" if proxy["kind"] == "waypoint" else "virtualInbound"
    found = [{key: value for key, value in one.items() if key in ("name", "filter_chain_matcher")}
             | {"filter_chains": [_kept_chain(chain) for chain in one["filter_chains"]]} for one in proxy["listeners"] if one["name"] == wanted]
    return {"listeners": found} | {key: proxy[key] for key in ("kind", "namespace", "name", "address")}


def _kept_chain(chain: Json) -> Json:
    filters = []
    for one in chain["filters"]:
        config = one["typed_config"]
        if "http_filters" in config:
            config = {key: value for key, value in config.items() if key in ("@type", "http_filters", *_MANAGER)}
        filters.append({**one, "typed_config": config})
    return {key: value for key, value in chain.items() if key in ("name", "filter_chain_match")} | {"filters": filters}


AUTHORIZER_HEADER = "x-authz"
_AUTHORIZER = "authorizer"


def authorizer(services: list[str]) -> tuple[Json, list[Json]]:
    """A listener that says no to requests with ``x-authz: deny``, and the clusters by which istiod's filters reach it at port 8000."""
    refuse = {"match": {"prefix": "/", "headers": [{"name": AUTHORIZER_HEADER, "string_match": {"exact": "deny"}}]}, "direct_response": {"status": 403}}
    manager = {"@type": _TYPE + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": _AUTHORIZER,
               "http2_protocol_options": {"max_concurrent_streams": 1_000_000},
               "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
                   refuse, {"match": {"prefix": "/"}, "direct_response": {"status": 200}}]}]},
               "http_filters": [{"name": "router", "typed_config": {"@type": _TYPE + "envoy.extensions.filters.http.router.v3.Router"}}]}
    listener = {"name": _AUTHORIZER, "internal_listener": {}, "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}]}
    endpoint = {"endpoint": {"address": {"envoy_internal_address": {"server_listener_name": _AUTHORIZER}}}}
    clusters = []
    for service in services:
        name = f"outbound|8000||{service}.istio-system.svc.cluster.local"
        # HTTP/2, which carries methods that HTTP/1 does not know.
        options = {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": _TYPE + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", "explicit_http_config": {"http2_protocol_options": {"max_concurrent_streams": 1_000_000}}}}
        limits = dict.fromkeys(("max_connections", "max_pending_requests", "max_requests"), 1000000)  # Envoy's own are 1024
        clusters.append({"name": name, "type": "STATIC", "circuit_breakers": {"thresholds": [limits]}, "typed_extension_protocol_options": options, "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}})
    return listener, clusters


def _waypoint_chains(listener: Json) -> Iterator[tuple[str, Json]]:
    """Chains of services: inbound-vip|PORT|PROTOCOL|HOST.  Those of pods by address ("direct-...") are asked by nobody here."""
    for chain in listener["filter_chains"]:
        if chain["name"].startswith("inbound-vip|"):
            _, port, _, host = chain["name"].split("|")
            service, namespace, *_ = host.split(".")
            yield f"{namespace}/{service}:{port}", {"name": chain["name"], "filters": list(_filters(chain))}


def _sidecar_chains(listener: Json) -> Iterator[tuple[str, Json]]:
    """One chain for each declared port.  With and without TLS the filters are the same; the TLS itself is nobody's question."""
    seen = set()
    for chain in listener["filter_chains"]:
        port = chain.get("filter_chain_match", {}).get("destination_port")
        if port and chain["name"] == f"0.0.0.0_{port}" and port not in seen:
            seen.add(port)
            yield f":{port}", {"name": chain["name"], "filter_chain_match": {"destination_port": port}, "filters": list(_filters(chain))}


def _proxy_protocol() -> Json:
    return {"name": "proxy_protocol", "typed_config": {
        "@type": _TYPE + "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
        "rules": [{"tlv_type": PEER_TLV, "on_tlv_present": {"metadata_namespace": "test", "key": "peer"}}]}}


def _addresses(matcher: object) -> Iterator[tuple[str, tuple[str, int]]]:
    """Name of a chain -> address and port, out of istiod's matcher: a tree by address, below it one by port."""
    if isinstance(matcher, list):
        for one in matcher:
            yield from _addresses(one)
    elif isinstance(matcher, dict):
        if "ranges" in matcher and "on_match" in matcher:
            address = matcher["ranges"][0]["address_prefix"]
            for port, action in matcher["on_match"]["matcher"]["matcher_tree"]["exact_match_map"]["map"].items():
                yield action["action"]["name"], (address, int(port))
        else:
            for value in matcher.values():
                yield from _addresses(value)


def _filters(chain: Json) -> Iterator[Json]:
    for one in chain["filters"]:
        config = one["typed_config"]
        kind = config["@type"].removeprefix(_TYPE)
        if kind.endswith("HttpConnectionManager"):
            yield {"name": one["name"], "typed_config": _manager(config)}
        elif kind.endswith("TcpProxy"):
            yield {"name": "echo", "typed_config": {"@type": _TYPE + "envoy.extensions.filters.network.echo.v3.Echo"}}
        elif kind.endswith("network.rbac.v3.RBAC"):
            yield {"name": "peer", "typed_config": {"@type": _TYPE + _SET_STATE.format("network"),
                                                    "on_new_connection": [_state("%DYNAMIC_METADATA(test:peer)%")]}}
            yield {"name": one["name"], "typed_config": _adapted(config)}
        elif "TypedStruct" not in kind:
            raise ValueError(f"a network filter that nobody thought of: {kind}")


def _manager(config: Json) -> Json:
    filters = [{"name": "peer", "typed_config": {"@type": _TYPE + _SET_STATE.format("http"),
                                                "on_request_headers": [_state(f"%REQ({PEER_HEADER})%")]}}]
    for one in config["http_filters"]:
        kind = one["typed_config"]["@type"]
        if kind.startswith(_TYPE + "envoy."):  # the others are Istio's: telemetry, and what it offers to backends
            filters.append({**one, "typed_config": _adapted(one["typed_config"])})
    answer = {"match": {"prefix": "/"}, "direct_response": {"status": 200}}
    return {"@type": config["@type"], "stat_prefix": "test", "codec_type": "AUTO", **{key: config[key] for key in _MANAGER if key in config},
            "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [answer, {**answer, "match": {"connect_matcher": {}}}]}]},
            "http_filters": filters, "http2_protocol_options": {"max_concurrent_streams": STREAMS},
            "local_reply_config": {"body_format": {"text_format_source": {"inline_string": "%RESPONSE_CODE_DETAILS%"}}}}


def _state(text: str) -> Json:
    return {"object_key": _PEER, "factory_key": "envoy.string", "format_string": {"text_format_source": {"inline_string": text}, "omit_empty_values": True},
            "skip_if_empty": True}


def _adapted(value: Any) -> Any:
    """A filter's configuration with the three things changed that a loopback has no other way to say."""
    if isinstance(value, list):
        return [_adapted(one) for one in value]
    if not isinstance(value, dict):
        return value
    changed: Json = {}
    for key, one in value.items():
        if key == "direct_remote_ip":
            changed["source_ip"] = one
        elif key == "authenticated":
            changed["filter_state"] = {"key": _PEER, "string_match": _adapted(one["principal_name"])}
        elif key == "local_jwks":
            changed[key] = {"inline_string": jwks()}
        else:
            changed[key] = _adapted(one)
    return changed
