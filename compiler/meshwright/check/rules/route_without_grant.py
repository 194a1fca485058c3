"""MW0321: a route to a service that does not let the gateway in."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, warning


def route_without_grant(facts: Facts) -> Iterator[Diagnostic]:
    if not facts.is_whole:
        return
    granted: set[tuple[str, str]] = set()
    for grant in facts.unnamed_grants:
        if grant.effect == "allow" and grant.source.kind in ("gateway", "any-gateway"):
            services = (grant.target.id,) if grant.target.kind == "service" else facts.set_by_id[grant.target.id].services
            granted.update([(grant.source.gateway, own) for own in services])
    for route in facts.routes:
        if not facts.sets_of_service.get(route.service) or facts.services[route.service].found.kind == "headless":
            continue  # cannot be granted: said by MW0303 or MW0304
        if (
            route.service.partition("/")[0] in facts.governed
            and (route.gateway, route.service) not in granted
            and ("", route.service) not in granted
        ):
            yield warning(
                "MW0321",
                f"`{route.service}` does not let the clients of `{route.gateway}` in",
                route.span,
                label="every request by this route will be refused",
                notes=("a route says where requests go, a grant says whether they may",),
                help=(f"allow clients of {route.gateway} -> {route.service} {{ … }}",),
            )
