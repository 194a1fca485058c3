"""MW0304: a service with no pods that the mesh knows."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import resolved
from meshwright.source import Span


def nothing_behind(facts: Facts) -> Iterator[Diagnostic]:
    """Once for each service, at the first term that needs its pods."""
    seen: set[str] = set()
    for problem in facts.problems.get("no-pods", ()):
        if problem.service is not None and problem.service.id not in seen:
            seen.add(problem.service.id)
            yield _nobody(problem.service, problem.span, "a destination here")
    for route in facts.program.routes:
        service = facts.services[route.service]
        if service.id not in seen and not service.found.workloads and service.found.namespace in facts.governed:
            seen.add(service.id)
            yield _nobody(service, route.span, "routed here")
    for problem in facts.problems.get("no-identity", ()):
        yield error(
            "MW0304",
            f"`{problem.text}` is a service without pods, so it stands for nobody",
            problem.span,
            label="a caller here",
            notes=("a name as a caller means the identity of the pods behind it",),
            help=("name a `service-account`, or correct the Service's selector",),
        )


def _nobody(service: resolved.Service, span: Span, label: str) -> Diagnostic:
    found = service.found
    if found.kind == "external-name":
        return error(
            "MW0304",
            f"`{service.id}` is an ExternalName: a DNS alias, with no pods to protect",
            span,
            label=label,
            others=(Label(found.span, "`type: ExternalName`"),),
            notes=("nothing in the mesh stands between a caller and the other name",),
            help=("name the service that the alias leads to",),
        )
    if not found.selector:
        return error(
            "MW0304",
            f"`{service.id}` has no selector: its endpoints are made by hand",
            span,
            label=label,
            others=(Label(found.span, "no `spec.selector`"),),
            notes=("which pods it leads to is not known, so none can be guarded",),
            help=("give the Service a selector",),
        )
    words = ", ".join([f"{key}={value}" for key, value in found.selector])
    return error(
        "MW0304",
        f"no pod carries the labels that `{service.id}` selects",
        span,
        label=label,
        others=(Label(found.span, f"selects {words}"),),
        notes=("a rule about nobody protects nobody",),
        help=("correct the selector, or add the workload to the inventory",),
    )
