"""The rules of check beyond their pages: the nearest case that passes, and the forms that the page does not show."""

import pytest
from tests.support.sources import TODAY, app, deployment, namespace, run, service

from meshwright.check import check

SHOP = namespace() + app("web") + app("orders", "http=http:8080") + app("ledger", "grpc=grpc:9090") + app("postgres", "db=tcp:5432")
HEAD = "in shop\nnamespace shop { enforce yes }\n"
EDGE = 'gateway public { listen https 443 host "shop.example.com" { certificate c } }\nroute at public host "shop.example.com" { path "/**" -> web }\n'


def codes(text: str, yaml: str = SHOP, **more: object) -> list[str]:
    return run(HEAD + text, yaml, **more).codes  # type: ignore[arg-type]


# --- ports and protocols --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "expected"), [
    ('allow web -> orders { GET "/a" }', []),
    ('allow web -> postgres { GET "/a" }', ["MW0302"]),
    ('allow web -> postgres { port db GET "/a" }', ["MW0302"]),
    ('deny anyone -> postgres { path "/a" }', ["MW0302"]),
    ('allow web -> ledger { call "a.B/C" }', []),
    ('allow web -> postgres { call "a.B/C" }', ["MW0302"]),
    ("allow web -> orders { port db }", ["MW0327"]),
    ("allow web -> orders { port 80 }", ["MW0327"]),
    ("allow web -> pods of web { port 80 }", ["MW0327"]),
    ("allow orders -> pods of web { port 8080 }", []),
    ("allow orders -> pods of web { port 15020 }", []),
    ("allow orders -> any service { port nope }", ["MW0327"]),
    ("allow orders -> pods of any workload { port nope }", ["MW0327"]),
    ("allow orders -> pods of any workload { port 15020 }", []),
    ("allow orders -> pods of any service { port http }", []),
    ('allow web -> pods of orders { GET "/a" }', ["MW0330"]),
    ('allow web -> pods of any service { GET "/a" }', ["MW0330"]),
])
def test_doors(rule: str, expected: list[str]) -> None:
    assert codes(rule) == expected


def test_a_protocol_nobody_declared_is_said_once_for_many_rules() -> None:
    yaml = SHOP + service("raw", "main=:9000") + deployment("raw")
    assert codes("allow web -> raw\nallow orders -> raw { port main }\nallow ledger -> raw { port 9000 }", yaml) == ["MW0301"]
    assert codes("allow web -> orders", yaml) == []


def test_a_target_port_that_is_two_numbers_is_refused() -> None:
    yaml = SHOP + service("two", "http=http:80>app", selector="app: two") + deployment("two", labels="app: two, v: a", match="app: two, v: a", ports="{name: app, containerPort: 1}") \
        + deployment("two-b", labels="app: two, v: b", match="app: two, v: b", account="two", ports="{name: app, containerPort: 2}")
    assert codes("allow web -> two", yaml) == ["MW0327"]


def test_one_number_for_tcp_and_udp_means_the_tcp_port() -> None:
    yaml = SHOP + service("dns", "dns=UDP:53", "dns-tcp=tcp:53") + deployment("dns")
    assert codes("allow web -> dns { port 53 }", yaml) == ["MW0311"]
    assert run(HEAD + "allow web -> dns { port 53 }", yaml).diagnostics[0].severity == "warning"


# --- services that cannot be destinations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "expected"), [
    ("allow web -> peers", ["MW0303"]), ('allow web -> peers { GET "/" }', ["MW0303"]), ("allow web -> pods of peers { port peer }", []),
    ("allow web -> any service { port peer }", []), ("allow web -> manual", ["MW0304"]), ("allow web -> alias", ["MW0304"]),
    ("allow web -> empty", ["MW0304"]), ("allow web -> pods of empty", ["MW0304"]), ("allow empty -> web", ["MW0304"])])
