"""MW0328: two workloads that no label selector can tell apart."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def overlapping_pods(facts: Facts) -> Iterator[Diagnostic]:
    for one, other in facts.pods.overlaps:
        yield error(
            "MW0328",
            f"no label selects {one.kind} `{one.namespace}/{one.name}` without {other.kind} `{other.namespace}/{other.name}`",
            one.span,
            label="cannot be selected alone",
            others=(Label(other.span, "would be selected as well"),),
            notes=("a policy for one would hold for the other, and their services are not the same",),
            help=("give the pods of one of them a label of their own, in the selector of its controller",),
        )
