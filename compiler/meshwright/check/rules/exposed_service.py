"""MW0312: a way in from outside the cluster that no gateway stands for."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.check.podsets import GATEWAY_NAME
from meshwright.diagnostics import Diagnostic, warning
from meshwright.source import Span


def exposed_service(facts: Facts) -> Iterator[Diagnostic]:
    """Once for each governed service, unless a rule lets callers without identity in at its pods."""
    open_sets = {grant.target.id for grant in facts.unnamed_grants if grant.effect == "allow" and grant.source.kind == "unidentified"}
    ways: dict[str, list[tuple[str, Span]]] = {}
    for exposure in facts.program.inventory.exposures:
        service = facts.services.get(exposure.service)
        if service is None or service.found.namespace not in facts.governed:
            continue
        made_by_istio = any(key == GATEWAY_NAME for key, _ in (*service.found.labels, *(service.found.selector or ())))
        if not made_by_istio and not any(pods.id in open_sets for pods in facts.sets_of_service.get(service.id, ())):
            ways.setdefault(service.id, []).append((exposure.how, exposure.span))
    for own, hows in sorted(ways.items()):
        yield warning(
            "MW0312",
            f"`{own}` can be dialled from outside the cluster ({', '.join([how for how, _ in hows])}), and every such call will be refused",
            hows[0][1],
            label="exposed here",
            notes=("whoever comes this way has no mesh identity, and enforced namespaces accept none without",),
            help=(
                "bring the traffic in through a `gateway` with a `route`, and close this way",
                f"or allow `unidentified from <CIDR> -> pods of {own}` on one port, with a `because`",
            ),
        )
