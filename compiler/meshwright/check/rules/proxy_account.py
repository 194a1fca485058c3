"""MW0325: a workload under the name or account of a gateway or waypoint."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.check.podsets import GATEWAY_NAME
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir.identity import Identity
from meshwright.ir.placement import waypoint_name
from meshwright.source import Span


def proxy_account(facts: Facts) -> Iterator[Diagnostic]:
    """Waypoints count where some rule with HTTP terms needs one."""
    proxies: dict[Identity, tuple[str, Span | None]] = {}
    for gateway in facts.gateways:
        proxies[gateway.identity] = f"the gateway `{gateway.id}`", gateway.span
    for own in facts.http_services:
        namespace = facts.governed.get(own.partition("/")[0])
        waypoint = waypoint_name(facts.intent_service(own), namespace.placement) if namespace is not None else ""
        if waypoint:  # its account is called like the waypoint
            rule = facts.program.rules[facts.http_services[own]]
            proxies.setdefault(Identity(*waypoint.split("/", 1)), (f"the waypoint of `{own}`", rule.span))
    for rule in facts.program.rules:
        for term in rule.sources:
            if proxies.keys().isdisjoint(term.identities):
                continue
            for identity in term.identities:
                if identity in proxies:
                    yield error(
                        "MW0325",
                        f"`{term.text}` is the account of {proxies[identity][0]}",
                        term.span,
                        label="a proxy, not a caller",
                        notes=("a proxy calls with its own identity, whoever its client is",),
                        help=("write `clients of <gateway>` for whoever a gateway lets in",),
                    )
    for identity, (what, why) in sorted(proxies.items()):
        others = (Label(why, f"makes {what}"),) if why is not None else ()
        runs = facts.by_identity.get(identity, [])
        if runs:
            yield error(
                "MW0325",
                f"{runs[0].kind} `{runs[0].namespace}/{runs[0].name}` runs as `{identity}`, the account of {what}",
                runs[0].span,
                label="would be taken for the proxy",
                others=others,
                notes=("whoever holds this identity passes for the proxy, past every rule that the proxy keeps",),
                help=("give the workload an account of its own",),
            )
            continue
        service = facts.services.get(str(identity))
        if service is not None and not any(key == GATEWAY_NAME for key, _ in (*service.found.labels, *(service.found.selector or ()))):
            yield error(
                "MW0325",
                f"a Service `{service.id}` is in the way of {what}",
                service.found.span,
                label="has the name that the proxy needs",
                others=others,
                notes=("Istio makes a Deployment, a Service and a ServiceAccount of this name",),
                help=("rename the Service, or place the waypoint elsewhere",),
            )
