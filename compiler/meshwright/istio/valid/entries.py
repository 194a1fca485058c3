"""ServiceEntry, WorkloadEntry, WorkloadGroup (networking.istio.io)."""

import re
from collections.abc import Mapping
from typing import Any

from meshwright.ir.inventory import Object
from meshwright.istio.plain import metadata_text
from meshwright.istio.valid.schema import Check, Wrong, integer, items, obj, one_of, placed, short, string, table
from meshwright.istio.valid.shared import ISTIO_PORT, TEXT, TEXTS, UNSIGNED_NUMBER, WORKLOAD_SELECTOR, export_to
from meshwright.istio.valid.words import (
    HTTP,
    TLS,
    address_or_block,
    domain,
    is_address,
    is_fqdn,
    pod_labels,
    port_name,
    protocol,
    unix_socket,
)

_PORT_NAME = re.compile(r"[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?").fullmatch
_UNIX = "unix://"


def _socket(value: str) -> None:
    if value.startswith(_UNIX) and (value[7:8] not in ("/", "@") or value.endswith("/")):
        raise Wrong(f"is {short(value)}, which is no absolute path of a socket")


def _port_names(value: Mapping[str, Any]) -> None:
    for name in value:
        if len(name) >= 63 or not _PORT_NAME(name):
            raise Wrong("is no name of a port: letters, digits and dashes, less than 63", name)


def _no_ports(value: Mapping[str, Any]) -> None:
    if value.get("address", "").startswith(_UNIX) and "ports" in value:
        raise Wrong("must not be set for a socket", "ports")


def _addressed(value: Mapping[str, Any]) -> None:
    if "address" not in value and "network" not in value:
        raise Wrong("needs an `address` or a `network`")


_WORKLOAD: dict[str, Check] = {
    "address": string(0, 256, rules=(_socket,)), "labels": table(TEXT, most=256), "locality": string(0, 2048), "network": string(0, 2048),
    "ports": table(ISTIO_PORT, most=128, rules=(_port_names,)), "serviceAccount": string(0, 253), "weight": UNSIGNED_NUMBER}
WORKLOAD_ENTRY = obj(_WORKLOAD, (), (_no_ports, _addressed))


def whole_workload(found: Object, spec: Mapping[str, Any]) -> None:
    """What the webhook asks of a WorkloadEntry on its own."""
    _workload(spec, None, names=True)


def _workload(value: Mapping[str, Any], ports: set[str] | None, names: bool) -> None:
    address = value.get("address", "")
    if not address and not value.get("network"):
        raise Wrong("needs an `address` or a `network` that is not empty")
    if address.startswith(_UNIX):
        placed(unix_socket, address[len(_UNIX):], "address")
        if ports is not None and len(ports) != 1:
            raise Wrong("is a socket, which needs exactly one port of the ServiceEntry", "address")
    elif address and not is_address(address) and not (names and is_fqdn(address)):
        raise Wrong(f"is {short(address)}, which is no address" + (" and no DNS name" if names else ""), "address")
    _endpoint(value, ports)


def _endpoint(value: Mapping[str, Any], ports: set[str] | None) -> None:
    for name in value.get("ports", ()):
        if ports is not None and name not in ports:
            raise Wrong("is no port of the ServiceEntry", "ports", name)
    placed(pod_labels, value.get("labels", {}), "labels")


def _command(value: list[str]) -> None:
    if not value:
        raise Wrong("must not be empty")


def _scheme(value: str) -> None:
    if value not in ("", "HTTP", "HTTPS"):
        raise Wrong(f"is {short(value)}, which is none of HTTP, HTTPS")


def _one_probe(value: Mapping[str, Any]) -> None:
    kinds = [name for name in ("httpGet", "tcpSocket", "exec") if name in value]
    if "grpc" in value:
        raise Wrong("is not taken by Istio's webhook", "grpc")
    if len(kinds) != 1:
        raise Wrong("needs exactly one of `httpGet`, `tcpSocket` and `exec`")


_COUNT = integer(0)
_HEADER_NAME = string(1, pattern=r"^[-A-Za-z0-9]+\Z", called="name of a header")
_PROBE = obj({
    "exec": obj({"command": items(string(1), rules=(_command,))}, ("command",)), "failureThreshold": _COUNT, "initialDelaySeconds": _COUNT,
    "periodSeconds": _COUNT, "successThreshold": _COUNT, "timeoutSeconds": _COUNT, "grpc": obj({"port": ISTIO_PORT, "service": TEXT}),
    "httpGet": obj({"host": TEXT, "path": TEXT, "port": ISTIO_PORT, "scheme": string(rules=(_scheme,)),
                    "httpHeaders": items(obj({"name": _HEADER_NAME, "value": TEXT}, ("name",)))}, ("port",)),
    "tcpSocket": obj({"host": TEXT, "port": ISTIO_PORT}, ("port",))}, rules=(_one_probe,))
