"""A small checked program, made by hand."""

from meshwright.ir.identity import Identity
from meshwright.ir.intent import (
    Gateway,
    Grant,
    Http,
    Invariant,
    Listener,
    Mesh,
    Namespace,
    PathPattern,
    Placement,
    PodSet,
    Port,
    Program,
    Route,
    Rule,
    Service,
    Source,
    Target,
)
from meshwright.ir.inventory import EMPTY
from meshwright.source import Span

TEXT = """in shop

namespace shop { owner "team-shop@example.com" }
gateway edge/public { listen https 443 host "shop.example.com" { certificate shop-cert } }
route at edge/public { path "/**" -> web }
service web { port http 80 -> 8080 }
service db { port tcp 5432 }
allow clients of edge/public -> web { GET "/**" }
allow web -> db { port 5432 }
"""
PATH = "mesh/shop.mesh"
TEXTS = {PATH: TEXT}


def span(words: str) -> Span:
    start = TEXT.index(words)
    return Span(PATH, start, start + len(words))


WEB = Identity("shop", "web")
CLIENTS = Source("gateway", gateway="edge/public", name="clients of edge/public")
FROM_WEB = Source("identity", WEB, name="web")
ANY_WORKLOAD = Source("any-workload", name="any workload")
TO_WEB = Target("service", "shop/web", 80)
TO_DB = Target("service", "shop/db", 5432)
GET_ANY = Http(("GET",), PathPattern((), True))


def service(name: str, *ports: Port) -> Service:
    words = f"service {name}" if f"service {name}" in TEXT else "service web"
    return Service("shop", name, ports, False, (f"shop/{name}",), (Identity("shop", name),), span(words))


def program(*extra: tuple[Grant, Rule], namespaces: tuple[Namespace, ...] = ()) -> Program:
    """The sample; ``extra`` grants come with the rule they belong to (their ``rule`` index is set here)."""
    grants = [Grant("allow", CLIENTS, TO_WEB, GET_ANY, 0), Grant("allow", FROM_WEB, TO_DB, None, 1)]
    rules = [
        Rule('allow clients of edge/public -> web { GET "/**" }', span("allow clients"), "", ""),
        Rule("allow web -> db { port 5432 }", span("allow web"), "", ""),
    ]
    for grant, rule in extra:
        if rule not in rules:
            rules.append(rule)
        grants.append(grant._replace(rule=rules.index(rule)))
    services = (service("db", Port(5432, 5432, "tcp-5432", "tcp")), service("web", Port(80, 8080, "http-80", "http")))
    return Program(
        environment="default",
        mesh=Mesh((1, 30), "cluster.local", "istio-system", None),
        namespaces=(
            Namespace("shop", "yes", Placement("namespace", ""), "team-shop@example.com", "", "", span("namespace shop")),
            *namespaces,
        ),
        services=services,
        pod_sets=tuple(
            PodSet("shop", item.name, (("app", item.name),), item.identities, (f"Deployment shop/{item.name}",), (item.id,))
            for item in services
        ),
        gateways=(
            Gateway(
                "edge",
                "public",
                Identity("edge", "public-istio"),
                (Listener("https-443", "https", 443, ("shop.example.com",), "edge/shop-cert", False, span("listen https")),),
                span("gateway edge/public"),
            ),
        ),
        routes=(Route("edge/public", (), PathPattern((), True), "shop/web", 80, span("path")),),
        grants=tuple(grants),
        rules=tuple(rules),
        invariants=(Invariant("nothing", (), span("in shop")),),
        inventory=EMPTY,
    )
