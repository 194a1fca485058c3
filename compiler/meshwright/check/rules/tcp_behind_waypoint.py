"""MW0317: a grant on a TCP port of a service that has a waypoint."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import intent
from meshwright.ir.placement import waypoint_name


def tcp_behind_waypoint(facts: Facts) -> Iterator[Diagnostic]:
    """Once for each rule and service."""
    if not facts.http_services:
        return
    seen: set[tuple[int, str]] = set()
    for grant in facts.grants:
        if grant.effect == "deny" or grant.http is not None:
            continue
        for service, port in _through_waypoint(facts, grant):
            if (grant.rule, service) not in seen:
                seen.add((grant.rule, service))
                yield _refused(facts, grant, service, port)


def _through_waypoint(facts: Facts, grant: intent.Grant) -> Iterator[tuple[str, intent.Port]]:
    """Ports that do not speak HTTP and that the grant opens by way of a waypoint: the service's own, or because the waypoint
    is itself one of many callers that may dial the pods."""
    if grant.target.kind == "service":
        port = facts.ports[grant.target.id][grant.target.port]
        if grant.target.id in facts.http_services and not port.is_http:
            yield grant.target.id, port
    elif grant.source.kind in ("any-workload", "namespace"):
        for own in facts.set_by_id[grant.target.id].services:
            if own in facts.http_services and _is_among(facts, own, grant.source):
                for port in facts.ports[own].values():
                    if not port.is_http and grant.target.port in (0, port.target):
                        yield own, port


def _is_among(facts: Facts, service: str, source: intent.Source) -> bool:
    placement = facts.governed[service.partition("/")[0]].placement
    waypoint = waypoint_name(facts.intent_service(service), placement)
    return source.kind == "any-workload" or source.namespace == waypoint.partition("/")[0]


def _refused(facts: Facts, grant: intent.Grant, service: str, port: intent.Port) -> Diagnostic:
    rule, cause = facts.program.rules[grant.rule], facts.program.rules[facts.http_services[service]]
    others = (Label(cause.span, "HTTP terms put a waypoint before all ports of the service"),)
    if grant.target.kind == "pods":
        return error(
            "MW0317",
            f"the waypoint of `{service}` is one of these callers, so whoever dials port {port.number} of the service gets a connection",
            rule.span,
            label=f"lets `{grant.source.name}` dial the pods on {port.protocol} port {port.target}",
            others=others,
            notes=("a waypoint opens a TCP connection to the pod before it refuses the caller",),
            help=("name the callers of this port one by one", "or give the port a Service of its own"),
        )
    return error(
        "MW0317",
        f"port {port.number} of `{service}` is {port.protocol}, and the service has a waypoint",
        rule.span,
        label=f"grants {port.protocol} port {port.number}" + ("" if rule.doors else ", because it names no port"),
        others=others,
        notes=("a waypoint opens a TCP connection to the pod before it refuses the caller, so the grant could not be kept to one caller",),
        help=(
            "name the HTTP ports only: `{ port <name> }`",
            f"let callers of this port dial the pods: `-> pods of {service} {{ port {port.target} }}`",
            "or give the port a Service of its own",
        ),
    )
