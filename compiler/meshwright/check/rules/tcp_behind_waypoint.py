"""MW0317: a grant on a TCP port of a service that has a waypoint."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def tcp_behind_waypoint(facts: Facts) -> Iterator[Diagnostic]:
    """Once for each rule and service."""
    seen = set()
    for grant in facts.grants:
        if grant.effect == "deny" or grant.http is not None or grant.target.kind != "service" or grant.target.id not in facts.http_services:
            continue
        port = facts.ports[grant.target.id][grant.target.port]
        if port.is_http or (grant.rule, grant.target.id) in seen:
            continue
        seen.add((grant.rule, grant.target.id))
        rule, cause = facts.program.rules[grant.rule], facts.program.rules[facts.http_services[grant.target.id]]
        yield error(
            "MW0317",
            f"port {port.number} of `{grant.target.id}` is {port.protocol}, and the service has a waypoint",
            rule.span,
            label=f"grants {port.protocol} port {port.number}"
            + ("" if facts.program.rules[grant.rule].doors else ", because it names no port"),
            others=(Label(cause.span, "HTTP terms put a waypoint before all ports of the service"),),
            notes=(
                "a waypoint opens a TCP connection to the pod before it refuses the caller, so the grant could not be kept to one caller",
            ),
            help=(
                "name the HTTP ports only: `{ port <name> }`",
                f"let callers of this port dial the pods: `-> pods of {grant.target.id} {{ port {port.target} }}`",
                "or give the port a Service of its own",
            ),
        )
