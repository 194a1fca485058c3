"""MW0305: a grant to one workload is a grant to all that share its service account."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, warning


def shared_account(facts: Facts) -> Iterator[Diagnostic]:
    """At each rule that names a service or workload; `service-account` says that it means everybody who runs as it."""
    shared = {identity for identity, everybody in facts.by_identity.items() if len(everybody) > 1}
    for rule in facts.program.rules:
        for term in rule.sources:
            if not term.workloads or shared.isdisjoint(term.identities):
                continue
            for identity in term.identities:
                everybody = facts.by_identity.get(identity, [])
                if identity not in shared or (identity.account == "default" and rule.effect == "allow"):
                    continue
                others = [workload for workload in everybody if workload.id not in term.workloads]
                if others:
                    names = ", ".join([f"{each.kind} `{each.namespace}/{each.name}`" for each in others[:3]]) + (
                        ", …" if len(others) > 3 else ""
                    )
                    yield warning(
                        "MW0305",
                        f"this also {'lets in' if rule.effect == 'allow' else 'keeps out'} {names}",
                        term.span,
                        label=f"runs as `{identity}`",
                        others=tuple([Label(each.span, "runs as the same service account") for each in others[:3]]),
                        notes=("the mesh knows workloads by their service account only; two that share one cannot be told apart",),
                        help=(
                            "give them accounts of their own, or write `service-account " + str(identity) + "` if all of them are meant",
                        ),
                    )
