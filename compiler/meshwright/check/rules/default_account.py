"""MW0306: a grant to the service account `default`."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def default_account(facts: Facts) -> Iterator[Diagnostic]:
    for rule in facts.program.rules:
        if rule.effect == "deny":
            continue
        for term in rule.sources:
            for identity in term.identities:
                if identity.account == "default":
                    others = tuple(
                        [
                            Label(facts.workloads[own].span, "names no service account")
                            for own in term.workloads[:3]
                            if own in facts.workloads
                        ]
                    )
                    yield error(
                        "MW0306",
                        f"`{term.text}` runs as the account `default` of namespace `{identity.namespace}`",
                        term.span,
                        label="this grant would go to every pod that names no account",
                        others=others,
                        notes=("every pod without a service account gets this identity, today's and tomorrow's",),
                        help=(f"give it an account: `serviceAccountName: {term.text.rpartition('/')[2]}`",),
                    )
