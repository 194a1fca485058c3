"""MW0316: a deny with HTTP terms, and callers who never meet the proxy that could read them."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.check.grants import meet
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import intent
from meshwright.source import Span


def deny_bypassed(facts: Facts) -> Iterator[Diagnostic]:
    """Once for each pair of rules."""
    denies = [grant for grant in facts.grants if grant.effect == "deny" and grant.http is not None and grant.target.kind == "service"]
    seen: set[tuple[int, int]] = set()
    said: set[tuple[Span, str]] = set()
    if denies:
        direct = _direct(facts)
        for deny in denies:
            port = facts.ports[deny.target.id][deny.target.port]
            for pods in facts.sets_of_service.get(deny.target.id, ()):
                for grant in (*direct.get((pods.id, port.target), ()), *direct.get((pods.id, 0), ())):
                    if (deny.rule, grant.rule) not in seen and meet(deny.source, grant.source):
                        seen.add((deny.rule, grant.rule))
                        said.add((facts.program.rules[deny.rule].span, grant.target.id))
                        yield _refused(facts, deny, grant)
    for problem in facts.problems.get("deny-shared", ()):
        if problem.service is not None and (problem.span, problem.text) not in said:
            yield error(
                "MW0316",
                f"`{problem.text}` leads to pods of `{problem.service.id}` and to others, so this deny cannot be kept there exactly",
                problem.span,
                label=f"also by the address of `{problem.text}`",
                others=(Label(facts.services[problem.text].found.span, "selects some of the same pods"),),
                notes=("a deny holds by whatever address its pods are reached",),
                help=(f"write the deny for `{problem.text}` as well, or part the pods",),
            )


def _direct(facts: Facts) -> dict[tuple[str, int], list[intent.Grant]]:
    """Allows that ztunnel alone decides, by pod set and target port: `pods of`, and services without a waypoint."""
    direct: dict[tuple[str, int], list[intent.Grant]] = {}
    for grant in facts.grants:
        if grant.effect == "deny" or grant.http is not None:
            continue
        if grant.target.kind == "pods":
            direct.setdefault((grant.target.id, grant.target.port), []).append(grant)
        elif grant.target.id not in facts.http_services:
            port = facts.ports[grant.target.id][grant.target.port]
            for pods in facts.sets_of_service.get(grant.target.id, ()):
                direct.setdefault((pods.id, port.target), []).append(grant)
    return direct


def _refused(facts: Facts, deny: intent.Grant, grant: intent.Grant) -> Diagnostic:
    rule, other = facts.program.rules[deny.rule], facts.program.rules[grant.rule]
    return error(
        "MW0316",
        f"`{grant.source.name}` reaches the pods of `{deny.target.id}` past the waypoint, where this deny is unknown",
        rule.span,
        label="HTTP terms: only a waypoint can tell",
        others=(Label(other.span, "lets it in at the pods, for every request on the port"),),
        notes=("at the pods ztunnel sees ports, not requests",),
        help=("let the caller use the service address with HTTP terms of its own", "or deny the whole port"),
    )
