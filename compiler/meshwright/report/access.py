"""The access table: one row for each source at each destination, with its doors and the proxies that enforce them."""

from collections.abc import Mapping
from typing import Literal

from meshwright.ir.intent import Grant, Http, Program, Source, Target
from meshwright.ir.placement import waypoints
from meshwright.record import NamedTuple
from meshwright.report.table import TIE, table


class Row(NamedTuple):
    """One line; rows that differ in their doors only are one row."""

    effect: Literal["allow", "deny"]
    source: str  # "shop/web", "clients of edge/public", "any workload"
    target: str  # "shop/orders port 8080", "pods of shop/web port 9102"
    doors: tuple[str, ...]  # "GET /v1/orders/{id}"; () = everything at that port
    through: tuple[str, ...]  # the proxies that enforce it, in the order in which a request meets them


def access_rows(program: Program) -> tuple[Row, ...]:
    """Every allow and deny of ``program``, sorted by target, effect and source; a target in a namespace that is not enforced says so."""
    passed = waypoints(program)
    open_to_all = {space.name for space in program.namespaces if space.enforce == "no"}
    services_of = {pods.id: pods.services for pods in program.pod_sets}
    doors: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = {}
    for grant in program.grants:
        row = (_target(services_of, grant.target), grant.effect, _source(grant.source), _through(grant, passed, open_to_all))
        known = doors.setdefault(row, [])
        text = _door(grant.http)
        if text not in known:
            known.append(text)
    return tuple(Row("allow" if effect == "allow" else "deny", source, target, () if "" in texts else tuple(texts), through)
                 for (target, effect, source, through), texts in sorted(doors.items()))


def access_table(program: Program, width: int = 120) -> str:
    """The rows as text of at most ``width`` columns where words allow it, each door on a line of its own.

    Routes of gateways come first (their clients need an allow at the service as well); the namespaces that nothing protects
    are listed at the end.
    """
    rows = [*_routes(program), *((row.target, f"{row.effect} {row.source}", "\n".join(row.doors or ("everything",)), ", ".join(row.through))
                                 for row in access_rows(program))]
    tied = [(target.replace(" ", TIE), source.replace(" ", TIE), what, through.replace(" ", TIE).replace("," + TIE, ", "))
            for target, source, what, through in rows]
    text = table(("TO", "FROM", "WHAT", "ENFORCED BY"), tied, width) if rows else "no rule lets anybody in\n"
    governed = {space.name for space in program.namespaces if space.enforce == "yes"}
    others = {space.name for space in program.namespaces} | {space.name for space in program.inventory.namespaces}
    return (f"{text}\ngoverned: {', '.join(sorted(governed)) or 'no namespace'}\n"
            f"not protected, open to anyone: {', '.join(sorted(others - governed)) or 'no other namespace is known'}\n")


def _routes(program: Program) -> list[tuple[str, str, str, str]]:
    ports = {gateway.id: sorted({listener.port for listener in gateway.listeners if not listener.redirect}) for gateway in program.gateways}
    places: dict[tuple[str, int, str], list[str]] = {}
    for route in program.routes:
        texts = [f"{host}{route.path}" for host in route.hosts] or [str(route.path)]
        places.setdefault((route.service, route.port, route.gateway), []).extend(texts)
    return [(f"{service} port {port}", f"route anyone at {', '.join(f'{gateway}:{listener}' for listener in ports.get(gateway, ()))}",
             "\n".join(texts), f"gateway {gateway}") for (service, port, gateway), texts in sorted(places.items())]


def _target(services_of: Mapping[str, tuple[str, ...]], target: Target) -> str:
    if target.kind == "service":
        return f"{target.id} port {target.port}"
    services = services_of.get(target.id, ())
    return f"pods of {services[0] if len(services) == 1 else target.id} " + (f"port {target.port}" if target.port else "any port")


def _source(source: Source) -> str:
    if source.kind == "identity":
        return str(source.identity)
    if source.kind == "gateway":
        return f"clients of {source.gateway}" + (f" port {source.port}" if source.port else "")
    if source.kind == "unidentified":
        return "unidentified" + (f" from {', '.join(source.cidrs)}" if source.cidrs else "")
    if source.kind == "namespace":
        return f"namespace {source.namespace}"
    return {"any-workload": "any workload", "any-gateway": "clients of any gateway", "anyone": "anyone"}[source.kind]


def _door(http: Http | None) -> str:
    if http is None:
        return ""
    return f"{', '.join(http.methods) or 'any method'} {http.path}"


def _through(grant: Grant, passed: dict[str, str], open_to_all: set[str]) -> tuple[str, ...]:
    if grant.target.id.partition("/")[0] in open_to_all:
        return ("nobody: not enforced",)
    proxies = []
    if grant.source.kind == "gateway":
        proxies.append(f"gateway {grant.source.gateway}")
    if grant.target.kind == "service" and grant.target.id in passed:
        proxies.append(f"waypoint {passed[grant.target.id]}")
    return (*proxies, "ztunnel")