def test_services_without_address_or_pods(rule: str, expected: list[str]) -> None:
    yaml = (SHOP + service("peers", "peer=http:9093", spec="clusterIP: None, ") + deployment("peers") + service("manual", selector="")
            + "apiVersion: v1\nkind: Service\nmetadata: {name: alias, namespace: shop}\nspec: {type: ExternalName, externalName: a.example.com}\n---\n" + service("empty"))
    assert codes(rule, yaml) == expected


# --- callers ----------------------------------------------------------------------------------------------------------------


def test_versions_behind_one_service_share_an_account_without_a_warning() -> None:
    yaml = SHOP + service("reviews") + "".join(deployment(f"reviews-{v}", labels=f"app: reviews, v: {v}", account="reviews") for v in ("v1", "v2"))
    assert codes('allow reviews -> orders { GET "/" }', yaml) == []


def test_a_shared_account_is_said_for_allow_and_for_deny_but_not_for_the_account_itself() -> None:
    yaml = SHOP + deployment("batch", account="web")
    assert run(HEAD + "allow web -> orders", yaml).only("MW0305").message == "this also lets in Deployment `shop/batch`"
    assert run(HEAD + "deny web -> orders", yaml).only("MW0305").message == "this also keeps out Deployment `shop/batch`"
    assert codes("allow service-account web -> orders", yaml) == []


def test_the_default_account_is_no_caller_by_any_name() -> None:
    yaml = SHOP + deployment("batch", account="")
    assert codes("allow batch -> orders\nallow service-account default -> ledger", yaml) == ["MW0306", "MW0306"]
    assert codes("allow web -> pods of batch { port 1 }", yaml) == []


def test_a_caller_outside_the_mesh_may_be_denied() -> None:
    yaml = SHOP + namespace("ops", team="x") + deployment("cron", ns="ops")
    assert codes("allow ops/cron -> web", yaml) == ["MW0308"]
    assert codes("allow namespace ops -> web", yaml) == ["MW0308"]
    assert codes("allow service-account ops/cron -> web", yaml) == ["MW0308"]
    assert codes("deny ops/cron -> web", yaml) == []


def test_an_account_that_nobody_is_seen_to_run_as_may_call() -> None:
    assert codes("allow service-account ops/nightly -> web", SHOP + "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: nightly, namespace: ops}\n---\n") == []


def test_a_sidecar_may_call_what_has_no_waypoint() -> None:
    yaml = SHOP + namespace("ops", **{"istio-injection": "enabled"}) + deployment("cron", ns="ops")
    assert codes("allow ops/cron -> web", yaml) == []
    assert codes('allow ops/cron -> web\nallow orders -> web { GET "/" }', yaml) == ["MW0309"]
    assert codes('allow any workload -> web { GET "/" }', yaml) == ["MW0309"] == codes('allow namespace ops -> web { GET "/" }', yaml)
    assert codes('allow namespace shop -> web { GET "/" }', yaml) == []
    assert codes('allow ops/cron -> pods of web\nallow orders -> web { GET "/" }', yaml) == []


@pytest.mark.parametrize(("rule", "expected"), [
    ('allow unidentified -> pods of web { port 8080 } because "x"', []),
    ("allow unidentified -> pods of web { port 8080 }", ["MW0314"]),
    ('allow unidentified -> pods of web because "x"', ["MW0314"]),
    ('allow unidentified -> web { port http } because "x"', ["MW0314"]),
    ('allow unidentified from 10.0.0.1/8 -> pods of web { port 8080 } because "x"', ["MW0314"]),
    ('allow unidentified -> pods of web { port 8080 GET "/" } because "x"', ["MW0330"]),
    ("deny unidentified -> pods of web { port 8080 }", []),
    ("allow anyone -> web", ["MW0315"]),
    ("deny anyone -> web", []),
])
def test_callers_without_identity(rule: str, expected: list[str]) -> None:
    assert codes(rule) == expected


# --- capture and enrolment --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [
    {"pod": "hostNetwork: true, "}, {"labels": "app: agent, istio.io/dataplane-mode: none", "match": "app: agent"}])
