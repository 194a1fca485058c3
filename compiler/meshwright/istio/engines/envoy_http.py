"""Envoy's HTTP filter chain: every field (istio-semantics 1.1 to 1.10)."""

from collections.abc import Mapping

from meshwright.access.expr import Expr, all_of, any_of, pair
from meshwright.istio import terms
from meshwright.istio.kinds.authorization_policy import Condition, Policy, Rule
from meshwright.istio.terms import NOT_KNOWN, Read, Scope
from meshwright.istio.verdict import Compiled


def compile_policy(policy: Policy, scope: Scope) -> Compiled | None:
    """The policy as the RBAC filters of an HTTP chain have it; None when it never changes a decision (dry run, AUDIT)."""
    if policy.dry_run or policy.action == "AUDIT":
        return None
    doubts: list[str] = []
    found = rules(policy, scope, doubts)
    return Compiled(policy.id, policy.action, any_of([requests for _, requests in found]),
                    terms.doubts_of(policy.id, doubts), policy.provider,
                    asks_token(policy))


def rules(policy: Policy, scope: Scope, doubts: list[str]) -> list[tuple[int, Expr]]:
    """Each rule that the chain has, by its place in the policy."""
    upper = policy.action == "ALLOW"
    known = terms.elements(FIELDS, scope, upper)
    read = known.read
    found = []
    for place, rule in enumerate(policy.rules):
        sources, operations, when = rule
        if len(sources) == 1 and len(operations) == 1 and not when:  # one caller, one door: the most frequent by far
            who, inexact, _ = read.get(id(sources[0])) or terms.conjunction(sources[0], FIELDS, scope, upper, known)
            what, also, _ = read.get(id(operations[0])) or terms.conjunction(operations[0], FIELDS, scope, upper, known)
            if inexact or also:
                doubts += inexact + also
            found.append((place, pair(who, what)))
        else:
            found.append((place, rule_requests(rule, scope, upper, doubts)))
    return found


def asks_token(policy: Policy) -> bool:
    """Whether what it decides depends on a token."""
    for sources, _, when in policy.rules:
        for source in sources:
            if "requestPrincipals" in source or "notRequestPrincipals" in source:
                return True
        for condition in when:
            if condition.key.startswith("request.auth."):
                return True
    return False


def rule_requests(rule: Rule, scope: Scope, upper: bool, doubts: list[str]) -> Expr:
    """OR of sources AND OR of operations AND every condition; what is absent is any (istio-semantics 1.3)."""
    known = terms.elements(FIELDS, scope, upper)
    clauses: list[Expr] = []
    for elements in (rule.sources, rule.operations):
        if elements:
            found = []
            for element in elements:
                expr, inexact, _ = terms.conjunction(element, FIELDS, scope, upper, known)
                doubts.extend(inexact)
                found.append(expr)
            clauses.append(found[0] if len(found) == 1 else any_of(found))
    clauses.extend([_condition(condition, scope, upper, doubts) for condition in rule.when])
    return clauses[0] if len(clauses) == 1 else all_of(clauses)


def _condition(condition: Condition, scope: Scope, upper: bool, doubts: list[str]) -> Expr:
    read = _CONDITIONS.get(condition.key) or terms.attribute(condition.key)
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
    "trustDomains": terms.trust_domains, "ipBlocks": terms.addresses, "requestPrincipals": terms.request_principals,
    "remoteIpBlocks": terms.remote_addresses,
    "hosts": terms.hosts, "ports": terms.ports, "methods": terms.methods, "paths": terms.paths})
_CONDITIONS: Mapping[str, Read] = {
    "source.ip": terms.addresses, "source.namespace": terms.namespaces, "source.principal": terms.principals_expanded,
    "source.serviceAccount": terms.service_accounts, "source.trustDomain": terms.trust_domains, "destination.port": terms.ports,
    "remote.ip": terms.remote_addresses, "destination.ip": terms.destination_addresses, "connection.sni": terms.server_names,
    "request.auth.principal": terms.request_principals, "request.auth.audiences": terms.audiences,
    "request.auth.presenter": terms.presenter}
