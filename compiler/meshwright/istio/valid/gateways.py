"""Gateway, GatewayClass, ListenerSet, ReferenceGrant (gateway.networking.k8s.io), release 1.6.

Both channels at once: a field of the experimental channel alone is taken, and so is what only that channel asks of a value;
``experimental`` names the fields, because a cluster with the standard channel refuses them.
"""

from collections.abc import Mapping
from typing import Any

from meshwright.istio.valid.schema import Wrong, items, obj, one_of, or_null, short, string, table
from meshwright.istio.valid.shared import GROUP_NAME, HOST, KIND_NAME, NAME, NAMESPACE_NAME, PORT, SECTION_NAME, TEXT, TEXTS
from meshwright.istio.valid.words import HOSTNAME as _HOSTNAME
from meshwright.istio.valid.words import QUALIFIED, is_address

_WORD = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
_PATHED = rf"{_WORD}/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+\Z"
OBJECT = obj({"group": GROUP_NAME, "kind": KIND_NAME, "name": NAME}, ("group", "kind", "name"))
_OBJECT_AWAY = obj({"group": GROUP_NAME, "kind": KIND_NAME, "name": NAME, "namespace": NAMESPACE_NAME}, ("group", "kind", "name"))
_SECRET = obj({"group": or_null(GROUP_NAME), "kind": or_null(KIND_NAME), "name": NAME, "namespace": NAMESPACE_NAME}, ("name",))
LABEL_SELECTOR = obj({"matchLabels": table(TEXT), "matchExpressions": items(
    obj({"key": TEXT, "operator": TEXT, "values": TEXTS}, ("key", "operator")))})
OPTIONS = table(string(0, 4096), most=16)


def _namespaces(*allowed: str) -> Any:
    return or_null(obj({"from": or_null(one_of(*allowed)), "selector": LABEL_SELECTOR}))


def _certificates(value: Mapping[str, Any]) -> None:
    if (value.get("mode") or "Terminate") == "Terminate" and not value.get("certificateRefs") and not value.get("options"):
        raise Wrong("must not be empty for the mode Terminate, unless there are `options`", "certificateRefs")


_LISTENER = obj({
    "name": SECTION_NAME, "hostname": HOST, "port": PORT,
    "protocol": string(1, 255, rf"^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?\Z|{_WORD}/[A-Za-z0-9]+\Z", "name of a protocol"),
    "tls": obj({"mode": or_null(one_of("Terminate", "Passthrough")), "certificateRefs": items(_SECRET, most=64), "options": OPTIONS},
               rules=(_certificates,)),
    "allowedRoutes": or_null(obj({"kinds": items(obj({"group": or_null(GROUP_NAME), "kind": KIND_NAME}, ("kind",)), most=8),
                                  "namespaces": _namespaces("All", "Selector", "Same")})),
}, ("name", "port", "protocol"))


def _listeners(value: list[Mapping[str, Any]]) -> None:
    seen: set[tuple[object, ...]] = set()
    for index, listener in enumerate(value):
        protocol, tls = listener["protocol"], listener.get("tls")
        if protocol in ("HTTP", "TCP", "UDP") and tls is not None:
            raise Wrong(f"must not be set for the protocol {protocol}", index, "tls")
        if protocol == "HTTPS" and tls is not None and (tls.get("mode") or "Terminate") != "Terminate":
            raise Wrong("must be Terminate for the protocol HTTPS", index, "tls", "mode")
        if protocol == "TLS" and tls is None:
            raise Wrong("is required for the protocol TLS", index, "tls")
        if protocol in ("TCP", "UDP") and "hostname" in listener:
            raise Wrong(f"must not be set for the protocol {protocol}", index, "hostname")
        key = (listener["port"], protocol, listener.get("hostname"))
        if key in seen:
            raise Wrong("has the port, protocol and hostname of another listener", index)
        seen.add(key)


_LISTENERS = items(_LISTENER, 1, 64, (_listeners,), "name")


def _address(value: Mapping[str, Any]) -> None:
    kind, given = value.get("type") or "IPAddress", value.get("value")
    if given is None:
        return
    if kind == "IPAddress" and (not is_address(given) or "%" in given):
        raise Wrong(f"is {short(given)}, which is no IP address", "value")
    if kind == "Hostname":
        string(pattern=_HOSTNAME, called="DNS name in lower case")(given)


def _addresses(value: list[Mapping[str, Any]]) -> None:
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(value):
        kind = item.get("type") or "IPAddress"
        key = (kind, item.get("value", ""))
        if kind in ("IPAddress", "Hostname") and "value" in item:
            if key in seen:
                raise Wrong(f"is there twice: {short(key[1])}", index)
            seen.add(key)


def _keys(value: Mapping[str, str]) -> None:
    for key in value:
        if QUALIFIED(key) is None or len(key.partition("/")[0]) >= 253:
            raise Wrong("is no name, and no domain, slash and name", key)