def test_uncaptured_pods_are_an_error_with_and_without_a_rule(how: dict[str, str]) -> None:
    yaml = SHOP + service("agent", "http=http:80") + deployment("agent", **how)  # type: ignore[arg-type]
    assert codes("", yaml) == ["MW0332"]
    assert codes("allow web -> agent\nallow orders -> pods of agent", yaml) == ["MW0307"]
    assert codes("deny web -> any service", yaml) == ["MW0307"]


def test_pods_that_take_in_traffic_past_the_mesh_may_call_and_not_be_called() -> None:
    yaml = SHOP + service("agent") + deployment("agent", annotations="ambient.istio.io/bypass-inbound-capture: 'true'")
    assert codes("allow web -> agent", yaml) == ["MW0307"]
    assert codes("allow agent -> web", yaml) == ["MW0332"]
    assert codes("allow web -> agent", yaml.replace("'ambient'", "'none'"), labels="own") == ["MW0307"]


def test_an_excluded_inbound_port_is_no_destination() -> None:
    yaml = SHOP + app("agent", "http=http:80>8080", "admin=http:90>9090")

    def judged(rule: str) -> list[str]:
        bound = run(HEAD + rule, yaml, until="resolve").resolved
        assert bound is not None
        workloads = tuple(each._replace(excluded_inbound=(9090,)) if each.name == "agent" else each for each in bound.inventory.workloads)
        return [each.code for each in check(bound._replace(inventory=bound.inventory._replace(workloads=workloads)), TODAY).diagnostics]

    assert judged("allow web -> agent { port admin }") == ["MW0307"]
    assert judged("allow web -> pods of agent") == ["MW0307"]
    assert judged("allow web -> agent { port http }") == []


def test_enrolment_is_asked_of_others_only() -> None:
    yaml = SHOP.replace("'ambient'", "'none'")
    result = run(HEAD + "allow web -> orders", yaml)
    assert result.only("MW0310").help[0] == "run `kubectl label namespace shop istio.io/dataplane-mode=ambient`"
    assert codes("allow web -> orders", yaml, labels="patch") == [] == codes("allow web -> orders", yaml, labels="own")


def test_a_namespace_that_the_inventory_lacks_is_not_taken_for_enrolled() -> None:
    assert codes("", "") == ["MW0310"]
    assert run("in shpo\nnamespace shpo { enforce yes }\n", SHOP).only("MW0310").help[0] == "did you mean `shop`?"


# --- waypoints ----------------------------------------------------------------------------------------------------------------


def test_a_plain_tcp_port_beside_http_rules() -> None:
    yaml = SHOP + app("mixed", "http=http:80", "feed=tcp:9000")
    assert codes('allow web -> mixed { port feed }\nallow orders -> mixed { port http }', yaml) == []
    assert codes('allow web -> mixed { port feed }\nallow orders -> mixed { GET "/" }', yaml) == ["MW0317"]
    assert codes('allow web -> mixed\nallow orders -> mixed { GET "/" }', yaml) == ["MW0317", "MW0326"]
    assert codes('allow web -> pods of mixed { port feed }\nallow orders -> mixed { GET "/" }', yaml) == []


def test_a_waypoint_among_the_callers_of_a_tcp_port() -> None:
    yaml = SHOP + app("mixed", "http=http:80", "feed=tcp:9000")
    rules = 'allow {} -> pods of mixed {{ port feed }}\nallow orders -> mixed {{ GET "/" }}'
    assert codes(rules.format("any workload"), yaml) == ["MW0317"]
    assert codes(rules.format("namespace shop"), yaml) == ["MW0317"]
    assert codes(rules.format("web"), yaml) == []


DENY = '\ndeny anyone -> web { path "/debug/**" }'


