"""The access table of a small program."""

from meshwright.ir.identity import Identity
from meshwright.ir.intent import Grant, Http, Mesh, Namespace, PathPattern, Placement, PodSet, Port, Program, Service, Source, Target
from meshwright.ir.inventory import EMPTY
from meshwright.report import access_rows, access_table
from meshwright.source import Span

HERE = Span("a.mesh", 0, 1)
WEB, ORDERS = Identity("shop", "web"), Identity("shop", "orders")


def program(*grants: Grant, enforce: str = "yes") -> Program:
    space = Namespace("shop", enforce, Placement("namespace", ""), "", "", "", None)  # type: ignore[arg-type]
    service = Service("shop", "orders", (Port(80, 8080, "http", "http"),), False, ("shop/orders",), (ORDERS,), HERE)
    pods = PodSet("shop", "orders", (("app", "orders"),), (ORDERS,), (), ("shop/orders",))
    return Program("default", Mesh((1, 30), "cluster.local", "istio-system", None), (space,), (service,), (pods,), (), (), grants, (), (), EMPTY)


def grant(source: Source, target: Target, http: Http | None = None, effect: str = "allow") -> Grant:
    return Grant(effect, source, target, http, 0)  # type: ignore[arg-type]


GET = Http(("GET",), PathPattern(("v1", None), False))
POST = Http((), PathPattern(("v1",), True))
ADDRESS = Target("service", "shop/orders", 80)
PODS = Target("pods", "shop/orders", 9102)


def test_doors_of_one_source_are_one_row_and_proxies_are_named_in_order() -> None:
    rows = access_rows(program(grant(Source("gateway", gateway="edge/public"), ADDRESS, GET), grant(Source("gateway", gateway="edge/public"), ADDRESS, POST)))
    assert [tuple(row) for row in rows] == [
        ("allow", "clients of edge/public", "shop/orders port 80", ("GET /v1/{id}", "any method /v1/**"),
         ("gateway edge/public", "waypoint shop/waypoint", "ztunnel"))]


def test_everything_swallows_single_doors() -> None:
    (row,) = access_rows(program(grant(Source("identity", WEB), ADDRESS, GET), grant(Source("identity", WEB), ADDRESS)))
    assert row.doors == ()


def test_without_http_terms_ztunnel_enforces_alone() -> None:
    rows = access_rows(program(grant(Source("unidentified", cidrs=("10.0.0.0/8",)), PODS), grant(Source("anyone"), ADDRESS, effect="deny")))
    assert [(row.target, row.source, row.through) for row in rows] == [
        ("pods of shop/orders port 9102", "unidentified from 10.0.0.0/8", ("ztunnel",)), ("shop/orders port 80", "anyone", ("ztunnel",))]


def test_nobody_enforces_where_nothing_is_enforced() -> None:
    assert access_rows(program(grant(Source("identity", WEB), PODS), enforce="no"))[0].through == ("nobody: not enforced",)


def test_the_text_is_aligned_and_an_empty_program_has_none() -> None:
    assert access_table(program()) == ""
    assert access_table(program(grant(Source("identity", WEB), ADDRESS, GET), grant(Source("identity", WEB), ADDRESS, POST))) == (
        "TO                   FROM            WHAT               ENFORCED BY\n"
        "shop/orders port 80  allow shop/web  GET /v1/{id}       waypoint shop/waypoint, ztunnel\n"
        "                                     any method /v1/**\n")
