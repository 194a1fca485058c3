"""What Envoy's two chains make of a policy (istio-semantics 1.2 to 1.9)."""

import pytest
from tests.unit.istio.world import MESH, objects, who

from meshwright.access.request import Witness, evaluate
from meshwright.ir.intent import Mesh
from meshwright.istio.attachment import Policies
from meshwright.istio.kinds.authorization_policy import read_policy
from meshwright.istio.peers import Peers
from meshwright.istio.verdict import Verdict

TARGET = "targetRefs: [{group: '', kind: Service, name: orders}]"


def at_waypoint(spec: str, *, http: bool = True, mesh: Mesh = MESH, namespace: str = "shop") -> Verdict:
    text = f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: p, namespace: {namespace}}}
spec: {{{spec}}}
"""
    policies = Policies([read_policy(one) for one in objects(text)], Peers([], "istio-system"), mesh)
    return policies.waypoint("shop", "waypoint", ("shop", "orders"), http)


def allows(spec: str, account: str = "shop/web", method: str = "GET", path: str = "/", *, host: str = "orders", port: int = 80,
           http: bool = True, **extra: str) -> bool:
    return evaluate(at_waypoint(f"{TARGET}, {spec}", http=http, **extra).admitted,  # type: ignore[arg-type]
                    Witness(who(account), "10.0.0.9", port, method, path, host))


def test_empty_forms() -> None:
    assert not allows("action: ALLOW")
    assert allows("rules: [{}]") and allows("rules: [{from: []}]")
    assert not allows("action: DENY, rules: [{}]")
    assert allows("action: AUDIT, rules: [{}]")


@pytest.mark.parametrize(("written", "yes", "no"), [
    ("/foo", "/foo", "/foo/"), ("/foo*", "/foobar", "/fo"), ("*/bar", "/a/bar", "/bar/x"), ("/foo/*", "/foo/", "/foo"),
    ("/foo/{*}", "/foo/bar", "/foo/"), ("/foo/{**}", "/foo/a/b", "/foo"), ("/foo/{**}/", "/foo/bar/", "/foo/"), ("*", "/x", ""),
    ("/a*b", "/a*b", "/axb"), ("*a*", "/xa*", "/xa"),
])
def test_paths(written: str, yes: str, no: str) -> None:
    spec = f"rules: [{{to: [{{operation: {{paths: ['{written}']}}}}]}}]"
    assert allows(spec, path=yes) and (not no or not allows(spec, path=no))


def test_hosts_ignore_case_and_keep_the_port() -> None:
    spec = "rules: [{to: [{operation: {hosts: [Example.com]}}]}]"
    assert allows(spec, host="example.COM") and not allows(spec, host="example.com:8080")
    assert allows("rules: [{to: [{operation: {hosts: ['example.com:*']}}]}]", host="example.com:8080")


def test_boolean_structure() -> None:
    spec = ("rules: [{from: [{source: {namespaces: [shop], notPrincipals: [cluster.local/ns/shop/sa/bad]}}], "
            "to: [{operation: {methods: [GET], notPaths: [/admin]}}, {operation: {methods: ['P*']}}], "
            "when: [{key: source.namespace, notValues: [other]}]}]")
    assert allows(spec) and allows(spec, method="POST", path="/admin") and allows(spec, method="PUT")
    assert not allows(spec, path="/admin") and not allows(spec, "shop/bad") and not allows(spec, "other/web") and not allows(spec, method="get")


def test_negative_matches_hold_without_identity() -> None:
    assert allows("rules: [{from: [{source: {notPrincipals: [cluster.local/ns/evil/sa/evil]}}]}]", "")
    assert not allows("rules: [{from: [{source: {principals: ['*']}}]}]", "")


def test_cluster_local_stands_for_the_mesh() -> None:
    mesh = Mesh((1, 30), "corp.example", "istio-system", None)
    verdict = at_waypoint(TARGET + ", rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]", mesh=mesh)
    assert evaluate(verdict.admitted, Witness("corp.example/ns/shop/sa/web", "10.0.0.1", 80, "GET", "/", "x"))


def test_tcp_chain_drops_allow_rules_and_widens_denies() -> None:
    assert not allows("rules: [{to: [{operation: {ports: ['80'], methods: [GET]}}]}]", http=False)
    assert allows("rules: [{to: [{operation: {methods: [GET]}}]}, {to: [{operation: {ports: ['80']}}]}]", http=False)
    assert not allows("action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]", http=False)
    spec = "action: DENY, rules: [{to: [{operation: {ports: ['80'], methods: [GET]}}]}]"
    assert not allows(spec, http=False) and allows(spec, http=False, port=81)
    assert not allows("action: DENY, rules: [{from: [{source: {requestPrincipals: [x]}}]}]", http=False)


@pytest.mark.parametrize("rule", [
    "from: [{source: {requestPrincipals: ['*']}}]", "from: [{source: {notRemoteIpBlocks: [10.0.0.0/8]}}]",
    "when: [{key: 'request.auth.claims[scope]', values: [x]}]", "when: [{key: 'request.headers[x]', notValues: [x]}]",
    "when: [{key: connection.sni, values: [x]}]", "from: [{source: {namespaces: ['a*b']}}]",
])
def test_doubts_are_bounds(rule: str) -> None:
    allow = at_waypoint(f"{TARGET}, rules: [{{{rule}}}]")
    assert allow.unknown and evaluate(allow.admitted, Witness(who("shop/web"), "10.0.0.1", 80, "GET", "/", "x"))
    deny = at_waypoint(f"{TARGET}, action: DENY, rules: [{{{rule}}}]")
    assert deny.unknown and evaluate(deny.admitted, Witness(who("shop/web"), "10.0.0.1", 80, "GET", "/", "x"))


def test_custom_is_a_doubt() -> None:
    assert at_waypoint(f"{TARGET}, action: CUSTOM, provider: {{name: x}}, rules: [{{}}]").unknown


def test_where_a_policy_must_be() -> None:
    gateway = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]"
    of_class = "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]"
    request = Witness(who("shop/web"), "10.0.0.1", 80, "GET", "/", "x")
    for spec, namespace, closed in [(TARGET, "shop", True), (TARGET, "other", False), (gateway, "shop", True), (gateway, "other", False),
                                    (of_class, "istio-system", True), (of_class, "shop", False), ("selector: {matchLabels: {app: orders}}", "shop", False),
                                    ("action: ALLOW", "shop", False), ("action: ALLOW", "istio-system", False)]:
        assert evaluate(at_waypoint(spec, namespace=namespace).admitted, request) != closed, (spec, namespace)