@pytest.mark.parametrize(("rules", "expected"), [
    ("allow orders -> web" + DENY, []),
    ("allow orders -> pods of web { port 8080 }" + DENY, ["MW0316"]),
    ("allow orders -> pods of web" + DENY, ["MW0316"]),
    ("allow orders -> pods of web { port 9102 }" + DENY, []),
    ('allow unidentified -> pods of web { port 8080 } because "x"' + DENY, ["MW0316"]),
    ("allow orders -> pods of web { port 8080 }" + DENY.replace("anyone", "ledger"), []),
    ("allow orders -> pods of web { port 8080 }" + DENY.replace("anyone", "any workload"), ["MW0316"]),
    ("allow orders -> pods of web { port 8080 }" + DENY.replace("anyone", "namespace shop"), ["MW0316"]),
    ("allow orders -> twin" + DENY, []),  # the deny is kept at the twin's waypoint as well
    ("allow orders -> half" + DENY, ["MW0316"]),  # the twin has further pods: not exact
    ("allow orders -> plain" + DENY, ["MW0316"]),  # TCP: nobody could read the path
])
def test_a_deny_with_http_terms_holds_on_every_way_to_the_pods(rules: str, expected: list[str]) -> None:
    yaml = (SHOP.replace(deployment("web"), deployment("web", labels="app: web, part: front")) + deployment("other", labels="app: other, part: front")
            + service("twin", "http=http:8000>8080", selector="app: web") + service("half", "http=http:8000>8080", selector="part: front")
            + service("plain", "raw=tcp:8000>8080", selector="app: web"))
    assert codes(rules, yaml) == expected


def test_a_deny_holds_at_every_port_of_the_service_that_leads_to_the_same_target() -> None:
    yaml = SHOP + app("two", "http=http:80>8080", "alt=http:81>8080")
    result = run(HEAD + 'allow web -> two { port alt }\ndeny web -> two { port http path "/a" }', yaml)
    assert result.program is not None
    assert [grant.target.port for grant in result.program.grants if grant.effect == "deny"] == [80, 81]


def test_where_a_waypoint_may_stand() -> None:
    rule = 'allow web -> orders { GET "/" }'
    with_mesh = "in shop\nnamespace shop {{ waypoint {} }}\n" + rule.replace("{", "{{").replace("}", "}}")
    assert run(with_mesh.format("none"), SHOP).codes == ["MW0331"]
    assert run(with_mesh.format("edge/shared"), SHOP).codes == ["MW0331"]
    assert run(with_mesh.format("edge/shared") + "\nnamespace edge { enforce yes }", SHOP + namespace("edge")).codes == []
    assert run(with_mesh.format("per service"), SHOP + deployment("x", account="orders-waypoint")).codes == ["MW0325"]
    assert run(with_mesh.format("per service-account"), SHOP + deployment("x", account="orders-waypoint")).codes == ["MW0325"]
    assert run(with_mesh.format("per service"), SHOP + deployment("x", account="waypoint")).codes == []


def test_the_account_of_a_gateway_belongs_to_the_gateway() -> None:
    yaml = SHOP + deployment("spy", account="public-istio")
    assert codes(EDGE + "allow clients of public -> web", yaml) == ["MW0325"]
    assert codes(EDGE + "allow clients of public -> web\nallow service-account public-istio -> orders", yaml) == ["MW0325", "MW0325"]
    own = SHOP + deployment("public-istio", account="public-istio", labels="gateway.networking.k8s.io/gateway-name: public")
    result = run(HEAD + EDGE + "allow clients of public -> web", own)
    assert result.codes == [] and result.program is not None
    assert "shop/public-istio" not in [pods.id for pods in result.program.pod_sets]


def test_a_service_in_the_way_of_a_waypoint() -> None:
    assert codes('allow web -> orders { GET "/" }', SHOP + app("waypoint")) == ["MW0325"]


