"""Small programs and reaches, built by hand: one service `shop/orders` behind a waypoint, called by `shop/web`."""

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, both, either, match, negate
from meshwright.access.reach import Reach, Way
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
from meshwright.ir.inventory import EMPTY, Inventory, Workload
from meshwright.source import Span

SPAN = Span("shop.mesh", 0, 1)
TD = "cluster.local"
WEB = Identity("shop", "web")
ORDERS = "shop/orders"
DEPLOYMENT = "shop/Deployment/orders"
WAYPOINT = f"{TD}/ns/shop/sa/waypoint"


def who(identity: Identity) -> Expr:
    return match("principal", "exact", identity.principal(TD))


def port(number: int) -> Expr:
    return match("port", "number", str(number))


def path(text: str) -> PathPattern:
    subtree = text.endswith("/**")
    parts = text.removesuffix("/**").split("/")[1:] if text not in ("/", "/**") else []
    return PathPattern(tuple(None if part == "{id}" else part for part in parts), subtree)


def identity(namespace: str, account: str) -> Source:
    return Source("identity", Identity(namespace, account), name=f"{namespace}/{account}")


def allow(source: Source, target: Target, http: Http | None = None, rule: int = 0) -> Grant:
    return Grant("allow", source, target, http, rule)


def deny(source: Source, target: Target, http: Http | None = None, rule: int = 0) -> Grant:
    return Grant("deny", source, target, http, rule)


def service(name: str = "orders", number: int = 80, target: int = 8080, headless: bool = False) -> Service:
    return Service("shop", name, (Port(number, target, "http", "http"),), headless, ("shop/orders",), (Identity("shop", "orders"),), SPAN)


def workload(name: str = "orders", account: str = "orders") -> Workload:
    return Workload("shop", "Deployment", name, (("app", name),), (("app", name),), (), account, (), False, "ambient", "", (), SPAN)


def inventory(*workloads: Workload) -> Inventory:
    return EMPTY._replace(workloads=workloads)


def gateway(*hosts: str) -> Gateway:
    return Gateway("edge", "public", Identity("edge", "public-istio"), (Listener("https-443", "https", 443, hosts, "edge/cert", False, SPAN),), SPAN)


def route(path_text: str, to: str = ORDERS, number: int = 80, hosts: tuple[str, ...] = ("shop.example.com",)) -> Route:
    return Route("edge/public", hosts, path(path_text), to, number, SPAN)


def program(*grants: Grant, services: tuple[Service, ...] = (service(),), gateways: tuple[Gateway, ...] = (), routes: tuple[Route, ...] = (),
            invariants: tuple[Invariant, ...] = (), workloads: tuple[Workload, ...] = (workload(),), identities: tuple[Identity, ...] = ()) -> Program:
    pods = PodSet("shop", "orders", (("app", "orders"),), (Identity("shop", "orders"), *identities), (DEPLOYMENT,), tuple(s.id for s in services))
    return Program("default", Mesh((1, 30), TD, "istio-system", None), (
        Namespace("edge", "no", Placement("none", ""), "", "", "", None), Namespace("shop", "yes", Placement("namespace", ""), "", "", "", SPAN)),
        services, (pods,), gateways, routes, grants, tuple(Rule(f"rule {number}", SPAN, "", "") for number in range(4)), invariants, inventory(*workloads))


GET_V1 = Http(("GET",), path("/v1/orders/{id}"))
V1 = both(match("method", "exact", "GET"), match("path", "template", "/v1/orders/{*}"))
OF_WEB = allow(identity("shop", "web"), Target("service", ORDERS, 80), GET_V1)


def guard(peers: Expr, at: int = 8080) -> Expr:
    """The DENY part at ztunnel: per port everybody but the peers, and every other port."""
    return negate(either(both(negate(peers), port(at)), negate(port(at))))


def direct(kind: str, denied: Expr, allowed: Expr, fixed: bool) -> Way:
    return Way(kind, ORDERS if fixed else "", 80 if fixed else 0, 8080 if fixed else 0, "", 0, both(denied, allowed), denied, ("ztunnel",),  # type: ignore[arg-type]
               ("AuthorizationPolicy shop/orders-guard",))


def reach(fence: Expr | None = None, rules: Expr | None = None, guarded: Expr | None = None, allowed: Expr | None = None, plaintext: Expr = NOTHING,
          default_deny: bool = True, others: tuple[Way, ...] = ()) -> tuple[Reach, ...]:
    """What the recipe gives for `allow web -> orders { GET /v1/orders/{id} }`; each part may be replaced to break it."""
    waypoint = match("principal", "exact", WAYPOINT)
    fence = match("principal", "account", "shop/web") if fence is None else fence
    rules = both(match("principal", "account", "shop/web"), V1) if rules is None else rules
    guarded = guard(match("principal", "account", "shop/waypoint")) if guarded is None else guarded
    allowed = both(waypoint, port(8080)) if allowed is None else allowed
    ways = (
        Way("service", ORDERS, 80, 8080, "", 0, both(fence, rules), fence, ("waypoint shop/waypoint", "ztunnel"), ("AuthorizationPolicy shop/orders",)),
        direct("without-waypoint", at(guarded, 8080), at(allowed, 8080), True), direct("pod", guarded, allowed, False),
        direct("plaintext", guarded, allowed, False),
        *others,
    )
    nobody = (direct("pod", EVERYTHING, NOTHING, False), direct("plaintext", EVERYTHING, NOTHING, False))
    unlisted = Way("unlisted-service", "", 0, 0, "", 0, NOTHING if default_deny else EVERYTHING, EVERYTHING, ("waypoint shop/waypoint",), ())
    return (Reach(DEPLOYMENT, "shop", "workload", True, ways, plaintext, ()), Reach("other pods shop", "shop", "other-pods", True, nobody, NOTHING, ()),
            Reach("waypoint shop/waypoint", "shop", "waypoint", True, (unlisted,), NOTHING, ()))


def at(expr: Expr, number: int) -> Expr:
    from meshwright.access.request import fix

    return fix(expr, "port", str(number))



