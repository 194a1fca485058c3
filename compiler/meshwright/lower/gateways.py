"""Gateways and routes in Gateway API words (docs/decisions/0010-routes-beside-their-gateway.md)."""

from meshwright.diagnostics import Diagnostic
from meshwright.ir.intent import Gateway, Listener, PathPattern, Route
from meshwright.ir.manifest import Manifest
from meshwright.ir.placement import dns_label
from meshwright.lower import refuse
from meshwright.lower.objects import GATEWAY_API, REFERENCE_GRANT, gateway_api
from meshwright.lower.plan import Plan, narrower, serves
from meshwright.source import Span

# Gateway API schema: listeners of a Gateway; parents, rules and matches of an HTTPRoute, matches of one rule
MOST_LISTENERS, MOST_PARENTS, MOST_RULES, MOST_ROUTE_MATCHES, MOST_MATCHES = 64, 32, 16, 128, 64

# What the HTTPRoute schema takes in a path, which must not hold %2f either
_PATH_MARKS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@%")

Json = dict[str, object]


def lower_gateways(plan: Plan, found: list[Diagnostic]) -> list[Manifest]:
    """Every declared gateway of a governed namespace with its routes, and the ReferenceGrants that these need.

    An HTTPRoute stands beside its Gateway, one for each host; listeners accept routes of their own namespace only, so nobody
    else can hang a route on them.  Every field that the CRDs default is written out (reference: gitops 2.5).
    Diagnostics: MW0601, MW0604, MW0607.
    """
    routes: dict[str, list[Route]] = {}
    for route in plan.program.routes:
        routes.setdefault(route.gateway, []).append(route)
    made: list[Manifest] = []
    grants: dict[tuple[str, str, str, str], list[Span]] = {}
    for gateway in plan.program.gateways:
        its_routes = routes.get(gateway.id, [])
        if gateway.namespace not in plan.governed:
            _refuse_ungoverned(plan, gateway, its_routes, found)
            continue
        made.append(_gateway(gateway, found))
        made.extend(_redirects(gateway, found))
        made.extend(_host_routes(plan, gateway, its_routes, found))
        for listener in gateway.listeners:
            owner, _, secret = listener.certificate.partition("/")
            if listener.certificate and owner != gateway.namespace:
                grants.setdefault((owner, "Secret", secret, gateway.namespace), []).append(listener.span)
        for route in its_routes:
            owner, _, service = route.service.partition("/")
            if owner != gateway.namespace:
                grants.setdefault((owner, "Service", service, gateway.namespace), []).append(route.span)
    made.extend(_reference_grants(plan, grants, found))
    return made


def _gateway(gateway: Gateway, found: list[Diagnostic]) -> Manifest:
    listeners: list[Json] = []
    for listener in gateway.listeners:
        for name, host in _sections(listener):
            made: Json = {"name": name, "port": listener.port, "protocol": listener.protocol.upper()}
            if host:
                made["hostname"] = host
            if listener.protocol == "https":
                owner, _, secret = listener.certificate.partition("/")
                ref: Json = {"group": "", "kind": "Secret", "name": secret}
                if owner != gateway.namespace:
                    ref["namespace"] = owner
                made["tls"] = {"mode": "Terminate", "certificateRefs": [ref]}
            made["allowedRoutes"] = {"namespaces": {"from": "Same"}}
            listeners.append(made)
    if len(listeners) > MOST_LISTENERS:
        found.append(refuse.too_many(f"gateway `{gateway.id}`", "listeners, one for each host", len(listeners), MOST_LISTENERS,
                                     gateway.span))
    spec = {"gatewayClassName": "istio", "listeners": listeners}
    return Manifest(GATEWAY_API, "Gateway", gateway.namespace, gateway.name, {"spec": spec}, f"{gateway.id} gateway",
                    provenance=(gateway.span,))


