"""The obligations on hand-built answers of a model: the recipe holds, and each part taken away is found, with a request."""

import pytest
from tests.support import prove_cases as make
from tests.support.prove_cases import EVERYTHING, NOTHING, TD, both, either, match, negate

from meshwright.access.reach import Reach
from meshwright.ir.intent import Http, Target
from meshwright.ir.proof import Verdict
from meshwright.prove import prove
from meshwright.prove.meaning import Meaning


def failing(reach: tuple[Reach, ...], program: object = None) -> list[Verdict]:
    outcome = prove(program or make.program(make.OF_WEB), reach)  # type: ignore[arg-type]
    assert outcome.value is not None
    bad = [verdict for verdict in outcome.value.verdicts if verdict.status != "holds"]
    assert bool(bad) == outcome.failed == (not outcome.value.holds)
    return bad


def test_the_recipe_holds() -> None:
    outcome = prove(make.program(make.OF_WEB), make.reach())
    assert outcome.diagnostics == ()
    assert outcome.value is not None and outcome.value.holds
    assert outcome.value.destinations == 3 and outcome.value.ways == 7
    assert {verdict.obligation for verdict in outcome.value.verdicts} == {"covered", "sound", "complete", "sealed", "transport"}
    assert outcome.value.unprotected == ("edge",)


