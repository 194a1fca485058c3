"""MW0307: a rule about pods whose traffic the mesh does not see."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def uncaptured_target(facts: Facts) -> Iterator[Diagnostic]:
    """Once for each workload, at the first rule about it."""
    seen: set[tuple[str, str]] = set()
    for problem in facts.problems.get("outside", ()):
        workload = problem.workload
        if workload is None or (workload.id, "") in seen:
            continue
        seen.add((workload.id, ""))
        yield error(
            "MW0307",
            f"the ambient mesh does not see what reaches {workload.kind} `{workload.namespace}/{workload.name}`",
            problem.span,
            label="a rule about these pods",
            others=(Label(workload.span, facts.why_outside(workload)),),
            notes=("whoever can reach the pod's address gets in, whatever the rule says",),
            help=("let the pods join the ambient mesh, or take the rule out and protect them by a NetworkPolicy",),
        )
    for problem in facts.problems.get("excluded-port", ()):
        workload = problem.workload
        if workload is None or (workload.id, problem.text) in seen:
            continue
        seen.add((workload.id, problem.text))
        yield error(
            "MW0307",
            f"port {problem.text} of {workload.kind} `{workload.namespace}/{workload.name}` is taken out of the mesh",
            problem.span,
            label="a rule about this port",
            others=(Label(workload.span, "an annotation excludes this inbound port"),),
            notes=("what comes in by an excluded port passes no proxy",),
            help=("drop the annotation, or the rule",),
        )
