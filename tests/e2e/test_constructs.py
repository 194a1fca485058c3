"""Each construct of the language on a small mesh of its own, from text and YAML to proof; requests are judged on the rendered bytes."""

from pathlib import Path

import pytest

from tests.support.projects import Document, namespace, one, pods, run, service

MESH = "mesh { istio 1.30 }\n"


def pair(waypoint: str = "", web: str = "") -> list[Document]:
    """`shop/web` calls `shop/api` (HTTP) and `shop/db` (TCP)."""
    return [namespace("shop"), pods("shop/web"), pods("shop/api"), pods("shop/db"), service("shop/web", "http 80 8080", waypoint=web),
            service("shop/api", "http 80 8080", waypoint=waypoint), service("shop/db", "tcp 5432")]


@pytest.mark.parametrize(("placement", "waypoint", "more"), [
    ("", "waypoint", ""), ("waypoint per namespace", "waypoint", ""), ("waypoint per service", "api-waypoint", ""),
    ("waypoint per service-account", "api-waypoint", ""), ("waypoint infra/shared", "infra/shared", "namespace infra { waypoint none }\n")])
def test_a_waypoint_stands_where_the_namespace_says(tmp_path: Path, placement: str, waypoint: str, more: str) -> None:
    owned = [*pair(waypoint), namespace("infra")]
    ran = one(tmp_path, f"""{MESH}{more}namespace shop {{ {placement or 'enforce yes'} }}
allow shop/web -> shop/api {{ GET "/v1/{{id}}" }}
allow shop/web -> shop/db
""", owned)
    assert ran.codes == []
    assert ran.cluster is not None and ran.result.proof is not None and ran.result.proof.holds
    id = waypoint if "/" in waypoint else f"shop/{waypoint}"
    assert [f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in ran.cluster.documents if each["kind"] == "Gateway"] == [id]
    assert ran.cluster.dial("shop/web", "shop/api", 80, "GET", "/v1/7")
    assert not ran.cluster.dial("shop/web", "shop/api", 80, "POST", "/v1/7")
    assert not ran.cluster.dial("shop/web", "shop/api", 80, "GET", "/v1/7/8")
    assert not ran.cluster.dial("shop/db", "shop/api", 80, "GET", "/v1/7")
    assert not ran.cluster.dial_pod("shop/web", "shop/Deployment/api", 8080)
    assert ran.cluster.dial("shop/web", "shop/db", 5432)
    assert not ran.cluster.dial("shop/api", "shop/db", 5432)


def test_without_a_waypoint_http_terms_are_refused_and_ports_are_not(tmp_path: Path) -> None:
    rules = f"{MESH}namespace shop {{ waypoint none }}\nallow shop/web -> shop/db\n"
    ran = one(tmp_path / "ports", rules, pair())
    assert ran.codes == [] and ran.cluster is not None and ran.cluster.dial("shop/web", "shop/db", 5432)
    assert one(tmp_path / "terms", rules + 'allow shop/web -> shop/api { GET "/" }\n', pair()).codes == ["MW0331"]


def test_groups_and_any_service_stand_for_their_members(tmp_path: Path) -> None:
    ran = one(tmp_path, f"""in shop
{MESH}namespace shop {{ enforce yes }}
group callers = web, api
group stores = db
allow callers -> stores {{ port 5432 }}
allow db -> any service {{ port 80 }}
""", pair())
    assert ran.codes == [] and ran.cluster is not None
    assert [caller for caller in ("web", "api", "db") if ran.cluster.dial(f"shop/{caller}", "shop/db", 5432)] == ["web", "api"]
    assert [name for name in ("web", "api") if ran.cluster.dial("shop/db", f"shop/{name}", 80)] == ["web", "api"]


def test_pods_by_address(tmp_path: Path) -> None:
    owned = [*pair(), pods("shop/loner"), namespace("ops"), pods("ops/scraper")]
    ran = one(tmp_path, f"""{MESH}namespace shop {{ enforce yes }}
namespace ops {{ enforce no }}
allow ops/scraper -> pods of any service {{ port 9102 }}
allow ops/scraper -> pods of any workload {{ port 9103 }}
allow shop/loner -> pods of shop/db
""", owned)
    assert ran.codes == [] and ran.cluster is not None
    every = [f"shop/Deployment/{name}" for name in ("api", "db", "loner", "web")]
    assert [each for each in every if ran.cluster.dial_pod("ops/scraper", each, 9102)] == [each for each in every if "loner" not in each]
    assert [each for each in every if ran.cluster.dial_pod("ops/scraper", each, 9103)] == every
    assert not any(ran.cluster.dial_pod("ops/scraper", each, 9104) for each in every)
    assert ran.cluster.dial_pod("shop/loner", "shop/Deployment/db", 1234)
    assert not any(ran.cluster.dial_pod("shop/web", each, 9102) or ran.cluster.dial_pod("", each, 9102) for each in every)


