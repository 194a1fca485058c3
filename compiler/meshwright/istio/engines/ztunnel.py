"""ztunnel: L4 fields only, as istiod converts the policy and as ztunnel matches what it is sent (istio-semantics 2.2 to 2.5).

HTTP fields drop the rule of an ALLOW; in a DENY they vanish, and what is left empty matches nothing.
"""

from collections.abc import Mapping, Sequence

from meshwright.access.expr import NOTHING, Expr, all_of, any_of
from meshwright.istio import terms
from meshwright.istio.kinds.authorization_policy import Condition, Policy, Rule
from meshwright.istio.terms import Read, Scope
from meshwright.istio.verdict import Compiled


def compile_policy(policy: Policy, scope: Scope) -> Compiled | None:
    """The policy as ztunnel has it; None when istiod does not send it (targetRefs, dry run, CUSTOM, AUDIT)."""
    if policy.targets or policy.dry_run or policy.action not in ("ALLOW", "DENY"):
        return None
    doubts: list[str] = []
    found = rules(policy, scope, doubts)
    return Compiled(policy.id, policy.action, any_of([requests for _, requests in found]),
                    tuple([f"{policy.id}: `{field}` at ztunnel is not modelled" for field in dict.fromkeys(doubts)]))


def rules(policy: Policy, scope: Scope, doubts: list[str]) -> list[tuple[int, Expr]]:
    """Each rule that istiod sends, by its place in the policy."""
    upper = policy.action == "ALLOW"
    return [(place, _rule(rule, scope, upper, doubts)) for place, rule in enumerate(policy.rules) if not (upper and _has_http(rule))]


def _rule(rule: Rule, scope: Scope, upper: bool, doubts: list[str]) -> Expr:
    # A clause with no matches at all is absent; a rule with no clause matches everything.
    clauses: list[Expr] = []
    if rule.operations:
        clauses.append(any_of([_match(operation, scope, upper, doubts) for operation in rule.operations]))
    if rule.sources:
        clauses.append(any_of([_match(source, scope, upper, doubts) for source in rule.sources]))
    clauses.extend([_condition(condition, scope, upper, doubts) for condition in rule.when])
    return clauses[0] if len(clauses) == 1 else all_of(clauses)


def _match(values: Mapping[str, Sequence[str]], scope: Scope, upper: bool, doubts: list[str]) -> Expr:
    kept = values if values.keys() <= _FIELDS.keys() else {field: given for field, given in values.items() if field in _FIELDS}
    if not kept:
        return NOTHING  # a match without conditions never matches
    expr, inexact, _ = terms.conjunction(kept, _FIELDS, scope, upper, terms.elements(_FIELDS, scope, upper))
    doubts.extend(inexact)
    return expr


def _condition(condition: Condition, scope: Scope, upper: bool, doubts: list[str]) -> Expr:
    if condition.key not in _CONDITIONS:
        return NOTHING
    read = _CONDITIONS[condition.key]
    parts = []
    for values, negated in ((condition.values, False), (condition.not_values, True)):
        if values:
            term = read(values, scope)
            if not term.exact:
                doubts.append(condition.key)
            parts.append(terms.bound(term, negated, upper))
    return all_of(parts)


def _has_http(rule: Rule) -> bool:
    return (any(not source.keys().isdisjoint(_HTTP) for source in rule.sources)
            or any(not operation.keys().isdisjoint(_HTTP) for operation in rule.operations)
            or any(condition.key not in _CONDITIONS for condition in rule.when))


# trustDomains is in neither table: ztunnel never hears of it, and nothing is dropped for it (istio-semantics 2.4).
_FIELDS = terms.table({"ipBlocks": terms.addresses, "namespaces": terms.namespaces_literal_inside,
                       "serviceAccounts": terms.service_accounts, "principals": terms.principals_as_written, "ports": terms.ports})
_HTTP = frozenset({"hosts", "notHosts", "methods", "notMethods", "paths", "notPaths", "remoteIpBlocks", "notRemoteIpBlocks",
                   "requestPrincipals", "notRequestPrincipals"})
_CONDITIONS: Mapping[str, Read] = {
    "source.ip": terms.addresses, "source.namespace": terms.namespaces_literal_inside, "source.principal": terms.principals_as_written,
    "destination.port": terms.ports, "destination.ip": terms.destination_addresses}