# --- gateways and routes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("listeners", "expected"), [
    ("listen http 80", []),
    ("listen https 443", ["MW0323"]),
    ("listen https 443 { certificate c }", []),
    ("listen http 80 { certificate c }", ["MW0323"]),
    ("listen http 80 { redirect https }", ["MW0323"]),
    ("listen http 80 { redirect https }; listen https 443 { certificate c }", []),
    ("listen http 80 { redirect http }; listen https 443 { certificate c }", ["MW0323"]),
    ("listen https 443 { certificate c; redirect https }", ["MW0323"]),
    ("listen http 80; listen https 80 { certificate c }", ["MW0323"]),
    ('listen http 80 host "a.example.com"; listen http 80 host "b.example.com"', []),
    ('listen http 80 host "a.example.com"; listen http 80 host "b.example.com", "a.example.com"', ["MW0323"]),
    ("listen http 80; listen http 80", ["MW0323"]),
    ("listen tls 443 { certificate c }", ["MW0323"]),
])
def test_listeners(listeners: str, expected: list[str]) -> None:
    assert codes(f"gateway public {{ {listeners} }}") == expected


@pytest.mark.parametrize(("route", "expected"), [
    ('route at public host "shop.example.com" { path "/a/{id}" -> web }', ["MW0324"]),
    ('route at public host "other.example.com" { path "/**" -> web }', ["MW0324"]),
    ('route at public host "*.example.com" { path "/**" -> web }', []),
    ('route at public { path "/**" -> web }', []),
    ('route at public { path "/a" -> web; path "/a" -> web }', ["MW0324"]),
    ('route at public { path "/a" -> web; path "/a/**" -> web }', []),
    ('route at public { path "/**" -> postgres }', ["MW0324"]),
    ('route at public { path "/**" -> web port http }', []),
    ('route at public { path "/**" -> web port 80 }', []),
    ('route at public { path "/**" -> web port 8080 }', ["MW0324"]),
    ('route at public { path "/**" -> two }', ["MW0324"]),
    ('route at public { path "/**" -> peers }', ["MW0303"]),
    ('route at public { path "/old" -> bank/vault }', ["MW0324"]),
    ('route at public { path "/**" -> empty }', ["MW0304"]),
])
def test_routes(route: str, expected: list[str]) -> None:
    yaml = SHOP + app("two", "a=http:80", "b=http:81") + service("peers", spec="clusterIP: None, ") + deployment("peers") + service("empty") + app("vault", ns="bank")
    grant = 'route at public { path "/always" -> web }\nallow clients of public -> web'
    assert codes(f'gateway public {{ listen https 443 host "shop.example.com" {{ certificate c }} }}\n{route}\n{grant}', yaml) == expected


@pytest.mark.parametrize(("rules", "expected"), [
    ("allow clients of public -> web", []),
    ("allow clients of any gateway -> web", []),
    ("allow clients of public -> orders", ["MW0321", "MW0320"]),
    ("allow clients of public -> web, orders", ["MW0320"]),
    ("allow clients of public -> any service { port http }", []),
    ("allow clients of public -> namespace shop", []),
    ("allow clients of public -> order", ["MW0201", "MW0321"]),
    ("deny clients of public -> orders\nallow clients of public -> web", []),
    ("allow clients of public port 443 -> web", []),
    ("allow clients of public port 80 -> web", ["MW0322"]),
])
def test_grants_and_routes_belong_together(rules: str, expected: list[str]) -> None:
    expected = [code for code in expected if not ("MW0201" in expected and code == "MW0321")]
    assert run(HEAD + EDGE + rules, SHOP, go_on=True).codes == expected


def test_what_is_absent_because_of_an_error_is_not_said_to_be_missing() -> None:
    assert codes(EDGE + 'allow clients of public -> web { port nope }') == ["MW0327"]


def test_listeners_are_told_apart_by_the_hosts_that_lead_to_the_service() -> None:
    two = 'gateway public {{ listen https 443 host "{}" {{ certificate a }}\nlisten https 8443 host "{}" {{ certificate b }} }}\n'
    rest = 'route at public host "a.example.com" { path "/**" -> web }\nallow clients of public port 443 -> web'
    assert codes(two.format("a.example.com", "b.example.com") + rest) == []
    assert codes(two.format("a.example.com", "*.example.com") + rest) == ["MW0322"]
    assert codes(two.format("*.example.com", "b.example.com") + rest) == []


