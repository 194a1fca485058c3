"""Route tables: which requests a gateway, or the waypoint of a Service with routes of its own, sends to which backend.

Facts: istio-semantics 4.3 (order of matches) and 5.4 (listener hostnames), lowering-verified 3 (a mesh route is a grant).
Every set of requests is an upper bound; it is exact when there is no doubt.
"""

from collections.abc import Iterable, Mapping, Sequence

from meshwright.access.expr import EVERYTHING, Expr, any_of, both, either, match, negate
from meshwright.istio.kinds.gateway import Gateway, Listener
from meshwright.istio.kinds.http_route import Backend, HttpRoute, RouteMatch, RouteRule
from meshwright.record import NamedTuple


class Edge(NamedTuple):
    """Requests that one listener port of a gateway, or the waypoint of ``source``, sends to a backend."""

    source: str  # "ns/name" of the gateway or of the parent Service
    port: int  # listener port; port of the parent Service, 0 = every one
    backend: Backend
    requests: Expr  # over method, path, host, and headers
    objects: tuple[str, ...]
    doubts: tuple[str, ...]


class _Entry(NamedTuple):
    rank: tuple[int, int, int, int, int]
    match: RouteMatch
    rule: RouteRule
    route: HttpRoute


Granted = set[tuple[str, str, str, str]]  # kind that refers, its namespace, namespace and name referred to ("" = every name)


def gateway_edges(gateway: Gateway, routes: Sequence[HttpRoute], granted: Granted,
                  namespace_labels: Mapping[str, Mapping[str, str]]) -> list[Edge]:
    """What the listeners of one gateway send to Services.  ``routes`` are those that name it; ``granted`` as in ReferenceGrants."""
    groups: dict[tuple[int, str], list[Listener]] = {}
    for listener in gateway.listeners:
        if not _certified(gateway, listener, granted):
            continue  # a listener without its certificate is not served
        if listener.protocol == "HTTP":
            groups.setdefault((listener.port, ""), []).append(listener)  # one route table a port
        elif listener.protocol == "HTTPS" or (listener.protocol == "TLS" and not listener.passthrough):
            groups.setdefault((listener.port, listener.name), []).append(listener)  # one a listener, chosen by SNI
    usable = [_granted(route, granted) for route in routes]
    edges: list[Edge] = []
    for (port, _), listeners in groups.items():
        tables: dict[str, list[_Entry]] = {}
        for listener in listeners:
            for route in usable:
                if _attaches(gateway, listener, route, namespace_labels.get(route.namespace, {})):
                    for domain in _domains(listener.hostname, route.hostnames):
                        tables.setdefault(domain, []).extend(_entries(route))
        for domain, entries in tables.items():
            hosts = both(_host(domain), *[negate(_host(other)) for other in tables if other != domain and _covers(domain, other)])
            edges.extend([edge._replace(requests=both(hosts, edge.requests))
                          for edge in _table(f"{gateway.namespace}/{gateway.name}", port, entries)])
    return _together(edges)


def mesh_edges(service: str, port: int, routes: Iterable[HttpRoute]) -> list[Edge]:
    """What the waypoint of a Service sends where, by the routes that name that Service as parent: hostnames are ignored there."""
    return _table(service, port, [entry for route in routes for entry in _entries(route)])


def _together(edges: Iterable[Edge]) -> list[Edge]:
    """One edge a listener port and Service port, whatever tables lead there."""
    groups: dict[tuple[int, str, int], list[Edge]] = {}
    for edge in edges:
        groups.setdefault((edge.port, edge.backend.service, edge.backend.port), []).append(edge)
    return [found[0] if len(found) == 1 else found[0]._replace(
        requests=any_of([edge.requests for edge in found]), objects=tuple(dict.fromkeys([name for edge in found for name in edge.objects])),
        doubts=tuple(dict.fromkeys([reason for edge in found for reason in edge.doubts]))) for found in groups.values()]


def _certified(gateway: Gateway, listener: Listener, granted: Granted) -> bool:
    """Whether the certificates of a listener may be used: those of other namespaces need a ReferenceGrant there."""
    return all(namespace in ("", gateway.namespace) or not granted.isdisjoint(
        (("Gateway", gateway.namespace, namespace, ""), ("Gateway", gateway.namespace, namespace, name)))
        for namespace, name in listener.certificates)


def _granted(route: HttpRoute, granted: Granted) -> HttpRoute:
    """Without backends in other namespaces that no ReferenceGrant allows: their rules still match, and answer an error."""
    if all(backend.service.startswith(route.namespace + "/") for rule in route.rules for backend in rule.backends):
        return route
    rules = []
    for rule in route.rules:
        backends = []
        for backend in rule.backends:
            namespace, _, name = backend.service.partition("/")
            pairs = (("HTTPRoute", route.namespace, namespace, ""), ("HTTPRoute", route.namespace, namespace, name))
            if namespace == route.namespace or not granted.isdisjoint(pairs):
                backends.append(backend)
        rules.append(rule._replace(backends=tuple(backends)))
    return route._replace(rules=tuple(rules))


