"""MW0303: a headless Service where a service address is needed."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def headless_service(facts: Facts) -> Iterator[Diagnostic]:
    for problem in facts.problems.get("headless", ()):
        service = problem.service
        if service is not None:
            yield error(
                "MW0303",
                f"`{service.id}` is headless: it has no address of its own",
                problem.span,
                label="a service address is needed here",
                others=(Label(service.found.span, "`clusterIP: None`"),),
                notes=("its clients dial the pods, and no waypoint ever sees them, so HTTP terms cannot hold there",),
                help=(f"write `pods of {service.found.name}` with a target port",),
            )
    for route in facts.program.routes:
        service = facts.services[route.service]
        if service.found.kind == "headless":
            yield error(
                "MW0303",
                f"`{service.id}` is headless: a gateway has no address to send requests to",
                route.span,
                label="routed here",
                others=(Label(service.found.span, "`clusterIP: None`"),),
                help=("make a Service with a cluster address for the same pods",),
            )
