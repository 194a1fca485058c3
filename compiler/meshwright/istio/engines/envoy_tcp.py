"""Envoy's TCP filter chain: HTTP-only fields drop the rule of an ALLOW and vanish from a DENY, which widens it (istio-semantics 1.7).

What this chain refuses is refused after the connection to the backend was opened, so ``paths`` counts a connection that
gets here as let in; the verdict here only says which connections stay open.
"""

from meshwright.access.expr import Expr, any_of
from meshwright.istio import terms
from meshwright.istio.engines import envoy_http
from meshwright.istio.kinds.authorization_policy import Condition, Policy, Rule
from meshwright.istio.terms import Scope
from meshwright.istio.verdict import Compiled


def compile_policy(policy: Policy, scope: Scope) -> Compiled | None:
    """The policy as the network RBAC filters have it; None when it never changes a decision (dry run, AUDIT)."""
    if policy.dry_run or policy.action == "AUDIT":
        return None
    doubts: list[str] = []
    found = rules(policy, scope, doubts)
    return Compiled(policy.id, policy.action, any_of([requests for _, requests in found]),
                    terms.doubts_of(policy.id, doubts), policy.provider)


def rules(policy: Policy, scope: Scope, doubts: list[str]) -> list[tuple[int, Expr]]:
    """Each rule that the chain has, by its place in the policy."""
    upper = policy.action == "ALLOW"
    return [(place, as_peer(envoy_http.rule_requests(rule if upper else _without_http(rule), scope, upper, doubts)))
            for place, rule in enumerate(policy.rules) if not (upper and _has_http(rule))]


def as_peer(expr: Expr) -> Expr:
    """Nobody but the peer can have sent a connection: remote addresses are those of the peer."""
    if expr.op == "match":
        return expr._replace(dimension="source_ip") if expr.dimension == "remote_ip" else expr
    return expr._replace(args=tuple([as_peer(arg) for arg in expr.args])) if expr.args else expr


def _has_http(rule: Rule) -> bool:
    return (any(not element.keys().isdisjoint(_HTTP) for element in rule.sources + rule.operations)
            or any(_http_condition(condition) for condition in rule.when))


def _without_http(rule: Rule) -> Rule:
    sources, operations = (tuple([{field: values for field, values in element.items() if field not in _HTTP} for element in elements])
                           for elements in (rule.sources, rule.operations))
    return Rule(sources, operations, tuple([condition for condition in rule.when if not _http_condition(condition)]))


def _http_condition(condition: Condition) -> bool:
    return condition.key.startswith("request.")


_HTTP = frozenset({"hosts", "notHosts", "methods", "notMethods", "paths", "notPaths", "requestPrincipals", "notRequestPrincipals"})
