"""MW0324: route lines that no gateway could follow."""

from collections.abc import Iterator

from meshwright.check.edge import hosts_meet, route_ports
from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import resolved
from meshwright.source import Span


def bad_route(facts: Facts) -> Iterator[Diagnostic]:
    gateways = {gateway.id: gateway for gateway in facts.gateways}
    taken: dict[tuple[str, str, str], Span] = {}
    judged = set()
    for route in facts.program.routes:
        if route.path is not None and None in route.path.segments:
            yield error(
                "MW0324",
                f'"{route.path.text}" has a `{{name}}`, and routes match whole paths or subtrees',
                route.path.span,
                label="cannot be routed by",
                notes=("Gateway API has exact paths and path prefixes",),
                help=("route the subtree above it, and say in the grant which requests may pass",),
            )
        for text in [host.text for host in route.hosts] or [""]:
            key = route.gateway, text, route.path.text if route.path is not None else "/**"
            first = taken.setdefault(key, route.span)
            if first is not route.span:
                yield error(
                    "MW0324",
                    f"`{route.gateway}` has two routes for the same host and path",
                    route.span,
                    label="again here",
                    others=(Label(first, "first here"),),
                    help=("keep one of them",),
                )
                break
        for host in route.hosts:
            gateway = gateways[route.gateway]
            if (route.gateway, host.span) in judged:
                continue
            judged.add((route.gateway, host.span))
            if not any(
                not each.hosts or any(hosts_meet(host.text, one) for one in each.hosts) for each in gateway.listeners if not each.redirect
            ):
                yield error(
                    "MW0324",
                    f"no listener of `{route.gateway}` takes `{host.text}`",
                    host.span,
                    label="never asked for here",
                    others=(Label(gateway.span, "the gateway"),),
                    help=("add the host to a `listen` line, or correct it",),
                )
        namespace = route.service.partition("/")[0]
        if namespace not in facts.governed and not route.gateway.startswith(f"{namespace}/"):
            yield error(
                "MW0324",
                f"`{route.gateway}` may not send requests to `{route.service}`: namespace `{namespace}` is not governed",
                route.span,
                label="leads into another namespace",
                notes=("Gateway API asks the other namespace for a ReferenceGrant, and nothing is emitted there",),
                help=(f"declare `namespace {namespace} {{ enforce yes }}`",),
            )
        yield from _port(facts, route)


def _port(facts: Facts, route: resolved.Route) -> Iterator[Diagnostic]:
    service = facts.services[route.service]
    if service.found.kind == "headless" or not service.found.workloads:
        return  # has a code of its own
    ports = route_ports(facts, route)
    undeclared = [port for port in service.found.ports if port.protocol == "undeclared"]
    if not ports and undeclared and route.port is None:
        yield error(
            "MW0301",
            f"port {undeclared[0].number} of `{service.id}` does not declare its protocol",
            route.span,
            label="routed here",
            others=(Label(undeclared[0].span, "no `appProtocol`, and the name of the port says none"),),
            help=("add `appProtocol: http` (or http2, grpc) to the port of the Service",),
        )
    elif not ports:
        yield error(
            "MW0324",
            f"`{service.id}` has no such port for requests",
            route.span if route.port is None else route.port.span,
            label="no HTTP port" if route.port is None else "not found",
            others=(Label(service.found.span, f"has {_listed(facts, service)}"),),
            help=("name one of its ports that speaks HTTP",),
        )
    elif len(ports) > 1:
        yield error(
            "MW0324",
            f"`{service.id}` has more than one port that speaks HTTP",
            route.span,
            label="which one?",
            others=(Label(service.found.span, f"has {_listed(facts, service)}"),),
            help=(f"write `-> {service.found.name} port {ports[0].name or ports[0].number}`",),
        )
    elif not ports[0].is_http:
        yield error(
            "MW0324",
            f"port {ports[0].number} of `{service.id}` speaks {ports[0].protocol}, and a gateway routes requests",
            route.span,
            label="routed here",
            help=("name a port that speaks http, http2 or grpc",),
        )


def _listed(facts: Facts, service: resolved.Service) -> str:
    return ", ".join([f"{port.protocol} {port.number}" for port in facts.ports[service.id].values()]) or "no TCP port"