WORKLOAD_GROUP = obj({
    "metadata": obj({"annotations": table(TEXT, most=256), "labels": table(TEXT, most=256, rules=(pod_labels,))}), "probe": _PROBE,
    "template": obj(_WORKLOAD, (), (_no_ports,))}, ("template",))

_RESOLUTIONS = ("NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS")


def _numbers(value: list[Mapping[str, Any]]) -> None:
    seen = set()
    for index, item in enumerate(value):
        if item["number"] in seen:
            raise Wrong(f"is {item['number']}, as for another port", index, "number")
        seen.add(item["number"])


def _protocol(value: str) -> None:
    if value:
        protocol(value)


def _not_all(value: str) -> None:
    if value == "*":
        raise Wrong("must not be `*`")
    domain(value)


SERVICE_ENTRY = obj({
    "addresses": items(string(0, 64, rules=(address_or_block,)), most=256), "endpoints": items(WORKLOAD_ENTRY, most=4096),
    "exportTo": TEXTS, "hosts": items(string(rules=(_not_all,)), 1, 256), "location": one_of("MESH_EXTERNAL", "MESH_INTERNAL"),
    "ports": items(obj({"name": string(0, 256, rules=(port_name,)), "number": ISTIO_PORT, "protocol": string(0, 256, rules=(_protocol,)),
                        "targetPort": ISTIO_PORT}, ("name", "number")), most=256, unique="name", rules=(_numbers,)),
    "resolution": one_of(*_RESOLUTIONS), "subjectAltNames": TEXTS, "workloadSelector": WORKLOAD_SELECTOR}, ("hosts",))


def whole_service(found: Object, spec: Mapping[str, Any]) -> None:
    """What binds the parts of one ServiceEntry."""
    resolution, endpoints = spec.get("resolution", "NONE"), spec.get("endpoints") or []
    ports = {port["name"] for port in spec.get("ports") or ()}
    if "workloadSelector" in spec and "endpoints" in spec:
        raise Wrong("must not be set together with `workloadSelector`", "endpoints")
    if resolution not in ("NONE", "STATIC") and any("/" in address for address in spec.get("addresses") or ()):
        raise Wrong(f"must not have blocks for the resolution {resolution}", "addresses")
    if resolution == "NONE" and "endpoints" in spec:
        raise Wrong("must not be set for the resolution NONE", "endpoints")
    if resolution == "DNS_ROUND_ROBIN" and len(endpoints) > 1:
        raise Wrong("must have at most one item for the resolution DNS_ROUND_ROBIN", "endpoints")
    if resolution == "DYNAMIC_DNS":
        _dynamic(found, spec)
    for index, endpoint in enumerate(endpoints):
        try:
            if resolution == "STATIC":
                _workload(endpoint, ports, names=False)
            else:
                if not is_address(endpoint.get("address", "")) and not is_fqdn(endpoint.get("address", "")):
                    raise Wrong(f"is {short(endpoint.get('address', ''))}, which is no address and no DNS name", "address")
                _endpoint(endpoint, ports)
        except Wrong as wrong:
            wrong.under("endpoints", index)
            raise
    for index, host in enumerate(spec["hosts"]):
        if resolution in ("DNS", "DNS_ROUND_ROBIN") and not endpoints and not is_fqdn(host):
            raise Wrong(f"is {short(host)}, which cannot be asked for in DNS, and there are no `endpoints`", "hosts", index)
    if resolution != "NONE" and len(spec["hosts"]) > 1:
        for index, port in enumerate(spec.get("ports") or ()):
            if port.get("protocol", "").lower() not in HTTP | TLS:
                raise Wrong("must be of HTTP or TLS where there are several hosts", "ports", index, "protocol")
    export_to(found.namespace, spec.get("exportTo") or [], entry=True)


def _dynamic(found: Object, spec: Mapping[str, Any]) -> None:
    for index, host in enumerate(spec["hosts"]):
        if not host.startswith("*"):
            raise Wrong("must begin with a wildcard for the resolution DYNAMIC_DNS", "hosts", index)
    for field in ("addresses", "endpoints"):
        if spec.get(field):
            raise Wrong("must not be set for the resolution DYNAMIC_DNS", field)
    for index, port in enumerate(spec.get("ports") or ()):
        if port.get("protocol", "").lower() not in ("http", "tls", "grpc", "http2"):
            raise Wrong("must be HTTP, HTTP2, GRPC or TLS for the resolution DYNAMIC_DNS", "ports", index, "protocol")
    waypoint = metadata_text(found.content, "labels", "istio.io/use-waypoint") or ""
    if spec.get("location") == "MESH_INTERNAL" and waypoint and waypoint.lower() != "none":
        raise Wrong("must not be MESH_INTERNAL for the resolution DYNAMIC_DNS at a waypoint", "location")
