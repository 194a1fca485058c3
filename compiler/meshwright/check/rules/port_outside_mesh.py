"""MW0311: UDP and SCTP ports never enter the mesh."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error, warning


def port_outside_mesh(facts: Facts) -> Iterator[Diagnostic]:
    """An error where a rule uses such a port, else a warning for each port of a governed service."""
    named = set()
    for problem in facts.problems.get("outside-port", ()):
        service, port = problem.service, problem.port
        if service is None or port is None:
            continue
        carried = [f"port {each.number}" for each in service.found.ports if each.transport == "TCP"]
        named.add((service.id, port.number, port.transport))
        yield error(
            "MW0311",
            f"port {port.number} of `{service.id}` is {port.transport}, which never enters the mesh",
            problem.span,
            label="no proxy sees it",
            others=(Label(port.span, f"`protocol: {port.transport}`"),),
            notes=("no rule and no claim has an effect there",),
            help=(
                "protect the port by a NetworkPolicy",
                *([f"and say here which ports are meant: {{ {'; '.join(carried)} }}"] if carried else ["and take the rule out"]),
            ),
        )
    for service in facts.program.services:
        if service.found.namespace not in facts.governed or not service.found.workloads:
            continue
        for port in service.found.ports:
            if port.transport != "TCP" and (service.id, port.number, port.transport) not in named:
                yield warning(
                    "MW0311",
                    f"port {port.number} of `{service.id}` is {port.transport}: anybody may reach it",
                    port.span,
                    label="not governed",
                    notes=("the mesh carries TCP only",),
                    help=("protect the port by a NetworkPolicy",),
                )
