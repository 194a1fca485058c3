"""Workloads: what runs pods from a template, and pods that nothing owns."""

from collections.abc import Mapping
from typing import Any

from meshwright.inventory.capture import capture_of
from meshwright.inventory.fields import Fields
from meshwright.inventory.kinds import WORKLOADS, group_of
from meshwright.ir.inventory import ContainerPort, Labels, Namespace, Workload

_EXCLUDE = "traffic.sidecar.istio.io/excludeInboundPorts"


def workload_of(fields: Fields, namespaces: Mapping[str, Namespace]) -> Workload:
    """The workload in ``fields.object``, whose kind is one of WORKLOADS; its mistakes go to ``fields.wrong``."""
    of = fields.object
    content: Mapping[str, Any] = of.content
    where = WORKLOADS[group_of(of.api_version), of.kind]
    template: Mapping[str, Any] = content
    prefix = ""
    for key in where:
        template = fields.mapping(template.get(key), prefix + key)
        prefix += key + "."
    metadata = fields.mapping(template.get("metadata"), prefix + "metadata")
    pod = fields.mapping(template.get("spec"), prefix + "spec")
    labels = fields.labels(metadata.get("labels"), prefix + "metadata.labels")
    annotations = fields.labels(metadata.get("annotations"), prefix + "metadata.annotations")
    account = fields.string(pod.get("serviceAccountName") or pod.get("serviceAccount"), prefix + "spec.serviceAccountName") or "default"
    host_network = fields.boolean(pod.get("hostNetwork"), prefix + "spec.hostNetwork")
    ports, proxy = _ports(fields, pod, prefix, host_network)
    namespace = namespaces.get(of.namespace)
    capture, reason = capture_of(
        of.namespace,
        namespace.labels if namespace else (),
        bool(namespace and namespace.declared),
        labels,
        annotations,
        host_network,
        proxy,
    )
    excluded = _excluded(fields, annotations) if capture == "sidecar" else ()
    return Workload(
        of.namespace,
        of.kind,
        of.name,
        labels,
        _match_labels(fields, labels) or labels,
        annotations,
        account,
        ports,
        host_network,
        capture,
        reason,
        excluded,
        of.span,
    )


def _match_labels(fields: Fields, labels: Labels) -> Labels:
    if fields.object.kind in ("Pod", "Job", "CronJob"):
        return labels
    spec = fields.mapping(fields.object.content.get("spec"), "spec")
    selector = fields.mapping(spec.get("selector"), "spec.selector")
    return fields.labels(selector.get("matchLabels"), "spec.selector.matchLabels")


def _ports(fields: Fields, pod: Mapping[str, Any], prefix: str, host_network: bool) -> tuple[tuple[ContainerPort, ...], bool]:
    """What the containers list, and whether one of them is Istio's proxy."""
    found = []
    proxy = False
    for group in ("containers", "initContainers"):
        for number, container in enumerate(fields.items(pod.get(group), f"{prefix}spec.{group}")):
            if group == "initContainers" and container.get("restartPolicy") != "Always":
                continue  # gone before the pod serves
            proxy = proxy or container.get("name") == "istio-proxy"
            if not container.get("ports"):
                continue
            where = f"{prefix}spec.{group}[{number}].ports"
            for index, port in enumerate(fields.items(container["ports"], where)):
                at = f"{where}[{index}]."
                value = fields.port(port.get("containerPort"), at + "containerPort")
                if value is None:
                    if port.get("containerPort") is None:
                        fields.refuse(at + "containerPort", None, "a port number from 1 to 65535")
                    continue
                host = fields.port(port.get("hostPort"), at + "hostPort")
                name = fields.string(port.get("name"), at + "name")
                transport = fields.string(port.get("protocol"), at + "protocol") or "TCP"
                found.append(ContainerPort(name, value, transport, None if host_network else host))
    return tuple(found), proxy


def _excluded(fields: Fields, annotations: Labels) -> tuple[int, ...]:
    found = set()
    for key, value in annotations:
        if key == _EXCLUDE:
            for part in filter(None, value.split(",")):
                number = fields.port(int(part) if part.isascii() and part.isdecimal() and len(part) < 6 else part, key)
                if number is not None:
                    found.add(number)
    return tuple(sorted(found))