def _attaches(gateway: Gateway, listener: Listener, route: HttpRoute, labels: Mapping[str, str]) -> bool:
    return listener.http_routes and listener.namespaces.admits(gateway.namespace, route.namespace, labels) and any(
        parent.kind == "Gateway" and (parent.namespace, parent.name) == (gateway.namespace, gateway.name)
        and parent.section in ("", listener.name) and parent.port in (0, listener.port) for parent in route.parents)


def _domains(listener: str, hostnames: Sequence[str]) -> list[str]:
    """The hostnames that both sides serve; "" is every host."""
    found = []
    for host in hostnames or ("",):
        if host == listener or _covers(listener, host):
            found.append(host)
        elif _covers(host, listener):
            found.append(listener)
    return list(dict.fromkeys(found))


def _covers(wide: str, narrow: str) -> bool:
    """Whether a hostname is strictly wider than another one."""
    if wide == narrow:
        return False
    return wide == "" or (wide.startswith("*.") and narrow.removeprefix("*").endswith(wide[1:]))


def _host(domain: str) -> Expr:
    """Envoy compares the authority without its port."""
    if domain == "":
        return EVERYTHING
    if domain.startswith("*."):
        return match("host", "wildcard", domain[1:])
    return either(match("host", "iexact", domain), match("host", "iprefix", domain + ":"))


_RANK = {"exact": 0, "prefix": 1, "regex": 2}


def _entries(route: HttpRoute) -> list[_Entry]:
    return [_Entry((_RANK[one.kind], -len(one.path), 0 if one.method else 1, -one.counts[0], -one.counts[1]), one, rule, route)
            for rule in route.rules for one in rule.matches]


def _table(source: str, port: int, entries: list[_Entry]) -> list[Edge]:
    """First match wins, in Gateway API order; what surely went to an earlier match is taken out of later ones."""
    found: dict[Backend, tuple[list[Expr], list[str], list[str]]] = {}
    below: dict[str, list[tuple[_Entry, Expr]]] = {}  # path -> certain earlier matches at or below it
    for entry in sorted(entries, key=lambda one: one.rank):  # stable: within a route, as written
        own = _requests(entry.match)
        doubts = list(entry.rule.doubts + entry.route.doubts)
        earlier = []
        tied = False
        for other, requests in below.get(entry.match.path, ()) if entry.match.kind != "regex" else ():
            if entry.match.kind == "exact" and (other.match.kind, other.match.path) != ("exact", entry.match.path):
                continue
            if other.rank == entry.rank and other.match.path == entry.match.path and other.route is not entry.route:
                if other.rule.backends != entry.rule.backends and not tied:
                    tied = True
                    doubts.append(f"{other.route.id} and {entry.route.id}: the older one gets `{entry.match.path}`, "
                                  "and which is older is not known")
                    for backend in other.rule.backends:
                        found[backend][2].append(doubts[-1])
            else:
                earlier.append(requests)
        requests = both(own, *[negate(one) for one in earlier])
        for backend in entry.rule.backends:
            exprs, objects, reasons = found.setdefault(backend, ([], [], []))
            exprs.append(requests)
            objects.append(entry.route.id)
            reasons.extend(doubts)
        if entry.match.kind != "regex" and not entry.match.vague and not doubts:
            for path in _ancestors(entry.match.path):
                below.setdefault(path, []).append((entry, own))
    return [Edge(source, port, backend, any_of(exprs), tuple(dict.fromkeys(objects)), tuple(dict.fromkeys(reasons)))
            for backend, (exprs, objects, reasons) in found.items()]


def _requests(one: RouteMatch) -> Expr:
    if one.kind == "regex":
        path = EVERYTHING
    elif one.kind == "exact":
        path = match("path", "exact", one.path)
    elif one.path == "/":
        path = EVERYTHING
    else:
        path = either(match("path", "exact", one.path), match("path", "prefix", one.path + "/"))
    requests = both(path, match("method", "exact", one.method)) if one.method else path
    return both(requests, *[match(f"header:{name}", "exact", value) for name, value in one.headers]) if one.headers else requests


def _ancestors(path: str) -> list[str]:
    """The path and every prefix of whole segments above it: "/a/b" gives "/a/b", "/a", "/"."""
    found = [path]
    while path not in ("/", ""):
        path = path[: path.rfind("/")] or "/"
        found.append(path)
    return found
