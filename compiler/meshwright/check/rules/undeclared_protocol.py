"""MW0301: a rule uses a port whose protocol nobody declared."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def undeclared_protocol(facts: Facts) -> Iterator[Diagnostic]:
    """Once for each port, at the first rule that uses it."""
    seen = set()
    for problem in facts.problems.get("undeclared", ()):
        service, port = problem.service, problem.port
        if service is None or port is None or (service.id, port.number) in seen:
            continue
        seen.add((service.id, port.number))
        yield error(
            "MW0301",
            f"port {port.number} of `{service.id}` does not declare its protocol",
            problem.span,
            label="uses this port",
            others=(Label(port.span, "no `appProtocol`, and the name of the port says none"),),
            notes=("Istio would guess it from the first bytes: what looks like TCP would pass by every HTTP rule",),
            help=("add `appProtocol: http` (or http2, grpc, tcp, …) to the port of the Service",),
        )
