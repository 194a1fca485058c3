"""What Envoy's two chains make of a policy (istio-semantics 1.2 to 1.9)."""

import pytest
from tests.unit.istio.world import MESH, objects, who

from meshwright.access.request import Witness, evaluate
from meshwright.ir.intent import Mesh
from meshwright.istio.attachment import Policies
from meshwright.istio.kinds.authorization_policy import read_policy
from meshwright.istio.kinds.request_authentication import read_request_authentication
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


HEADER = "when: [{key: 'request.headers[X-Env]', %s}]"


@pytest.mark.parametrize(("rule", "yes", "no"), [
    (HEADER % "values: [prod]", {"header:x-env": "prod"}, {"header:x-env": "Prod"}),
    (HEADER % "values: ['pr*']", {"header:x-env": "preview"}, {"header:x-env": "xpr"}),
    (HEADER % "values: ['*']", {"header:x-env": ""}, {}),
    (HEADER % "notValues: ['*']", {}, {"header:x-env": ""}),
    (HEADER % "notValues: [prod]", {}, {"header:x-env": "prod"}),
    (HEADER % "values: ['*b'], notValues: ['a*']", {"header:x-env": "cb"}, {"header:x-env": "ab"}),
    ("when: [{key: 'request.headers[host]', values: [orders]}]", {}, {"host": "Orders"}),
    ("when: [{key: connection.sni, values: ['*.example.com']}]", {"sni": "a.example.com"}, {}),
    ("when: [{key: connection.sni, notValues: ['*']}]", {}, {"sni": "x"}),
    ("when: [{key: destination.ip, values: [10.0.0.0/8]}]", {"destination_ip": "10.1.1.1"}, {"destination_ip": "11.1.1.1"}),
    ("when: [{key: remote.ip, notValues: [10.0.0.0/8]}]", {"remote_ip": "11.1.1.1"}, {"remote_ip": "10.1.1.1"}),
    ("from: [{source: {remoteIpBlocks: [10.0.0.0/8], ipBlocks: [10.0.0.9]}}]", {"remote_ip": "10.1.1.1"}, {"remote_ip": "9.9.9.9"}),
    ("from: [{source: {namespaces: ['s*p']}}]", {}, {"principal": who("shot/x")}),
    ("from: [{source: {namespaces: ['*a']}}]", {"principal": who("b/b")}, {"principal": ""}),  # "/sa/" ends in it, whoever it is
    ("from: [{source: {namespaces: [sa]}}]", {"principal": who("ns/b")}, {"principal": who("sas/b")}),
    ("from: [{source: {trustDomains: ['*.local']}}]", {}, {"principal": "other.domain/ns/shop/sa/web"}),
    ("from: [{source: {trustDomains: ['cl*'], notTrustDomains: [old.domain]}}]", {}, {"principal": "x/ns/shop/sa/web"}),
    ("when: [{key: 'experimental.envoy.filters.a.b[c]', values: [x]}]", {"metadata:envoy.filters.a.b[c]": "x"}, {}),
    ("when: [{key: 'experimental.envoy.filters.a.b[c]', values: ['[x]']}]", {"metadata:envoy.filters.a.b[c][]": ("y", "x")},
     {"metadata:envoy.filters.a.b[c]": "x"}),
])
def test_attributes(rule: str, yes: dict[str, object], no: dict[str, object]) -> None:
    verdict = at_waypoint(f"{TARGET}, rules: [{{{rule}}}]")
    denied = at_waypoint(f"{TARGET}, action: DENY, rules: [{{{rule}}}]")
    assert not verdict.unknown and not denied.unknown
    for given, inside in ((yes, True), (no, False)):
        request = Witness(str(given.get("principal", who("shop/web"))), "10.0.0.9", 80, "GET", "/", str(given.get("host", "orders")),
                          tuple(sorted((name, value) for name, value in given.items() if name not in ("host", "principal"))))  # type: ignore[arg-type]
        assert evaluate(verdict.admitted, request) == inside and evaluate(denied.admitted, request) != inside


ISSUER = "jwtRules: [{issuer: 'https://id.example.com', audiences: [api]}, {issuer: other}]"


def with_tokens(rule: str, spec: str = ISSUER) -> Verdict:
    text = f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: p, namespace: shop}}
