"""Single questions to the concrete evaluator: their fields, and what proxies answer in corners that no recording has."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.decided import judged

Json = dict[str, Any]
POD = {"metadata": {"labels": {"app": "orders"}}, "spec": {"serviceAccountName": "orders", "containers": [{"name": "c", "image": "i"}]}}


def policy(spec: Json, name: str = "p", namespace: str = "shop", kind: str = "AuthorizationPolicy") -> Json:
    return {"apiVersion": "security.istio.io/v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def world(*more: Json) -> list[Json]:
    gateway = "gateway.networking.k8s.io/v1"
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"istio.io/dataplane-mode": "ambient"}}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "edge"}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "orders", "namespace": "shop"},
         "spec": {"selector": {"matchLabels": {"app": "orders"}}, "template": POD}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "old", "namespace": "edge"},
         "spec": {"selector": {"matchLabels": {"app": "orders"}}, "template": POD}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "orders", "namespace": "shop", "labels": {"istio.io/use-waypoint": "wp"}},
         "spec": {"clusterIP": "10.96.0.7", "selector": {"app": "orders"}, "ports": [
             {"name": "http", "port": 80, "targetPort": 8080}, {"name": "tcp-x", "port": 90, "targetPort": 9090}, {"name": "x", "port": 70}]}},
        {"apiVersion": gateway, "kind": "Gateway", "metadata": {"name": "wp", "namespace": "shop"},
         "spec": {"gatewayClassName": "istio-waypoint", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}},
        {"apiVersion": gateway, "kind": "Gateway", "metadata": {"name": "public", "namespace": "edge"},
         "spec": {"gatewayClassName": "istio", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]}}, *more]


TARGET = {"targetRefs": [{"group": "", "kind": "Service", "name": "orders"}]}
AT_WAYPOINT: Json = {"engine": "waypoint", "proxy": "shop/wp", "service": "shop/orders", "port": 80, "peer": "spiffe://cluster.local/ns/shop/sa/web",
                     "source_ip": "10.0.0.9", "method": "GET", "path": "/a"}


def ask(folder: Path, objects: list[Json], *questions: Json) -> list[Json]:
    outcome = judged(objects, folder)
    assert outcome.value is not None, outcome.diagnostics
    return [dict(outcome.value(one)) for one in questions]


@pytest.mark.parametrize(("change", "said"), [
    ({"engine": "envoy"}, "`engine` is none of"), ({"prot": 1}, "unknown field `prot`"), ({"port": "80"}, "`port` is no port number"), ({"port": 0}, "no port"),
    ({"port": True}, "no port"), ({"method": None}, "`method` is no text"), ({"path": "a"}, "begin with `/`"), ({"peer": "cluster.local/ns/a/sa/b"}, "SPIFFE"),
    ({"source_ip": "10.0.0"}, "`source_ip` is no IP address"), ({"source_ip": None}, "`source_ip`"), ({"service": "orders"}, "no namespace/name"),
    ({"service": "shop/none"}, "there is no Service `shop/none`"), ({"proxy": "shop/none"}, "there is no waypoint"), ({"proxy": "edge/public"}, "no waypoint"),
    ({"port": 81}, "has no port 81"), ({"headers": {"a": 1}}, "the header `a` is no text"), ({"headers": []}, "`headers`"), ({"claims": [1]}, "`claims`"),
    ({"authorizers": {"x": "maybe"}}, "`authorizers`"), ({"engine": "ztunnel"}, "unknown field"), ({"engine": "sidecar", "proxy": "shop/none"}, "no workload"),
])
def test_what_is_no_question(change: Json, said: str, tmp_path: Path) -> None:
    guard = policy({**TARGET, "action": "CUSTOM", "provider": {"name": "x"}, "rules": [{"to": [{"operation": {"paths": ["/x"]}}]}]})
    tokens = policy({**TARGET, "jwtRules": [{"issuer": "i"}]}, kind="RequestAuthentication")
    (answer,) = ask(tmp_path, world(guard, tokens), {**AT_WAYPOINT, **change, "id": [7]})
    assert said in answer["error"] and answer["id"] == [7] and "decision" not in answer


def test_what_is_no_object(tmp_path: Path) -> None:
    connection = {name: value for name, value in AT_WAYPOINT.items() if name not in ("method", "path")}
    answers = ask(tmp_path, world(), [1], None, {**connection, "path": "/"}, connection, {**connection, "port": 90}, {**connection, "port": 70})  # type: ignore[arg-type, list-item]
    assert ["error" in one for one in answers] == [True, True, True, True, False, False]


def test_the_declared_protocol_chooses_the_chain(tmp_path: Path) -> None:
    deny = policy({**TARGET, "action": "DENY", "rules": [{"to": [{"operation": {"methods": ["PUT"]}}]}]})
    connection = {name: value for name, value in AT_WAYPOINT.items() if name not in ("method", "path")}
    answers = ask(tmp_path, world(deny), AT_WAYPOINT, {**AT_WAYPOINT, "port": 90}, {**connection, "port": 90}, {**AT_WAYPOINT, "port": 70},
                  {**connection, "port": 70})
    assert [one["decision"] for one in answers] == ["allow", "deny", "deny", "allow", "deny"]
    assert [one.get("status") for one in answers] == [200, None, None, 200, None]


def test_an_external_authorizer(tmp_path: Path) -> None:
    custom = {**TARGET, "action": "CUSTOM", "provider": {"name": "x"}, "rules": [{"to": [{"operation": {"paths": ["/a"]}}]}]}
    objects = world(policy(custom), policy({**TARGET, "action": "DENY", "rules": [{"to": [{"operation": {"methods": ["PUT"]}}]}]}, "q"))
    asked = [AT_WAYPOINT, {**AT_WAYPOINT, "authorizers": {"x": "allow"}}, {**AT_WAYPOINT, "authorizers": {"x": "deny"}},
             {**AT_WAYPOINT, "path": "/b"}, {**AT_WAYPOINT, "method": "PUT"}]
    assert [one["decision"] for one in ask(tmp_path, objects, *asked)] == ["unknown", "allow", "deny", "allow", "deny"]
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": "trustDomain: corp.example\n"}}
    (broken,) = ask(tmp_path, [*objects, config], {**AT_WAYPOINT, "authorizers": {"x": "allow"}})
    assert broken == {"decision": "deny", "status": 403, "by": "rbac_access_denied_matched_policy["
                      "istio-ext-authz-x-ns[shop]-policy[p]-rule[0]-deny-due-to-bad-CUSTOM-action]"}
    config["data"] = {"mesh": "extensionProviders:\n- name: x\n  envoyExtAuthzGrpc: {service: a, port: 1}\n"}  # type: ignore[dict-item]
    assert ask(tmp_path, [*objects, config], AT_WAYPOINT)[0]["decision"] == "unknown"
    two = [*objects, policy({**custom, "provider": {"name": "y"}}, "r"), config]
    assert ask(tmp_path, two, {**AT_WAYPOINT, "authorizers": {"x": "allow", "y": "allow"}})[0]["decision"] == "deny"


def test_settings_of_the_mesh(tmp_path: Path) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"},
              "data": {"mesh": "trustDomain: new\ntrustDomainAliases: [old]\nrootNamespace: edge\n"}}
    rules = [{"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/web"]}}]}]
    objects = world(policy({**TARGET, "rules": rules}), config)
    asked = [{**AT_WAYPOINT, "peer": f"spiffe://{domain}/ns/shop/sa/web"} for domain in ("new", "old", "cluster.local")]
    assert [one["decision"] for one in ask(tmp_path, objects, *asked)] == ["allow", "allow", "deny"]
    outcome = judged([*world(), {**config, "data": {"mesh": "- a\n"}}], tmp_path)
    assert outcome.value is None and [found.code for found in outcome.diagnostics] == ["MW0812"]


def test_where_a_token_is_looked_for(tmp_path: Path) -> None:
    rules = [{"issuer": "a"}, {"issuer": "b", "fromHeaders": [{"name": "X-Jwt"}]}, {"issuer": "c", "fromParams": ["t"]}, {"issuer": "d", "fromCookies": ["k"]}]
    objects = world(policy({**TARGET, "jwtRules": rules}, kind="RequestAuthentication"),
                    policy({**TARGET, "rules": [{"from": [{"source": {"requestPrincipals": ["*"]}}]}]}))
    cases = [("a", "", 200), ("b", "", 401), ("b", "header:x-jwt", 200), ("a", "header:x-jwt", 401), ("a", "header:authorization", 200), ("c", "param:t", 200),
             ("d", "cookie:k", 200), ("a", "param:access_token", 200), ("a", "header:other", 403)]
    asked = [{**AT_WAYPOINT, "claims": {"iss": issuer, "sub": "x"}, "token_in": place} for issuer, place, _ in cases]
    assert [one["status"] for one in ask(tmp_path, objects, *asked)] == [status for *_, status in cases]
    preflight = {**AT_WAYPOINT, "method": "OPTIONS", "headers": {"Origin": "x", "Access-Control-Request-Method": "GET"}, "claims": {"iss": "evil", "sub": "x"}}
    assert ask(tmp_path, objects, preflight)[0]["by"] == "rbac_access_denied_matched_policy[none]"


def test_addresses(tmp_path: Path) -> None:
    rules = [{"when": [{"key": "destination.ip", "values": ["10.96.0.0/16"]}]}, {"from": [{"source": {"remoteIpBlocks": ["203.0.113.0/24"]}}]}]
    objects = world(policy({**TARGET, "rules": rules[:1]}), policy({"rules": rules[:1], "selector": {"matchLabels": {"app": "orders"}}}, "z"),
                    policy({"rules": rules[1:]}, "g", "edge"))
    at_pod = {"engine": "ztunnel", "workload": "shop/orders", "target_port": 8080, "peer": None, "source_ip": "10.0.0.1"}
    at_gateway = {"engine": "gateway", "proxy": "edge/public", "port": 80, "peer": None, "source_ip": "203.0.113.9", "method": "GET", "path": "/"}
    forwarded = {"headers": {"X-Forwarded-For": "203.0.113.9, 10.0.0.1"}}
    answers = ask(tmp_path, objects, AT_WAYPOINT, {**AT_WAYPOINT, "destination_ip": "10.0.0.1"}, at_pod, {**at_pod, "destination_ip": "10.96.1.1"},
                  at_gateway, {**at_gateway, **forwarded, "source_ip": "10.0.0.1"})
    assert [one["decision"] for one in answers] == ["allow", "deny", "unknown", "allow", "allow", "deny"]


def test_a_workload_that_ztunnel_does_not_see(tmp_path: Path) -> None:
    asked = {"engine": "ztunnel", "workload": "edge/old", "target_port": 8080, "peer": None, "source_ip": "10.0.0.1"}
    answers = ask(tmp_path, world(), asked, {**asked, "workload": "shop/Deployment/orders"}, {**asked, "workload": "shop/nobody"})
    assert "not captured" in answers[0]["error"] and answers[1]["decision"] == "allow" and "no workload" in answers[2]["error"]


def test_a_service_entry_behind_a_waypoint(tmp_path: Path) -> None:
    entry = {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": "stripe", "namespace": "shop"}, "spec": {
        "hosts": ["api.stripe.com"], "resolution": "DNS", "ports": [{"number": 80, "name": "http", "protocol": "HTTP", "targetPort": 443},
                                                                  {"number": 443, "name": "tls", "protocol": "TLS"}]}}
    target = {"targetRefs": [{"group": "networking.istio.io", "kind": "ServiceEntry", "name": "stripe"}]}
    objects = world(entry, policy({**target, "rules": [{"to": [{"operation": {"paths": ["/v1/charges"]}}]}]}), policy({**TARGET}, "service"))
    asked = {name: value for name, value in AT_WAYPOINT.items() if name != "service"} | {"service_entry": "shop/stripe"}
    connection = {name: value for name, value in asked.items() if name not in ("method", "path")} | {"port": 443}
    answers = ask(tmp_path, objects, {**asked, "path": "/v1/charges"}, asked, connection, {**asked, "service": "shop/orders"},
                  {**asked, "service_entry": "shop/none"}, {**asked, "port": 81})
    assert [one.get("decision", "error") for one in answers] == ["allow", "deny", "deny", "error", "error", "error"]


def test_metadata_sni_and_headers(tmp_path: Path) -> None:
    keys = [("experimental.envoy.filters.a.b[c]", "x"), ("experimental.envoy.filters.a.b[d]", "[y]"), ("connection.sni", "a.b"), ("request.headers[X-A]", "1,2"),
            ("request.headers[:path]", "/a?q")]
    objects = world(policy({**TARGET, "rules": [{"when": [{"key": key, "values": [value]} for key, value in keys]}]}))
    good = {**AT_WAYPOINT, "path": "/x/../a?q", "metadata": {"envoy.filters.a.b": {"c": "x", "d": ["z", "y"]}}, "sni": "A.b", "headers": {"x-a": ["1", "2"]}}
    answers = ask(tmp_path, objects, good, {**good, "sni": ""}, {**good, "metadata": {}}, {**good, "headers": {"x-a": "1"}}, {**good, "path": "/a"})
    assert [one["decision"] for one in answers] == ["allow", "deny", "deny", "deny", "deny"]


def test_an_authorizer_for_http_is_not_asked_about_connections(tmp_path: Path) -> None:
    custom = {**TARGET, "action": "CUSTOM", "provider": {"name": "x"}, "rules": [{}]}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}}
    connection = {name: value for name, value in AT_WAYPOINT.items() if name not in ("method", "path")} | {"port": 90, "authorizers": {"x": "deny"}}
    for kind, said in (("envoyExtAuthzHttp", "allow"), ("envoyExtAuthzGrpc", "deny")):
        mesh = f"extensionProviders:\n- {{name: x, {kind}: {{service: a, port: 1}}}}\n- {{name: y, {kind}: {{service: b, port: 1}}}}\n"
        objects = [*world(policy(custom)), {**config, "data": {"mesh": mesh}}]
        assert [one["decision"] for one in ask(tmp_path, objects, connection, {**AT_WAYPOINT, "authorizers": {"x": "deny"}})] == [said, "deny"]
        several = [*objects, policy({**custom, "provider": {"name": "y"}}, "q")]
        assert ask(tmp_path, several, connection)[0]["decision"] == "deny"
