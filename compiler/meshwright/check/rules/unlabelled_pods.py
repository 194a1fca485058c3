"""MW0329: pods without labels."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, error, warning


def unlabelled_pods(facts: Facts) -> Iterator[Diagnostic]:
    """An error where a rule is about them, else a warning: the namespace's baseline lets nobody in."""
    named = set()
    for problem in facts.problems.get("no-set", ()):
        if problem.workload is not None and problem.workload in facts.pods.unlabelled:
            named.add(problem.workload.id)
            yield error(
                "MW0329",
                f"no label selects {problem.workload.kind} `{problem.workload.namespace}/{problem.workload.name}`",
                problem.span,
                label="a rule about these pods",
                notes=("policies find pods by their labels",),
                help=("give the pods a label",),
            )
    for workload in facts.pods.unlabelled:
        if workload.id not in named:
            yield warning(
                "MW0329",
                f"no label selects {workload.kind} `{workload.namespace}/{workload.name}`",
                workload.span,
                label="has no labels",
                notes=("only the baseline of its namespace protects it: nobody gets in",),
                help=("give the pods a label if a rule shall open them",),
            )
