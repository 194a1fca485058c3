"""MW0308: a grant to a caller that is not in the mesh and so has no identity to show."""

from collections.abc import Iterator

from meshwright.check.facts import BYPASS, Facts
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import resolved
from meshwright.ir.inventory import Workload


def outside_caller(facts: Facts) -> Iterator[Diagnostic]:
    outsiders = {
        workload.id: workload
        for workload in facts.program.inventory.workloads
        if workload.capture == "outside" and BYPASS not in workload.annotations and facts.why_outside(workload)
    }
    if not outsiders:
        return
    for rule in facts.program.rules:
        if rule.effect == "deny":
            continue
        for term in rule.sources:
            workload = _outsider(facts, term, outsiders)
            if workload is not None:
                yield error(
                    "MW0308",
                    f"`{term.text}` is not in the mesh and cannot show an identity",
                    term.span,
                    label="nobody would recognise it",
                    others=(Label(workload.span, facts.why_outside(workload)),),
                    notes=("its connections arrive in plain text, so a grant by identity would never match",),
                    help=("let it join the ambient mesh, or allow `unidentified from <CIDR> -> pods of …` on one port, with a `because`",),
                )


def _outsider(facts: Facts, term: resolved.Source, outsiders: dict[str, Workload]) -> Workload | None:
    """A workload that the term means and that is outside; of a bare account or a namespace only when all of them are."""
    if term.kind == "identity" and term.workloads:
        return next((outsiders[own] for own in term.workloads if own in outsiders), None)
    if term.kind == "identity":
        meant = [workload for identity in term.identities for workload in facts.by_identity.get(identity, ())]
    elif term.kind == "namespace":
        meant = [workload for workload in facts.program.inventory.workloads if workload.namespace == term.namespace]
    else:
        return None
    return outsiders[meant[0].id] if meant and all(workload.id in outsiders for workload in meant) else None
