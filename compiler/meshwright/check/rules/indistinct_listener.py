"""MW0322: `clients of G port N` where the service cannot tell the listeners apart."""

from collections.abc import Iterator

from meshwright.check.edge import leads_to
from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import intent


def indistinct_listener(facts: Facts) -> Iterator[Diagnostic]:
    gateways = {gateway.id: gateway for gateway in facts.gateways}
    routes: dict[tuple[str, str], list[intent.Route]] = {}
    for route in facts.routes:
        routes.setdefault((route.gateway, route.service), []).append(route)
    unknown = set()
    for statement in facts.statements():
        for term in statement.sources:
            if term.port and not any(each.port == term.port and not each.redirect for each in gateways[term.gateway].listeners):
                unknown.add((term.gateway, term.port))
                listed = ", ".join([str(each.port) for each in gateways[term.gateway].listeners if not each.redirect])
                yield error(
                    "MW0322",
                    f"gateway `{term.gateway}` takes no requests on port {term.port}",
                    term.span,
                    label="no such listener",
                    others=(Label(gateways[term.gateway].span, f"listens on {listed or 'nothing'}"),),
                )
    seen = set()
    for grant in facts.unnamed_grants:
        source = grant.source
        if source.kind != "gateway" or not source.port or (source.gateway, source.port) in unknown:
            continue
        services = (grant.target.id,) if grant.target.kind == "service" else facts.set_by_id[grant.target.id].services
        for own in services:
            gateway = gateways[source.gateway]
            for listener in gateway.listeners:
                led = next((route for route in routes.get((gateway.id, own), ()) if leads_to(gateway, listener, route)), None)
                if listener.port != source.port and led is not None and (grant.rule, own) not in seen:
                    seen.add((grant.rule, own))
                    rule = facts.program.rules[grant.rule]
                    yield error(
                        "MW0322",
                        f"`{own}` cannot tell the clients of port {source.port} from those of port {listener.port}",
                        rule.span,
                        label=f"only for port {source.port}",
                        others=(Label(listener.span, "takes requests too"), Label(led.span, "and leads them to the same service")),
                        notes=("the service sees the identity of the gateway, which is the same for all its listeners",),
                        help=("give the route hosts that only one listener takes, or make a gateway of its own for this door",),
                    )
