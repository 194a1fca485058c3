"""The golden cases of lowering: name -> the world, the label mode."""

from collections.abc import Callable

from tests.support.worlds import World, shop

INGRESS = (("istio.io/ingress-use-waypoint", "true"),)


def shared_pods() -> World:
    """A database with an admin page: one pod set, an L4 and an L7 service, and a second HTTP service on the same target port."""
    world = World().namespace("shop").service("shop/ledger", "grpc 9090").service("shop/web", "http 80 -> 8080")
    world.service("shop/postgres", "tcp 5432").service("shop/pgadmin", "http 80 -> 8081", pods="shop/postgres")
    world.service("shop/pgstatus", "http 8081", pods="shop/postgres")
    world.allow("shop/ledger", "shop/postgres").allow("shop/web", "shop/pgadmin", "GET /status/**")
    world.allow("shop/ledger", "shop/pgstatus", "GET /").deny("shop/ledger", "shop/pgadmin", "GET /status/secret")
    return world.own_waypoint("shop/pgadmin").own_waypoint("shop/pgstatus")


def unidentified() -> World:
    """A scraper outside the mesh, a load balancer's health checks from anywhere, and what may not use that opening."""
    world = World().namespace("shop").namespace("ops").service("shop/web", "http 80 -> 8080").pods("ops/prometheus").pods("shop/agent")
    world.allow("unidentified 10.9.0.0/24", "pods of shop/web", "port 9102").allow("ops/prometheus", "pods of shop/web", "port 9102")
    world.deny("unidentified 10.9.0.64/26", "pods of shop/web", "port 9102")
    return world.allow("unidentified", "pods of shop/agent", "port 8080").allow("any workload", "pods of shop/agent", "port 8080")


def any_workload() -> World:
    """Everybody in the mesh but some; namespaces but some; an L7 service for all; every port of a pod."""
    world = World(trust_domain="mesh.example.com").namespace("shop").namespace("edge", waypoint="none").namespace("ops")
    world.gateway("edge/public", "https 443 shop.example.com edge/shop-cert").gateway("edge/partners", "https 443 p.example.com edge/shop-cert")
    world.route("edge/public", "", "/**", "shop/cache", 6380)
    world.service("shop/cache", "tcp 6379", "http 6380").service("shop/status", "http 80 -> 8080").service("shop/db", "tcp 5432").pods("ops/agent")
    world.allow("any workload", "shop/cache", "port 6379").deny("ops/intern", "shop/cache").deny("namespace lab", "shop/cache", "port 6379")
    world.allow("clients of edge/public", "shop/cache", "port 6380")
    world.allow("any workload", "shop/status", "GET /status/**").deny("any workload", "shop/status", "/status/{id}/secret/**")
    world.allow("namespace ops", "shop/db").deny("ops/intern", "shop/db").allow("shop/cache", "shop/db")
    world.allow("ops/agent", "pods of shop/db").deny("ops/agent", "pods of shop/db", "port 5432")
    world.allow("clients of any gateway", "pods of shop/db", "port 8443")
    return world.own_waypoint("shop/status")


def many_callers() -> World:
    """More callers than one list takes, at ztunnel and at a waypoint."""
    world = World().namespace("shop").service("shop/db", "tcp 5432").service("shop/api", "http 80 -> 8080")
    for number in range(20):
        world.allow(f"apps/caller-{number:02}", "shop/db").allow(f"apps/caller-{number:02}", "shop/api", "GET /v1/**")
    return world.own_waypoint("shop/api")


def gateways() -> World:
    """Several hosts, a wildcard, an open listener, certificates of another namespace."""
    world = World().namespace("edge", waypoint="none").namespace("shop").namespace("certs")
    world.service("shop/web", "http 80 -> 8080").service("shop/api", "http 8080").service("edge/landing", "http 80")
    world.gateway("edge/public", "https 443 *.example.com shop.example.com certs/wild", "http 80 redirect").gateway("edge/inside", "http 8080")
    world.route("edge/public", "shop.example.com", "/**", "shop/web", 80).route("edge/public", "*.example.com", "/api/**", "shop/api", 8080)
    world.route("edge/public", "api.example.com", "/", "edge/landing", 80).route("edge/inside", "", "/**", "edge/landing", 80)
    world.allow("clients of edge/public", "shop/web", "/**").allow("clients of edge/public port 443", "shop/api", "GET, HEAD /api/**")
    world.allow("clients of edge/public", "edge/landing").allow("clients of edge/inside", "edge/landing")
    return world.own_waypoint("shop/web", more=INGRESS).own_waypoint("shop/api", more=INGRESS)


def placements() -> World:
    """A waypoint per service, per service account, and one shared with another namespace; a namespace label that binds too much."""
    bound = (("istio.io/dataplane-mode", "ambient"), ("istio.io/use-waypoint", "elsewhere"))
    world = World().namespace("a", waypoint="service").namespace("b", waypoint="service-account").namespace("c", waypoint="infra/shared")
    world.namespace("d", waypoint="infra/shared", labels=bound).namespace("infra").namespace("old", enforce="no", labels=())
    world.service("a/one", "http 80").service("b/two", "http 80", account="runner.v2").service("c/three", "http 80").service("d/four", "http 80")
    world.service("d/db", "tcp 5432", labels=(("istio.io/use-waypoint", "none"),)).service("old/five", "http 80")
    for name in ("a/one", "b/two", "c/three", "d/four", "old/five"):
        world.allow("apps/caller", name, "GET /")
    shared = (("istio.io/use-waypoint-namespace", "infra"),)
    world.own_waypoint("a/one", "one-waypoint").own_waypoint("b/two", "runner-v2-waypoint-bed61ffd")
    return world.own_waypoint("c/three", "shared", shared).own_waypoint("d/four", "shared", shared)


def own_labels() -> World:
    """Labels that the output sets itself: a Service of Helm, namespaces that nobody claims."""
    helm = (("app.kubernetes.io/managed-by", "Helm"),)
    world = World().namespace("shop", labels=()).service("shop/web", "http 80 -> 8080", labels=helm)
    return world.allow("apps/caller", "shop/web", "GET /")


def patched_labels() -> World:
    """The same shop, nothing labelled yet."""
    return shop(labelled=False)


CASES: tuple[tuple[Callable[[], World], str], ...] = (
    (shop, "external"),
    (shared_pods, "external"),
    (unidentified, "external"),
    (any_workload, "external"),
    (many_callers, "external"),
    (gateways, "external"),
    (placements, "external"),
    (own_labels, "own"),
    (patched_labels, "patch"),
)
