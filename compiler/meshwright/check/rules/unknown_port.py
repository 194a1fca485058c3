"""MW0327: a port that is not there, or not the one it seems."""

from collections.abc import Iterator

from meshwright.check.facts import Facts, Problem
from meshwright.diagnostics import Diagnostic, Label, did_you_mean, error


def unknown_port(facts: Facts) -> Iterator[Diagnostic]:
    for problem in facts.problems.get("unknown-port", ()):
        yield _missing(facts, problem)
    for problem in facts.problems.get("nobody", ()):
        yield error(
            "MW0327",
            f"nothing that `{problem.text}` means has such a port",
            problem.span,
            label="fits nowhere",
            notes=("a rule about nothing protects nothing",),
            help=("check the name of the port, or name the services one by one",),
        )
    for problem in facts.problems.get("unknown-target", ()):
        service, port = problem.service, problem.port
        if service is not None and port is not None:
            yield error(
                "MW0327",
                f"port {port.number} of `{service.id}` leads to `{port.target_name}`, which is not one number at its pods",
                problem.span,
                label="uses this port",
                others=(Label(port.span, f"`targetPort: {port.target_name}`"),),
                notes=("which port of the pods to guard is not known",),
                help=("write the number in the Service, or name the container port in every workload",),
            )
    for problem in facts.problems.get("service-port", ()):
        service, port = problem.service, problem.port
        if service is not None and port is not None:
            yield error(
                "MW0327",
                f"the pods of `{service.id}` do not listen on {port.number}: that is the port of the service",
                problem.span,
                label="a port of pods is needed",
                others=(Label(port.span, f"leads to {port.target} at the pods"),),
                help=(f"write `port {port.target}`" + (f", or `port {port.name}`" if port.name else ""),),
            )
    for problem in facts.problems.get("two-targets", ()):
        name, *numbers = problem.text.split()
        yield error(
            "MW0327",
            f"`{name}` is port {' and '.join(numbers)} at the same pods",
            problem.span,
            label="which one?",
            help=("write the number",),
        )


def _missing(facts: Facts, problem: Problem) -> Diagnostic:
    service, workload = problem.service, problem.workload
    known: list[str] = []
    if service is not None:
        known += [port.name or str(port.number) for port in service.found.ports] + [name for name, _ in service.names]
    if workload is not None:
        known += [port.name or str(port.number) for port in workload.ports]
    what = f"`{service.id}`" if service is not None else f"`{workload.namespace}/{workload.name}`" if workload is not None else "it"
    pods = "the pods of " if workload is not None else ""
    near = did_you_mean(problem.text, known)
    place = service.found.span if service is not None else workload.span if workload is not None else None
    listed = ", ".join([f"`{each}`" for each in dict.fromkeys(known)]) or "none"
    return error(
        "MW0327",
        f"{pods}{what} {'have' if pods else 'has'} no port `{problem.text}`",
        problem.span,
        label="not found",
        others=(Label(place, f"ports: {listed}"),) if place is not None else (),
        help=(f"did you mean {' or '.join([f'`{each}`' for each in near])}?" if near else f"ports are {listed}",),
    )
