"""Does one rule of an AuthorizationPolicy meet one request, at each of the three engines; and what a token counts for.

Identities are compared as istiod writes it for Envoy: by regular expressions over the whole SPIFFE name.
"""

import re
from typing import Any, NamedTuple

from tests.reference.matching import address, path_of_istio, string_of_istio

Document = dict[str, Any]
NOBODY_KNOWS = "192.0.0.8"  # an address that the question does not tell


class Call(NamedTuple):
    """One request as one proxy sees it: ``principal`` of whoever opened the connection, ``port`` as that proxy counts it.

    ``attributes`` are named as in access/expr.py.
    """

    principal: str
    source_ip: str
    port: int
    method: str
    path: str
    host: str
    attributes: tuple[tuple[str, Any], ...] = ()

    def get(self, name: str, absent: Any = None) -> Any:
        return dict(self.attributes).get(name, absent)


HTTP_ONLY = {"hosts", "methods", "paths", "requestPrincipals"}
NOT_AT_ZTUNNEL = HTTP_ONLY | {"remoteIpBlocks"}
L4_KEYS = {"source.ip": "ipBlocks", "source.namespace": "namespaces", "source.principal": "principals", "destination.ip": "destination.ip",
           "destination.port": "ports"}
KEYS = {**L4_KEYS, "remote.ip": "remoteIpBlocks", "source.serviceAccount": "serviceAccounts", "source.trustDomain": "trustDomains",
        "request.auth.principal": "requestPrincipals"}


def positive(field: str) -> str:
    return field[3].lower() + field[4:] if re.match("not[A-Z]", field) else field


def meets(rule: Document, policy: Document, call: Call, engine: str, domains: tuple[str, ...] = ("cluster.local",)) -> bool:
    """``engine`` is "ztunnel", "http" or "tcp"; ``domains``: the mesh's trust domain and its aliases."""
    deny = (policy.get("spec") or {}).get("action", "ALLOW") != "ALLOW"
    clauses = [[dict(one["source"]) for one in rule.get("from") or ()], [dict(one["operation"]) for one in rule.get("to") or ()]]
    conditions = list(rule.get("when") or ())
    http = {"ztunnel": NOT_AT_ZTUNNEL, "tcp": HTTP_ONLY, "http": set()}[engine]
    used = {positive(field) for clause in clauses for fields in clause for field in fields} & http
    foreign = [one for one in conditions if (engine == "tcp" and one["key"].startswith("request.")) or (engine == "ztunnel" and one["key"] not in L4_KEYS)]
    if used or foreign:
        if not deny:
            return False
        if foreign and engine == "ztunnel":
            return False  # it stays, as a condition that nothing meets
        conditions = [one for one in conditions if one not in foreign]
    space = policy["metadata"]["namespace"]
    for clause in clauses:
        if engine == "ztunnel":
            clause = [{key: values for key, values in fields.items() if positive(key) not in {*http, "trustDomains"}} for fields in clause]
            held = [fields and all(one_field(key, values, call, space, engine, domains) for key, values in fields.items()) for fields in clause]
        else:
            held = [all(one_field(key, values, call, space, engine, domains) for key, values in fields.items() if positive(key) not in http) for fields in clause]
        if clause and not any(held):
            return False
    for one in conditions:
        field = KEYS.get(one["key"], one["key"])
        if one.get("values") and not any(value_meets(field, value, call, space, engine, domains) for value in one["values"]):
            return False
        if any(value_meets(field, value, call, space, engine, domains) for value in one.get("notValues") or ()):
            return False
    return True


def one_field(field: str, values: list[str], call: Call, space: str, engine: str, domains: tuple[str, ...]) -> bool:
    found = any(value_meets(positive(field), value, call, space, engine, domains) for value in values)
    return found == (positive(field) == field)


