"""MW0332: pods of a governed namespace that the mesh does not protect."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.check.podsets import is_proxy
from meshwright.diagnostics import Diagnostic, error


def open_pods(facts: Facts) -> Iterator[Diagnostic]:
    """Those that some rule names are errors already (MW0307)."""
    named = {problem.workload.id for problem in facts.problems.get("outside", ()) if problem.workload is not None}
    for workload in facts.program.inventory.workloads:
        if (
            workload.namespace in facts.governed
            and workload.id not in named
            and not is_proxy(workload)
            and (reason := facts.why_outside(workload))
        ):
            yield error(
                "MW0332",
                f"{workload.kind} `{workload.namespace}/{workload.name}` is open to whoever reaches its address",
                workload.span,
                label=reason,
                notes=("its namespace is enforced, but the ambient mesh does not see this traffic",),
                help=("let the pods join the ambient mesh, or protect them by a NetworkPolicy",),
            )
