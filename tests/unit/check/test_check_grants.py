"""Rules become grants: services at their ports, pods at target ports, HTTP terms as methods and paths."""

from tests.support.sources import Run, app, deployment, namespace, run, service

from meshwright.ir.intent import Grant, Http, PathPattern, Target

SHOP = namespace() + app("web") + app("orders", "http=http:8080", "metrics=tcp:9102") + app("ledger", "grpc=grpc:9090")
HEAD = "in shop\nnamespace shop { enforce yes }\n"


def wanted(result: Run) -> list[tuple[str, str, int, Http | None]]:
    assert result.program is not None, result.diagnostics
    return [(grant.target.kind, grant.target.id, grant.target.port, grant.http) for grant in result.program.grants]


def test_no_braces_is_every_tcp_port_of_the_service() -> None:
    result = run(HEAD + "allow web -> orders", SHOP)
    assert wanted(result) == [("service", "shop/orders", 8080, None), ("service", "shop/orders", 9102, None)]
    assert result.codes == ["MW0326"]


def test_a_port_is_found_by_number_and_by_name() -> None:
    result = run(HEAD + "allow web -> orders { port metrics; port 8080 }", SHOP)
    assert wanted(result) == [("service", "shop/orders", 9102, None), ("service", "shop/orders", 8080, None)]


def test_http_terms_without_a_port_mean_the_http_ports() -> None:
    result = run(HEAD + 'allow web -> orders { POST, GET "/v1/{id}" }', SHOP)
    assert wanted(result) == [("service", "shop/orders", 8080, Http(("GET", "POST"), PathPattern(("v1", None), False)))]


def test_a_call_is_a_post_to_its_own_path() -> None:
    result = run(HEAD + 'allow orders -> ledger { call "bank.Ledger/Get"; call "bank.Export/*" }', SHOP)
    assert wanted(result) == [
        ("service", "shop/ledger", 9090, Http(("POST",), PathPattern(("bank.Ledger", "Get"), False))),
        ("service", "shop/ledger", 9090, Http(("POST",), PathPattern(("bank.Export",), True)))]


def test_pods_of_a_service_without_braces_is_every_port() -> None:
    assert wanted(run(HEAD + "allow web -> pods of orders", SHOP)) == [("pods", "shop/orders", 0, None)]


def test_port_names_of_pods_are_those_of_containers_or_of_the_service() -> None:
    mesh = HEAD + "allow web -> pods of api { port admin; port http }"
    result = run(mesh, namespace() + app("web") + service("api", "http=http:80>8080") + deployment("api", ports="{name: admin, containerPort: 9000}"))
    assert wanted(result) == [("pods", "shop/api", 9000, None), ("pods", "shop/api", 8080, None)]


def test_any_service_with_a_port_are_those_that_have_it() -> None:
    assert wanted(run(HEAD + "allow web -> any service { port metrics }", SHOP)) == [("service", "shop/orders", 9102, None)]


def test_any_service_reaches_headless_ones_by_their_pods() -> None:
    yaml = namespace() + app("web") + service("kafka", "peer=tcp:9093", spec="clusterIP: None, ") + deployment("kafka")
    assert wanted(run(HEAD + "allow web -> any service { port peer }", yaml)) == [("pods", "shop/kafka", 9093, None)]


def test_a_deny_on_a_namespace_covers_every_pod_of_it() -> None:
    result = run(HEAD + "deny web -> namespace shop", namespace() + app("web") + deployment("job"))
    assert wanted(result) == [("service", "shop/web", 80, None), ("pods", "shop/job", 0, None), ("pods", "shop/web", 0, None)]


def test_a_service_over_two_accounts_is_two_callers() -> None:
    yaml = SHOP + service("reviews") + deployment("reviews-v1", labels="app: reviews, v: v1", account="a") + deployment("reviews-v2", labels="app: reviews, v: v2", account="b")
    result = run(HEAD + "allow reviews -> ledger { port grpc }", yaml)
    assert result.program is not None
    assert [str(grant.source.identity) for grant in result.program.grants] == ["shop/a", "shop/b"]


def test_a_group_stands_for_its_members_on_both_sides() -> None:
    result = run(HEAD + "group shops = web, orders\nallow ledger -> shops { port http }", SHOP)
    assert [target for _, target, _, _ in wanted(result)] == ["shop/orders", "shop/web"]


def test_a_deny_holds_at_every_service_over_the_same_pods() -> None:
    yaml = SHOP + service("web-external", "http=http:8000>8080", selector="app: web")
    result = run(HEAD + 'allow orders -> web-external { GET "/**" }\ndeny anyone -> web { path "/debug/**" }', yaml)
    assert result.program is not None
    debug = Http((), PathPattern(("debug",), True))
    assert [grant.target for grant in result.program.grants if grant.http == debug] == [Target("service", "shop/web", 80), Target("service", "shop/web-external", 8000)]


def test_rules_keep_their_canonical_text() -> None:
    result = run(HEAD + 'allow   web->orders{port   http GET "/a";path "/b/**"}  because "x"', SHOP)
    assert result.program is not None
    assert result.program.rules[0].text == 'allow web -> orders { port http GET "/a"; path "/b/**" }'
    assert result.program.rules[0].because == "x"
    assert all(isinstance(grant, Grant) and grant.rule == 0 for grant in result.program.grants)
