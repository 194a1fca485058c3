"""The document `access` as JSON text: one edge for each grant.

There are thousands of edges, so none is ever a dictionary: fields are written in columns, and what many edges share (callers,
destinations, doors) is put into words once.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from meshwright.guard.encode import encode_all, fields, string, union
from meshwright.guard.index import Index, entry
from meshwright.ir.identity import Identity
from meshwright.ir.intent import Grant, Http, Namespace, PathPattern, Port, Program, Service, Source, Target
from meshwright.record import NamedTuple
from meshwright.source import Span

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

EDGE = ("id", "effect", "rule", "from", "to", "http", "entry", "enforced_by", "because", "until", "source")
EVERY_PATH = PathPattern((), True)


class Context(NamedTuple):
    """What edges take from the rest of the document."""

    program: Program
    rule_ids: list[str]
    namespaces: Mapping[str, Namespace]
    services: Mapping[str, Service]
    by_identity: Mapping[Identity, list[str]]
    source: Callable[[Span | None], dict[str, Any]]  # the `source` of a node


def access(context: Context, reads: Any) -> str:
    """JSON text of the fields that are in ``reads`` (as in ``Pack.reads``; True = all of them)."""
    wanted = fields(reads, ("allows", "denies", "index"))
    grants = context.program.grants
    allows = [grant for grant in grants if grant.effect == "allow"]
    denies = [grant for grant in grants if grant.effect == "deny"]
    index = Index(context.program, context.rule_ids, allows, denies)
    write: dict[str, Callable[[Any], str]] = {
        "allows": lambda below: _edges(context, allows, below, index),
        "denies": lambda below: _edges(context, denies, below, index),
        "index": index.text,
    }
    return "{" + ",".join([f'"{name}":{write[name](below)}' for name, below in wanted.items()]) + "}"


def edge_ids(grants: list[Grant]) -> list[str]:
    """The ids of their edges; equal ones are numbered, and only those of one effect and one target can be equal."""
    who = _each([grant.source for grant in grants], lambda sources: list(map(_who, sources)))
    what = _each([grant.target for grant in grants], lambda targets: list(map(_what, targets)))
    doors = _each([grant.http for grant in grants], lambda doors: list(map(_words, doors)))
    return unique([f"{grant.effect} {a} -> {b}{c}" for grant, a, b, c in zip(grants, who, what, doors, strict=True)])


def unique(names: list[str]) -> list[str]:
    """The same names, later equal ones numbered: "x", "x #2"."""
    if len(set(names)) == len(names):
        return names
    seen: dict[str, int] = {}
    result = []
    for name in names:
        count = seen[name] = seen.get(name, 0) + 1
        result.append(name if count == 1 else f"{name} #{count}")
    return result


def path_node(path: PathPattern) -> dict[str, Any]:
    """``segments``: "{id}" stands for one non-empty segment; ``any`` is "/**"."""
    return {
        "text": str(path),
        "segments": ["{id}" if part is None else part for part in path.segments],
        "subtree": path.subtree,
        "any": path.subtree and not path.segments,
        "exact": not path.subtree and None not in path.segments,
    }


def _edges(context: Context, grants: list[Grant], reads: Any, index: Index) -> str:
    """A list with one edge for each grant; null at the positions that nobody reads."""
    if reads is True or "*" in reads:
        below = fields(reads if reads is True else union(reads.values()), EDGE)
        return "[" + ",".join(_texts(context, grants, edge_ids(grants) if "id" in below else [], below)) + "]"
    below = union(reads.values())
    wanted = sorted({position for name in reads for position in index.positions(name)})
    chosen = [grants[position] for position in wanted]
    ids: list[str] = []
    if "id" in below:
        targets = {grant.target for grant in chosen}
        beside = [position for position, grant in enumerate(grants) if grant.target in targets]
        named = dict(zip(beside, edge_ids([grants[position] for position in beside]), strict=True))
        ids = [named[position] for position in wanted]
    result = ["null"] * len(grants)
    for position, text in zip(wanted, _texts(context, chosen, ids, below), strict=True):
        result[position] = text
    return "[" + ",".join(result) + "]"


def _texts(context: Context, grants: list[Grant], ids: list[str], reads: Mapping[str, Any]) -> list[str]:
    """One object for each grant, with the fields in ``reads``."""
    if not reads:
        return ["{}"] * len(grants)
    form = "{" + ",".join([f'"{name}":%s' for name in reads]) + "}"
    columns = [_column(context, grants, ids, name, below) for name, below in reads.items()]
    return list(map(form.__mod__, zip(*columns, strict=True)))


def _column(context: Context, grants: list[Grant], ids: list[str], name: str, reads: Any) -> Iterable[str]:
    """JSON texts of one field of all edges."""
    rules = context.program.rules
    write: dict[str, Callable[[], Iterable[str]]] = {
        "id": lambda: map(string, ids),
        "effect": lambda: [string(grant.effect) for grant in grants],
        "rule": lambda: [string(context.rule_ids[grant.rule]) for grant in grants],
        "from": lambda: _nodes([grant.source for grant in grants], lambda source: _caller(context, source), reads),
        "to": lambda: _nodes([grant.target for grant in grants], lambda target: _destination(context, target), reads),
        "http": lambda: _nodes([grant.http for grant in grants], _http, reads),
        "entry": lambda: [string(entry(grant)) for grant in grants],
        "enforced_by": lambda: ['"ztunnel"' if grant.http is None else '"waypoint"' for grant in grants],
        "because": lambda: [string(rules[grant.rule].because) for grant in grants],
        "until": lambda: [string(rules[grant.rule].until) for grant in grants],
        "source": lambda: _nodes([rules[grant.rule].span for grant in grants], context.source, reads),
    }
    return write[name]()


def _nodes(keys: list[K], make: Callable[[K], dict[str, Any]], reads: Any) -> list[str]:
    return _each(keys, lambda distinct: encode_all(list(map(make, distinct)), reads))


def _each(keys: list[K], make: Callable[[list[K]], list[V]]) -> list[V]:
    """What ``make`` gives for every key; it is handed different ones only."""
    distinct = list(dict.fromkeys(keys))
    known = dict(zip(distinct, make(distinct), strict=True))
    return [known[key] for key in keys]


def _caller(context: Context, source: Source) -> dict[str, Any]:
    identity = source.identity
    gateway = next((gateway for gateway in context.program.gateways if gateway.id == source.gateway), None) if source.gateway else None
    namespace = identity.namespace if identity is not None else source.namespace or (gateway.namespace if gateway is not None else "")
    return {
        "key": _who(source),
        "kind": source.kind,
        "name": source.name,
        "identity": str(identity) if identity is not None else "",
        "namespace": namespace,
        "account": identity.account if identity is not None else "",
        "gateway": source.gateway,
        "listener": source.port,
        "cidrs": list(source.cidrs),
        "services": context.by_identity.get(identity, []) if identity is not None else [],
    }


def _destination(context: Context, target: Target) -> dict[str, Any]:
    namespace, _, name = target.id.partition("/")
    space = context.namespaces.get(namespace)
    service = context.services.get(target.id) if target.kind == "service" else _service_of(context, target)
    port = _port(service, target) if service is not None else None
    return {
        "kind": target.kind,
        "key": target.id,
        "namespace": namespace,
        "name": name,
        "enforce": space is not None and space.enforce == "yes",
        "services": [service.id] if service is not None else [],
        "port": target.port,
        "every_port": target.port == 0,
        "port_name": port.name if port is not None else "",
        "protocol": port.protocol if port is not None else "unknown",
        "http": port is not None and port.is_http,
    }


def _service_of(context: Context, target: Target) -> Service | None:
    """The first service over these pods that has the target port: what a reader would call it."""
    pods = next((pods for pods in context.program.pod_sets if pods.id == target.id), None)
    behind = [context.services[name] for name in pods.services if name in context.services] if pods is not None else []
    return next((service for service in behind if _port(service, target) is not None), behind[0] if behind else None)


def _port(service: Service, target: Target) -> Port | None:
    wanted = [port for port in service.ports if (port.number if target.kind == "service" else port.target) == target.port]
    return wanted[0] if wanted else None


def _http(http: Http | None) -> dict[str, Any]:
    """Doors in HTTP terms; without any, the widest values and ``narrowed`` false."""
    if http is None:
        return {"narrowed": False, "methods": [], "any_method": True, "path": path_node(EVERY_PATH)}
    return {"narrowed": True, "methods": list(http.methods), "any_method": not http.methods, "path": path_node(http.path)}


def _who(source: Source) -> str:
    """Unique but for the name it was written with."""
    if source.kind == "gateway":
        return f"clients of {source.gateway}" + (f" port {source.port}" if source.port else "")
    if source.kind == "namespace":
        return f"namespace {source.namespace}"
    if source.cidrs:
        return f"{source.kind} from " + ", ".join(source.cidrs)
    return str(source.identity) if source.identity is not None else source.gateway or source.namespace or source.kind


def _what(target: Target) -> str:
    return ("pods of " if target.kind == "pods" else "") + f"{target.id}:{target.port or '*'}"


def _words(http: Http | None) -> str:
    return "" if http is None else f" {'|'.join(http.methods or ('*',))} {http.path}"
