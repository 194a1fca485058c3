"""Matches of routes on headers: exact ones decide, others are a doubt (istio-semantics 4.3)."""

from tests.unit.istio.world import HERE

from meshwright.access.expr import Expr
from meshwright.access.request import Witness, evaluate
from meshwright.ir.inventory import Object
from meshwright.istio.kinds.http_route import read_route
from meshwright.istio.routes import Edge, mesh_edges


def edges(*rules: dict[str, object]) -> dict[str, Edge]:
    content = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "r", "namespace": "shop"},
               "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}], "rules": list(rules)}}
    found = read_route(Object("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", "r", content, HERE))
    return {edge.backend.service.partition("/")[2]: edge for edge in mesh_edges("shop/web", 80, [found])}


def to(name: str, *matches: dict[str, object]) -> dict[str, object]:
    return {"matches": list(matches), "backendRefs": [{"name": name, "port": 80}]}


def header(name: str, value: str, kind: str = "Exact") -> dict[str, object]:
    return {"headers": [{"name": name, "value": value, "type": kind}]}


def takes(expr: Expr, **headers: str) -> bool:
    given = tuple(sorted((f"header:{name}", value) for name, value in headers.items()))
    return evaluate(expr, Witness("", "10.0.0.1", 80, "GET", "/x", "h", given))


def test_the_more_headers_the_sooner() -> None:
    both = {"headers": [{"name": "A", "value": "1"}, {"name": "b", "value": "2"}]}
    found = edges(to("all", {}), to("one", header("a", "1")), to("two", both))
    asked = [{}, {"a": "1"}, {"a": "1", "b": "2"}, {"a": "2", "b": "2"}]
    assert [[name for name, edge in found.items() if takes(edge.requests, **one)] for one in asked] == [["all"], ["one"], ["two"], ["all"]]
    assert not any(edge.doubts for edge in found.values())


def test_a_longer_path_comes_before_a_header() -> None:
    found = edges(to("header", header("a", "1")), to("path", {"path": {"type": "PathPrefix", "value": "/x"}}))
    assert takes(found["path"].requests, a="1") and not takes(found["header"].requests, a="1")


def test_patterns_and_two_spellings_are_a_doubt() -> None:
    for match in (header("a", "1.*", "RegularExpression"), {"headers": [{"name": "A", "value": "1"}, {"name": "a", "value": "2"}]},
                  {"queryParams": [{"name": "q", "value": "1"}]}, header("host", "x")):
        (edge,) = edges(to("web", match)).values()
        assert edge.doubts
