"""AuthorizationPolicy, PeerAuthentication, RequestAuthentication (security.istio.io).

Facts: istio-semantics 1.2, 1.4, 4.1, 4.2, 6.2, 6.3, 12 and the running API server and webhook.
"""

from collections.abc import Mapping
from typing import Any

from meshwright.ir.inventory import Object
from meshwright.istio.plain import metadata_text
from meshwright.istio.valid.metadata import DRY_RUN
from meshwright.istio.valid.patterns import whole
from meshwright.istio.valid.schema import Check, Wrong, boolean, items, obj, one_of, placed, short, string, table
from meshwright.istio.valid.shared import SELECTOR, TARGET, TARGETS, TEXT, attachment
from meshwright.istio.valid.words import address_or_block, all_of, duration, port_text, scheme_of

_FILLED = items(string(1))


def account(value: str) -> None:
    namespace, slash, name = value.partition("/")
    if not value or "*" in value or "/" in name or (slash and not (namespace and name)) or len(value.encode()) > 320:
        raise Wrong(f"is {short(value)}, which is no `account` and no `namespace/account`")


def _accounts(values: list[str]) -> None:
    for index, value in enumerate(values):
        placed(account, value, index)


def _wildcards(values: list[str]) -> None:
    all_of(values)
    for index, value in enumerate(values):
        if value.count("*") > 1 or "*" in value[1:-1]:
            raise Wrong(f"is {short(value)}: only one wildcard, first or last", index)


def _domains(values: list[str]) -> None:
    _wildcards(values)
    for index, value in enumerate(values):
        if "/" in value:
            raise Wrong(f"is {short(value)}, which is no trust domain", index)


_LITERAL = whole(r"[a-zA-Z0-9\-._~%!$&'()+,;:@=]+")


def path(value: str) -> None:
    """Braces only as segments `{*}` and `{**}`, nothing but literals behind `{**}`; beside them, segments are plain text."""
    template = "{*}" in value or "{**}" in value
    rest = False
    for segment in value.strip("/").split("/"):
        if segment in ("{*}", "{**}"):
            if rest:
                raise Wrong(f"is {short(value)}, where `{{**}}` is not the last operator")
            rest = segment == "{**}"
        elif "{" in segment or "}" in segment:
            raise Wrong(f"is {short(value)}, with braces that are no path template")
        elif template and _LITERAL(segment) is None:
            raise Wrong(f"is {short(value)}, a path template with {short(segment)} as a segment")


_ACCOUNTS = items(string(0, 320, rules=(account,)), most=16)
_BLOCKS = items(string(1, rules=(address_or_block,)))
_PORTS = items(string(1, rules=(port_text,)))
_PATHS = items(string(1, rules=(path,)))
_TRUST = items(TEXT, rules=(_domains,))


def both(check: Check, *names: str) -> dict[str, Check]:
    """The check for each of these fields and for the one that negates it."""
    return {each: check for name in names for each in (name, "not" + name[0].upper() + name[1:])}


def _source(value: Mapping[str, Any]) -> None:
    accounts = next((name for name in ("serviceAccounts", "notServiceAccounts") if name in value), None)
    other = next((name for name in ("principals", "notPrincipals", "namespaces", "notNamespaces") if name in value), None)
    if accounts and other:
        raise Wrong(f"must not be set together with `{other}`", accounts)
    _not_empty(value)


def _not_empty(value: Mapping[str, Any]) -> None:
    if not any(value.values()):
        raise Wrong("must not be empty: leave it out to mean any")


SOURCE = obj({**both(_FILLED, "principals", "requestPrincipals", "namespaces"), **both(_ACCOUNTS, "serviceAccounts"),
              **both(_TRUST, "trustDomains"), **both(_BLOCKS, "ipBlocks", "remoteIpBlocks")}, rules=(_source,))
OPERATION = obj({**both(_FILLED, "hosts", "methods"), **both(_PORTS, "ports"), **both(_PATHS, "paths")}, rules=(_not_empty,))
_ADDRESS_KEYS = frozenset(("source.ip", "remote.ip", "destination.ip"))
_PLAIN_KEYS = frozenset(("source.namespace", "source.principal", "request.auth.principal", "request.auth.audiences",
                         "request.auth.presenter", "connection.sni"))
_KEYED = ("request.headers", "request.auth.claims", "experimental.envoy.filters.")


def _condition(value: Mapping[str, Any]) -> None:
    key = value["key"]
    if not value.get("values") and not value.get("notValues"):
        raise Wrong("needs `values` or `notValues`")
    if key.startswith(_KEYED):
        first = key.find("[")
        if not key.endswith("]") or not 0 < first < len(key) - 2:
            raise Wrong(f"is {short(key)}, which names nothing in brackets", "key")
    elif key not in _PLAIN_KEYS and key not in _ADDRESS_KEYS and key not in _CHECKS:
        raise Wrong(f"is {short(key)}, which is no attribute of Istio's authorization", "key")
    for field in ("values", "notValues"):
        try:
            _values(key, value.get(field) or [])
        except Wrong as wrong:
            wrong.under(field)
            raise


def _values(key: str, values: list[str]) -> None:
    all_of(values)
    for index, value in enumerate(values if key in _ADDRESS_KEYS or key == "destination.port" else ()):
        placed((port_text if key == "destination.port" else address_or_block), value, index)
    if key == "source.serviceAccount":
        if len(values) > 16:
            raise Wrong(f"must have at most 16 items, not {len(values)}")
        _accounts(values)
    elif key == "source.trustDomain":
        _wildcards(values)


