"""The access table: one row for each source at each destination, with its doors and the proxies that enforce them."""

from typing import Literal, NamedTuple

from meshwright.ir.intent import Grant, Http, Program, Source, Target
from meshwright.ir.placement import waypoints


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
    doors: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = {}
    for grant in program.grants:
        row = (_target(program, grant.target), grant.effect, _source(grant.source), _through(grant, passed, open_to_all))
        known = doors.setdefault(row, [])
        text = _door(grant.http)
        if text not in known:
            known.append(text)
    return tuple(Row("allow" if effect == "allow" else "deny", source, target, () if "" in texts else tuple(texts), through)
                 for (target, effect, source, through), texts in sorted(doors.items()))


def access_table(program: Program) -> str:
    """The rows as text, aligned, each door on a line of its own; "" for a program that allows and denies nothing."""
    lines: list[tuple[str, str, str, str]] = []
    for row in access_rows(program):
        doors = row.doors or ("everything",)
        first = (row.target, f"{row.effect} {row.source}", doors[0], ", ".join(row.through))
        lines.extend([first, *(("", "", door, "") for door in doors[1:])])
    if not lines:
        return ""
    head = ("TO", "FROM", "WHAT", "ENFORCED BY")
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(4)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in [head, *lines])
    return "".join(line.rstrip() + "\n" for line in padded)


def _target(program: Program, target: Target) -> str:
    if target.kind == "service":
        return f"{target.id} port {target.port}"
    services = next((pods.services for pods in program.pod_sets if pods.id == target.id), ())
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
