"""MW0302: HTTP terms on a port that does not speak HTTP."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def http_on_tcp(facts: Facts) -> Iterator[Diagnostic]:
    for problem in facts.problems.get("not-http", ()):
        service, port = problem.service, problem.port
        if service is None:
            continue
        others = (Label(port.span, f"port {port.number} is {port.protocol}"),) if port is not None else ()
        which = (
            f"port {port.number} of `{service.id}` speaks {port.protocol}"
            if port is not None
            else f"`{service.id}` has no port that speaks HTTP"
        )
        yield error(
            "MW0302",
            f"{which}: methods, paths and calls have no meaning there",
            problem.span,
            label="asks for HTTP",
            others=others,
            notes=("no proxy can look into this traffic; a rule that pretends to would let everything in or nothing",),
            help=("name a port only: `{ port <name> }`, or an HTTP port of the service",),
        )
