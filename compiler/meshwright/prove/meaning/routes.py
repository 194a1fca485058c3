"""Which requests a gateway forwards to one service port, by the routes of the intent alone."""

from typing import NamedTuple

from meshwright.access.expr import EVERYTHING, Expr, any_of, both, negate
from meshwright.ir.intent import Gateway, Listener, PathPattern, Program, Route
from meshwright.prove.meaning.terms import hosts_term, path_term

ANY_HOST = "*"


class Entry(NamedTuple):
    """One route at one host of a listener; host "*" is every host."""

    host: str
    path: PathPattern
    service: str
    port: int


def routed(program: Program, gateway: Gateway, listener: int, service: str, port: int) -> Expr:
    """Requests at ``listener`` (its port) of ``gateway`` that the routes send to ``service`` ``port``; over host and path.

    The most specific host decides alone; below it the longest path, exact before subtree.
    """
    return any_of(_requests(entries, service, port) for entries in _listeners(program, gateway, listener))


def listeners_of(program: Program, gateway: Gateway, service: str, port: int) -> tuple[int, ...]:
    """Ports of the listeners of ``gateway`` through which some route leads to ``service`` ``port``."""
    return tuple(sorted({listener.port for listener in gateway.listeners
                         for entry in _entries(program, gateway, listener) if (entry.service, entry.port) == (service, port)}))


def _listeners(program: Program, gateway: Gateway, number: int) -> list[tuple[Entry, ...]]:
    return [_entries(program, gateway, listener) for listener in gateway.listeners if listener.port == number]


def _entries(program: Program, gateway: Gateway, listener: Listener) -> tuple[Entry, ...]:
    if listener.redirect:
        return ()
    return tuple(Entry(host, route.path, route.service, route.port) for route in program.routes if route.gateway == gateway.id
                 for host in _common(listener, route))


def _common(listener: Listener, route: Route) -> tuple[str, ...]:
    """Hosts that both sides name: the more specific one of each pair that fits."""
    found: dict[str, None] = {}
    for mine in listener.hosts or (ANY_HOST,):
        for theirs in route.hosts or (ANY_HOST,):
            if _covers(mine, theirs):
                found[theirs.lower()] = None
            elif _covers(theirs, mine):
                found[mine.lower()] = None
    return tuple(found)


def _covers(wide: str, narrow: str) -> bool:
    wide, narrow = wide.lower(), narrow.lower()
    return wide in (ANY_HOST, narrow) or (wide.startswith("*.") and narrow != ANY_HOST and narrow.removeprefix("*").endswith(wide[1:])
                                          and len(narrow) > len(wide) - 1)


def _requests(entries: tuple[Entry, ...], service: str, port: int) -> Expr:
    hosts = sorted({entry.host for entry in entries})
    found = []
    for host in hosts:
        narrower = [other for other in hosts if other != host and _covers(host, other)]
        at_host = sorted((entry for entry in entries if entry.host == host), key=_before)
        earlier: list[Expr] = []
        paths = []
        for entry in at_host:
            path = path_term(entry.path)
            if (entry.service, entry.port) == (service, port):
                paths.append(both(path, negate(any_of(earlier))))
            else:
                earlier.append(path)
        if paths:
            found.append(both(_host(host), negate(hosts_term(narrower)), any_of(paths)))
    return any_of(found)


def _before(entry: Entry) -> tuple[bool, int, str]:
    text = str(entry.path)
    return entry.path.subtree, -len(text), text


def _host(host: str) -> Expr:
    return EVERYTHING if host == ANY_HOST else hosts_term((host,))
