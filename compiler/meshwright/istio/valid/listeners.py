"""Gateway and Sidecar of networking.istio.io, and the TLS settings of a server, which both have."""

from collections.abc import Mapping
from typing import Any

from meshwright.ir.inventory import Object
from meshwright.istio.valid.destination_rule import POOL
from meshwright.istio.valid.schema import Wrong, at_most_one, boolean, items, obj, one_of, or_null, placed, short, table
from meshwright.istio.valid.shared import TEXT, TEXTS, UNSIGNED_NUMBER, WORKLOAD_SELECTOR
from meshwright.istio.valid.virtual_service import PORT_SELECTOR
from meshwright.istio.valid.words import HTTP, PROTOCOLS, TLS, is_address, is_domain, is_fqdn, is_label, port_name, unix_socket

_UNIX = "unix://"
_VERSION = one_of("TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3")
_TWO_TEXTS = items(TEXT, 1, 2)


def _server_tls(value: Mapping[str, Any]) -> None:
    mode = value.get("mode", "PASSTHROUGH")
    if mode == "ISTIO_MUTUAL":
        for field in ("serverCertificate", "privateKey", "caCertificates", "tlsCertificates", "credentialName", "credentialNames"):
            if value.get(field):
                raise Wrong("must not be set for the mode ISTIO_MUTUAL, which uses the mesh's own certificates", field)
        return
    sources = [field for field in ("serverCertificate", "credentialName", "credentialNames", "tlsCertificates")
               if value.get(field) and (field != "serverCertificate" or value.get("privateKey"))]
    if len(sources) > 1:
        raise Wrong(f"must not be set together with `{sources[0]}`", sources[1])
    if mode in ("SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"):
        if value.get("credentialName") or value.get("credentialNames"):
            return
        if mode != "SIMPLE" and not value.get("caCertificates"):
            raise Wrong(f"is required for the mode {mode}", "caCertificates")
        listed = value.get("tlsCertificates")
        for index, certificate in enumerate(listed or [value]):
            for field in ("serverCertificate", "privateKey"):
                if not certificate.get(field):
                    raise Wrong(f"is required for the mode {mode}", *(("tlsCertificates", index, field) if listed else (field,)))
    if value.get("caCrl") and (value.get("credentialName") or mode == "SIMPLE"):
        raise Wrong("must not be set with a `credentialName` or the mode SIMPLE", "caCrl")


SERVER_TLS = obj({
    "caCertCredentialName": TEXT, "caCertificates": TEXT, "caCrl": TEXT, "cipherSuites": TEXTS, "credentialName": TEXT,
    "credentialNames": _TWO_TEXTS, "httpsRedirect": boolean, "insecureSkipVerify": or_null(boolean), "maxProtocolVersion": _VERSION,
    "minProtocolVersion": _VERSION, "privateKey": TEXT, "serverCertificate": TEXT, "subjectAltNames": TEXTS,
    "mode": one_of("PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"),
    "tlsCertificates": items(obj({"caCertificates": TEXT, "privateKey": TEXT, "serverCertificate": TEXT}), 1, 2),
    "verifyCertificateHash": TEXTS, "verifyCertificateSpki": TEXTS},
    rules=(at_most_one("tlsCertificates", "credentialNames"), at_most_one("credentialName", "credentialNames"), _server_tls))


def _server(value: Mapping[str, Any]) -> None:
    if not value["hosts"]:
        raise Wrong("must not be empty", "hosts")
    for index, host in enumerate(value["hosts"]):
        namespace, slash, name = host.partition("/")
        fine = _is_server_host(name) and (namespace in ("*", ".") or is_label(namespace)) if slash else _is_server_host(host)
        if not fine:
            raise Wrong(f"is {short(host)}, which is no DNS name with a dot, and no `namespace/` before one", "hosts", index)
    _server_port(value["port"], value.get("bind", ""))
    tls, protocol = value.get("tls"), value["port"]["protocol"].lower()
    if protocol in TLS and tls is None:
        raise Wrong(f"is required for the protocol {value['port']['protocol']}", "tls")
    if tls is not None and protocol not in TLS:
        passed = tls.get("mode", "PASSTHROUGH") in ("PASSTHROUGH", "AUTO_PASSTHROUGH")
        if protocol not in HTTP or not passed or any(tls.get(field) for field in ("caCertificates", "privateKey", "serverCertificate")):
            raise Wrong(f"must not be set for the protocol {value['port']['protocol']}, but for `httpsRedirect` at HTTP", "tls")


