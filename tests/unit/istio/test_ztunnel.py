"""What ztunnel makes of a policy: one test a row of istio-semantics 2.2 to 2.5 and of the table in components-istiod 4."""

import pytest
from tests.unit.istio.world import MESH, objects, who

from meshwright.access.request import Witness, evaluate
from meshwright.istio.attachment import Policies
from meshwright.istio.kinds.authorization_policy import read_policy
from meshwright.istio.peers import Peers


def decide(spec: str, *, annotations: str = "{}", namespace: str = "shop") -> "Policies":
    text = f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: p, namespace: {namespace}, annotations: {annotations}}}
spec: {spec}
"""
    return Policies([read_policy(one) for one in objects(text)], Peers([], "istio-system"), MESH)


def allows(spec: str, account: str, port: int = 8080, *, ip: str = "10.0.0.9", **extra: str) -> bool:
    verdict = decide(spec, **extra).ztunnel("shop", {"app": "orders"})
    return evaluate(verdict.admitted, Witness(who(account), ip, port, "GET", "/", "x"))


WEB = "{source: {principals: [cluster.local/ns/shop/sa/web]}}"


@pytest.mark.parametrize(("spec", "web", "evil", "nobody"), [
    ("{}", False, False, False),
    ("{rules: [{}]}", True, True, True),
    ("{action: DENY, rules: [{}]}", False, False, False),
    (f"{{rules: [{{from: [{WEB}]}}]}}", True, False, False),
    ("{rules: [{to: [{operation: {methods: [GET]}}]}]}", False, False, False),
    (f"{{rules: [{{from: [{WEB}], to: [{{operation: {{methods: [GET]}}}}]}}]}}", False, False, False),
    (f"{{rules: [{{to: [{{operation: {{methods: [GET]}}}}]}}, {{from: [{WEB}]}}]}}", True, False, False),
    (f"{{rules: [{{from: [{WEB}, {{source: {{requestPrincipals: ['*']}}}}]}}]}}", False, False, False),
    ("{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}", True, True, True),
    (f"{{action: DENY, rules: [{{from: [{WEB}], to: [{{operation: {{methods: [GET]}}}}]}}]}}", True, True, True),
    (f"{{action: DENY, rules: [{{from: [{WEB}], when: [{{key: 'request.headers[x]', values: [a]}}]}}]}}", True, True, True),
    ("{action: DENY, rules: [{to: [{operation: {ports: ['8080'], methods: [GET]}}]}]}", False, False, False),
    ("{action: DENY, rules: [{to: [{operation: {ports: ['9999'], methods: [GET]}}]}]}", True, True, True),
    ("{action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web], requestPrincipals: ['*']}}]}]}", False, True, True),
    (f"{{action: DENY, rules: [{{from: [{WEB}, {{source: {{requestPrincipals: ['*']}}}}]}}]}}", False, True, True),
    ("{action: DENY, selector: {}, rules: [{}]}", True, True, True),
    ("{action: DENY, targetRefs: [{group: '', kind: Service, name: orders}], rules: [{}]}", True, True, True),
    ("{action: AUDIT, rules: [{}]}", True, True, True),
    ("{action: CUSTOM, provider: {name: x}, rules: [{}]}", True, True, True),
    ("{action: DENY, rules: [{from: [{source: {notPrincipals: ['*']}}]}]}", True, True, False),
    ("{rules: [{from: [{source: {notNamespaces: [evil]}}]}]}", True, False, True),
    ("{rules: [{from: [{source: {namespaces: [shop], trustDomains: [other]}}]}]}", True, False, False),
    ("{rules: [{from: [{source: {trustDomains: [cluster.local]}}]}]}", False, False, False),
    ("{action: DENY, rules: [{from: [{source: {trustDomains: [cluster.local]}}]}]}", True, True, True),
    ("{rules: [{from: [{source: {serviceAccounts: [web]}}]}]}", True, False, False),
    ("{rules: [{from: [{source: {principals: ['spiffe://cluster.local/ns/shop/sa/web']}}]}]}", False, False, False),
    ("{rules: [{from: [{source: {principals: ['*/sa/web']}}]}]}", True, False, False),
    ("{rules: [{from: [{source: {principals: ['cluster.local/ns/shop/*']}}]}]}", True, False, False),
    ("{rules: [{from: [{source: {principals: ['cluster.local/*/sa/web']}}]}]}", False, False, False),
    ("{rules: [{from: [], to: []}]}", True, True, True),
    ("{rules: [{when: [{key: source.namespace, values: [shop]}]}]}", True, False, False),
    ("{rules: [{when: [{key: source.principal, notValues: ['*/sa/evil']}]}]}", True, False, True),
    ("{action: DENY, rules: [{when: [{key: source.serviceAccount, values: [shop/web]}]}]}", True, True, True),
    ("{rules: [{when: [{key: source.serviceAccount, values: [shop/web]}]}]}", False, False, False),
    ("{rules: [{to: [{operation: {ports: ['8080']}}], when: [{key: destination.port, notValues: ['9']}]}]}", True, True, True),
    ("{action: DENY, rules: [{to: [{operation: {hosts: [a], notPorts: ['9']}}]}]}", False, False, False),
])
def test_rows(spec: str, web: bool, evil: bool, nobody: bool) -> None:
    assert (allows(spec, "shop/web"), allows(spec, "evil/evil"), allows(spec, "")) == (web, evil, nobody)


def test_dry_run_is_not_sent() -> None:
    assert allows("{action: DENY, rules: [{}]}", "shop/web", annotations='{istio.io/dry-run: "true"}')
    assert not allows("{action: DENY, rules: [{}]}", "shop/web", annotations='{istio.io/dry-run: "false"}')


def test_addresses() -> None:
    spec = "{rules: [{from: [{source: {ipBlocks: [10.1.0.0/16, '2001:db8::1'], notIpBlocks: [10.1.2.3]}}]}]}"
    assert allows(spec, "", ip="10.1.9.9") and allows(spec, "", ip="2001:db8::1")
    assert not allows(spec, "", ip="10.1.2.3") and not allows(spec, "", ip="10.2.0.1") and not allows(spec, "", ip="2001:db8::2")


def test_scopes() -> None:
    deny = "{action: DENY, rules: [{}]}"
    assert not allows(deny, "shop/web", namespace="istio-system")
    assert allows(deny, "shop/web", namespace="other")
    labelled = "{action: DENY, selector: {matchLabels: {app: orders}}, rules: [{}]}"
    assert not allows(labelled, "shop/web", namespace="istio-system") and not allows(labelled, "shop/web")
    assert allows(labelled, "shop/web", namespace="other")
    assert allows(labelled.replace("orders", "web"), "shop/web")
    assert allows("{action: DENY, selector: {matchLabels: {app: orders, tier: x}}, rules: [{}]}", "shop/web")


def test_service_accounts_ignore_the_trust_domain_and_principals_do_not() -> None:
    verdict = decide("{rules: [{from: [{source: {serviceAccounts: [shop/web]}}]}]}").ztunnel("shop", {})
    assert evaluate(verdict.admitted, Witness("other.td/ns/shop/sa/web", "10.0.0.1", 1, "GET", "/", "x"))
    verdict = decide(f"{{rules: [{{from: [{WEB}]}}]}}").ztunnel("shop", {})
    assert not evaluate(verdict.admitted, Witness("other.td/ns/shop/sa/web", "10.0.0.1", 1, "GET", "/", "x"))


@pytest.mark.parametrize(("value", "yes", "no"), [
    ("pro*", "prod", "po"), ("*od", "prod", "odd"), ("*", "prod", ""), ("p*d", "", "prod"), ("*r*", "", "prod"), ("prod", "prod", "prod2"),
])
def test_stars_in_namespaces_stand_at_one_end(value: str, yes: str, no: str) -> None:
    for account, inside in ((yes, True), (no, False)):
        for form in ("from: [{source: {namespaces: ['%s']}}]", "when: [{key: source.namespace, values: ['%s']}]"):
            if account or not inside:
                assert allows("{rules: [{%s}]}" % (form % value), f"{account}/sa" if account else "") == inside


def test_the_address_of_the_pod() -> None:
    verdict = decide("{rules: [{when: [{key: destination.ip, values: [10.0.0.0/24], notValues: [10.0.0.9]}]}]}").ztunnel("shop", {})
    assert not verdict.unknown
    for address, inside in (("10.0.0.1", True), ("10.0.0.9", False), ("10.0.1.1", False)):
        assert evaluate(verdict.admitted, Witness(who("prod/x"), "10.0.0.1", 1, "GET", "/", "x", (("destination_ip", address),))) == inside