spec: {{{TARGET}, rules: [{{{rule}}}]}}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: t, namespace: shop}}
spec: {{{TARGET}, {spec}}}
"""
    policy, tokens = objects(text)
    return Policies([read_policy(policy)], Peers([], "istio-system"), MESH, [read_request_authentication(tokens)]).waypoint(
        "shop", "waypoint", ("shop", "orders"), True)


GOOD = {"claim:iss": "https://id.example.com", "claim:sub": "ann", "claim:aud": ("web", "api")}


@pytest.mark.parametrize(("rule", "claims", "inside"), [
    ("", {}, True), ("", GOOD, True), ("", {**GOOD, "claim:iss": "evil"}, False), ("", {**GOOD, "claim:aud": ("web",)}, False),
    ("", {**GOOD, "claim:aud": ("https://api/",)}, True), ("", {"claim:iss": "other", "claim:sub": "x"}, True),
    ("from: [{source: {requestPrincipals: ['*']}}]", GOOD, True), ("from: [{source: {requestPrincipals: ['*']}}]", {}, False),
    ("from: [{source: {requestPrincipals: ['*']}}]", {"claim:iss": "other"}, False),
    ("from: [{source: {requestPrincipals: ['https://id.example.com/ann']}}]", GOOD, True),
    ("from: [{source: {requestPrincipals: ['https://id.example.com/*']}}]", GOOD, True),
    ("from: [{source: {requestPrincipals: ['https://id*']}}]", GOOD, False),  # the issuer is `https:/`, cut at the last slash
    ("from: [{source: {requestPrincipals: ['oth*']}}]", {"claim:iss": "other", "claim:sub": "x"}, True),
    ("from: [{source: {requestPrincipals: ['*nn']}}]", GOOD, True), ("from: [{source: {requestPrincipals: ['*.com/ann']}}]", GOOD, True),
    ("from: [{source: {requestPrincipals: ['*.com/an*']}}]", GOOD, False),
    ("from: [{source: {notRequestPrincipals: ['*']}}]", {}, True), ("from: [{source: {notRequestPrincipals: ['*']}}]", GOOD, False),
    ("when: [{key: 'request.auth.claims[groups]', values: [a, b]}]", {**GOOD, "claim:groups": ("x", "b")}, True),
    ("when: [{key: 'request.auth.claims[groups]', values: [a], notValues: [b]}]", {**GOOD, "claim:groups": ("a", "b")}, False),
    ("when: [{key: 'request.auth.claims[groups]', notValues: [b]}]", {}, True),
    ("when: [{key: 'request.auth.claims[a][b]', values: ['r*']}]", {**GOOD, "claim:a/b": ("root",)}, True),
    ("when: [{key: 'request.auth.claims[a/b]', values: [root]}]", {**GOOD, "claim:a/b": ("root",)}, False),
    ("when: [{key: request.auth.audiences, values: [web]}]", GOOD, True), ("when: [{key: request.auth.presenter, values: [web]}]", GOOD, False),
    ("when: [{key: request.auth.principal, values: ['*/ann']}]", GOOD, True),
])
def test_tokens(rule: str, claims: dict[str, object], inside: bool) -> None:
    verdict = with_tokens(rule)
    request = Witness(who("shop/web"), "10.0.0.9", 80, "GET", "/", "orders", tuple(sorted(claims.items())))  # type: ignore[arg-type]
    assert evaluate(verdict.admitted, request) == inside and not verdict.unknown


def test_where_nobody_reads_tokens_there_are_no_claims() -> None:
    rule = "when: [{key: 'request.auth.claims[groups]', %s}]"
    asks = Witness(who("shop/web"), "10.0.0.9", 80, "GET", "/", "orders", (("claim:groups", ("a",)), ("claim:iss", "other")))
    assert not evaluate(at_waypoint(f"{TARGET}, rules: [{{{rule % 'values: [a]'}}}]").admitted, asks)
    assert evaluate(at_waypoint(f"{TARGET}, rules: [{{{rule % 'notValues: [a]'}}}]").admitted, asks)
    empty = with_tokens(rule % "values: [a]", "jwtRules: []")
    assert not evaluate(empty.admitted, asks)


def test_an_external_authorizer_may_say_either() -> None:
    custom = "action: CUSTOM, provider: {name: x}, rules: [{to: [{operation: {paths: [/a]}}]}]"
    verdict = at_waypoint(f"{TARGET}, {custom}")
    for answer, inside in (("allow", True), ("deny", False)):
        asked = (("asked:x", answer),)
        assert evaluate(verdict.admitted, Witness(who("shop/web"), "10.0.0.1", 80, "GET", "/a", "x", asked)) == inside
        assert evaluate(verdict.admitted, Witness(who("shop/web"), "10.0.0.1", 80, "GET", "/b", "x", asked))
    missing = at_waypoint(f"{TARGET}, {custom}", mesh=MESH._replace(providers=("y",)))
    assert not evaluate(missing.admitted, Witness(who("shop/web"), "10.0.0.1", 80, "GET", "/a", "x", (("asked:x", "allow"),)))


def test_aliases_of_the_trust_domain() -> None:
    mesh = MESH._replace(trust_domain="new", aliases=("old",))
    for value, domains in {"cluster.local": ("new", "old"), "old": ("new", "old"), "other": ("other",), "*": ("new", "old", "other"),
                           "n*": ("new", "old"), "*w": ("new", "xw", "old")}.items():
        verdict = at_waypoint(f"{TARGET}, rules: [{{from: [{{source: {{principals: ['{value}/ns/shop/sa/web']}}}}]}}]", mesh=mesh)
        let_in = [domain for domain in ("new", "old", "other", "xw", "cluster.local") if evaluate(
            verdict.admitted, Witness(f"{domain}/ns/shop/sa/web", "10.0.0.1", 80, "GET", "/", "x"))]
        wanted = set(domains) | ({"xw", "cluster.local"} if value == "*" else set())
        assert set(let_in) == wanted, value


def test_where_a_policy_must_be() -> None:
    gateway = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]"
    of_class = "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]"
    request = Witness(who("shop/web"), "10.0.0.1", 80, "GET", "/", "x")
    for spec, namespace, closed in [(TARGET, "shop", True), (TARGET, "other", False), (gateway, "shop", True), (gateway, "other", False),
                                    (of_class, "istio-system", True), (of_class, "shop", False), ("selector: {matchLabels: {app: orders}}", "shop", False),
                                    ("action: ALLOW", "shop", False), ("action: ALLOW", "istio-system", False)]:
        assert evaluate(at_waypoint(spec, namespace=namespace).admitted, request) != closed, (spec, namespace)


def test_trust_domains_before_they_were_a_field() -> None:
    spec = f"{TARGET}, rules: [{{from: [{{source: {{namespaces: [shop], trustDomains: [cluster.local]}}}}]}}]"
    assert not at_waypoint(spec).unknown
    older = at_waypoint(spec, mesh=MESH._replace(istio=(1, 30)))
    assert older.unknown and evaluate(older.admitted, Witness("other/ns/shop/sa/web", "10.0.0.1", 80, "GET", "/", "x"))