def _sections(listener: Listener) -> list[tuple[str, str]]:
    """(name, host) of the Gateway API listeners that one listener of ours becomes; they take one host each."""
    if len(listener.hosts) < 2:
        return [(listener.name, listener.hosts[0] if listener.hosts else "")]
    return [(dns_label(f"{listener.name}-{_slug(host)}"), host) for host in listener.hosts]


def _slug(host: str) -> str:
    return host.replace("*", "any").replace(".", "-") if host else "any-host"


def _parent(gateway: Gateway, section: str) -> Json:
    return {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway.name, "sectionName": section}


def _redirects(gateway: Gateway, found: list[Diagnostic]) -> list[Manifest]:
    ports = sorted({listener.port for listener in gateway.listeners if listener.protocol == "https"})
    made = []
    for listener in gateway.listeners:
        if not listener.redirect:
            continue
        if 443 not in ports:
            found.append(refuse.redirect_to_nowhere(gateway, listener, ports))
        rule: Json = {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                      "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]}
        sections = _sections(listener)
        if len(sections) > MOST_PARENTS:
            found.append(refuse.too_many(f"gateway `{gateway.id}`", "hosts of a listener that redirects", len(sections), MOST_PARENTS,
                                         listener.span))
        spec = {"parentRefs": [_parent(gateway, name) for name, _ in sections], "rules": [rule]}
        made.append(gateway_api("HTTPRoute", gateway.namespace, f"{gateway.name}-{listener.name}-redirect",
                                f"{gateway.id} {listener.name} redirect", spec, provenance=(listener.span,)))
    return made


def _host_routes(plan: Plan, gateway: Gateway, routes: list[Route], found: list[Diagnostic]) -> list[Manifest]:
    """One HTTPRoute for each host that both a listener and a route know.

    Envoy looks for the routes of the most specific host only, so the table of a host holds the routes of wider patterns too.
    """
    listeners = [listener for listener in gateway.listeners if not listener.redirect]
    hosts: set[str] = set()
    for route in routes:
        served = {host for listener in listeners for own in listener.hosts or ("",) for asked in route.hosts or ("",)
                  if (host := narrower(own, asked)) is not None}
        if not served:
            found.append(refuse.host_not_served(gateway, route))
        odd = [part for part in route.path.segments if part and (set(part) - _PATH_MARKS or "%2f" in part.lower())]
        if odd:
            found.append(refuse.route_path(gateway, route, odd[0]))
        hosts |= served
    made = []
    for host in sorted(hosts):
        table = [route for route in routes if any(narrower(asked, host) == host for asked in route.hosts or ("",))]
        parents = [_parent(gateway, name) for name in _most_specific(listeners, host)]
        spec: Json = {"parentRefs": parents}
        if host:
            spec["hostnames"] = [host]
        spec["rules"] = _table(plan, gateway, host, table, found)
        made.append(gateway_api("HTTPRoute", gateway.namespace, f"{gateway.name}-{_slug(host)}", f"{gateway.id} route {host or 'any host'}",
                                spec, provenance=tuple(sorted({route.span for route in table}))))
    return made


def _most_specific(listeners: list[Listener], host: str) -> list[str]:
    """For each port, the listener that answers for ``host``: the one whose own host is nearest to it."""
    best: dict[int, tuple[int, str]] = {}
    for listener in listeners:
        for name, own in _sections(listener):
            if narrower(own, host) == host and len(own) >= best.get(listener.port, (0, ""))[0]:
                best[listener.port] = (len(own), name)
    return [name for _, name in best.values()]


def _table(plan: Plan, gateway: Gateway, host: str, routes: list[Route], found: list[Diagnostic]) -> list[Json]:
    """One rule for each backend; Gateway API itself puts exact before prefix and longer before shorter."""
    taken: dict[PathPattern, Route] = {}
    backends: dict[tuple[str, int], list[PathPattern]] = {}
    for route in routes:
        first = taken.setdefault(route.path, route)
        if first is route:
            backends.setdefault((route.service, route.port), []).append(route.path)
        elif (first.service, first.port) != (route.service, route.port):
            found.append(refuse.route_twice(gateway, host, first, route))
    rules: list[Json] = []
    for (service, port), paths in sorted(backends.items()):
        owner, _, name = service.partition("/")
        backend: Json = {"group": "", "kind": "Service", "name": name, "port": port, "weight": 1}
        if owner != gateway.namespace:
            backend["namespace"] = owner
        rules.append({"matches": [{"path": _match(path)} for path in sorted(paths, key=str)], "backendRefs": [backend]})
    most = max((len(paths) for paths in backends.values()), default=0)
    for what, count, limit in (("services behind one host", len(backends), MOST_RULES), ("paths to one service", most, MOST_MATCHES),
                               ("paths of one host", len(taken), MOST_ROUTE_MATCHES)):
        if count > limit:
            found.append(refuse.too_many(f"gateway `{gateway.id}`, host `{host or '*'}`", what, count, limit, gateway.span))
    return rules


def _match(path: PathPattern) -> Json:
    """PathPrefix goes by segments: "/a" is "/a" and everything below "/a/", exactly a subtree."""
    if None in path.segments:
        raise ValueError(f"route path {path}: a segment pattern passed the check")
    text = "".join(f"/{part}" for part in path.segments) or "/"
    return {"type": "PathPrefix" if path.subtree else "Exact", "value": text}


def _reference_grants(plan: Plan, wanted: dict[tuple[str, str, str, str], list[Span]], found: list[Diagnostic]) -> list[Manifest]:
    made = []
    for (owner, kind, name, gateways), where in sorted(wanted.items()):
        if owner not in plan.governed:
            found.append(refuse.grant_elsewhere(owner, kind, name, gateways, where[0]))
            continue
        user, suffix = ("Gateway", "certificate") if kind == "Secret" else ("HTTPRoute", "routes")
        spec = {"from": [{"group": "gateway.networking.k8s.io", "kind": user, "namespace": gateways}],
                "to": [{"group": "", "kind": kind, "name": name}]}
        made.append(gateway_api("ReferenceGrant", owner, f"{name}-{suffix}-from-{gateways}", f"{owner}/{name} {suffix} from {gateways}",
                                spec, provenance=tuple(sorted(set(where))), api_version=REFERENCE_GRANT))
    return made


def _refuse_ungoverned(plan: Plan, gateway: Gateway, routes: list[Route], found: list[Diagnostic]) -> None:
    """A gateway that nobody governs is no harm until something governed relies on it."""
    for grant in plan.program.grants:
        if grant.source.kind == "gateway" and grant.source.gateway == gateway.id and grant.effect == "allow" \
                and grant.target.id.partition("/")[0] in plan.governed:
            found.append(refuse.gateway_elsewhere(gateway, plan.program.rules[grant.rule].span))
            return
    for route in routes:
        if route.service.partition("/")[0] in plan.governed:
            found.append(refuse.gateway_elsewhere(gateway, route.span))
            return


def refuse_listener_sources(plan: Plan, found: list[Diagnostic]) -> None:
    """`clients of G port N`: the mesh sees G's identity only, so every listener that leads to the target must be on port N (MW0601)."""
    judged: set[tuple[str, int, str]] = set()
    for grant in plan.program.grants:
        source = grant.source
        if source.kind != "gateway" or not source.port or (source.gateway, source.port, grant.target.id) in judged:
            continue
        judged.add((source.gateway, source.port, grant.target.id))
        gateway = plan.gateways[source.gateway]
        routes = [route for route in plan.program.routes if route.gateway == gateway.id and route.service == grant.target.id]
        other = [listener for listener in gateway.listeners if not listener.redirect and listener.port != source.port and any(
            serves(listener, host) is not None for route in routes for host in route.hosts or ("",))]
        if other:
            found.append(refuse.listener_not_seen(plan, grant, gateway, other[0]))