def _is_server_host(name: str) -> bool:
    if name != "*" and "." not in name:
        return False
    if "*" in name and len(name) != 1 and not name.startswith("*."):
        return False
    return is_domain(name) or is_address(name)


def _server_port(port: Mapping[str, Any], bind: str) -> None:
    if port["protocol"].lower() not in PROTOCOLS:
        raise Wrong(f"is {short(port['protocol'])}, which is no protocol that Istio knows", "port", "protocol")
    if not bind.startswith(_UNIX) and not 1 <= port["number"] <= 65535:
        raise Wrong(f"is {port['number']}, which is no port number from 1 to 65535", "port", "number")
    if port.get("targetPort"):
        raise Wrong("has no effect here", "port", "targetPort")
    if not port["name"]:
        raise Wrong("must not be empty", "port", "name")
    _bind(bind, port["number"])


def _bind(bind: str, number: int) -> None:
    if bind.startswith(_UNIX):
        placed(unix_socket, bind[len(_UNIX):], "bind")
        if number:
            raise Wrong(f"is {number}, which must be 0 for a socket", "port", "number")
    elif bind and not is_address(bind):
        raise Wrong(f"is {short(bind)}, which is no address", "bind")


def _port_names(value: list[Mapping[str, Any]]) -> None:
    seen = set()
    for index, server in enumerate(value):
        if server["port"]["name"] in seen:
            raise Wrong(f"is {short(server['port']['name'])}, as for another server", index, "port", "name")
        seen.add(server["port"]["name"])


_PORT = {"name": TEXT, "number": UNSIGNED_NUMBER, "protocol": TEXT, "targetPort": UNSIGNED_NUMBER}
GATEWAY = obj({"selector": table(TEXT), "servers": items(obj({
    "bind": TEXT, "defaultEndpoint": TEXT, "hosts": TEXTS, "name": TEXT, "tls": SERVER_TLS,
    "port": obj(_PORT, ("name", "number", "protocol"))},
    ("hosts", "port"), (_server,)), rules=(_port_names,))})


def whole_gateway(found: Object, spec: Mapping[str, Any]) -> None:
    """Its name is a DNS label, and it has a server."""
    if not is_label(found.name):
        raise Wrong("must be a DNS label: letters, digits and dashes", "metadata", "name")
    if not spec.get("servers"):
        raise Wrong("is required", "servers")


_LISTENER_PORT = obj(_PORT)
_CAPTURE = one_of("DEFAULT", "IPTABLES", "NONE")


def _listener_port(port: Mapping[str, Any]) -> None:
    if port.get("targetPort"):
        raise Wrong("has no effect here", "port", "targetPort")
    if port.get("name"):
        placed(port_name, port["name"], "port", "name")
    if port.get("protocol") and port["protocol"].lower() not in PROTOCOLS:
        raise Wrong(f"is {short(port['protocol'])}, which is no protocol that Istio knows", "port", "protocol")
    if port.get("number", 0) > 65535:
        raise Wrong(f"is {port['number']}, which is no port number from 1 to 65535", "port", "number")


def _egress(value: Mapping[str, Any]) -> None:
    port, bind = value.get("port"), value.get("bind", "")
    if port is not None:
        _listener_port(port)
        if not port.get("number"):
            if not bind.startswith(_UNIX):
                raise Wrong("must be a socket `unix://...` when the port has no number", "bind")
            if value.get("captureMode") == "IPTABLES":
                raise Wrong("must not be IPTABLES for a socket", "captureMode")
            _bind(bind, 0)
        elif bind and not is_address(bind):
            raise Wrong(f"is {short(bind)}, which is no address", "bind")
    if not value["hosts"]:
        raise Wrong("must not be empty", "hosts")
    for index, host in enumerate(value["hosts"]):
        namespace, slash, name = host.partition("/")
        plain = namespace.removeprefix("~")
        fine = bool(slash and namespace and name) and (plain in ("", "*", ".") or is_label(plain)) and _is_egress_host(name)
        if not fine:
            raise Wrong(f"is {short(host)}, which is no `namespace/name.with.dots`", "hosts", index)


def _is_egress_host(name: str) -> bool:
    return is_domain(name) and (name == "*" or "." in name) and ("*" not in name or name == "*" or name.startswith("*."))


