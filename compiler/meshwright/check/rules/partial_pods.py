"""MW0335: `pods of` one workload of several that belong together."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def partial_pods(facts: Facts) -> Iterator[Diagnostic]:
    for problem in facts.problems.get("partial-pods", ()):
        workload, other = problem.workload, facts.workloads.get(problem.text)
        if workload is not None and other is not None:
            services = facts.set_of_workload[workload.id].services
            name = services[0] if services else f"{other.namespace}/{other.name}"
            yield error(
                "MW0335",
                f"the pods of `{workload.name}` and of `{other.name}` are protected together",
                problem.span,
                label="only one of them is meant",
                others=(Label(other.span, "selected by the same services"),),
                notes=("a rule for one would be kept for both",),
                help=(f"write `pods of {name}`, or give one of them a Service of its own",),
            )