def test_callers_without_identity_only_where_they_are_named(tmp_path: Path) -> None:
    ran = one(tmp_path, f"""in shop
{MESH}namespace shop {{ enforce yes }}
allow unidentified from 10.9.0.0/16 -> pods of db {{ port 8080 }} until 2026-12-31 because "vendor agent"
""", pair())
    assert ran.codes == [] and ran.cluster is not None
    db = "shop/Deployment/db"
    assert ran.cluster.dial_pod("", db, 8080, "10.9.1.1")
    assert not ran.cluster.dial_pod("", db, 8080, "10.8.1.1")
    assert not ran.cluster.dial_pod("", db, 5432, "10.9.1.1")
    assert not ran.cluster.dial_pod("shop/web", db, 8080, "10.9.1.1")
    assert not ran.cluster.dial_pod("", "shop/Deployment/api", 8080, "10.9.1.1")


def edge(waypoint: str = "waypoint") -> list[Document]:
    return [namespace("edge"), namespace("shop"), pods("shop/web"), pods("shop/api"), service("shop/web", "http 80 8080", waypoint=waypoint, ingress=True),
            service("shop/api", "http 80 8080", waypoint=waypoint, ingress=True)]


def test_two_gateways_several_hosts_and_one_listener_without_tls(tmp_path: Path) -> None:
    ran = one(tmp_path, f"""{MESH}namespace edge {{ waypoint none }}
namespace shop {{ enforce yes }}
gateway edge/public {{
  listen https 443 host "shop.example.com", "www.example.com" {{ certificate edge/shop-cert }}
  listen http 80 {{ redirect https }}
}}
gateway edge/inside {{ listen http 8080 }}
route at edge/public host "shop.example.com", "www.example.com" {{ path "/**" -> shop/web }}
route at edge/public host "shop.example.com" {{ path "/api/**" -> shop/api }}
route at edge/inside {{ path "/**" -> shop/api }}
allow clients of edge/public port 443 -> shop/web {{ GET "/**" }}
allow clients of edge/public -> shop/api {{ POST "/api/orders" }}
allow clients of any gateway -> shop/api {{ GET "/api/health" }}
""", edge())
    assert ran.codes == [], ran.result.diagnostics
    assert ran.cluster is not None
    enter = ran.cluster.enter
    for host in ("shop.example.com", "www.example.com"):
        assert enter("edge/public", 443, host, "GET", "/x") == "shop/web:80"
        assert enter("edge/public", 443, host, "POST", "/x") == ""
        assert enter("edge/public", 80, host, "GET", "/x") == ""
    assert enter("edge/public", 443, "other.example.com", "GET", "/x") == ""
    assert enter("edge/public", 443, "shop.example.com", "POST", "/api/orders") == "shop/api:80"
    assert enter("edge/public", 443, "www.example.com", "POST", "/api/orders") == ""
    assert enter("edge/inside", 8080, "anything", "POST", "/api/orders") == ""
    assert enter("edge/inside", 8080, "anything", "GET", "/api/health") == "shop/api:80"
    assert not ran.cluster.dial("shop/web", "shop/api", 80, "GET", "/api/health")


def test_a_service_that_only_the_sources_declare(tmp_path: Path) -> None:
    ran = one(tmp_path, f"""in shop
{MESH}namespace shop {{ enforce yes }}
service db {{ port tcp 5432 -> 15432 as sql; service-account db; label app = db }}
allow web -> db {{ port sql }}
""", [namespace("shop"), pods("shop/web"), service("shop/web", "http 80 8080")])
    assert ran.codes == [] and ran.result.tree is not None
    (allow,) = (file.content.decode() for file in ran.result.tree.files if file.path.endswith("db-allow.yaml"))
    assert "- shop/web\n" in allow and '- "15432"\n' in allow and "- shop/db\n" not in allow


