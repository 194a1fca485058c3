"""Names, homes, groups and the meeting of declarations with the inventory."""

import pytest
from tests.support.sources import app, deployment, namespace, run, service

from meshwright.ir.identity import Identity

SHOP = namespace() + app("web") + app("orders", "http=http:8080") + deployment("agent")
HEAD = "in shop\nnamespace shop { enforce yes }\n"


def only_resolve(mesh: object, yaml: str = SHOP, **changes: object):  # type: ignore[no-untyped-def]
    return run(mesh, yaml, until="resolve", **changes)  # type: ignore[arg-type]


# --- names ----------------------------------------------------------------------------------------------------------------


def test_a_misspelt_service_is_pointed_at_and_the_near_name_is_offered() -> None:
    result = only_resolve(HEAD + "allow web -> order")
    found = result.only("MW0201")
    assert result.shown(found) == "order"
    assert found.message == "there is no service, workload or service account `order` in namespace `shop`"
    assert found.help == ("did you mean `orders`?",)


def test_a_name_of_another_namespace_is_offered_in_full() -> None:
    found = only_resolve("in bank\nallow web -> shop/orders\nallow shop/web -> shop/orders", SHOP + namespace("bank")).only("MW0201")
    assert found.help == ("there is `shop/web`: write the name in full",)


def test_a_misspelt_namespace_is_the_mistake_not_the_name_in_it() -> None:
    found = only_resolve("in shop\nallow web -> shp/orders").only("MW0201")
    assert found.help == ("did you mean `shop/orders`?",)


def test_gateways_are_named_among_themselves() -> None:
    mesh = HEAD + 'gateway public { listen http 80 }\nallow clients of publik -> web'
    assert only_resolve(mesh).only("MW0201").help == ("did you mean `shop/public`?",)


def test_a_gateway_is_no_caller_its_clients_are() -> None:
    mesh = HEAD + "gateway public-edge { listen http 80 }\nallow public-edge -> web"
    assert only_resolve(mesh).only("MW0201").help == ("write `clients of shop/public-edge` for whoever it lets in",)


def test_a_bare_name_needs_a_home_and_is_said_once_for_each_place() -> None:
    result = only_resolve("allow web -> shop/orders")
    assert result.shown(result.only("MW0203")) == "web"


def test_a_name_that_may_stand_in_a_broken_statement_is_not_called_unknown() -> None:
    result = run("in shop\nservice payments { port http }\nallow web -> payments\nallow web -> order", SHOP, until="resolve", go_on=True)
    assert [code for code in result.codes if not code.startswith("MW01")] == ["MW0201"]
    assert "did you mean `orders`?" in result.diagnostics[-1].help


def test_a_name_means_a_service_then_a_workload_then_an_account() -> None:
    result = only_resolve("in shop\nallow web, agent, service-account web -> orders")
    assert result.resolved is not None
    sources = result.resolved.rules[0].sources
    assert [(source.identities, source.workloads) for source in sources] == [
        ((Identity("shop", "web"),), ("shop/Deployment/web",)), ((Identity("shop", "agent"),), ("shop/Deployment/agent",)), ((Identity("shop", "web"),), ())]


def test_a_name_with_two_identities_is_refused_as_a_caller_and_fine_as_a_destination() -> None:
    yaml = SHOP + deployment("orders", labels="app: other", account="else", kind="StatefulSet")
    found = only_resolve("in shop\nallow orders -> web\nallow web -> orders", yaml).only("MW0209")
    assert found.notes[0] == "service `shop/orders` runs as `shop/orders`"


def test_a_workload_without_a_service_is_no_destination() -> None:
    assert only_resolve("in shop\nallow web -> agent").only("MW0212").help == ("write `pods of agent`",)


# --- groups ---------------------------------------------------------------------------------------------------------------


def test_groups_are_known_in_every_file_and_nest() -> None:
    files = {"mesh/a.mesh": "in shop\ngroup all-shops = front, orders\ngroup front = web", "mesh/b.mesh": "in bank\nallow all-shops -> ledger"}
    result = only_resolve(files, SHOP + namespace("bank") + app("ledger", ns="bank"))
    assert result.codes == [] and result.resolved is not None
    assert [source.identities[0].account for source in result.resolved.rules[0].sources] == ["orders", "web"]


def test_a_cycle_is_reported_once() -> None:
    found = only_resolve("in shop\ngroup a = b\ngroup b = c\ngroup c = a, web").only("MW0210")
    assert found.label == "a -> b -> c -> a"