def _egresses(value: list[Mapping[str, Any]]) -> None:
    seen: set[object] = set()
    for index, listener in enumerate(value):
        port = listener.get("port")
        if port is None:
            if index != len(value) - 1:
                raise Wrong("is required, but for the last listener", index, "port")
            continue
        key: object = port.get("number") or listener.get("bind", "")
        if key in seen:
            raise Wrong(f"listens where another one does: {key}", index)
        seen.add(key)


def _ingress(value: Mapping[str, Any]) -> None:
    port, bind = value["port"], value.get("bind", "")
    _listener_port(port)
    if not port.get("number"):
        raise Wrong("must be a port number from 1 to 65535", "port", "number")
    if bind and not is_address(bind):
        raise Wrong(f"is {short(bind)}, which is no address", "bind")
    if value.get("defaultEndpoint"):
        _default_endpoint(value["defaultEndpoint"])
    tls = value.get("tls")
    if tls is None:
        return
    for field in ("subjectAltNames", "httpsRedirect", "credentialName", "credentialNames", "tlsCertificates"):
        if tls.get(field):
            raise Wrong("is not supported at a sidecar", "tls", field)
    if tls.get("mode") in ("ISTIO_MUTUAL", "AUTO_PASSTHROUGH"):
        raise Wrong(f"must not be {tls['mode']} at a sidecar", "tls", "mode")
    if port.get("protocol", "").lower() not in TLS:
        raise Wrong("must not be set but for the protocols HTTPS and TLS", "tls")


def _default_endpoint(text: str) -> None:
    if text.startswith(_UNIX):
        placed(unix_socket, text[len(_UNIX):], "defaultEndpoint")
        return
    host, colon, number = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else "bad" if ":" in host else host
    digits = number.removeprefix("+")
    if not colon or host not in ("", "127.0.0.1", "0.0.0.0", "::1", "::") or not (digits.isascii() and digits.isdecimal()) or not (
            1 <= int(digits[:12]) <= 65535):
        raise Wrong(f"is {short(text)}, which is no port of 127.0.0.1, 0.0.0.0, [::1] or [::], and no socket", "defaultEndpoint")


def _ingresses(value: list[Mapping[str, Any]]) -> None:
    seen = set()
    for index, listener in enumerate(value):
        if listener["port"].get("number") in seen:
            raise Wrong("is the port of another listener", index, "port", "number")
        seen.add(listener["port"].get("number"))


def _outbound(value: Mapping[str, Any]) -> None:
    proxy = value.get("egressProxy")
    if proxy is None:
        return
    if value.get("mode") != "ALLOW_ANY":
        raise Wrong("must not be set but for the mode ALLOW_ANY", "egressProxy")
    if not is_fqdn(proxy["host"]):
        raise Wrong(f"is {short(proxy['host'])}, which is no DNS name", "egressProxy", "host")
    if "port" not in proxy:
        raise Wrong("is required", "egressProxy", "port")
    if proxy.get("subset") and not is_label(proxy["subset"]):
        raise Wrong(f"is {short(proxy['subset'])}, which is no name of a subset", "egressProxy", "subset")


SIDECAR = obj({
    "egress": items(obj({"bind": TEXT, "captureMode": _CAPTURE, "hosts": TEXTS, "port": _LISTENER_PORT}, ("hosts",), (_egress,)),
                    rules=(_egresses,)),
    "ingress": items(obj({"bind": TEXT, "captureMode": _CAPTURE, "connectionPool": POOL, "defaultEndpoint": TEXT, "port": _LISTENER_PORT,
                          "tls": SERVER_TLS}, ("port",), (_ingress,)), rules=(_ingresses,)),
    "inboundConnectionPool": POOL, "workloadSelector": WORKLOAD_SELECTOR,
    "outboundTrafficPolicy": obj({"mode": one_of("REGISTRY_ONLY", "ALLOW_ANY"),
                                  "egressProxy": obj({"host": TEXT, "port": PORT_SELECTOR, "subset": TEXT}, ("host",))},
                                 rules=(_outbound,))})


def whole_sidecar(found: Object, spec: Mapping[str, Any]) -> None:
    """An empty one is refused."""
    if not spec.get("egress") and not spec.get("ingress") and not {"outboundTrafficPolicy", "inboundConnectionPool"} & spec.keys():
        raise Wrong("must not be empty")