def test_a_headless_service_is_reached_by_its_pods(tmp_path: Path) -> None:
    owned = [*pair(), pods("shop/kafka", "broker 9092", kind="StatefulSet"), service("shop/kafka", "tcp 9092 broker", spec={"clusterIP": "None"})]
    ran = one(tmp_path / "pods", f"""in shop
{MESH}namespace shop {{ enforce yes }}
allow web -> pods of kafka {{ port broker }}
allow kafka -> pods of kafka {{ port 9093 }}
""", owned)
    assert ran.codes == [] and ran.cluster is not None
    kafka = "shop/StatefulSet/kafka"
    assert ran.cluster.dial_pod("shop/web", kafka, 9092) and ran.cluster.dial_pod("shop/kafka", kafka, 9093)
    assert not ran.cluster.dial_pod("shop/web", kafka, 9093) and not ran.cluster.dial_pod("shop/api", kafka, 9092)
    refused = one(tmp_path / "http", f'in shop\n{MESH}namespace shop {{ enforce yes }}\nallow web -> kafka {{ GET "/" }}\n', owned)
    assert refused.codes == ["MW0303"], refused.result.diagnostics


def test_several_services_over_the_same_pods_are_told_apart_where_that_can_be(tmp_path: Path) -> None:
    owned = [*pair(), pods("shop/all", "main 8080", "admin 9000"), service("shop/front", "http 80 main", app="all", waypoint="waypoint"),
             service("shop/admin", "http 80 admin", app="all", waypoint="waypoint")]
    ran = one(tmp_path, f"""in shop
{MESH}namespace shop {{ enforce yes }}
allow web -> front {{ GET "/**" }}
allow api -> admin {{ POST "/reload" }}
""", owned)
    assert ran.codes == [] and ran.cluster is not None
    assert ran.cluster.dial("shop/web", "shop/front", 80, "GET", "/x") and ran.cluster.dial("shop/api", "shop/admin", 80, "POST", "/reload")
    assert not ran.cluster.dial("shop/web", "shop/admin", 80, "GET", "/x") and not ran.cluster.dial("shop/api", "shop/front", 80, "POST", "/reload")


@pytest.mark.parametrize(("owned", "rule", "codes"), [
    ([service("shop/dns", "udp 53", app="db")], "allow web -> dns", ["MW0311"]),
    ([service("shop/dns", "udp 53", "tcp 53", app="db")], "deny anyone -> dns", ["MW0311"]),
    ([service("shop/dns", "udp 53", "tcp 53", app="db")], 'invariant "dns" { to dns only from web }', ["MW0311"]),
    ([service("shop/far", spec={"type": "ExternalName", "externalName": "db.example.com", "selector": None})], "allow web -> far { port 5432 }", ["MW0304"]),
    ([pods("shop/node", spec={"hostNetwork": True})], "allow web -> db", ["MW0332"]),
    ([pods("shop/node", spec={"hostNetwork": True})], "allow node -> db", ["MW0308", "MW0332"]),
    ([pods("shop/node", spec={"hostNetwork": True})], "allow web -> pods of node", ["MW0307"]),
])
def test_what_the_mesh_does_not_carry_is_refused(tmp_path: Path, owned: list[Document], rule: str, codes: list[str]) -> None:
    ran = one(tmp_path, f"in shop\n{MESH}namespace shop {{ enforce yes }}\n{rule}\n", [*pair(), *owned])
    assert ran.codes == codes, ran.result.diagnostics
    assert ran.result.tree is None


@pytest.mark.parametrize("kind", ["Job", "CronJob", "DaemonSet", "StatefulSet", "Pod"])
def test_every_kind_of_workload_calls_and_is_closed(tmp_path: Path, kind: str) -> None:
    ran = one(tmp_path, f"in shop\n{MESH}namespace shop {{ enforce yes }}\nallow batch -> db\n", [*pair(), pods("shop/batch", kind=kind)])
    assert ran.codes == [] and ran.cluster is not None
    assert ran.cluster.dial("shop/batch", "shop/db", 5432)
    assert not ran.cluster.dial_pod("shop/web", f"shop/{kind}/batch", 8080)


POLICY: Document = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "theirs", "namespace": "shop"}}


@pytest.mark.parametrize(("spec", "codes"), [
    # Sealed: no ALLOW of others opens a guarded pod, but pods that nobody listed; a DENY of theirs takes away what is meant.
    ({"selector": {"matchLabels": {"app": "db"}}, "rules": [{}]}, []),
    ({"rules": [{"from": [{"source": {"namespaces": ["shop"]}}]}]}, ["MW0401"]),
    ({"action": "DENY", "rules": [{"to": [{"operation": {"ports": ["5432"]}}]}]}, ["MW0402"]),
    # ztunnel never gets a CUSTOM policy.
    ({"selector": {"matchLabels": {"app": "db"}}, "action": "CUSTOM", "provider": {"name": "x"}, "rules": [{}]}, []),
])
def test_foreign_objects_take_part_in_the_proof(tmp_path: Path, spec: Document, codes: list[str]) -> None:
    sources = f"in shop\n{MESH}namespace shop {{ enforce yes }}\nallow web -> db\n"
    ran = one(tmp_path, sources, pair(), foreign=[POLICY | {"spec": spec}])
    assert ran.codes == codes, ran.result.diagnostics
    assert ran.result.tree is not None
    assert not any("theirs" in file.path for file in ran.result.tree.files)
    for found in ran.result.diagnostics:
        assert any(label.span.path == "foreign/all.yaml" for label in found.others)
        assert "somebody else" in found.help[0]


