"""From a hand-made world to its proof, through the real rooms: lower, render, read the bytes back, model, prove."""

from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from meshwright.access.reach import Reach
from meshwright.diagnostics import Diagnostic
from meshwright.inventory import read_tree
from meshwright.ir import inventory
from meshwright.ir.filetree import File, FileTree
from meshwright.ir.intent import Program
from meshwright.ir.proof import Proof
from meshwright.istio import model
from meshwright.lower import lower
from meshwright.prove import prove
from meshwright.render import render
from tests.support.worlds import World

Documents = list[dict[str, Any]]


class Proved(NamedTuple):
    program: Program
    documents: Documents
    reach: tuple[Reach, ...]
    proof: Proof
    diagnostics: tuple[Diagnostic, ...]


def compiled(world: World, labels: str = "external") -> tuple[Program, FileTree]:
    """The intent, and the tree that lowering makes of it."""
    program = with_endpoints(world.program())
    bundle = lower(program, labels)  # type: ignore[arg-type]
    assert bundle.value is not None, bundle.diagnostics
    tree = render(bundle.value, "plain")
    assert tree.value is not None, tree.diagnostics
    return program, tree.value


def judged(program: Program, documents: Documents) -> Proved:
    """The proof of a program against documents, written out and read back."""
    files = tuple(File(f"{number:03}.yaml", yaml.safe_dump(one).encode(), "") for number, one in enumerate(documents))
    read = read_tree(FileTree(files))
    assert read.value is not None and not read.failed, read.diagnostics
    reach = model(read.value, program.inventory, program.mesh)
    assert reach.value is not None, reach.diagnostics
    outcome = prove(program, reach.value)
    assert outcome.value is not None
    return Proved(program, documents, reach.value, outcome.value, outcome.diagnostics)


def documents_of(tree: FileTree) -> Documents:
    return [one for file in tree.files for one in yaml.safe_load_all(file.content) if isinstance(one, dict) and one.get("kind") != "Kustomization"]


def edited(world: World, edit: Callable[[Documents], object]) -> Proved:
    """The proof of a world after somebody changed its manifests by hand; a list that ``edit`` returns replaces them."""
    program, tree = compiled(world)
    documents = documents_of(tree)
    changed = edit(documents)
    return judged(program, changed if isinstance(changed, list) else documents)


def with_endpoints(program: Program) -> Program:
    """The inventory as if it had been read: Services with the ports and workloads that the intent speaks of."""
    read = {service.id: service for service in program.inventory.services}
    for service in program.services:
        ports = tuple(inventory.ServicePort(port.name, port.number, "TCP", port.protocol, port.target, "", None, service.span) for port in service.ports)
        workloads = tuple(sorted(workload for pods in program.pod_sets if service.id in pods.services for workload in pods.workloads))
        read[service.id] = read[service.id]._replace(ports=ports, workloads=workloads)
    return program._replace(inventory=program.inventory._replace(services=tuple(read[key] for key in sorted(read))))
