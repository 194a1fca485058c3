"""Invariants on small intents: each kind of claim holds and breaks, with a request and the rules that allow it."""

import pytest
from tests.support import prove_cases as make

from meshwright.ir.identity import Identity
from meshwright.ir.intent import Claim, Grant, Http, Invariant, PodSet, Program, Source, Target
from meshwright.ir.proof import Verdict
from meshwright.prove.invariants import invariants
from meshwright.prove.meaning import Meaning
from meshwright.prove.question import Judge

WEB, EVIL = make.identity("shop", "web"), make.identity("shop", "evil")
TO_ORDERS = Target("service", make.ORDERS, 80)
CLIENTS = Source("gateway", gateway="edge/public")


def judged(program: Program, kind: str, sources: tuple[Source, ...], targets: tuple[Target, ...], http: Http | None = None) -> list[Verdict]:
    claim = Claim(kind, sources, targets, http, "the claim", make.SPAN)  # type: ignore[arg-type]
    program = program._replace(invariants=(Invariant("rule of the house", (claim,), make.SPAN),))
    return invariants(program, Meaning(program), Judge(program.mesh.trust_domain))


def statuses(*args: object) -> set[str]:
    return {verdict.status for verdict in judged(*args)}  # type: ignore[arg-type]


PROGRAM = make.program(make.allow(WEB, TO_ORDERS, make.GET_V1, 1), make.allow(CLIENTS, TO_ORDERS, Http(("POST",), make.path("/v1/orders")), 2),
                       gateways=(make.gateway("shop.example.com"),), routes=(make.route("/v1/**"),))


@pytest.mark.parametrize(("kind", "sources", "http", "status"), [
    ("never", (WEB,), None, "fails"), ("never", (EVIL,), None, "holds"), ("never", (Source("any-workload"),), None, "fails"),
    ("never", (WEB,), Http(("POST",), make.path("/**")), "holds"), ("never", (CLIENTS,), Http(("POST",), make.path("/**")), "fails"),
    ("never", (Source("any-gateway"),), Http(("GET",), make.path("/**")), "holds"), ("never", (Source("unidentified"),), None, "holds"),
    ("never", (Source("anyone"),), Http((), make.path("/admin/**")), "holds"), ("never", (Source("namespace", namespace="shop"),), None, "fails"),
    ("only-from", (WEB, CLIENTS), None, "holds"), ("only-from", (WEB,), None, "fails"), ("only-from", (CLIENTS,), None, "fails"),
    ("only-from", (Source("anyone"),), None, "holds"), ("only-from", (WEB,), Http(("GET",), make.path("/**")), "holds"),
    ("only-from", (WEB, CLIENTS._replace(port=80)), None, "fails"), ("only-from", (WEB, CLIENTS._replace(port=443)), None, "holds"),
    ("only-to", (WEB,), None, "holds"), ("only-to", (WEB,), Http(("GET",), make.path("/v1/orders/**")), "holds"),
    ("only-to", (WEB,), Http(("GET",), make.path("/v1/orders/7")), "fails"), ("only-to", (CLIENTS,), None, "holds"),
])
def test_one_hop(kind: str, sources: tuple[Source, ...], http: Http | None, status: str) -> None:
    assert statuses(PROGRAM, kind, sources, (TO_ORDERS,), http) == {status}


def test_a_broken_claim_shows_a_request_and_the_rule() -> None:
    (verdict,) = judged(PROGRAM, "only-from", (CLIENTS,), (TO_ORDERS,))
    assert verdict.request is not None and verdict.rules == (1,)
    assert (verdict.request.method, verdict.request.path, verdict.request.port) == ("GET", "/v1/orders/x", 80)
    assert verdict.reason == "the rules allow `GET /v1/orders/x` from `cluster.local/ns/shop/sa/web` to shop/orders port 80"


@pytest.mark.parametrize(("grant", "status"), [
    (make.allow(WEB, Target("pods", "shop/orders", 8080)), "fails"), (make.allow(WEB, Target("pods", "shop/orders", 0)), "fails"),
    (make.allow(WEB, Target("pods", "shop/orders", 9102)), "holds"), (make.allow(EVIL, TO_ORDERS), "holds"),
])
def test_a_claim_about_a_service_is_about_its_pods_too(grant: Grant, status: str) -> None:
    assert statuses(make.program(grant), "never", (WEB,), (TO_ORDERS,)) == {status}


def test_only_to_sees_every_other_destination() -> None:
    program = two_hops(make.allow(WEB, TO_ORDERS), make.allow(WEB, Target("service", "shop/ledger", 80), rule=2))
    assert statuses(program, "only-to", (WEB,), (TO_ORDERS, Target("service", "shop/ledger", 80))) == {"holds"}
    bad = judged(program, "only-to", (WEB,), (TO_ORDERS,))
    assert {verdict.rules for verdict in bad} == {(2,)}


def two_hops(*grants: Grant, **more: object) -> Program:
    program = make.program(*grants, **more)  # type: ignore[arg-type]
    ledger = make.service("ledger")._replace(pod_sets=("shop/ledger",), identities=(Identity("shop", "ledger"),))
    pods = PodSet("shop", "ledger", (("app", "ledger"),), (Identity("shop", "ledger"),), ("shop/Deployment/ledger",), ("shop/ledger",))
    return program._replace(services=(ledger, *program.services), pod_sets=(pods, *program.pod_sets))


LEDGER = Target("service", "shop/ledger", 80)


def test_a_chain_of_calls() -> None:
    program = two_hops(make.allow(WEB, TO_ORDERS, make.GET_V1, 1), make.allow(make.identity("shop", "orders"), LEDGER, rule=2))
    assert statuses(program, "never", (WEB,), (LEDGER,)) == {"holds"}
    (verdict,) = judged(program, "never-reaches", (WEB,), (LEDGER,))
    assert verdict.rules == (1, 2)
    assert verdict.reason == "a chain of allowed calls leads there: shop/web -> shop/orders port 80 -> shop/orders -> shop/ledger port 80"
    assert statuses(program, "never-reaches", (EVIL,), (LEDGER,)) == {"holds"}
    assert statuses(program, "never-reaches", (Source("anyone"),), (LEDGER,)) == {"fails"}


def test_gateways_forward_for_everybody() -> None:
    program = two_hops(make.allow(CLIENTS, TO_ORDERS, None, 1), make.allow(make.identity("shop", "orders"), LEDGER, rule=2), gateways=(make.gateway(),))
    for source in (CLIENTS, EVIL, Source("unidentified")):
        (verdict,) = judged(program, "never-reaches", (source,), (LEDGER,))
        assert "gateway edge/public -> shop/orders port 80 -> shop/orders -> shop/ledger port 80" in verdict.reason


def test_a_deny_breaks_the_chain() -> None:
    program = two_hops(make.allow(WEB, TO_ORDERS), make.allow(make.identity("shop", "orders"), LEDGER),
                       make.deny(Source("anyone"), LEDGER))
    assert statuses(program, "never-reaches", (WEB,), (LEDGER,)) == {"holds"}