def test_groups_that_all_contain_each_other_cost_no_more_than_their_text() -> None:
    names = [f"g{number}" for number in range(60)]
    mesh = "in shop\n" + "".join(f"group {name} = {', '.join(names)}\n" for name in names)
    assert set(only_resolve(mesh).codes) == {"MW0210"}


def test_an_unknown_member_is_said_at_the_group_not_at_its_uses() -> None:
    result = only_resolve("in shop\ngroup g = web, wbe\nallow g -> orders\nallow g -> web")
    assert result.shown(result.only("MW0201")) == "wbe"


def test_a_group_called_like_a_service_is_refused() -> None:
    assert only_resolve("in shop\ngroup web = orders").only("MW0209").label == "which one?"


# --- homes and tiers --------------------------------------------------------------------------------------------------------

TABLES = {"homes": (("shop", ("mesh/shop/",)), ("edge", ("mesh/platform/",))), "tiers": (("platform", ("mesh/platform/",)),)}
BOTH = SHOP + namespace("edge") + app("proxy", ns="edge")


@pytest.mark.parametrize(("path", "mesh", "codes"), [
    ("mesh/shop/a.mesh", "in shop\nallow web -> orders", []),
    ("mesh/shop/a.mesh", "in shop\nallow web -> edge/proxy", ["MW0206"]),
    ("mesh/shop/a.mesh", "in shop\ndeny web -> edge/proxy", ["MW0206"]),
    ("mesh/shop/a.mesh", "in shop\nallow web -> any service", ["MW0206"]),
    ("mesh/shop/a.mesh", "in shop\nallow web -> pods of edge/proxy", ["MW0206"]),
    ("mesh/shop/a.mesh", "in shop\nallow web -> namespace edge", ["MW0206"]),
    ("mesh/shop/a.mesh", "in shop\nnamespace edge { enforce no }", ["MW0206"]),
    ("mesh/shop/a.mesh", "in shop\nservice edge/proxy { }", ["MW0206"]),
    ("mesh/shop/a.mesh", "in shop\ngateway edge/public { listen http 80 }", ["MW0206"]),
    ("mesh/platform/a.mesh", "in edge\nallow proxy -> shop/web", ["MW0206"]),
    ("mesh/platform/a.mesh", "tier platform\nin edge\nallow proxy -> shop/web", []),
    ("mesh/platform/a.mesh", "tier platform\nin shop\nallow web -> orders", []),
    ("mesh/shop/a.mesh", "tier platform\nin shop\nallow web -> edge/proxy", ["MW0205"]),
    ("mesh/shop/a.mesh", "tier gold\nin shop", ["MW0205"]),
    ("mesh/shopping/a.mesh", "in shop\nallow web -> orders", ["MW0204"]),
    ("mesh/shop/a.mesh", "in shpo\nallow shop/web -> shop/orders", ["MW0204"]),
    ("mesh/shop/a.mesh", "allow shop/web -> shop/orders", []),
])
def test_a_file_speaks_for_the_namespaces_of_its_folder(path: str, mesh: str, codes: list[str]) -> None:
    assert only_resolve({path: mesh}, BOTH, **TABLES).codes == codes


def test_without_a_table_every_file_may_speak_for_all() -> None:
    assert only_resolve("in shop\nallow web -> edge/proxy", BOTH).codes == []


# --- twice ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "mesh { istio 1.30 }", "namespace bank { enforce no }", "service pay { port http 80; service-account pay; label app = pay }",
    "group g = shop/web", "gateway bank/g { listen http 80 }", 'invariant "i" { never shop/web -> shop/orders }'])
def test_what_is_declared_in_two_files_is_shown_in_both(text: str) -> None:
    found = only_resolve({"mesh/a.mesh": "in bank\n" + text, "mesh/b.mesh": "in bank\n" + text}, SHOP + namespace("bank")).only("MW0202")
    assert found.span is not None and found.span.path == "mesh/b.mesh"
    assert [other.span.path for other in found.others] == ["mesh/a.mesh"]


# --- declared and read --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("block", "shown"), [
    ("port http 80 -> 9090", "9090"), ("port http 80", "80"), ("port grpc 80 -> 8080", "grpc"), ("port http 81 -> 8080", "81"), ("headless", "web"),
    ("service-account orders", "orders"), ("label app = wbe", "app = wbe"), ("port http 80 -> http", "http")])
def test_a_declaration_that_differs_from_the_service_is_a_contradiction(block: str, shown: str) -> None:
    result = only_resolve(f"in shop\nservice web {{ {block} }}")
    found = [each for each in result.diagnostics if result.shown(each) == shown]
    assert set(result.codes) == {"MW0207"} and len(found) == 1
    assert found[0].others[0].span.path == "k8s.yaml"