def test_one_object_that_nobody_models_is_one_finding(tmp_path: Path) -> None:
    theirs = {"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": {"name": "x", "namespace": "istio-system"}, "spec": {}}
    ran = one(tmp_path, f"""in shop
{MESH}namespace shop {{ enforce yes }}
allow web -> api {{ GET "/" }}
allow api -> web {{ GET "/" }}
""", pair("waypoint", "waypoint"), foreign=[theirs])
    assert ran.codes == ["MW0405"]
    (found,) = (found for found in ran.result.diagnostics if found.severity == "error")
    assert "EnvoyFilter istio-system/x" in found.message and "shop/Deployment/web" in found.message + found.notes[-1]


def test_the_same_policy_of_others_in_the_inventory_takes_part_too(tmp_path: Path) -> None:
    deny = POLICY | {"spec": {"action": "DENY", "rules": [{}]}}
    assert one(tmp_path, f"in shop\n{MESH}namespace shop {{ enforce yes }}\nallow web -> db\n", [*pair(), deny]).codes == ["MW0402"]


HOMES = '[homes]\nshop = ["mesh/shop/"]\n[tiers]\nplatform = ["mesh/platform/"]\n'


@pytest.mark.parametrize(("path", "text", "codes"), [
    ("shop/a.mesh", "in shop\nallow web -> db\n", []),
    ("other/a.mesh", "in shop\nallow web -> db\n", ["MW0204"]),
    ("other/a.mesh", "allow shop/web -> shop/db\n", ["MW0206"]),
    ("other/a.mesh", "tier platform\nallow shop/web -> shop/db\n", ["MW0205"]),
    ("shop/a.mesh", "in shop\nnamespace shop { enforce no }\n", ["MW0202"]),
    ("shop/a.mesh", "in shop\nmesh { istio 1.31 }\n", ["MW0202"]),
])
def test_who_may_speak_for_a_namespace(tmp_path: Path, path: str, text: str, codes: list[str]) -> None:
    sources = {"platform/mesh.mesh": f"tier platform\n{MESH}namespace shop {{ enforce yes }}\n", path: text}
    assert one(tmp_path, sources, pair(), settings=HOMES).codes == codes


def test_environments_override_and_every_finding_carries_its_own(tmp_path: Path) -> None:
    settings = """[env.staging]
[env.prod]
guard.packs = []
inventory.namespace = "other"
output.directory = "deploy/prod"
"""
    ran = run(tmp_path, f"in shop\n{MESH}namespace shop {{ enforce yes }}\nallow any workload -> db\n", pair(), settings=settings)
    assert sorted(ran) == ["prod", "staging"]
    assert ran["staging"].codes == ["MW0501"] and ran["prod"].codes == []
    for name, each in ran.items():
        assert {found.environment for found in each.result.diagnostics} <= {name}


@pytest.mark.parametrize(("at", "codes"), [("2026-12-31", []), ("2027-01-01", ["MW0318"])])
def test_a_rule_holds_to_the_end_of_its_last_day(tmp_path: Path, at: str, codes: list[str]) -> None:
    rule = 'allow web -> db until 2026-12-31 because "ticket 4711"'
    ran = one(tmp_path, f"in shop\n{MESH}namespace shop {{ enforce yes }}\n{rule}\n", pair(), at=at)
    assert ran.codes == codes
    if codes:
        assert "2026-12-31" in ran.found("MW0318").message
    else:
        assert ran.result.program is not None and ran.result.program.rules[0].because == "ticket 4711"


@pytest.mark.parametrize("spec", [{"serviceAccountName": "", "serviceAccount": "runner"}, {"serviceAccountName": "runner", "serviceAccount": "web"}])
def test_the_old_field_for_the_account_counts_where_the_new_one_is_empty(tmp_path: Path, spec: Document) -> None:
    owned = [*pair(), pods("shop/old", spec=spec)]
    ran = one(tmp_path, f"in shop\n{MESH}namespace shop {{ enforce yes }}\nallow old -> db\n", owned)
    assert ran.codes == [] and ran.cluster is not None
    assert ran.cluster.dial("shop/runner", "shop/db", 5432) and not ran.cluster.dial("shop/web", "shop/db", 5432)
