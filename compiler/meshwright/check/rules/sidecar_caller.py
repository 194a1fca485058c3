"""MW0309: a caller with a sidecar and a service behind a waypoint."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.check.podsets import is_proxy
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import resolved
from meshwright.ir.inventory import Workload


def sidecar_caller(facts: Facts) -> Iterator[Diagnostic]:
    sidecars = {
        workload.id: workload for workload in facts.program.inventory.workloads if workload.capture == "sidecar" and not is_proxy(workload)
    }
    if not sidecars:
        return
    asked: dict[int, str] = {}
    for grant in facts.grants:
        if grant.effect == "allow" and grant.target.kind == "service" and grant.target.id in facts.http_services:
            asked.setdefault(grant.rule, grant.target.id)
    for number, service in sorted(asked.items()):
        for term in facts.program.rules[number].sources:
            caller = _sidecar(facts, term, sidecars)
            if caller is not None:
                yield error(
                    "MW0309",
                    f"{caller.kind} `{caller.namespace}/{caller.name}` has a sidecar, which goes past the waypoint of `{service}`",
                    term.span,
                    label="cannot use this grant" if term.kind == "identity" else "is one of these callers, and cannot use this grant",
                    others=(
                        Label(caller.span, caller.capture_reason or "runs with a sidecar"),
                        Label(facts.program.rules[facts.http_services[service]].span, f"HTTP terms put a waypoint before `{service}`"),
                    ),
                    notes=("a sidecar dials the pods, where only ports can be told apart, not requests",),
                    help=(f"move the caller to the ambient mesh, or let it in at the pods for every request: `-> pods of {service}`",),
                )


def _sidecar(facts: Facts, term: resolved.Source, sidecars: dict[str, Workload]) -> Workload | None:
    """A workload with a sidecar that the term means."""
    if term.kind == "any-workload":
        return next(iter(sidecars.values()))
    if term.kind == "namespace":
        return next((workload for workload in sidecars.values() if workload.namespace == term.namespace), None)
    meant = term.workloads or [workload.id for identity in term.identities for workload in facts.by_identity.get(identity, ())]
    return next((sidecars[own] for own in meant if own in sidecars), None)
