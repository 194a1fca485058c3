"""MW0309: a caller with a sidecar and a service behind a waypoint."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def sidecar_caller(facts: Facts) -> Iterator[Diagnostic]:
    sidecars = {workload.id: workload for workload in facts.program.inventory.workloads if workload.capture == "sidecar"}
    if not sidecars:
        return
    asked: dict[int, str] = {}
    for grant in facts.grants:
        if grant.effect == "allow" and grant.target.kind == "service" and grant.target.id in facts.http_services:
            asked.setdefault(grant.rule, grant.target.id)
    for number, service in sorted(asked.items()):
        for term in facts.program.rules[number].sources:
            meant = list(term.workloads)
            if term.kind == "identity" and not meant:
                meant = [workload.id for identity in term.identities for workload in facts.by_identity.get(identity, ())]
            caller = next((sidecars[own] for own in meant if own in sidecars), None)
            if caller is not None:
                yield error(
                    "MW0309",
                    f"`{term.text}` has a sidecar, which goes past the waypoint of `{service}`",
                    term.span,
                    label="cannot use this grant",
                    others=(
                        Label(caller.span, caller.capture_reason or "runs with a sidecar"),
                        Label(facts.program.rules[facts.http_services[service]].span, f"HTTP terms put a waypoint before `{service}`"),
                    ),
                    notes=("a sidecar dials the pods, where only ports can be told apart, not requests",),
                    help=(f"move the caller to the ambient mesh, or let it in at the pods for every request: `-> pods of {service}`",),
                )
