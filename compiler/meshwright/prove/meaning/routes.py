"""Which requests a gateway forwards to one service port, by the routes of the intent alone.

A route speaks of every host that its pattern covers; between routes that meet a request the exact path decides, then the
longest one.  Two that nothing decides between are refused before.
"""

from collections.abc import Iterable

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, any_of, both, negate
from meshwright.ir.intent import Gateway, Listener, Program, Route
from meshwright.prove.meaning.terms import hosts_term, path_term


def routed(program: Program, gateway: Gateway, listener: int, service: str, port: int) -> Expr:
    """Requests at ``listener`` (its port) of ``gateway`` that the routes send to ``service`` ``port``; over host and path."""
    listeners = [one for one in gateway.listeners if one.port == listener and not one.redirect]
    routes = sorted((route for route in program.routes if route.gateway == gateway.id), key=_order)
    found = []
    for place, route in enumerate(routes):
        if (route.service, route.port) == (service, port):
            earlier = [other for other in routes[:place] if (other.service, other.port) != (service, port) and _meet(other, route)]
            found.append(both(_requests(route), negate(any_of(_requests(other) for other in earlier))))
    return both(any_of(_hosts(one.hosts) for one in listeners) if listeners else NOTHING, any_of(found))


def listeners_of(program: Program, gateway: Gateway, service: str, port: int) -> tuple[int, ...]:
    """Ports of the listeners of ``gateway`` through which some route leads to ``service`` ``port``."""
    routes = [route for route in program.routes if (route.gateway, route.service, route.port) == (gateway.id, service, port)]
    return tuple(sorted({listener.port for listener in gateway.listeners if not listener.redirect and _serves(listener, routes)}))


def _order(route: Route) -> tuple[bool, int, bool, int, str]:
    text = str(route.path)
    widest = min((len(host) for host in route.hosts), default=0)
    return route.path.subtree, -len(text), any(host.startswith("*.") for host in route.hosts) or not route.hosts, -widest, text


def _requests(route: Route) -> Expr:
    return both(_hosts(route.hosts), path_term(route.path))


def _hosts(hosts: tuple[str, ...]) -> Expr:
    return hosts_term(hosts) if hosts else EVERYTHING


def _meet(earlier: Route, route: Route) -> bool:
    """Whether some request may meet both; only those that cannot are left out, to keep the expression small."""
    mine, theirs = route.path.segments, earlier.path.segments
    below = theirs[: len(mine)] == mine if route.path.subtree else theirs == mine or earlier.path.subtree
    return below and any(_common(one, other) for one in route.hosts or ("",) for other in earlier.hosts or ("",))


def _serves(listener: Listener, routes: Iterable[Route]) -> bool:
    return any(_common(mine, theirs) for route in routes for mine in listener.hosts or ("",) for theirs in route.hosts or ("",))


def _common(one: str, other: str) -> bool:
    """Whether two host patterns ("" = any) have a host in common."""
    one, other = one.lower(), other.lower()
    return one in ("", other) or other == "" or _below(one, other) or _below(other, one)


def _below(wide: str, narrow: str) -> bool:
    return wide.startswith("*.") and narrow.removeprefix("*").endswith(wide[1:]) and narrow != wide[1:]
