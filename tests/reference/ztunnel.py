"""ztunnel's decision about one connection, from what istiod sends it (istio-semantics 2.2): short, slow, one connection at a time.

It reads the wire form (``istio.security.Authorization`` and ``istio.workload.Address`` as JSON), not the policies of users, and shares
nothing with ``meshwright.istio``: together with real istiod it says what the model's own conversion has to come to.
"""

import base64
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

Json = dict[str, Any]


class Call(NamedTuple):
    peer: str | None
    source_ip: str
    destination_ip: str
    port: int


class Ztunnel:
    """The ztunnel of every workload of a mesh."""

    def __init__(self, authorizations: list[Json], addresses: list[Json]) -> None:
        self._policies = {f"{one['namespace']}/{one['name']}": one for one in authorizations}
        self._addresses = {f"{one['workload']['namespace']}/{one['workload']['name']}": str(ip_address(base64.b64decode(one["workload"]["addresses"][0])))
                           for one in addresses if "workload" in one and one["workload"].get("addresses")}
        self._lists = {f"{one['workload']['namespace']}/{one['workload']['name']}": one["workload"].get("authorization_policies", [])
                       for one in addresses if "workload" in one}

    def decide(self, pod: str, peer: str | None, source_ip: str, port: int) -> str:
        """``allow``, ``none`` (ALLOW policies exist, none matched) or ``deny:namespace/policy`` (the first by name)."""
        call = Call(peer, source_ip, self._addresses[pod], port)
        namespace = pod.partition("/")[0]
        listed = set(self._lists[pod])
        # A key that names nothing is passed over; scope GLOBAL is not written out.
        applied = [(key, one) for key, one in sorted(self._policies.items()) if not one.get("dry_run") and (
            one.get("scope", "GLOBAL") == "GLOBAL" or (one["scope"] == "NAMESPACE" and one["namespace"] == namespace)
            or (one["scope"] == "WORKLOAD_SELECTOR" and key in listed))]
        for key, one in applied:
            if one.get("action") == "DENY" and _matches(one, call):
                return f"deny:{key}"
        allows = [one for _, one in applied if one.get("action", "ALLOW") == "ALLOW"]
        if not allows or any(_matches(one, call) for one in allows):
            return "allow"
        return "none"


def _matches(policy: Json, call: Call) -> bool:
    """Groups OR, their rules AND, the matches of a rule OR; a rule without matches holds, a match without fields does not."""
    return any(all(not rule.get("matches") or any(_match(one, call) for one in rule["matches"]) for rule in group.get("rules", ()))
               for group in policy.get("groups", ()))


def _match(match: Json, call: Call) -> bool:
    identity = (call.peer or "").removeprefix("spiffe://")
    parts = identity.split("/")
    namespace, account = (parts[2], parts[4]) if len(parts) == 5 else ("", "")
    fields = {
        "principals": lambda one: bool(identity) and _text(one, identity),
        "namespaces": lambda one: _text(one, namespace),
        "service_accounts": lambda one: bool(identity) and (one["namespace"], one["serviceAccount"]) == (namespace, account),
        "source_ips": lambda one: _inside(one, call.source_ip),
        "destination_ips": lambda one: _inside(one, call.destination_ip),
        "destination_ports": lambda one: one == call.port,
    }
    looked = False
    for name, holds in fields.items():
        for negated in (False, True):
            values = match.get(("not_" if negated else "") + name)
            if values:
                looked = True
                if any(holds(one) for one in values) == negated:
                    return False
    unread = set(match) - set(fields) - {"not_" + name for name in fields}
    if unread:
        raise ValueError(f"fields that nobody reads: {sorted(unread)}")
    return looked


def _text(pattern: Json, value: str) -> bool:
    ((kind, text),) = pattern.items()
    if kind == "exact":
        return bool(value == text)
    if kind == "prefix":
        return value.startswith(text)
    if kind == "suffix":
        return value.endswith(text)
    return value != ""


def _inside(block: Json, address: str) -> bool:
    network = ip_network((base64.b64decode(block["address"]), block.get("length", 0)), strict=False)
    return ip_address(address) in network