_VALIDATION = obj({"caCertificateRefs": items(_OBJECT_AWAY, 1, 16), "mode": or_null(one_of("AllowValidOnly", "AllowInsecureFallback"))},
                  ("caCertificateRefs",))
_CLIENT_TLS = obj({"validation": _VALIDATION})
_TLS = obj({"backend": obj({"clientCertificateRef": _SECRET}), "frontend": obj({
    "default": _CLIENT_TLS, "perPort": items(obj({"port": PORT, "tls": _CLIENT_TLS}, ("port", "tls")), most=64, unique="port")},
    ("default",))})
_LABEL_VALUE = string(0, 63, r"^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\Z", "value of a label")
GATEWAY = obj({
    "gatewayClassName": NAME, "listeners": _LISTENERS,
    "addresses": items(obj({
        "type": or_null(string(1, 253, rf"^Hostname|IPAddress|NamedAddress|{_PATHED}", "type of an address")),
        "value": string(0, 253)}, rules=(_address,)), most=16, rules=(_addresses,)),
    "allowedListeners": obj({"namespaces": _namespaces("All", "Selector", "Same", "None")}),
    "infrastructure": obj({"annotations": table(string(0, 4096), most=16, rules=(_keys,)),
                           "labels": table(_LABEL_VALUE, most=8, rules=(_keys,)), "parametersRef": OBJECT}),
    "tls": _TLS, "defaultScope": one_of("All", "None"),
}, ("gatewayClassName", "listeners"))

GATEWAY_CLASS = obj({"controllerName": string(1, 253, "^" + _PATHED, "domain, slash and path"), "description": string(0, 64),
                     "parametersRef": _OBJECT_AWAY}, ("controllerName",))

LISTENER_SET = obj({"listeners": _LISTENERS, "parentRef": obj(
    {"group": or_null(GROUP_NAME), "kind": or_null(KIND_NAME), "name": NAME, "namespace": NAMESPACE_NAME}, ("name",))},
    ("listeners", "parentRef"))

GRANT = obj({
    "from": items(obj({"group": GROUP_NAME, "kind": KIND_NAME, "namespace": NAMESPACE_NAME}, ("group", "kind", "namespace")), 1, 16),
    "to": items(obj({"group": GROUP_NAME, "kind": KIND_NAME, "name": NAME}, ("group", "kind")), 1, 16)}, ("from", "to"))


def references(value: list[Mapping[str, Any]]) -> None:
    """References to one parent or target: all name a section or none does, the same with ports, and no two are equal."""
    known: dict[tuple[object, ...], set[tuple[object, object]]] = {}
    for index, item in enumerate(value):
        found = known.setdefault((item.get("group"), item.get("kind"), item["name"], item.get("namespace")), set())
        which = (item.get("sectionName"), item.get("port"))
        if which in found:
            raise Wrong("is there twice", index)
        if any((one is None) != (other is None) for each in found for one, other in zip(which, each, strict=True)):
            raise Wrong("needs a `sectionName` or `port`, and so does the other reference to the same object", index)
        found.add(which)


_SUBJECT = obj({"type": one_of("Hostname", "URI"), "hostname": HOST,
                "uri": string(1, 253, r"^(?:[^:/?#]+:)(?://[^/?#]*)[^?#]*(?:\?[^#]*)?(?:#.*)?", "URI")}, ("type",), (
    lambda value: _subject(value),))


def _subject(value: Mapping[str, Any]) -> None:
    wanted, other = ("hostname", "uri") if value["type"] == "Hostname" else ("uri", "hostname")
    if wanted not in value:
        raise Wrong(f"is required for the type {value['type']}", wanted)
    if other in value:
        raise Wrong(f"must not be set for the type {value['type']}", other)


def _authorities(value: Mapping[str, Any]) -> None:
    if bool(value.get("caCertificateRefs")) == ("wellKnownCACertificates" in value):
        raise Wrong("needs either `caCertificateRefs` or `wellKnownCACertificates`")


BACKEND_TLS = obj({
    "options": OPTIONS,
    "targetRefs": items(obj({"group": GROUP_NAME, "kind": KIND_NAME, "name": NAME, "sectionName": SECTION_NAME},
                            ("group", "kind", "name")), 1, 16, (references,)),
    "validation": obj({
        "caCertificateRefs": items(OBJECT, most=8),
        "hostname": string(1, 253, rf"^{_WORD}\Z", "DNS name in lower case without wildcard"),
        "subjectAltNames": items(_SUBJECT, most=5),
        "wellKnownCACertificates": string(1, 253, rf"^(?:System|{_WORD}/(?:[A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9])\Z",
                                          "`System` and no name with a domain")}, ("hostname",), (_authorities,))},
    ("targetRefs", "validation"))
