"""The access table of a small program."""

from tests.support.worlds import shop

from meshwright.ir.identity import Identity
from meshwright.ir.intent import Grant, Http, Mesh, Namespace, PathPattern, Placement, PodSet, Port, Program, Service, Source, Target
from meshwright.ir.inventory import EMPTY
from meshwright.report import access_rows, access_table
from meshwright.report.table import table
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


def test_the_text_is_aligned_and_names_what_is_not_protected() -> None:
    assert access_table(program(enforce="no")) == (
        "no rule lets anybody in\n\ngoverned: no namespace\nnot protected, open to anyone: shop\n")
    assert access_table(program(grant(Source("identity", WEB), ADDRESS, GET), grant(Source("identity", WEB), ADDRESS, POST))) == (
        "TO                   FROM            WHAT               ENFORCED BY\n"
        "shop/orders port 80  allow shop/web  GET /v1/{id}       waypoint shop/waypoint, ztunnel\n"
        "                                     any method /v1/**\n"
        "\n"
        "governed: shop\n"
        "not protected, open to anyone: no other namespace is known\n")


def test_the_shop() -> None:
    assert access_table(shop().program()) == """\
TO                             FROM                             WHAT                     ENFORCED BY
shop/orders port 8080          route anyone at edge/public:443  shop.example.com/api/**  gateway edge/public
shop/web port 80               route anyone at edge/public:443  shop.example.com/**      gateway edge/public
pods of shop/kafka port 9092   allow shop/orders                everything               ztunnel
pods of shop/kafka port 9093   allow shop/kafka                 everything               ztunnel
pods of shop/ledger port 9102  allow ops/prometheus             everything               ztunnel
pods of shop/orders port 9102  allow ops/prometheus             everything               ztunnel
pods of shop/web port 9102     allow ops/prometheus             everything               ztunnel
shop/ledger port 9090          allow shop/orders                POST /bank.Ledger/Post   waypoint shop/waypoint, ztunnel
                                                                POST /bank.Ledger/Get
shop/orders port 8080          allow clients of edge/public     POST /api/orders         gateway edge/public,
                                                                                         waypoint shop/waypoint, ztunnel
shop/orders port 8080          allow shop/web                   GET /v1/orders/{id}      waypoint shop/waypoint, ztunnel
                                                                POST /v1/orders
shop/postgres port 5432        allow shop/ledger                everything               ztunnel
shop/web port 80               allow clients of edge/public     everything               gateway edge/public,
                                                                                         waypoint shop/waypoint, ztunnel
shop/web port 80               deny anyone                      any method /debug/**     waypoint shop/waypoint, ztunnel

governed: edge, ops, shop
not protected, open to anyone: no other namespace is known
"""


def test_lines_fit_and_words_stay_whole() -> None:
    for width in (60, 80, 100, 140):
        lines = access_table(shop().program(), width).splitlines()
        assert all(line == line.rstrip() for line in lines)
        assert "shop.example.com/api/**" in "\n".join(lines)
        assert max(map(len, lines)) <= max(width, 80)
    assert table(("A", "B"), [("x y z", "word")], 9) == "A    B\nx y  word\nz\n"
    assert table(("A",), [("toolongtocut",)], 4) == "A\ntoolongtocut\n"
    assert table(("A", "B"), [("x", "y\nz")], 80) == "A  B\nx  y\n   z\n"


def test_the_table_does_not_depend_on_the_order_of_grants() -> None:
    shuffled = shop().program()
    assert set(access_rows(shuffled._replace(grants=shuffled.grants[::-1]))) != set() and \
        [row[:3] for row in access_rows(shuffled._replace(grants=shuffled.grants[::-1]))] == [row[:3] for row in access_rows(shuffled)]