def value_meets(field: str, value: str, call: Call, space: str, engine: str, domains: tuple[str, ...]) -> bool:
    name = f"spiffe://{call.principal}" if call.principal else ""
    parts = call.principal.split("/")  # td/ns/N/sa/A
    if field == "serviceAccounts":
        where, _, account = (("/" in value and value) or f"{space}/{value}").partition("/")
        return call.principal != "" and (parts[2], parts[4]) == (where, account)
    if field == "ports":
        return int(value) == call.port
    if field == "ipBlocks" or (field == "remoteIpBlocks" and engine == "tcp"):
        return address(value, call.source_ip)
    if field == "remoteIpBlocks":
        return address(value, call.get("remote_ip", NOBODY_KNOWS))
    if field == "destination.ip":
        return address(value, call.get("destination_ip", NOBODY_KNOWS))
    if field == "namespaces" and engine == "ztunnel":
        return call.principal != "" and string_of_istio(value, parts[2])
    if field == "namespaces":
        return re.fullmatch(".*/ns/" + ".*".join(map(re.escape, value.split("*"))) + "/.*", name) is not None
    if field == "principals":
        if engine == "ztunnel":
            return call.principal != "" and string_of_istio(value, call.principal)
        return any(_principal(one, name) for one in _aliases(value, domains))
    if field == "trustDomains":
        wanted = domains if value in domains else (value,)
        return name != "" and any(re.fullmatch("[^/]*".join(map(re.escape, one.split("*"))), parts[0]) is not None for one in wanted)
    if field == "methods":
        return string_of_istio(value, call.method)
    if field == "paths":
        return path_of_istio(value, call.path)
    if field == "hosts":
        return string_of_istio(value.lower(), call.host.lower())
    return _attribute(field, value, call)


def _principal(value: str, name: str) -> bool:
    if value == "*":
        return name != ""
    if value.startswith("*"):
        return re.fullmatch("spiffe://.*" + re.escape(value[1:]), name) is not None
    return name.startswith("spiffe://" + value[:-1]) if value.endswith("*") else name == "spiffe://" + value


def _aliases(value: str, domains: tuple[str, ...]) -> list[str]:
    """The mesh's trust domain, one of its aliases and cluster.local stand for all of them; a star at an end may be one of them."""
    parts = value.split("/")
    if len(parts) != 5 or parts[0] == "*":
        return [value]
    mine = [one for one in domains if string_of_istio(parts[0], one)]
    if not mine and parts[0] != "cluster.local":
        return [value]
    found = []
    for one in domains:
        kept = parts[0].startswith("*") and one.endswith(parts[0][1:])
        found.append(value if kept else "/".join([one, *parts[1:]]))
    return found


def _attribute(key: str, value: str, call: Call) -> bool:
    if key == "requestPrincipals":
        return _request_principal(value, call.get("claim:iss"), call.get("claim:sub"))
    if key == "connection.sni":
        return string_of_istio(value, call.get("sni", ""))
    if key.startswith("request.headers["):
        header = key[16:-1].lower()
        found = {"host": call.host, ":authority": call.host, ":method": call.method}.get(header, call.get(f"header:{header}"))
        return found is not None and (value == "*" or string_of_istio(value, found))
    if key.startswith("experimental."):
        listed = value.startswith("[") and value.endswith("]")
        found = call.get("metadata:" + key.removeprefix("experimental.") + ("[]" if listed else ""))
        return any(string_of_istio(value.strip("[]"), one) for one in found or ()) if listed else found is not None and string_of_istio(value, found)
    path = {"request.auth.audiences": "aud", "request.auth.presenter": "azp"}.get(key) or key[len("request.auth.claims["):-1].replace("][", "/")
    found = call.get(f"claim:{path}")
    texts = [found] if isinstance(found, str) else found or ()
    return any(string_of_istio(value, one) for one in texts)


def _request_principal(value: str, issuer: str | None, subject: str | None) -> bool:
    if issuer is None or subject is None:
        return False
    if value == "*":
        return issuer != "" and subject != ""
    first, slash, last = value.rpartition("/")
    if not slash:
        if value.startswith("*"):
            return issuer != "" and subject.endswith(value[1:])
        return issuer.startswith(value[:-1]) and subject != "" if value.endswith("*") else (issuer, subject) == (value, "")
    if value.startswith("*"):  # then a star at the other end is none
        return (issuer != "" if first == "*" else issuer.endswith(first[1:])) and subject == last
    return issuer == first and (subject == last if not last.endswith("*") else string_of_istio(last, subject))


def token_refused(requests: list[Document], call: Call) -> bool:
    """Whether the RequestAuthentications of a proxy refuse a token that is validly signed; without a token they refuse nothing."""
    rules = [rule for one in requests for rule in (one.get("spec") or {}).get("jwtRules") or ()]
    issuer = call.get("claim:iss")
    if not rules:
        return False
    if issuer is None:
        return any(name.startswith("claim:") and value for name, value in call.attributes)  # there is no such token
    for rule in rules:
        wanted = [_bare(one) for one in rule.get("audiences") or ()]
        if rule["issuer"] == issuer and (not wanted or any(_bare(one) in wanted for one in call.get("claim:aud", ()))):
            return False
    return True


def _bare(audience: str) -> str:
    return re.sub("/$", "", re.sub("^https?://", "", audience))


def unread(call: Call) -> Call:
    """The request at a proxy that reads no tokens."""
    return call._replace(attributes=tuple(pair for pair in call.attributes if not pair[0].startswith("claim:")))
