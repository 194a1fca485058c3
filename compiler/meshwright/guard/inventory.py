"""The document `inventory` as JSON text: what exists in the cluster beside the intent, as the Kubernetes YAML says it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from meshwright.guard.edges import unique
from meshwright.guard.encode import encode, fields
from meshwright.ir.inventory import Exposure, Inventory, Namespace, Object, Service, Workload
from meshwright.source import Span

INVENTORY = ("namespaces", "services", "workloads", "exposures", "foreign", "unknown")

Source = Callable[[Span | None], dict[str, Any]]


def inventory_text(inventory: Inventory, source: Source, reads: Any) -> str:
    """JSON text of the fields that are in ``reads``.  ``source``: a place as a node."""
    write: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "namespaces": lambda: _named(inventory.namespaces, _namespace_id, lambda space, name: _namespace(space, name, source)),
        "services": lambda: _named(inventory.services, _service_id, lambda service, name: _service(service, name, source)),
        "workloads": lambda: _named(inventory.workloads, _workload_id, lambda pods, name: _workload(pods, name, source)),
        "exposures": lambda: _named(inventory.exposures, _exposure_id, lambda way, name: _exposure(way, name, source)),
        "foreign": lambda: _named(inventory.foreign, _object_id, lambda item, name: _object(item, name, source)),
        "unknown": lambda: _named(inventory.unknown, _unknown_id, lambda item, name: _object(item, name, source)),
    }
    return "{" + ",".join([f'"{name}":{encode(write[name](), below)}' for name, below in fields(reads, INVENTORY).items()]) + "}"


def inventory_places(inventory: Inventory) -> list[tuple[str, Span | None]]:
    """The id of every node, and its place."""
    groups: tuple[tuple[Iterable[Any], Callable[[Any], str]], ...] = (
        (inventory.namespaces, _namespace_id), (inventory.services, _service_id), (inventory.workloads, _workload_id),
        (inventory.exposures, _exposure_id), (inventory.foreign, _object_id), (inventory.unknown, _unknown_id),
    )
    return [(name, item.span) for items, id_of in groups for item, name in _with_ids(items, id_of)]


def inventory_owners(inventory: Inventory) -> list[tuple[str, str]]:
    """The id of every node, and the namespace it is in."""
    return [
        *((name, space.name) for space, name in _with_ids(inventory.namespaces, _namespace_id)),
        *((name, service.namespace) for service, name in _with_ids(inventory.services, _service_id)),
        *((name, workload.namespace) for workload, name in _with_ids(inventory.workloads, _workload_id)),
        *((name, way.service.partition("/")[0]) for way, name in _with_ids(inventory.exposures, _exposure_id)),
        *((name, item.namespace) for item, name in _with_ids(inventory.foreign, _object_id)),
        *((name, item.namespace) for item, name in _with_ids(inventory.unknown, _unknown_id)),
    ]


def _named(items: Iterable[Any], id_of: Callable[[Any], str], node: Callable[[Any, str], dict[str, Any]]) -> list[dict[str, Any]]:
    return [node(item, name) for item, name in _with_ids(items, id_of)]


def _with_ids(items: Iterable[Any], id_of: Callable[[Any], str]) -> list[tuple[Any, str]]:
    known = list(items)
    return list(zip(known, unique([id_of(item) for item in known]), strict=True))


def _namespace_id(space: Namespace) -> str:
    return f"Namespace {space.name}"


def _service_id(service: Service) -> str:
    return f"Service {service.id}"


def _workload_id(workload: Workload) -> str:
    return f"{workload.kind} {workload.namespace}/{workload.name}"


def _exposure_id(way: Exposure) -> str:
    return f"exposure {way.service} {way.how}"


def _object_id(item: Object) -> str:
    return f"foreign {item.id}"


def _unknown_id(item: Object) -> str:
    return f"unknown {item.id}"


def _namespace(space: Namespace, name: str, source: Source) -> dict[str, Any]:
    return {"id": name, "name": space.name, "declared": space.declared, "labels": dict(space.labels),
            "annotations": dict(space.annotations), "source": source(space.span)}


def _service(service: Service, name: str, source: Source) -> dict[str, Any]:
    return {
        "id": name, "namespace": service.namespace, "name": service.name, "type": service.type, "headless": service.kind == "headless",
        "has_selector": service.selector is not None, "selector": dict(service.selector or ()), "labels": dict(service.labels),
        "annotations": dict(service.annotations), "external_ips": list(service.external_ips),
        "ports": [{"name": port.name, "number": port.number, "transport": port.transport, "protocol": port.protocol,
                   "node_port": port.node_port or 0} for port in service.ports],
        "source": source(service.span),
    }


def _workload(workload: Workload, name: str, source: Source) -> dict[str, Any]:
    return {
        "id": name, "namespace": workload.namespace, "kind": workload.kind, "name": workload.name, "identity": str(workload.identity),
        "account": workload.service_account, "labels": dict(workload.labels), "annotations": dict(workload.annotations),
        "host_network": workload.host_network, "capture": workload.capture, "capture_reason": workload.capture_reason,
        "excluded_inbound": list(workload.excluded_inbound), "source": source(workload.span),
    }


def _exposure(way: Exposure, name: str, source: Source) -> dict[str, Any]:
    return {"id": name, "service": way.service, "how": way.how, "source": source(way.span)}


def _object(item: Object, name: str, source: Source) -> dict[str, Any]:
    return {"id": name, "api_version": item.api_version, "kind": item.kind, "namespace": item.namespace, "name": item.name,
            "contents": _plain(item.content), "source": source(item.span)}


def _plain(value: Any) -> Any:
    """Only what JSON can say: dates and the like become text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
