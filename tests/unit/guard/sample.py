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


def generated(seed: int, size: int) -> Program:
    """A program of about ``size`` services with every kind of source and target in it, the same for the same arguments."""
    from random import Random

    pick = Random(seed)
    base = program()
    spaces = [f"ns{i}" for i in range(max(2, size // 4))]
    protocols = ("http", "grpc", "tcp")
    services = []
    for i in range(size):
        ports = tuple(Port(8000 + n, 8000 + n, f"p{n}", protocols[(i + n) % 3]) for n in range(1 + i % 3))  # type: ignore[arg-type]
        space = pick.choice(spaces)
        services.append(
            Service(space, f"s{i:05}", ports, i % 7 == 0, (f"{space}/s{i:05}",), (Identity(space, f"s{i:05}"),), span("service web"))
        )
    services.sort(key=lambda item: item.id)
    rules, grants = [], []
    for i in range(size * 3):
        target = pick.choice(services)
        caller = pick.choice(services)
        kind = pick.choice(("identity", "identity", "identity", "any-workload", "gateway", "unidentified", "namespace", "anyone"))
        source = {
            "identity": Source("identity", caller.identities[0], name=caller.name),
            "any-workload": ANY_WORKLOAD,
            "gateway": CLIENTS,
            "unidentified": Source("unidentified", cidrs=pick.choice(((), ("10.0.0.0/8",)))),
            "namespace": Source("namespace", namespace=pick.choice(spaces)),
            "anyone": Source("anyone"),
        }[kind]
        port = pick.choice(target.ports)
        pods = kind == "unidentified" or pick.random() < 0.2
        http = (
            None
            if pods or not port.is_http or pick.random() < 0.4
            else Http(
                pick.choice(((), ("GET",), ("DELETE", "GET"))),
                pick.choice((PathPattern((), True), PathPattern(("a", None), False), PathPattern(("b",), True))),
            )
        )
        effect = "deny" if kind == "anyone" or pick.random() < 0.1 else "allow"
        rules.append(Rule(f"{effect} {i}", span("allow web"), pick.choice(("", "because")), pick.choice(("", "2027-01-01"))))
        every = [port] if pick.random() < 0.7 else list(target.ports)
        for one in every:
            grants.append(
                Grant(effect, source, Target("pods", target.id, one.target) if pods else Target("service", target.id, one.number), http, i)
            )  # type: ignore[arg-type]
    return base._replace(
        services=tuple(services),
        namespaces=tuple(
            Namespace(name, pick.choice(("yes", "no")), Placement("namespace", ""), "", pick.choice(("", "x")), "", None) for name in spaces
        ),
        pod_sets=tuple(
            PodSet(item.namespace, item.name, (("app", item.name),), item.identities, (f"Deployment {item.id}",), (item.id,))
            for item in services
        ),
        grants=tuple(grants),
        rules=tuple(rules),
    )