def test_a_declaration_that_agrees_adds_names_only() -> None:
    result = only_resolve("in shop\nservice web { port http 80 -> 8080 as pages; service-account web; label app = web }\n")
    assert result.codes == [] and result.resolved is not None
    web = next(each for each in result.resolved.services if each.id == "shop/web")
    assert web.names == (("pages", 80),) and web.found.span.path == "k8s.yaml" and web.declared is not None


def test_a_port_that_kubernetes_leaves_undeclared_is_not_declared_by_us() -> None:
    found = only_resolve("in shop\nservice raw { port http 80 }", SHOP + service("raw", "main=:80") + deployment("raw")).only("MW0207")
    assert found.others[0].text == "add `appProtocol: http` here"


def test_a_service_of_the_sources_alone_enters_the_inventory() -> None:
    result = only_resolve("in shop\nservice pay { port grpc 9090; service-account payer; label app = pay; label tier = back }")
    assert result.codes == [] and result.resolved is not None
    pay = next(each for each in result.resolved.inventory.services if each.id == "shop/pay")
    [workload] = [each for each in result.resolved.inventory.workloads if each.id in pay.workloads]
    assert pay.selector == (("app", "pay"), ("tier", "back")) and workload.identity == Identity("shop", "payer") and workload.capture == "ambient"


def test_a_declared_service_takes_workloads_that_carry_its_labels() -> None:
    result = only_resolve("in shop\nservice door { port http 80 -> 8080; service-account agent; label app = agent }")
    assert result.resolved is not None
    assert next(each for each in result.resolved.services if each.id == "shop/door").found.workloads == ("shop/Deployment/agent",)
    assert only_resolve("in shop\nservice door { port http 80; service-account web; label app = agent }").codes == ["MW0207"]


def test_services_that_select_a_declared_workload_know_it() -> None:
    yaml = namespace() + service("front", selector="app: pay")
    result = only_resolve("in shop\nservice pay { port http 80; service-account pay; label app = pay }", yaml)
    assert result.resolved is not None
    assert [each.found.workloads for each in result.resolved.services] == [("shop/Declared/pay",), ("shop/Declared/pay",)]


def test_an_incomplete_declaration_says_all_that_is_missing() -> None:
    assert only_resolve("in shop\nservice pay { headless }").only("MW0208").label == (
        "says no `port <protocol> <number>` and no `label <key> = <value>` and no `service-account <name>`")


# --- the whole ----------------------------------------------------------------------------------------------------------------


def test_all_mistakes_are_said_in_order_of_place() -> None:
    mesh = "in shop\nmesh { dataplane ambiant }\nallow wbe -> orders\nallow web -> order\nwaive MW0512 on gateway public until 2027-01-01 because \"x\"\ngroup web = orders\n"
    result = only_resolve(mesh)
    assert result.codes == ["MW0213", "MW0201", "MW0201", "MW0211", "MW0209"]
    assert [each.span.start for each in result.diagnostics if each.span] == sorted(each.span.start for each in result.diagnostics if each.span)


def test_the_order_of_files_does_not_matter() -> None:
    texts = [("mesh/a.mesh", "in shop\nallow web -> order"), ("mesh/b.mesh", "in shop\nservice web { port http 81 }\nallow orders -> web")]
    assert only_resolve(dict(texts)).diagnostics == only_resolve(dict(reversed(texts))).diagnostics
    assert only_resolve(dict(texts)).resolved == only_resolve(dict(reversed(texts))).resolved


def test_what_could_not_be_bound_is_absent_and_said_to_be_incomplete() -> None:
    result = only_resolve("in shop\nallow web -> order\nallow web -> orders")
    assert result.resolved is not None and not result.resolved.complete
    assert [rule.text for rule in result.resolved.rules] == ["allow web -> orders"]


@pytest.mark.parametrize("text", ['external stripe { host "a.example.com" }', "egress through edge/out -> web", 'include "x.yaml" because "y"',
                                  'test "t" { expect allow web -> orders with token customers }', 'allow web -> orders when token customers', "namespace shop { enforce observe }",
                                  "mesh { dataplane sidecar }", "gateway g { listen https 443 { certificate c; tls min 1.3 } }", "gateway g { listen http 80; expose aws-nlb }"])
def test_what_is_not_in_this_version_says_so_once(text: str) -> None:
    assert only_resolve("in shop\n" + text).codes == ["MW0211"]


def test_defaults_of_a_mesh_without_a_block() -> None:
    result = only_resolve("in shop\n")
    assert result.resolved is not None
    assert result.resolved.mesh[:4] == ((1, 30), "cluster.local", "istio-system", None)


