"""Rules as grants: one source, one target, one set of requests each."""

from meshwright.check.facts import Facts, Problem
from meshwright.check.targets import Aim, aims
from meshwright.ir import intent, resolved
from meshwright.record import new


def make_grants(facts: Facts) -> tuple[intent.Rule, ...]:
    """Fill ``facts.grants``, what it says of callers without a name, and ``facts.http_services``; gives the rules as reports show them."""
    rules = []
    grants = facts.grants
    for number, rule in enumerate(facts.program.rules):
        rules.append(new(intent.Rule, (rule.text, rule.span, rule.because, rule.until.text if rule.until is not None else "")))
        wanted: list[Aim] = []
        for target in rule.targets:
            wanted.extend(aims(facts, rule, target))
        effect = rule.effect
        for term in rule.sources:
            if term.kind != "identity":
                facts.unnamed_terms.append((rule, term))
            for source in sources_of(facts, term, rule):
                for aim, http in wanted:
                    grants.append(new(intent.Grant, (effect, source, aim, http, number)))
        for aim, http in wanted:
            if http is not None and aim.kind == "service":
                facts.http_services.setdefault(aim.id, number)
    _widen_denies(facts)
    if facts.unnamed_terms:
        facts.unnamed_grants.extend([grant for grant in grants if grant.source.kind != "identity"])
    return tuple(rules)


def sources_of(facts: Facts, term: resolved.Source, statement: resolved.Rule | resolved.Claim) -> list[intent.Source]:
    """Whom a source term stands for.  Problems: no-identity, misused terms are left to the rules."""
    if term.kind == "identity":
        key = (term.text, term.identities)
        known = facts.callers.get(key)
        if known is None:
            known = facts.callers[key] = [intent.Source("identity", identity=identity, name=term.text) for identity in term.identities]
        if not known:
            facts.blame(Problem("no-identity", term.span, statement, text=term.text))
        return known
    return [
        intent.Source(
            term.kind,
            gateway=term.gateway,
            port=term.port,
            cidrs=tuple([cidr.text for cidr in term.cidrs]),
            namespace=term.namespace,
            name=term.text,
        )
    ]


def meet(left: intent.Source, right: intent.Source) -> bool:
    """Whether one caller may be both.  Gateways' clients come with the gateway's identity, which no workload has."""
    pair = {left.kind, right.kind}
    if "anyone" in pair or left == right:
        return True
    if pair <= {"gateway", "any-gateway"}:
        return left.gateway == right.gateway or "any-gateway" in pair
    if pair & {"gateway", "any-gateway", "unidentified"}:
        return pair == {"unidentified"}
    if "any-workload" in pair:
        return True
    if pair == {"identity"}:
        return left.identity == right.identity
    spaces = [
        each.namespace if each.kind == "namespace" else each.identity.namespace if each.identity is not None else ""
        for each in (left, right)
    ]
    return spaces[0] == spaces[1]


def _widen_denies(facts: Facts) -> None:
    """A deny on a service covers its pods' target port by any address: by another Service over the same pods, by another port of its own.

    It matters only where somebody is allowed there.  Where the other Service has further pods the deny would hit those as
    well: problem deny-shared.
    """
    granted: dict[tuple[str, int], list[intent.Source]] | None = None
    added: dict[intent.Grant, None] = {}
    for grant in facts.grants:
        if grant.effect != "deny" or grant.target.kind != "service":
            continue
        target = facts.ports[grant.target.id][grant.target.port].target
        for other in {own: None for pods in facts.sets_of_service.get(grant.target.id, ()) for own in pods.services}:
            for theirs in facts.ports[other].values():
                if theirs.target != target or (other == grant.target.id and theirs.number == grant.target.port):
                    continue
                if granted is None:
                    granted = _callers(facts)
                callers = granted.get((other, theirs.number), ())
                if any(meet(grant.source, caller) for caller in callers):
                    _widen(facts, grant, other, theirs, added)
    if added:
        known = set(facts.grants)
        facts.grants.extend([grant for grant in added if grant not in known])


def _callers(facts: Facts) -> dict[tuple[str, int], list[intent.Source]]:
    """(service, port) -> who is allowed there."""
    granted: dict[tuple[str, int], list[intent.Source]] = {}
    for grant in facts.grants:
        if grant.effect == "allow" and grant.target.kind == "service":
            granted.setdefault((grant.target.id, grant.target.port), []).append(grant.source)
    return granted


def _widen(facts: Facts, grant: intent.Grant, other: str, port: intent.Port, added: dict[intent.Grant, None]) -> None:
    rule = facts.program.rules[grant.rule]
    further = any(grant.target.id not in pods.services for pods in facts.sets_of_service[other])
    if further or (grant.http is not None and not port.is_http):
        if grant.http is not None or other in facts.http_services:
            facts.blame(Problem("deny-shared", rule.span, rule, facts.services[grant.target.id], text=other))
        return
    added[grant._replace(target=intent.Target("service", other, port.number))] = None
    if grant.http is not None:
        facts.http_services.setdefault(other, grant.rule)
