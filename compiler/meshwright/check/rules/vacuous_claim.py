"""MW0336: an invariant about nothing."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, error


def vacuous_claim(facts: Facts) -> Iterator[Diagnostic]:
    for problem in facts.problems.get("vacuous", ()):
        yield error(
            "MW0336",
            f"`{problem.statement.text}` is about nothing, so it would always hold",
            problem.span,
            label="no such request exists",
            notes=("a claim that cannot fail reads like protection",),
            help=("name services that have pods and ports",),
        )
