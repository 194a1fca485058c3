"""MW0315: `allow anyone`."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, error


def anyone_allowed(facts: Facts) -> Iterator[Diagnostic]:
    for rule, term in facts.unnamed_terms:
        if rule.effect == "allow" and term.kind == "anyone":
            yield error(
                "MW0315",
                "`anyone` cannot be allowed",
                term.span,
                label="means callers without identity as well",
                notes=("it is every request from everywhere: only `deny` and invariants speak of that",),
                help=(
                    "write `any workload` for every identity of this mesh",
                    "write `clients of <gateway>` for what comes from outside",
                ),
            )