# --- the rest -------------------------------------------------------------------------------------------------------------------


def test_rules_about_namespaces_that_are_not_enforced() -> None:
    yaml = SHOP + namespace("bank") + app("vault", ns="bank")
    assert codes("allow web -> bank/vault\nallow orders -> bank/vault", yaml) == ["MW0319"]
    warned = run(HEAD + "namespace bank { enforce no }\nallow web -> bank/vault", yaml).only("MW0319")
    assert warned.severity == "warning"
    assert run(HEAD + "namespace bank { enforce no }\ndeny web -> bank/vault", yaml).only("MW0319").severity == "error"
    assert codes('invariant "i" { never web -> bank/vault }', yaml) == []


@pytest.mark.parametrize(("today", "expected"), [("2027-03-30", []), ("2027-03-31", []), ("2027-04-01", ["MW0318"])])
def test_the_last_day_still_counts(today: str, expected: list[str]) -> None:
    assert codes("allow web -> orders until 2027-03-31", today=today) == expected
    assert run("in shop\nnamespace shop { enforce no until 2027-03-31 because \"x\" }", SHOP, today=today).codes == expected


def test_exposed_services_and_the_ways_that_stand_for_them() -> None:
    yaml = SHOP + service("door", "http=http:80>8080", selector="app: web", spec="type: NodePort, externalIPs: [10.0.0.1], ")
    found = run(HEAD, yaml).only("MW0312")
    assert "NodePort" in found.message and "10.0.0.1" in found.message
    assert codes('allow unidentified -> pods of web { port 8080 } because "load balancer"', yaml) == []
    assert run("in shop\nnamespace shop { enforce no }", yaml).codes == []


def test_invariants_about_nothing_or_unknown_ports() -> None:
    assert codes('invariant "i" { to postgres only from ledger; never web reaches postgres; from web only to orders }') == []
    assert codes('invariant "i" { never web -> orders { port db } }') == ["MW0327"]
    assert codes('invariant "i" { never web -> any service { port nope } }') == ["MW0327"]


def test_a_claim_names_a_service_by_all_its_addresses() -> None:
    result = run(HEAD + 'invariant "i" { to web only from orders; never orders -> web { GET "/a"; port http } }', SHOP)
    assert result.program is not None
    [invariant] = result.program.invariants
    assert [[(target.kind, target.port) for target in claim.targets] for claim in invariant.claims] == [[("pods", 8080), ("service", 80)]] * 3
    assert [claim.http is None for claim in invariant.claims] == [True, False, True]
    assert invariant.claims[0].text == "to web only from orders"


def test_all_independent_mistakes_in_one_run_in_order_of_place() -> None:
    result = run(HEAD + 'allow anyone -> web\nallow web -> postgres { GET "/" }\nallow web -> orders { port x }\nallow web -> pods of orders { GET "/" }', SHOP)
    assert result.codes == ["MW0315", "MW0302", "MW0327", "MW0330"]


def test_the_order_of_files_and_of_yaml_does_not_matter() -> None:
    files = [("mesh/a.mesh", HEAD + "allow web -> orders"), ("mesh/b.mesh", "in shop\nallow orders -> ledger\ndeny web -> namespace shop")]
    parts = [app("web"), app("orders", "http=http:8080"), app("ledger", "grpc=grpc:9090")]
    one, other = run(dict(files), namespace() + "".join(parts)), run(dict(reversed(files)), "".join(reversed(parts)) + namespace())
    assert one.program is not None and other.program is not None
    assert one.program.grants == other.program.grants and one.codes == other.codes
    assert [pods.id for pods in one.program.pod_sets] == [pods.id for pods in other.program.pod_sets]
