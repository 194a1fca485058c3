"""MW0330: HTTP terms for pods reached by their own address."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, error


def http_on_pods(facts: Facts) -> Iterator[Diagnostic]:
    seen = set()
    for problem in facts.problems.get("http-on-pods", ()):
        if problem.span not in seen:
            seen.add(problem.span)
            yield error(
                "MW0330",
                "HTTP terms do not hold for pods reached by their own address",
                problem.span,
                label="nobody on that way can read requests",
                notes=("traffic to a pod's address passes no waypoint, and ztunnel sees ports only",),
                help=("name only the port: `{ port <name> }`", "or grant the service instead of its pods"),
            )
