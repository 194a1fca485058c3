"""MW0320: a grant to a gateway's clients that no route leads to."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, warning


def grant_without_route(facts: Facts) -> Iterator[Diagnostic]:
    """Of a rule about many services only when none of them has a route."""
    if not facts.is_whole:
        return
    routed = {(route.gateway, route.service) for route in facts.routes}
    anywhere = {service for _, service in routed}
    wanted: dict[tuple[int, str], dict[str, bool]] = {}
    for grant in facts.unnamed_grants:
        if grant.effect == "allow" and grant.source.kind in ("gateway", "any-gateway"):
            services = (
                (grant.target.id,) if grant.target.kind == "service" else facts.set_by_id[grant.target.id].services or (grant.target.id,)
            )
            led = [
                own
                for own in services
                if (own in anywhere if grant.source.kind == "any-gateway" else (grant.source.gateway, own) in routed)
            ]
            wanted.setdefault((grant.rule, grant.source.name), {})[", ".join([f"`{own}`" for own in services])] = bool(led)
    for (number, name), led_to in wanted.items():
        rule = facts.program.rules[number]
        many = any(target.kind not in ("service", "pods") for target in rule.targets)
        missing = [services for services, led in led_to.items() if not led]
        if missing and (not many or len(missing) == len(led_to)):
            yield warning(
                "MW0320",
                f"no route leads {name} to {'any of these services' if many else ' or '.join(missing)}",
                rule.span,
                label="nobody can use this grant",
                help=("add a `route at` the gateway, or take the grant out",),
            )
