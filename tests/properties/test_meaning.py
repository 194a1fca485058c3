"""The meaning of intent against the reference evaluator: random rules, every request of a small universe, every way."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.intent import Ask, allowed
from tests.support import prove_cases as make

from meshwright.access.expr import NOTHING
from meshwright.access.reach import Reach, Way
from meshwright.access.request import Witness, evaluate
from meshwright.ir.identity import Identity
from meshwright.ir.intent import Gateway, Grant, Http, Listener, Program, Source, Target
from meshwright.prove.destination import Case
from meshwright.prove.meaning import Meaning
from meshwright.prove.properties import permitted_ways

EDGE = Gateway("edge", "public", Identity("edge", "public-istio"), (
    Listener("https-443", "https", 443, ("shop.example.com", "*.example.org"), "edge/cert", False, make.SPAN),
    Listener("http-80", "http", 80, (), "", True, make.SPAN), Listener("http-8080", "http", 8080, (), "", False, make.SPAN)), make.SPAN)
INSIDE = Gateway("shop", "inside", Identity("shop", "inside-istio"), (Listener("http-80", "http", 80, (), "", False, make.SPAN),), make.SPAN)
SERVICES = (make.service("admin", 81, 8081), make.service("orders", 80, 8080), make.service("status", 82, 8080))

SOURCES = st.sampled_from([
    make.identity("shop", "web"), make.identity("ops", "prometheus"), make.identity("shop", "inside-istio"), Source("any-workload"), Source("anyone"),
    Source("namespace", namespace="shop"), Source("namespace", namespace="ed"), Source("unidentified"), Source("unidentified", cidrs=("10.9.0.0/24",)),
    Source("gateway", gateway="edge/public"), Source("gateway", gateway="edge/public", port=443), Source("gateway", gateway="edge/public", port=8080),
    Source("any-gateway"), Source("gateway", gateway="shop/inside")])
TARGETS = st.sampled_from([Target("service", "shop/orders", 80), Target("service", "shop/admin", 81), Target("service", "shop/status", 82),
                           Target("pods", "shop/orders", 8080), Target("pods", "shop/orders", 9102), Target("pods", "shop/orders", 0)])
PATHS = ["/**", "/", "/a", "/a/**", "/a/{id}", "/{id}/b/**", "/a/"]
DOORS = st.none() | st.builds(Http, st.sampled_from([(), ("GET",), ("GET", "POST")]), st.sampled_from(PATHS).map(make.path))
GRANTS = st.lists(st.builds(Grant, st.sampled_from(["allow", "allow", "deny"]), SOURCES, TARGETS, DOORS, st.just(0)), max_size=6)
ROUTES = st.lists(st.builds(make.route, st.sampled_from(["/**", "/a/**", "/a", "/a/b/**"]), st.sampled_from(["shop/orders", "shop/status"]), st.just(80),
                            st.sampled_from([(), ("shop.example.com",), ("*.example.org",), ("api.example.org",)])), max_size=4)

WAYS = (
    *(Way(kind, f"shop/{name}", port, target, "", 0, NOTHING, NOTHING, (), ()) for kind in ("service", "without-waypoint", "other-service")  # type: ignore[arg-type]
      for name, port, target in (("orders", 80, 8080), ("admin", 81, 8081), ("status", 82, 8080))),
    Way("pod", "", 0, 0, "", 0, NOTHING, NOTHING, (), ()), Way("plaintext", "", 0, 0, "", 0, NOTHING, NOTHING, (), ()),
    *(Way("gateway", "shop/orders", 80, 8080, "edge/public", listener, NOTHING, NOTHING, (), ()) for listener in (80, 443, 8080)),
    Way("unlisted-service", "", 0, 0, "", 0, NOTHING, NOTHING, (), ()),
)
PRINCIPALS = ("", *(f"cluster.local/ns/{name}" for name in ("shop/sa/web", "ops/sa/prometheus", "other/sa/other", "edge/sa/public-istio", "shop/sa/inside-istio")))
REQUESTS = tuple(product(("10.9.0.7", "203.0.113.7"), ("GET", "PUT"), ("/", "/a", "/a/", "/a/b", "/a/b/c", "/x/b", "/a/[b", "/[/b"),
                         ("shop.example.com", "API.example.org:8443", "other.test")))


def universe(way: Way) -> tuple[str, ...]:
    """The principals that a way's caller can have."""
    if way.kind == "plaintext":
        return ("",)
    return ("cluster.local/ns/edge/sa/public-istio",) if way.gateway else PRINCIPALS[1:]


def unambiguous(program: Program) -> bool:
    """No two routes of one path and overlapping hosts lead to different places: that is refused before."""
    routes = program.routes
    return not any(one is not other and one.path == other.path and (one.service, one.port) != (other.service, other.port)
                   for one in routes for other in routes)


@settings(max_examples=60, deadline=None)
@given(GRANTS, ROUTES, st.integers(0, 10_000))
def test_every_way_allows_what_the_reference_allows(grants: list[Grant], routes: list[make.Route], salt: int) -> None:
    program = make.program(*grants, services=SERVICES, gateways=(EDGE, INSIDE), routes=tuple(routes))
    if not unambiguous(program):
        return
    reach = Reach(make.DEPLOYMENT, "shop", "workload", True, WAYS, NOTHING, ())
    case = Case(program, Meaning(program), reach, "shop/orders", ())
    for number, (way, expr) in enumerate(zip(WAYS, permitted_ways(case), strict=True)):
        for place, (principal, rest) in enumerate(product(universe(way), REQUESTS)):
            if (place + number + salt) % 5:
                continue
            for target in (way.target,) if way.target else (8080, 8081, 9102, 7):
                request = Witness(principal, rest[0], target if way.kind in ("pod", "plaintext") else way.port or target, *rest[1:])
                ask = Ask(way.kind, "shop/orders", way.service, way.port, target, way.gateway, way.listener, principal, *rest)
                assert evaluate(expr, request) == allowed(program, ask), (way, request)
