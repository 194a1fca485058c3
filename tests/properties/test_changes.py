"""What `diff` says of two random programs against the reference evaluator: every request of a small universe, every way."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.test_meaning import EDGE, GRANTS, INSIDE, PRINCIPALS, REQUESTS, ROUTES, SERVICES, WAYS, unambiguous, universe
from tests.reference.intent import Ask, allowed
from tests.support import prove_cases as make

from meshwright.access.reach import Way
from meshwright.ir.changes import Change
from meshwright.ir.intent import Grant, Program, Source, Target
from meshwright.prove.changes import changes

COMPARED = tuple(way for way in WAYS if way.kind in ("service", "pod", "plaintext", "gateway"))
GATEWAYS = tuple(gateway.identity.principal("cluster.local") for gateway in (EDGE, INSIDE))


def program(grants: list[Grant], routes: list[make.Route]) -> Program:
    return make.program(*grants, services=SERVICES, gateways=(EDGE, INSIDE), routes=tuple(routes))


def asks(way: Way) -> list[Ask]:
    """Requests on one way; those of gateways' clients only on the ways of gateways."""
    principals = universe(way) if way.gateway else [one for one in universe(way) if one not in GATEWAYS]
    targets = (way.target,) if way.target else (8080, 8081, 9102, 7)
    return [Ask(way.kind, "shop/orders", way.service, way.port, target, way.gateway, way.listener, principal, *rest)
            for principal, rest, target in product(principals, REQUESTS, targets)]


def speaks_of(change: Change, way: Way) -> bool:
    """What holds at a service may hold for its pods too, and is said once."""
    if way.kind == "gateway":
        return change.source == f"clients of {way.gateway} port {way.listener}"
    return way.kind != "service" or change.target == f"{way.service} port {way.port}"


@settings(max_examples=60, deadline=None)
@given(GRANTS, ROUTES, GRANTS, ROUTES, st.integers(0, 3))
def test_every_difference_is_said_and_every_example_is_one(one: list[Grant], first: list[make.Route], two: list[Grant], second: list[make.Route],
                                                          kept: int) -> None:
    old, new = program(one, first), program(one[:kept] + two, first if kept else second)
    if not unambiguous(old) or not unambiguous(new):
        return
    found = changes(old, new).value
    assert found is not None
    for way in COMPARED:
        said = {change.effect for change in found.changes if speaks_of(change, way)}
        for number, ask in enumerate(asks(way)):
            if number % 3 == kept % 3:
                was, now = allowed(old, ask), allowed(new, ask)
                assert was == now or ("opens" if now else "closes") in said, ask
    for change in found.changes:
        assert change.request is not None
        assert any(differs(old, new, change, way) for way in COMPARED if speaks_of(change, way)), change


def differs(old: Program, new: Program, change: Change, way: Way) -> bool:
    """Whether the example of a change gets another answer on one way."""
    request = change.request
    assert request is not None
    if (way.kind == "plaintext") != (request.principal == ""):
        return False
    if way.kind in ("service", "gateway") and request.port != way.port:
        return False
    ask = Ask(way.kind, "shop/orders", way.service, way.port, way.target or request.port, way.gateway, way.listener, request.principal,
              request.source_ip, request.method, request.path, request.host)
    was, now = allowed(old, ask), allowed(new, ask)
    return (was, now) == ((False, True) if change.effect == "opens" else (True, False))


def test_nothing_changed_is_said_as_nothing() -> None:
    one = program([], [])
    found = changes(one, one).value
    assert found is not None and found.changes == () and found.compared > 0
    assert PRINCIPALS


def test_a_rule_for_everybody_opens_the_gateways_ways_too() -> None:
    """It names no gateway, and lets their clients in all the same: said as theirs."""
    grant = Grant("allow", Source("anyone"), Target("service", "shop/orders", 80), None, 0)
    route = make.route("/**", "shop/orders", 80, ())
    found = changes(program([], []), program([grant], [route])).value
    assert found is not None
    assert "clients of edge/public port 443" in {change.source for change in found.opened if change.public}