WEB = match("principal", "account", "shop/web")
WAYPOINT = match("principal", "account", "shop/waypoint")
BROKEN = {
    "a guard without its DENY": (make.reach(guarded=EVERYTHING), "sealed"),
    "neither guard nor ALLOW": (make.reach(guarded=EVERYTHING, allowed=EVERYTHING), "sound"),
    "a waypoint without default deny": (make.reach(default_deny=False), "sound"),
    "a fence removed": (make.reach(fence=EVERYTHING), "sealed"),
    "another caller": (make.reach(fence=EVERYTHING, rules=both(match("principal", "namespace", "shop"), make.V1)), "sound"),
    "a wider path": (make.reach(rules=both(WEB, match("method", "exact", "GET"), match("path", "prefix", "/v1/orders/"))), "sound"),
    "a narrower path": (make.reach(rules=both(WEB, match("method", "exact", "GET"), match("path", "exact", "/v1/orders/x"))), "complete"),
    "a renamed method": (make.reach(rules=both(WEB, match("method", "exact", "get"), match("path", "template", "/v1/orders/{*}"))), "complete"),
    "a changed port": (make.reach(guarded=make.guard(WAYPOINT, at=8081), allowed=both(WAYPOINT, make.port(8081))), "sound"),
    "plaintext accepted": (make.reach(plaintext=EVERYTHING), "transport"),
    "another waypoint let in": (make.reach(guarded=make.guard(either(WAYPOINT, match("principal", "account", "ops/waypoint"))),
                                           allowed=make.port(8080)), "sound"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_part_matters(name: str) -> None:
    reach, obligation = BROKEN[name]
    bad = failing(reach)
    assert obligation in {verdict.obligation for verdict in bad}
    assert all(verdict.status == "fails" and verdict.request is not None for verdict in bad)


def test_a_failure_names_request_way_objects_and_rule() -> None:
    reach, _ = BROKEN["a narrower path"]
    (diagnostic,) = prove(make.program(make.OF_WEB), reach).diagnostics
    assert diagnostic.code == "MW0402" and diagnostic.span == make.SPAN
    assert "`GET /v1/orders/other` from `cluster.local/ns/shop/sa/web` to port 80" in diagnostic.message
    assert diagnostic.notes == ("by the address of shop/orders port 80, through waypoint shop/waypoint",
                                "objects that took part: `AuthorizationPolicy shop/orders`")


@pytest.mark.parametrize("rules", [
    both(make.V1, WEB), either(both(WEB, make.V1), both(WEB, make.V1)),
    either(both(WEB, make.V1, match("path", "prefix", "/v1/orders/a")), both(WEB, make.V1, negate(match("path", "prefix", "/v1/orders/a")))),
])
def test_other_words_for_the_same_hold(rules: make.Expr) -> None:
    assert failing(make.reach(rules=rules)) == []


def test_nothing_is_taken_for_granted() -> None:
    complete = make.reach()
    assert [verdict.destination for verdict in failing(complete[:1])] == ["other pods shop", "waypoint shop/waypoint"]
    assert [verdict.status for verdict in failing(())] == ["unknown", "unknown"]
    without = complete[0]._replace(ways=tuple(way for way in complete[0].ways if way.kind != "service"))
    assert [verdict.reason for verdict in failing((without, *complete[1:]))] == ["the model gives no answer for the way `service` of shop/orders port 80"]
    doubtful = complete[0]._replace(unknown=("EnvoyFilter shop/x is not modelled",))
    assert [(verdict.status, verdict.reason) for verdict in failing((doubtful, *complete[1:]))] == [("unknown", "EnvoyFilter shop/x is not modelled")]
    outside = complete[0]._replace(captured=False)
    assert [(verdict.obligation, verdict.status) for verdict in failing((outside, *complete[1:]))] == [("covered", "fails")]


def test_other_pods_are_closed() -> None:
    orders, others, waypoint = make.reach()
    opened = others._replace(ways=tuple(way._replace(admitted=match("principal", "namespace", "shop")) for way in others.ways))
    bad = failing((orders, opened, waypoint))
    assert [(verdict.destination, verdict.obligation, verdict.way) for verdict in bad] == [("other pods shop", "sound", "the pod's own address")]


def test_a_workload_under_the_waypoints_account_is_no_waypoint() -> None:
    program = make.program(make.OF_WEB, workloads=(make.workload(), make.workload("evil", "waypoint")))
    evil = make.reach()[1]._replace(destination="shop/Deployment/evil", kind="workload")
    bad = failing((*make.reach(), evil), program)
    assert {(verdict.obligation, verdict.request.principal if verdict.request else "") for verdict in bad} >= {("sound", make.WAYPOINT)}


def test_a_grant_without_http_terms_covers_the_pods_too() -> None:
    web = match("principal", "exact", f"{TD}/ns/shop/sa/web")
    program = make.program(make.allow(make.identity("shop", "web"), Target("service", make.ORDERS, 80)))
    l4 = make.guard(web)
    way = make.direct("service", make.at(l4, 8080), web, True)
    orders, others, _ = make.reach(guarded=l4, allowed=both(web, make.port(8080)))
    orders = orders._replace(ways=(way, *(one for one in orders.ways if one.kind in ("pod", "plaintext"))))
    assert failing((orders, others), program) == []
    # the same objects under a rule with HTTP terms: the port is open to other requests of web, by both addresses
    assert {(verdict.obligation, verdict.way) for verdict in failing((orders, others))} == {
        (obligation, way) for obligation in ("sound", "sealed") for way in ("the address of shop/orders port 80", "the pod's own address")}


def test_a_deny_on_the_service_holds_at_the_pods() -> None:
    web = make.identity("shop", "web")
    program = make.program(make.allow(web, Target("pods", "shop/orders", 8080)),
                           make.deny(make.Source("anyone"), Target("service", make.ORDERS, 80), Http((), make.path("/debug/**")), 1))
    bad = failing(make.reach(rules=NOTHING, fence=NOTHING, guarded=make.guard(make.who(make.WEB)), allowed=both(make.who(make.WEB), make.port(8080))), program)
    paths = {verdict.request.path for verdict in bad if verdict.request and verdict.obligation == "sound" and verdict.way == "the pod's own address"}
    assert paths == {"/debug"}


def test_gateway_clients_get_what_is_granted_and_routed() -> None:
    clients = make.Source("gateway", gateway="edge/public")
    program = make.program(make.OF_WEB, make.allow(clients, Target("service", make.ORDERS, 80), Http(("POST",), make.path("/v1/orders")), 1),
                           gateways=(make.gateway(),), routes=(make.route("/v1/**"), make.route("/v1/admin/**", "shop/admin")))
    edge = match("principal", "account", "edge/public-istio")
    post = both(match("method", "exact", "POST"), match("path", "exact", "/v1/orders"))
    rules = either(both(WEB, make.V1), both(edge, post))
    host = either(match("host", "iexact", "shop.example.com"), match("host", "iprefix", "shop.example.com:"))

    def through(admitted: make.Expr) -> make.Way:
        return make.Way("gateway", make.ORDERS, 80, 8080, "edge/public", 443, admitted, EVERYTHING, ("gateway edge/public", "waypoint shop/waypoint", "ztunnel"), ())

    def answer(admitted: make.Expr) -> list[Verdict]:
        return failing(make.reach(fence=either(WEB, edge), rules=rules, others=(through(admitted),)), program)

    assert answer(both(post, host)) == []
    assert [(verdict.obligation, verdict.request.principal) for verdict in answer(post) if verdict.request] == [("sound", f"{TD}/ns/edge/sa/public-istio")]
    without_port = match("host", "iexact", "shop.example.com")
    assert {verdict.obligation for verdict in answer(both(post, without_port))} == {"complete"}
    # without the way through the gateway there is no answer, and that is no pass
    assert [verdict.status for verdict in failing(make.reach(fence=either(WEB, edge), rules=rules), program)] == ["unknown"]


def test_unidentified_peers_by_plaintext() -> None:
    scraper = make.Source("unidentified", cidrs=("10.9.0.0/24",))
    program = make.program(make.OF_WEB, make.allow(scraper, Target("pods", "shop/orders", 9102), rule=1))
    cidr = both(match("principal", "exact", ""), match("source_ip", "cidr", "10.9.0.0/24"))
    guarded = negate(either(both(negate(WAYPOINT), make.port(8080)), both(negate(cidr), make.port(9102)), negate(either(make.port(8080), make.port(9102)))))
    allowed = either(both(WAYPOINT, make.port(8080)), both(cidr, make.port(9102)))
    assert failing(make.reach(guarded=guarded, allowed=allowed, plaintext=make.port(9102)), program) == []
    assert {verdict.obligation for verdict in failing(make.reach(guarded=guarded, allowed=allowed), program)} == {"transport"}
    wide = make.reach(guarded=guarded, allowed=either(both(WAYPOINT, make.port(8080)), make.port(9102)), plaintext=make.port(9102))
    assert failing(wide, program) == []  # the guard alone is exact
    bad = failing(make.reach(guarded=EVERYTHING, allowed=either(both(WAYPOINT, make.port(8080)), make.port(9102)), plaintext=make.port(9102)), program)
    assert any(verdict.obligation == "sound" and verdict.request and verdict.request.source_ip == "203.0.113.7" for verdict in bad)


def test_a_port_that_is_granted_and_denied_needs_no_exception() -> None:
    anywhere = make.Source("unidentified")
    granted = [make.allow(anywhere, Target("pods", "shop/orders", 0)), make.deny(make.Source("anyone"), Target("pods", "shop/orders", 9102))]
    ports = Meaning(make.program(*granted)).plaintext_ports("shop/orders")
    assert ports == negate(make.port(9102))
    assert Meaning(make.program(*granted, make.deny(anywhere, Target("pods", "shop/orders", 0)))).plaintext_ports("shop/orders") == NOTHING
