"""MW0331: HTTP terms in a namespace where no waypoint may stand, or none can."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir.placement import waypoint_name


def no_waypoint(facts: Facts) -> Iterator[Diagnostic]:
    for own, number in sorted(facts.http_services.items()):
        namespace = facts.governed.get(own.partition("/")[0])
        if namespace is None:
            continue
        rule, placement = facts.program.rules[number], namespace.placement
        others = (
            (
                Label(
                    namespace.span,
                    f"`waypoint {placement.kind if placement.kind == 'none' else placement.waypoint or 'per ' + placement.kind}`",
                ),
            )
            if namespace.span is not None
            else ()
        )
        if placement.kind == "none":
            yield error(
                "MW0331",
                f"nobody can keep HTTP terms for `{own}`: its namespace has no waypoint",
                rule.span,
                label="needs one",
                others=others,
                notes=("ztunnel sees ports, not requests",),
                help=("drop `waypoint none`, or grant whole ports",),
            )
        elif placement.kind == "shared" and placement.waypoint.partition("/")[0] not in facts.governed:
            yield error(
                "MW0331",
                f"the waypoint `{placement.waypoint}` stands in a namespace that is not governed",
                rule.span,
                label="needs it",
                others=others,
                notes=("nothing is emitted there, so the waypoint would be somebody else's and its own policies unknown",),
                help=(f"declare `namespace {placement.waypoint.partition('/')[0]} {{ enforce yes }}`",),
            )
        elif placement.kind == "service-account" and not waypoint_name(facts.intent_service(own), placement):
            yield error(
                "MW0331",
                f"the pods of `{own}` run as more than one account, so it has no waypoint of its own",
                rule.span,
                label="needs one",
                others=others,
                help=("write `waypoint per service` for the namespace",),
            )