_CHECKS = frozenset(("destination.port", "source.serviceAccount", "source.trustDomain"))
_TEXTS = items(TEXT)
_RULE = obj({"from": items(obj({"source": SOURCE}, ("source",)), most=512),
             "to": items(obj({"operation": OPERATION}, ("operation",))),
             "when": items(obj({"key": string(1), "values": _TEXTS, "notValues": _TEXTS}, ("key",), (_condition,)))})
_IDENTITY_KEYS = frozenset(("source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal"))
_IDENTITIES = frozenset(both(_FILLED, "principals", "requestPrincipals", "namespaces", "serviceAccounts", "trustDomains"))


def _action(value: Mapping[str, Any]) -> None:
    action = value.get("action", "ALLOW")
    if action != "CUSTOM" and "provider" in value:
        raise Wrong(f"must not be set with the action {action}", "provider")
    if action in ("DENY", "CUSTOM") and not value.get("rules"):
        raise Wrong(f"must not be empty with the action {action}, which would never come to it", "rules")
    if action != "CUSTOM":
        return
    if not value.get("provider", {}).get("name"):
        raise Wrong("is required with the action CUSTOM", "provider", "name")
    for index, rule in enumerate(value["rules"]):
        for number, item in enumerate(rule.get("from", ())):
            for field, written in item["source"].items():
                if field in _IDENTITIES and written:
                    raise Wrong("does not go with the action CUSTOM, which is asked before anybody is known",
                                "rules", index, "from", number, "source", field)
        for number, condition in enumerate(rule.get("when", ())):
            if condition["key"] in _IDENTITY_KEYS or condition["key"].startswith("request.auth."):
                raise Wrong(f"is {short(condition['key'])}, which does not go with the action CUSTOM",
                            "rules", index, "when", number, "key")


POLICY = obj({"action": one_of("ALLOW", "DENY", "AUDIT", "CUSTOM"), "provider": obj({"name": TEXT}),
              "rules": items(_RULE, most=512), "selector": SELECTOR, "targetRef": TARGET, "targetRefs": TARGETS},
             rules=(attachment, _action))

_MTLS = obj({"mode": one_of("UNSET", "DISABLE", "PERMISSIVE", "STRICT")})


def _ports(value: Mapping[str, Any]) -> None:
    if "portLevelMtls" not in value:
        return
    if not value.get("selector", {}).get("matchLabels"):
        raise Wrong("needs a `selector` with labels", "portLevelMtls")
    for key in value["portLevelMtls"]:
        if not (key.isascii() and key.isdecimal() and key[0] != "0" and int(key[:6]) <= 65535):
            raise Wrong("is no port number from 1 to 65535", "portLevelMtls", key)


def _port_table(value: Any) -> None:
    if type(value) is dict and all(type(key) in (str, int) for key in value):  # JSON has numbers as keys in quotes, YAML has not
        value = {str(key): content for key, content in value.items()}
    _PORT_TABLE(value)


_PORT_TABLE = table(_MTLS, least=1)
PEERS = obj({"selector": SELECTOR, "mtls": _MTLS, "portLevelMtls": _PORT_TABLE}, rules=(_ports,))


def _url(value: str) -> None:
    if scheme_of(value) not in ("http", "https"):
        raise Wrong(f"is {short(value)}, which is no URL with http or https")


def _keys(value: str) -> None:
    from meshwright.istio.valid.jwks import keys  # only a RequestAuthentication with keys in it pays for the import

    keys(value)


def _token(value: Mapping[str, Any]) -> None:
    given = [name for name in ("jwksUri", "jwks_uri", "jwks") if name in value]
    if len(given) > 1:
        raise Wrong(f"must not be set together with `{given[0]}`", given[1])
    if "issuer" not in value and "jwksUri" not in value and "jwks_uri" not in value:
        raise Wrong("needs an `issuer` or a `jwksUri`")


_URL = string(1, 2048, rules=(_url,))
_JWT = obj({"issuer": string(1), "audiences": _FILLED, "jwks": string(rules=(_keys,)), "jwksUri": _URL, "jwks_uri": _URL,
            "forwardOriginalToken": boolean, "fromCookies": _FILLED, "fromParams": _FILLED,
            "fromHeaders": items(obj({"name": string(1), "prefix": TEXT}, ("name",))),
            "outputClaimToHeaders": items(obj({"claim": string(1),
                                               "header": string(1, pattern=r"^[-_A-Za-z0-9]+\Z", called="name of a header")},
                                              ("claim", "header"))),
            "outputPayloadToHeader": TEXT, "spaceDelimitedClaims": items(string(1), most=64),
            "timeout": string(rules=(duration,))}, rules=(_token,))
TOKENS = obj({"jwtRules": items(_JWT, most=4096), "selector": SELECTOR, "targetRef": TARGET, "targetRefs": TARGETS},
             rules=(attachment,))

_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


def dry_run(found: Object, spec: Mapping[str, Any]) -> None:
    """The annotation that only this kind may have."""
    written = metadata_text(found.content, "annotations", DRY_RUN)
    if written is None:
        return
    if spec.get("action", "ALLOW") not in ("ALLOW", "DENY"):
        raise Wrong(f"does not go with the action {spec['action']}", "metadata", "annotations", DRY_RUN)
    if written not in _TRUE and written not in _FALSE:
        raise Wrong(f"is {short(written)}, which is neither true nor false", "metadata", "annotations", DRY_RUN)
