"""DestinationRule (networking.istio.io), and the pool of connections, which a Sidecar has too."""

from collections.abc import Mapping
from typing import Any

from meshwright.ir.inventory import Object
from meshwright.istio.valid.schema import (
    UNSIGNED,
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
from meshwright.istio.valid.shared import SELECTOR, TEXT, TEXTS, UNSIGNED_NUMBER, export_to
from meshwright.istio.valid.virtual_service import subset_name
from meshwright.istio.valid.words import any_duration, domain, duration, is_address, is_fqdn, nanoseconds, pod_labels

_DURATION = string(rules=(duration,))
_ANY_DURATION = string(rules=(any_duration,))
_COUNT = integer(0)
_MAYBE_UNSIGNED = or_null(UNSIGNED_NUMBER)
_LONG = integer(0, 2**63 - 1)
_TOPOLOGY = frozenset(("topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"))


def _millisecond(value: str) -> None:
    found = nanoseconds(value)
    if found is None or found < 10**6:
        raise Wrong(f"is {short(value)}, which is no duration of at least one millisecond")


def _idle(value: str) -> None:
    """0 turns it off."""
    found = nanoseconds(value)
    if found is None or abs(found) >= 10**6:
        duration(value)


def _upgrade(value: Mapping[str, Any]) -> None:
    if value.get("h2UpgradePolicy") == "UPGRADE" and value.get("useClientProtocol"):
        raise Wrong("must not be true when `h2UpgradePolicy` is UPGRADE", "useClientProtocol")


def _some(value: Mapping[str, Any]) -> None:
    if not value:
        raise Wrong("must not be empty")


POOL = obj({
    "http": obj({
        "h2UpgradePolicy": one_of("DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"), "http1MaxPendingRequests": _COUNT, "http2MaxRequests": _COUNT,
        "http2KeepAlive": obj({"interval": _DURATION, "timeout": _DURATION}, ("interval", "timeout")), "idleTimeout": _DURATION,
        "maxConcurrentStreams": _COUNT, "maxRequestsPerConnection": _COUNT, "maxRetries": _COUNT, "useClientProtocol": boolean},
        rules=(_upgrade,)),
    "tcp": obj({
        "connectTimeout": _DURATION, "idleTimeout": string(rules=(_idle,)), "maxConnectionDuration": _DURATION, "maxConnections": _COUNT,
        "tcpKeepalive": obj({"interval": _DURATION, "time": _DURATION, "probes": UNSIGNED_NUMBER})})}, rules=(_some,))


def _attributes(value: list[Mapping[str, Any]]) -> None:
    seen = set()
    for index, item in enumerate(value):
        if not item["name"] or item["name"] in seen:
            raise Wrong("must not be empty or there twice", index, "name")
        seen.add(item["name"])


def _prime(value: int) -> None:
    if not 1 <= value < 5_000_011 or any(value % factor == 0 for factor in range(2, int(value**0.5) + 1)):
        raise Wrong(f"is {value}, which is no prime number below 5000011")


def _hash(value: Mapping[str, Any]) -> None:
    if value.get("minimumRingSize") and ("ringHash" in value or "maglev" in value):
        raise Wrong("must not be set together with `ringHash` or `maglev`", "minimumRingSize")


_FAILOVER = items(obj({"from": TEXT, "to": TEXT}))
_HASH = obj({
    "httpCookie": obj({"name": string(1), "path": TEXT, "ttl": _ANY_DURATION, "attributes": items(
        obj({"name": TEXT, "value": TEXT}, ("name",)), rules=(_attributes,))}, ("name",)),
    "httpHeaderName": TEXT, "httpQueryParameterName": TEXT, "useSourceIp": boolean, "minimumRingSize": _LONG,
    "maglev": obj({"tableSize": integer(0, 2**63 - 1, rules=(_prime,))}, ("tableSize",)), "ringHash": obj({"minimumRingSize": _LONG})},
    rules=(at_most_one("httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"), at_most_one("ringHash", "maglev"), _hash))


def _failover(value: list[Mapping[str, Any]]) -> None:
    for index, item in enumerate(value):
        first, second = item.get("from", ""), item.get("to", "")
        if first == second or any(bad in first + second for bad in "/*"):
            raise Wrong("must lead from one region to another, without zones and wildcards", index)


def _locality(value: Mapping[str, Any]) -> None:
    if value.get("distribute") and value.get("failover"):
        raise Wrong("must not be set together with `distribute`", "failover")
    if value.get("failover") and not _TOPOLOGY.isdisjoint(value.get("failoverPriority") or ()):
        raise Wrong("must not name region, zone or subzone when there is a `failover`", "failoverPriority")
    for index, item in enumerate(value.get("distribute") or ()):
        shares = item.get("to", {})
        if sum(shares.values()) != 100 or any(not 1 <= share <= 100 for share in shares.values()):
            raise Wrong("must have shares from 1 to 100 that come to 100", "distribute", index, "to")
        _localities(list(shares), "distribute", index, "to")
    _localities([item.get("from", "") for item in value.get("distribute") or ()], "distribute")
    placed(_failover, value.get("failover") or [], "failover")


def _localities(names: list[str], *place: str | int) -> None:
    """Places `region/zone/subzone`, each part may be left out from the right or be `*`; none lies within another."""
    seen: list[tuple[str, ...]] = []
    for name in names:
        parts = tuple(name.split("/", 2))
        if "" in parts or "*" in name[:-1]:
            raise Wrong(f"has {short(name)}, which is no `region/zone/subzone`", *place)
        if any(_within(parts, other) for other in seen):
            raise Wrong(f"has {short(name)}, which lies within another, or the other way round", *place)
        seen.append(parts)


def _within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether they overlap as istiod looks at it: a place that comes later within one that came before, or around it."""
    if other == ("*",):
        return True
    if len(one) == 1:
        return one[0] == other[0]
    if one[0] != other[0]:
        return False
    if len(other) == 1 or (other[1] == "*" and len(other) == 2):
        return True
    if one[1] != other[1]:
        return False
    return len(one) == 2 or len(other) == 2 or other[2] == "*" or one[2] == other[2]


def _zone_aware(value: Mapping[str, Any]) -> None:
    if not _TOPOLOGY.isdisjoint(value.get("failoverPriority") or ()):
        raise Wrong("must not name region, zone or subzone", "failoverPriority")
    placed(_failover, value.get("failover") or [], "failover")


def _warm(value: Mapping[str, Any]) -> None:
    if value.get("aggression") == 0:
        raise Wrong("must be greater than 0", "aggression")


_BALANCER = obj({
    "simple": one_of("UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"), "consistentHash": _HASH,
    "localityLbSetting": obj({
        "distribute": items(obj({"from": TEXT, "to": table(UNSIGNED_NUMBER)})), "enabled": or_null(boolean), "failover": _FAILOVER,
        "failoverPriority": TEXTS}, rules=(_locality,)),
    "zoneAwareLbSetting": obj({"enabled": or_null(boolean), "failover": _FAILOVER, "failoverPriority": TEXTS,
                               "minClusterSize": or_null(integer(1, UNSIGNED))}, rules=(_zone_aware,)),
    "warmup": obj({"duration": _DURATION, "minimumPercent": or_null(number(0, 100)), "aggression": or_null(number(0))}, ("duration",),
                  (_warm,)),
    "warmupDurationSecs": string(rules=(_millisecond,))},
    rules=(at_most_one("simple", "consistentHash"), at_most_one("localityLbSetting", "zoneAwareLbSetting")))


def _local_failures(value: Mapping[str, Any]) -> None:
    if value.get("consecutiveLocalOriginFailures") and not value.get("splitExternalLocalOriginErrors"):
        raise Wrong("needs `splitExternalLocalOriginErrors`", "consecutiveLocalOriginFailures")


_OUTLIERS = obj({
    "baseEjectionTime": _DURATION, "interval": _DURATION, "consecutive5xxErrors": _MAYBE_UNSIGNED, "consecutiveErrors": integer(),
    "consecutiveGatewayErrors": _MAYBE_UNSIGNED, "consecutiveLocalOriginFailures": _MAYBE_UNSIGNED, "maxEjectionPercent": integer(0, 100),
    "minHealthPercent": integer(0, 100), "outlierDetectionHttpErrorCodes": items(integer(100, 599)),
    "splitExternalLocalOriginErrors": boolean}, rules=(_local_failures,))


def _client_tls(value: Mapping[str, Any]) -> None:
    mode, credential = value.get("mode", "DISABLE"), value.get("credentialName")
    if value.get("insecureSkipVerify") and mode in ("SIMPLE", "MUTUAL"):
        for field in ("caCertificates", "subjectAltNames", *(("credentialName",) if mode == "SIMPLE" else ())):
            if value.get(field):
                raise Wrong("must not be set together with `insecureSkipVerify`", field)
    if credential and mode in ("SIMPLE", "MUTUAL"):
        for field in ("clientCertificate", "caCertificates", "privateKey", "caCrl"):
            if value.get(field):
                raise Wrong("must not be set together with `credentialName`", field)
    elif mode == "MUTUAL":
        for field in ("clientCertificate", "privateKey"):
            if not value.get(field):
                raise Wrong("is required for the mode MUTUAL", field)


_TLS = obj({"mode": one_of("DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"), "caCertificates": TEXT, "caCrl": TEXT, "clientCertificate": TEXT,
            "credentialName": TEXT, "insecureSkipVerify": or_null(boolean), "privateKey": TEXT, "sni": TEXT, "subjectAltNames": TEXTS},
           rules=(_client_tls,))


def _target(value: str) -> None:
    if not is_fqdn(value) and not is_address(value):
        raise Wrong(f"is {short(value)}, which is no DNS name and no address")


def _tunnel_protocol(value: str) -> None:
    if value not in ("", "CONNECT", "POST"):
        raise Wrong(f"is {short(value)}, which is none of CONNECT, POST")


def _some_port_policy(value: Mapping[str, Any]) -> None:
    if not value.keys() - {"port"}:
        raise Wrong("needs something besides `port`")


_LEVEL: dict[str, Check] = {"connectionPool": POOL, "loadBalancer": _BALANCER, "outlierDetection": _OUTLIERS, "tls": _TLS}


def _policy(value: Mapping[str, Any]) -> None:
    if not any(value[field] for field in value if field == "portLevelSettings") and not value.keys() - {"portLevelSettings"}:
        raise Wrong("must not be empty")
    if "tunnel" in value and "proxyProtocol" in value:
        raise Wrong("must not be set together with `proxyProtocol`", "tunnel")


_POLICY = obj({
    **_LEVEL,
    "portLevelSettings": items(obj({**_LEVEL, "port": obj({"number": UNSIGNED_NUMBER})}, ("port",), (_some_port_policy,)), most=4096),
    "proxyProtocol": obj({"version": one_of("V1", "V2")}),
    "retryBudget": obj({"budgetInterval": _ANY_DURATION, "minRetryConcurrency": UNSIGNED_NUMBER, "percent": or_null(number(0, 100))}),
    "tunnel": obj({"protocol": string(rules=(_tunnel_protocol,)), "targetHost": string(rules=(_target,)),
                   "targetPort": integer(1, 65535)}, ("targetHost", "targetPort"))}, rules=(_policy,))
SPEC = obj({
    "exportTo": TEXTS, "host": string(rules=(domain,)), "trafficPolicy": _POLICY, "workloadSelector": SELECTOR,
    "subsets": items(obj({"name": string(rules=(subset_name,)), "labels": table(TEXT, rules=(pod_labels,)), "trafficPolicy": _POLICY},
                         ("name",)), unique="name")}, ("host",))


def whole(found: Object, spec: Mapping[str, Any]) -> None:
    """What also depends on the namespace."""
    export_to(found.namespace, spec.get("exportTo") or [], selecting="workloadSelector" in spec)
    _credentials(found, spec.get("trafficPolicy", {}), "trafficPolicy")
    for index, subset in enumerate(spec.get("subsets") or ()):
        _credentials(found, subset.get("trafficPolicy", {}), "subsets", index, "trafficPolicy")


def _credentials(found: Object, policy: Mapping[str, Any], *place: str | int) -> None:
    listed = policy.get("portLevelSettings") or []
    for level, where in ((policy, place), *((each, (*place, "portLevelSettings", index)) for index, each in enumerate(listed))):
        name = level.get("tls", {}).get("credentialName", "")
        if name.startswith("configmap://"):
            namespace, slash, rest = name[len("configmap://"):].partition("/")
            if not slash or not rest.partition("/")[0] or namespace != found.namespace:
                raise Wrong(f"is {short(name)}, which is no ConfigMap of the own namespace", *where, "tls", "credentialName")
