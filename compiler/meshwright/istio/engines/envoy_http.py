"""Envoy's HTTP filter chain: every field; what no dimension has makes the answer a bound with a doubt (istio-semantics 1.1 to 1.9)."""

from collections.abc import Mapping

from meshwright.access.expr import NOTHING, Expr, all_of, any_of, pair
from meshwright.istio import terms
from meshwright.istio.kinds.authorization_policy import Condition, Policy, Rule
from meshwright.istio.terms import NOT_KNOWN, Read, Scope
from meshwright.istio.verdict import Compiled


def compile_policy(policy: Policy, scope: Scope) -> Compiled | None:
    """The policy as the RBAC filters of an HTTP chain have it; None when it never changes a decision (dry run, AUDIT)."""
    if policy.dry_run or policy.action == "AUDIT":
        return None
    if policy.action == "CUSTOM":
        return Compiled(policy.id, "SHADE", NOTHING, (f"{policy.id}: what an external authorizer refuses is not modelled",))
    upper = policy.action == "ALLOW"
    doubts: list[str] = []
    rules = [rule_requests(rule, scope, upper, doubts) for rule in policy.rules]
    return Compiled(policy.id, "ALLOW" if upper else "DENY", any_of(rules),
                    tuple([f"{policy.id}: `{field}` is not modelled" for field in dict.fromkeys(doubts)]))


def rule_requests(rule: Rule, scope: Scope, upper: bool, doubts: list[str]) -> Expr:
    """OR of sources AND OR of operations AND every condition; what is absent is any (istio-semantics 1.3)."""
    if len(rule.sources) == len(rule.operations) == 1 and not rule.when:  # one caller, one door: the most frequent by far
        who, inexact = terms.conjunction(rule.sources[0], FIELDS, scope, upper)
        what, also = terms.conjunction(rule.operations[0], FIELDS, scope, upper)
        doubts += inexact + also
        return pair(who, what)
    clauses: list[Expr] = []
    for elements in (rule.sources, rule.operations):
        if elements:
            found = []
            for element in elements:
                expr, inexact = terms.conjunction(element, FIELDS, scope, upper)
                doubts.extend(inexact)
                found.append(expr)
            clauses.append(found[0] if len(found) == 1 else any_of(found))
    clauses.extend([_condition(condition, scope, upper, doubts) for condition in rule.when])
    return clauses[0] if len(clauses) == 1 else all_of(clauses)


def _condition(condition: Condition, scope: Scope, upper: bool, doubts: list[str]) -> Expr:
    read = _CONDITIONS.get(condition.key)
    parts = []
    for values, negated in ((condition.values, False), (condition.not_values, True)):
        if values:
            term = NOT_KNOWN if read is None else read(values, scope)
            if not term.exact:
                doubts.append(condition.key)
            parts.append(terms.bound(term, negated, upper))
    return all_of(parts)


FIELDS = terms.table({
    "principals": terms.principals_expanded, "namespaces": terms.namespaces, "serviceAccounts": terms.service_accounts,
    "trustDomains": terms.trust_domains, "ipBlocks": terms.addresses, "requestPrincipals": None, "remoteIpBlocks": None,
    "hosts": terms.hosts, "ports": terms.ports, "methods": terms.methods, "paths": terms.paths})
_CONDITIONS: Mapping[str, Read] = {
    "source.ip": terms.addresses, "source.namespace": terms.namespaces, "source.principal": terms.principals_expanded,
    "source.serviceAccount": terms.service_accounts, "source.trustDomain": terms.trust_domains, "destination.port": terms.ports}
