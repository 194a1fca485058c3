"""`explain` on the example: who may do what, by which rule, at which proxy and object, on every way, and what turns the answer round."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meshwright.cli.files import load_project, read_sources
from meshwright.diagnostics import Diagnostic
from meshwright.inquiry import Mesh, explain, look_at
from meshwright.ir.explanation import Explanation, Question, Route
from tests.conftest import ROOT
from tests.e2e.test_commands import DAY, report, run

Ask = Callable[..., Explanation]


def project(folder: Path) -> Mesh:
    loaded = load_project(str(folder), None)
    assert loaded.value is not None
    (one,) = loaded.value.projects
    sources = read_sources(one, (), str(folder))
    assert sources.value is not None
    mesh = look_at(one, sources.value, DAY[1], None)
    assert mesh.value is not None, mesh.diagnostics
    return mesh.value


@pytest.fixture(scope="module")
def shop() -> Mesh:
    return project(ROOT / "examples/shop")


def asked(mesh: Mesh, *words: str, **more: Any) -> tuple[Explanation, ...]:
    source, target, method, path = [*words, "", ""][:4]
    told = explain(mesh, Question(source, target, method, path, **more))
    assert told.value is not None, told.diagnostics
    return told.value.explanations


def one(mesh: Mesh, *words: str, **more: Any) -> Explanation:
    (found,) = asked(mesh, *words, **more)
    return found


def refused(mesh: Mesh, *words: str, **more: Any) -> Diagnostic:
    source, target, method, path = [*words, "", ""][:4]
    told = explain(mesh, Question(source, target, method, path, **more))
    assert told.value is None
    return told.diagnostics[0]


def way(told: Explanation, kind: str) -> Route:
    (found,) = (route for route in told.routes if route.kind == kind)
    return found


def rule(mesh: Mesh, number: int) -> str:
    return mesh.program.rules[number].text


def test_an_allowed_request_names_rule_proxies_and_objects(shop: Mesh) -> None:
    told = one(shop, "web", "orders", "GET", "/v1/orders/7")
    assert (told.source, told.target, told.request, told.extent) == ("shop/web", "shop/orders", "GET /v1/orders/7", "all")
    declared = way(told, "service")
    assert declared.declared and declared.intended == "all"
    assert [(hop.proxy, hop.peer, hop.decision, hop.object, hop.rule) for hop in declared.hops] == [
        ("waypoint shop/waypoint", "cluster.local/ns/shop/sa/web", "allow", "AuthorizationPolicy shop/orders-l7-allow", 1),
        ("ztunnel", "cluster.local/ns/shop/sa/waypoint", "allow", "AuthorizationPolicy shop/orders-allow", 0)]
    (seen,) = declared.rules
    assert seen.effect == "allow" and rule(shop, seen.rule).startswith("allow web -> orders {")


def test_every_other_way_is_judged_too(shop: Mesh) -> None:
    told = one(shop, "web", "orders", "GET", "/v1/orders/7")
    assert {route.kind: route.extent for route in told.routes} == {
        "service": "all", "gateway": "none", "pod": "none", "without-waypoint": "none", "plaintext": "none"}
    assert way(told, "pod").hops[-1].object == "AuthorizationPolicy shop/orders-guard"
    assert way(told, "plaintext").hops[-1].object == "PeerAuthentication shop/mesh-strict"
    assert way(told, "gateway").hops[-1].reason.startswith("no route of it")


def test_a_denial_says_which_rule_is_nearest_and_which_one_would_allow_it(shop: Mesh) -> None:
    told = one(shop, "web", "orders", "DELETE", "/v1/orders/7")
    declared = way(told, "service")
    assert told.extent == "none" and not declared.rules
    assert [rule(shop, number) for number in declared.near] == ['allow web -> orders { GET "/v1/orders/{id}"; POST "/v1/orders" }']
    assert told.flip is not None and told.flip.turns and not told.flip.objections
    assert [(change.action, change.path, change.text) for change in told.flip.changes] == [
        ("add", "mesh/shop/shop.mesh", 'allow web -> orders { DELETE "/v1/orders/7" }')]


@pytest.mark.parametrize(("words", "changes"), [
    (("web", "orders", "GET", "/v1/orders/7"), [("add", 'deny web -> orders { GET "/v1/orders/7" }')]),
    (("ledger", "postgres"), [("remove", "allow ledger -> postgres { port db }")]),
    (("orders", "ledger", "POST", "/bank.Ledger/Drop"), [("add", 'allow orders -> ledger { call "bank.Ledger/Drop" }')]),
    (("internet", "web", "GET", "/debug/pprof"), [("remove", 'deny anyone -> web { path "/debug/**" }')]),
    (("internet", "web", "PUT", "/debug/x"), [("remove", 'deny anyone -> web { path "/debug/**" }'), ("add", 'allow clients of edge/public -> web { PUT "/debug/x" }')]),
    (("internet", "https://shop.example.com/api/orders"), [("add", 'allow clients of edge/public -> orders { GET "/api/orders" }')]),
    (("monitoring/prometheus", "pods of kafka:9092"), [("add", "allow monitoring/prometheus -> pods of kafka { port 9092 }")]),
])
def test_the_proposed_change_turns_the_answer_round(shop: Mesh, words: tuple[str, ...], changes: list[tuple[str, str]]) -> None:
    told = one(shop, *words)
    assert told.flip is not None and told.flip.turns, told
    assert told.flip.to == ("deny" if told.extent == "all" else "allow")
    assert [(change.action, change.text) for change in told.flip.changes] == changes
    assert told.flip.objections == ()


def test_a_change_that_breaks_an_invariant_says_so(shop: Mesh) -> None:
    told = one(shop, "web", "postgres")
    assert told.flip is not None and told.flip.turns
    assert [text.partition(":")[0] for text in told.flip.objections] == ["MW0406", "MW0406"]
    assert "only the ledger talks to the database" in told.flip.objections[0]


def test_what_was_left_open_gives_an_example_for_both_answers(shop: Mesh) -> None:
    told = one(shop, "web", "orders")
    declared = way(told, "service")
    assert told.extent == "some" and told.flip is None
    assert declared.let_in is not None and declared.let_in.path.startswith("/v1/orders")
    assert declared.refused is not None and declared.refused != declared.let_in
    assert [rule(shop, seen.rule) for seen in declared.rules] == ['allow web -> orders { GET "/v1/orders/{id}"; POST "/v1/orders" }']


@pytest.mark.parametrize(("words", "source", "target"), [
    (("shop/web", "shop/orders"), "shop/web", "shop/orders"),
    (("web", "orders.shop.svc.cluster.local:8080"), "shop/web", "shop/orders"),
    (("web", "orders.shop"), "shop/web", "shop/orders"),
    (("cluster.local/ns/shop/sa/web", "http://orders.shop.svc:8080/v1/orders?x=1"), "shop/web", "shop/orders"),
    (("spiffe://cluster.local/ns/edge/sa/public-istio", "orders"), "edge/public-istio", "shop/orders"),
    (("web-7d5f8c9b7d-x2x9z", "orders"), "shop/web", "shop/orders"),
    (("kafka-0", "pods of kafka"), "shop/kafka", "pods of shop/kafka"),
    (("service-account shop/web", "orders"), "shop/web", "shop/orders"),
    (("any workload", "orders"), "any workload", "shop/orders"),
    (("namespace monitoring", "orders"), "namespace monitoring", "shop/orders"),
    (("clients of edge/public port 443", "web"), "clients of edge/public port 443", "shop/web"),
    (("public", "web"), "clients of edge/public", "shop/web"),
    (("10.9.0.3", "pods of web"), "a peer without mesh identity at 10.9.0.3", "pods of shop/web"),
    (("unidentified", "web"), "a peer without mesh identity", "shop/web"),
    (("web", "shop/StatefulSet/postgres"), "shop/web", "pods of shop/StatefulSet/postgres"),
])
def test_names_are_taken_as_people_type_or_paste_them(shop: Mesh, words: tuple[str, ...], source: str, target: str) -> None:
    told = one(shop, *words)
    assert (told.source, told.target) == (source, target)
    assert any(route.declared for route in told.routes)


def test_a_group_is_asked_member_by_member(shop: Mesh) -> None:
    assert [(told.source, told.target) for told in asked(shop, "storefront", "ledger")] == [("shop/web", "shop/ledger"), ("shop/orders", "shop/ledger")]


@pytest.mark.parametrize(("words", "more", "code", "advice"), [
    (("wbe", "orders"), {}, "MW0920", "did you mean `web`?"),
    (("web", "shop/ordres"), {}, "MW0920", "did you mean `shop/orders`?"),
    (("storefrnt", "orders"), {}, "MW0920", "did you mean `storefront`?"),
    (("clients of edge/pubic", "orders"), {}, "MW0920", "did you mean `edge/public`?"),
    (("web", "edge/public"), {}, "MW0922", "meshwright explain internet SERVICE --via edge/public"),
    (("web", "orders", "GET", "orders"), {}, "MW0922", "write `/orders`"),
    (("web", "orders"), {"via": "waypoint"}, "MW0922", "`--via` takes one of"),
    (("other.domain/ns/shop/sa/web", "orders"), {}, "MW0922", ""),
    (("internet", "https://shop.example.org/"), {}, "MW0920", ""),
])
def test_what_cannot_be_asked_says_why(shop: Mesh, words: tuple[str, ...], more: dict[str, str], code: str, advice: str) -> None:
    found = refused(shop, *words, **more)
    assert found.code == code and advice in "".join(found.help)


def test_one_way_only(shop: Mesh) -> None:
    (route,) = one(shop, "web", "orders", via="pod").routes
    assert (route.kind, route.extent, route.declared) == ("pod", "none", True)
    (route,) = one(shop, "internet", "orders", via="edge/public:443").routes
    assert (route.kind, route.listener) == ("gateway", 443)


def test_a_place_that_is_not_enforced_is_open_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "examples/shop", folder)
    extra = (folder / "k8s/web.yaml").read_text().replace("namespace: shop", "namespace: legacy").replace("web", "agent")
    (folder / "k8s/agent.yaml").write_text(extra)
    mesh = project(folder)
    told = one(mesh, "web", "legacy/agent")
    assert told.extent == "all" and told.notes == ("namespace `legacy` is not enforced: nothing is emitted for it, it is open to anyone",)
    assert all(route.extent == "all" and route.hops == () for route in told.routes if route.kind != "gateway")
    caller = one(mesh, "legacy/agent", "orders")
    assert caller.extent == "none" and "carry no identity" in caller.notes[0]
    assert {route.kind for route in caller.routes} == {"plaintext", "gateway"}


def test_the_command_answers_with_text_json_and_code_0(shop: Mesh, tmp_path: Path) -> None:
    folder = ROOT / "examples/shop"
    text = run(folder, "explain", "web", "ledger", "POST", "/bank.Ledger/Post", *DAY)
    assert (text.returncode, text.stdout) == (0, "")
    assert text.stderr.startswith("DENIED  shop/web -> shop/ledger  POST /bank.Ledger/Post\n") and "\x1b" not in text.stderr
    for line in ("    waypoint shop/waypoint refuses it as coming from shop/web: rule 1 of AuthorizationPolicy shop/ledger-l7-fence",
                 "      deploy/mesh/shop/authorizationpolicy-ledger-l7-fence.yaml:5",
                 "    no rule of the sources allows it", "    add to mesh/shop/shop.mesh", '      allow web -> ledger { call "bank.Ledger/Post" }',
                 "    istioctl x authz check deployment/waypoint.shop"):
        assert line in text.stderr.splitlines(), text.stderr
    value = report(folder, "explain", "web", "ledger", "POST", "/bank.Ledger/Post", *DAY)
    (told,) = value["result"]["default"]["explanations"]
    assert told["decision"] == "denied" and told["flip"]["turns"]
    assert told["ways"][0]["hops"][0]["place"].endswith("deploy/mesh/shop/authorizationpolicy-ledger-l7-fence.yaml:5")
    assert run(folder, "explain", "web", "ordres", *DAY).returncode == 2
    assert run(folder, "explain", "web").returncode == 2
    assert run(folder, "explain", "web", "orders", "--header", "novalue").returncode == 2


def test_a_tree_that_somebody_edited_is_judged_as_it_is(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    folder = ROOT / "examples/shop"
    assert run(folder, "compile", "--out", str(tree), *DAY).returncode == 0
    policy = tree / "shop/authorizationpolicy-orders-l7-allow.yaml"
    policy.write_text(policy.read_text().replace('- "/v1/orders"\n', '- "/v1/{**}"\n'))
    value = report(folder, "explain", "web", "orders", "POST", "/v1/other", "--manifests", str(tree), *DAY)
    (told,) = value["result"]["default"]["explanations"]
    assert (told["decision"], told["ways"][0]["intended"], told["flip"]) == ("allowed", "denied", None)
    assert told["advice"].startswith("the manifests do not say what the sources say")
    said = run(folder, "prove", "--manifests", str(tree), *DAY).stderr
    command = re.search(r"asked again by `meshwright (explain [^`]*)`", said)
    assert command is not None and "lets it in: rule 2 of `AuthorizationPolicy shop/orders-l7-allow`" in said
    again = json.loads(run(folder, *command[1].split(), "--manifests", str(tree), *DAY, "--format", "json").stdout)
    assert again["result"]["default"]["explanations"][0]["decision"] == "allowed"


REQUESTAUTHENTICATION = """---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: customers, namespace: shop}
spec:
  targetRefs: [{group: "", kind: Service, name: orders}]
  jwtRules: [{issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys"}]
"""


@pytest.mark.parametrize(("condition", "more", "expected"), [
    ("request.headers[x-env]", ["--header", "X-Env=prod"], "allowed"), ("request.headers[x-env]", ["--header", "x-env=dev"], "denied"),
    ("request.headers[x-env]", [], "some"),
    ("request.auth.claims[realm][roles]", ["--claim", "realm.roles=prod", "--claim", "iss=https://id.example.com"], "allowed"),
    ("request.auth.claims[realm][roles]", ["--claim", "realm.roles=prod", "--claim", "iss=https://id.example.org"], "denied"),
    ("request.auth.claims[realm][roles]", [], "some"),
])
def test_headers_and_claims_that_a_policy_asks_for(tmp_path: Path, condition: str, more: list[str], expected: str) -> None:
    tree, folder = tmp_path / "tree", ROOT / "examples/shop"
    assert run(folder, "compile", "--out", str(tree), *DAY).returncode == 0
    policy = tree / "shop/authorizationpolicy-orders-l7-allow.yaml"
    asking = f"  - when:\n    - key: {condition}\n      values: [prod]\n    from:\n"
    policy.write_text(policy.read_text().replace("  - from:\n", asking) + (REQUESTAUTHENTICATION if "auth" in condition else ""))
    value = report(folder, "explain", "web", "orders", "GET", "/v1/orders/7", "--manifests", str(tree), *more, *DAY)
    (told,) = value["result"]["default"]["explanations"]
    declared = told["ways"][0]
    assert (told["decision"], declared["unknown"]) == (expected, [])
    assert declared["hops"][-1]["decision"] == ("deny" if expected == "denied" else "allow")


LOG = """\
[2026-06-01T10:00:01.000Z] "GET /debug/pprof HTTP/1.1" 403 - rbac_access_denied_matched_policy[ns[shop]-policy[web-l7-deny]-rule[0]] - "-" 0 19 0 - \
"-" "curl/8" "11-22" "web:80" "-" inbound-vip|80|http|web.shop.svc.cluster.local - 10.96.0.1:80 10.244.1.9:41022 - default
{"response_code_details":"rbac_access_denied_matched_policy[ns[shop]-policy[ledger-l7-fence]-rule[0]]","method":"POST","path":"/bank.Ledger/Post",\
"upstream_cluster":"inbound-vip|9090|http|ledger.shop.svc.cluster.local","peer":"spiffe://cluster.local/ns/shop/sa/web"}
error access connection complete src.addr=10.244.1.5:3 src.identity="spiffe://cluster.local/ns/shop/sa/web" dst.hbone_addr=10.244.2.8:5432 \
dst.service="postgres.shop.svc.cluster.local" dst.workload="postgres-0" dst.namespace="shop" direction="inbound" \
error="connection closed due to policy rejection: explicitly denied by: shop/postgres-guard"
enforced denied, matched policy ns[shop]-policy[gone]-rule[7]
\x1b[31mred\u202e and GET /\x07
"""


def test_a_log_is_mapped_to_policies_rules_files_and_lines(tmp_path: Path) -> None:
    (tmp_path / "proxy.log").write_text(LOG)
    folder = ROOT / "examples/shop"
    value = report(folder, "explain", "--log", str(tmp_path / "proxy.log"), *DAY)
    log = value["result"]["default"]["log"]
    by_deny, by_fence, by_guard, gone = log["denials"]
    assert (by_deny["object"], by_deny["rule"], by_deny["known"]) == ("AuthorizationPolicy shop/web-l7-deny", 0, True)
    assert by_deny["place"].endswith("deploy/mesh/shop/authorizationpolicy-web-l7-deny.yaml:5")
    assert by_deny["rules"] == [{"text": 'deny anyone -> web { path "/debug/**" }', "place": "mesh/shop/shop.mesh:14"}] and by_deny["allows"] == []
    assert by_fence["rules"] == [] and [rule["place"] for rule in by_fence["allows"]] == ["mesh/shop/shop.mesh:11"]
    assert by_fence["explanation"]["decision"] == "denied"
    assert by_fence["explanation"]["flip"]["changes"][0]["text"] == 'allow web -> ledger { call "bank.Ledger/Post" }'
    assert (by_guard["object"], by_guard["rule"]) == ("AuthorizationPolicy shop/postgres-guard", None)
    assert by_guard["explanation"]["target"] == "shop/postgres" and len(by_guard["explanation"]["flip"]["objections"]) == 2
    assert (gone["object"], gone["known"], gone["place"]) == ("AuthorizationPolicy shop/gone", False, "")
    assert (log["lines"], log["unknown"]["lines"]) == (5, 1)


def test_what_stands_in_a_log_never_reaches_the_terminal(tmp_path: Path) -> None:
    hostile = LOG.replace("/debug/pprof", "/\x1b]0;owned\x07/debug").replace("postgres-0", "\u202epostgres")
    (tmp_path / "proxy.log").write_text(hostile)
    said = run(ROOT / "examples/shop", "explain", "--log", str(tmp_path / "proxy.log"), *DAY)
    assert said.returncode == 0
    assert all(char == "\n" or char.isprintable() for char in said.stderr), repr(said.stderr)
    assert "/\\u{1b}]0;owned\\u{7}/debug" in said.stderr and "\\u{1b}[31mred\\u{202e} and GET /\\u{7}" in said.stderr
    assert "5 lines: 4 denials, 4 different" in said.stderr


def test_a_log_without_denials_is_not_a_clean_answer(tmp_path: Path) -> None:
    folder, log = ROOT / "examples/shop", tmp_path / "proxy.log"
    log.write_text("nothing of interest\n")
    assert [found["code"] for found in report(folder, "explain", "--log", str(log), *DAY, code=2)["diagnostics"]] == ["MW0923"]
    log.write_text('[2026-06-01T10:00:00.000Z] "GET / HTTP/1.1" 200 - via_upstream - "-" 0 9 1 1 "-" "-" "-" "web" "10.0.0.1:80" - - - - - -\n')
    assert report(folder, "explain", "--log", str(log), *DAY)["result"]["default"]["log"]["allowed"] == 1
    assert run(folder, "explain", "--log", str(tmp_path / "none.log"), *DAY).returncode == 2
    assert run(folder, "explain", "--log", str(log), "web", "orders").returncode == 2


def test_colours_are_for_terminals_only(shop: Mesh) -> None:
    from meshwright.report.explanation import Places, explanation_text

    told = explain(shop, Question("web", "orders", "GET", "/v1/orders/\x1b[31m"))
    assert told.value is not None
    places = Places(told.value.rules, told.value.objects, lambda span: span.path)
    (explained,) = told.value.explanations
    plain = explanation_text(explained, places)
    assert "\x1b" not in plain and "/v1/orders/\\u{1b}[31m" in plain
    painted = explanation_text(explained, places._replace(colour=True))
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == plain and painted.startswith("\x1b[1;3")
