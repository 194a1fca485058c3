"""Gateways and routes: what comes in from outside, and where to."""

from meshwright.check.facts import Facts
from meshwright.ir import intent, resolved, syntax
from meshwright.ir.identity import Identity


def make_gateways(facts: Facts) -> None:
    """Fill ``facts.gateways`` and ``facts.routes``; what is wrong with a listener or a line is for the rules to say."""
    facts.gateways = tuple([_gateway(gateway) for gateway in facts.program.gateways])
    facts.routes = tuple([made for route in facts.program.routes if (made := _route(facts, route)) is not None])


def route_ports(facts: Facts, route: resolved.Route) -> tuple[intent.Port, ...]:
    """The ports that a route line may mean: the one it names, else those that speak HTTP.  Exactly one is right."""
    ports = facts.ports[route.service]
    if isinstance(route.port, syntax.Number):
        return (ports[route.port.value],) if route.port.value in ports else ()
    if route.port is not None:
        wanted = route.port.text
        numbers = {number for name, number in facts.services[route.service].names if name == wanted}
        return tuple([port for port in ports.values() if port.name == wanted or port.number in numbers])
    return tuple([port for port in ports.values() if port.is_http])


def leads_to(gateway: intent.Gateway, listener: intent.Listener, route: intent.Route) -> bool:
    """Whether requests at ``listener`` can take ``route``."""
    if route.gateway != gateway.id or listener.redirect:
        return False
    return not route.hosts or not listener.hosts or any(hosts_meet(one, other) for one in route.hosts for other in listener.hosts)


def hosts_meet(one: str, other: str) -> bool:
    """Whether some host is both; `*.example.com` is any host with at least one label more."""
    if one.startswith("*.") and other.startswith("*."):
        return one.endswith(other[1:]) or other.endswith(one[1:])
    if one.startswith("*."):
        return other.endswith(one[1:])
    if other.startswith("*."):
        return one.endswith(other[1:])
    return one == other


def _gateway(gateway: resolved.Gateway) -> intent.Gateway:
    listeners = []
    taken: set[str] = set()
    for listener in gateway.listeners:
        listen = listener.listen
        hosts = tuple(sorted({host.text for host in listen.hosts}))
        name = f"{listen.protocol.text}-{listen.port.value}"
        if name in taken:
            from meshwright.ir.digest import sha256  # here: few gateways need it

            name += "-" + sha256("\n".join(hosts).encode()).hexdigest()[:6]
        taken.add(name)
        listeners.append(
            intent.Listener(
                name,
                "https" if listen.protocol.text == "https" else "http",
                listen.port.value,
                hosts,
                listener.certificate,
                listen.redirect is not None,
                listen.span,
            )
        )
    return intent.Gateway(
        gateway.namespace, gateway.name, Identity(gateway.namespace, f"{gateway.name}-istio"), tuple(listeners), gateway.span
    )


def _route(facts: Facts, route: resolved.Route) -> intent.Route | None:
    ports = route_ports(facts, route)
    if len(ports) != 1:
        return None
    path = intent.PathPattern(route.path.segments, route.path.subtree) if route.path is not None else intent.PathPattern((), True)
    return intent.Route(route.gateway, tuple(sorted({host.text for host in route.hosts})), path, route.service, ports[0].number, route.span)
