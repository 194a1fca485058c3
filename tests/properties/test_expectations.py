"""Tests of the sources against the reference evaluator: an expectation passes exactly when every request of it has the answer."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.test_meaning import EDGE, GRANTS, INSIDE, REQUESTS, ROUTES, SERVICES, unambiguous
from tests.reference.intent import Ask, allowed, routed
from tests.support import prove_cases as make

from meshwright.access.expr import Expr
from meshwright.access.request import Witness, evaluate
from meshwright.ir.intent import Claim, Grant, Http, PolicyTest, Source, Target
from meshwright.prove.expectations import expectations
from meshwright.prove.meaning.terms import http_term, source_term

CALLERS = st.sampled_from([make.identity("shop", "web"), make.identity("ops", "prometheus"), Source("gateway", gateway="edge/public", port=443)])
TARGETS = st.sampled_from([Target("service", "shop/orders", 80), Target("service", "shop/admin", 81), Target("pods", "shop/orders", 8080)])
DOORS = st.none() | st.builds(Http, st.sampled_from([(), ("GET",)]), st.sampled_from(["/**", "/a", "/a/**", "/x/{id}"]).map(make.path))
PORTS = {"shop/orders": (80, 8080), "shop/admin": (81, 8081), "shop/status": (82, 8080)}


def asks(source: Source, target: Target, http: Http | None) -> list[Ask]:
    """The requests of a small universe that the line names, at the address that it names."""
    found = []
    who: Expr = source_term(source, "cluster.local", (EDGE, INSIDE))
    for principal, rest in product(("cluster.local/ns/shop/sa/web", "cluster.local/ns/ops/sa/prometheus", "cluster.local/ns/edge/sa/public-istio"), REQUESTS):
        if evaluate(who, Witness(principal, rest[0], 80, *rest[1:])) and evaluate(http_term(http), Witness(principal, rest[0], 80, *rest[1:])):
            gateway = source.gateway
            if target.kind == "service":
                port, number = PORTS[target.id]
                found.append(Ask("gateway" if gateway else "service", "shop/orders", target.id, port, number, gateway, source.port, principal, *rest))
            else:
                found.append(Ask("pod", "shop/orders", "", 0, target.port, "", 0, principal, *rest))
    return found


@settings(max_examples=150, deadline=None)
@given(GRANTS, ROUTES, CALLERS, TARGETS, DOORS)
def test_an_expectation_passes_only_if_every_request_does(grants: list[Grant], routes: list[make.Route], source: Source, target: Target,
                                                          http: Http | None) -> None:
    if source.gateway and target.kind == "pods":
        return
    program = make.program(*grants, services=SERVICES, gateways=(EDGE, INSIDE), routes=tuple(routes))
    if not unambiguous(program):
        return
    lines = tuple(Claim(kind, (source,), (target,), http, kind, make.SPAN._replace(start=number))  # type: ignore[arg-type]
                  for number, kind in enumerate(("expect-allow", "expect-deny")))
    found = {one.text: one for one in expectations(program._replace(tests=(PolicyTest("t", lines, make.SPAN),))).expectations}
    asked = [ask for ask in asks(source, target, http) if not source.gateway or routed(program, ask)]
    answers = [allowed(program, ask) for ask in asked]
    if found["expect-deny"].status == "passes":
        assert not any(answers)
    if found["expect-allow"].status == "passes":
        assert all(answers)
    else:
        request = found["expect-allow"].request
        if request is not None and not source.gateway:
            number = PORTS[target.id][1] if target.kind == "service" else request.port
            ask = Ask("service" if target.kind == "service" else "pod", "shop/orders", target.id if target.kind == "service" else "",
                      request.port if target.kind == "service" else 0, number, "", 0, request.principal, request.source_ip, request.method, request.path,
                      request.host)
            assert not allowed(program, ask)
