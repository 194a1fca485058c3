"""Files become one program: names are bound to what exists, several files and the inventory are joined.

``resolve`` takes the parsed modules of one environment, the inventory and the project, and gives ``resolved.Program``.  It
promises that every id in it exists, that nothing is declared twice and that each file speaks only for what it may.  Whether
rules make sense is left to ``check``.
"""

from meshwright.diagnostics import Diagnostic, Outcome
from meshwright.ir import resolved, syntax
from meshwright.ir.inventory import Inventory
from meshwright.ir.project import Project
from meshwright.resolve.bind import Binder
from meshwright.resolve.collect import collect
from meshwright.resolve.headers import desks
from meshwright.resolve.later import refuse_later
from meshwright.resolve.merge import merge
from meshwright.resolve.mesh import mesh_settings, namespaces
from meshwright.resolve.scope import Scope
from meshwright.resolve.waivers import waivers

__all__ = ["resolve"]


def resolve(modules: tuple[syntax.Module, ...], inventory: Inventory, project: Project) -> Outcome[resolved.Program]:
    """Bind every name; diagnostics are MW02xx, sorted by (path, place).

    The value is there even with errors: what could not be bound is absent from it, so that ``check`` may look for
    further, independent mistakes.  The order of ``modules`` does not matter.
    """
    found: list[Diagnostic] = []
    tables = desks(sorted(modules, key=lambda module: module.path), project, found)
    refuse_later(tables, found)
    declared = collect(tables, found)
    mesh = mesh_settings(declared.meshes, found)
    spaces = namespaces(declared.namespaces, found)
    services, effective = merge(declared, inventory, found)
    scope = Scope(services, effective, declared)
    binder = Binder(scope, found)
    binder.check_groups()
    program = resolved.Program(
        environment=project.environment,
        labels=project.labels,
        mesh=mesh,
        namespaces=spaces,
        services=services,
        gateways=binder.gateways(),
        routes=binder.routes(tables),
        rules=binder.rules(tables),
        invariants=binder.invariants(tables),
        inventory=effective,
        tests=binder.tests(tables),
        waivers=waivers(tables, spaces, found),
    )
    program = program._replace(complete=not declared.broken and all(each.severity != "error" for each in found))
    return Outcome(program, tuple(sorted(dict.fromkeys(found), key=_place)))


def _place(diagnostic: Diagnostic) -> tuple[str, int, str, str]:
    span = diagnostic.span
    return (span.path if span else "", span.start if span else 0, diagnostic.code, diagnostic.message)
