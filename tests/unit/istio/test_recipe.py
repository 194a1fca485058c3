"""The verified recipe and its variants (lowering-verified 2 and 3): what is open when a part is missing."""

from tests.unit.istio.world import (
    DEFAULT_DENY,
    ORDERS_ALLOW,
    ORDERS_FENCE,
    ORDERS_GUARD,
    ORDERS_PEERS,
    RECIPE,
    STRICT,
    WAYPOINT,
    admits,
    objects,
    reaches,
    shop,
    way,
)

ORDERS = "shop/Deployment/orders"


def test_the_recipe_lets_in_what_it_says_and_nothing_else() -> None:
    reach = reaches(RECIPE)[ORDERS]
    assert reach.unknown == () and reach.captured
    through = way(reach, "service")
    assert through.by == ("waypoint shop/waypoint", "ztunnel") and (through.port, through.target) == (8080, 8080)
    assert admits(through, "shop/web", "GET", "/v1/orders/7") and admits(through, "shop/web", "POST", "/v1/orders")
    assert not admits(through, "shop/web", "GET", "/v1/orders") and not admits(through, "shop/web", "DELETE", "/v1/orders/7")
    assert not admits(through, "ops/prometheus", "GET", "/v1/orders/7") and not admits(through, "", "GET", "/v1/orders/7")
    for kind in ("without-waypoint", "pod", "plaintext"):
        for account in ("shop/web", "evil/evil", "edge/public-istio", ""):
            assert not admits(way(reach, kind), account, number=8080), (kind, account)
    pod = way(reach, "pod")
    assert admits(pod, "shop/waypoint", number=8080) and admits(pod, "ops/prometheus", number=9102)
    assert not admits(pod, "ops/prometheus", number=8080) and not admits(pod, "shop/waypoint", number=9102)
    assert not admits(pod, "ops/prometheus", number=1234)


def test_sealed_is_what_the_deny_part_leaves() -> None:
    reach = reaches(RECIPE)[ORDERS]
    through = way(reach, "service")
    assert admits(through, "shop/web", "DELETE", "/admin", sealed=True)
    assert not admits(through, "evil/evil", "DELETE", "/admin", sealed=True)
    assert not admits(way(reach, "pod"), "shop/web", number=8080, sealed=True)


def test_without_guard_and_peers_the_pod_is_open() -> None:
    reach = reaches(WAYPOINT + DEFAULT_DENY + ORDERS_ALLOW)[ORDERS]
    assert admits(way(reach, "pod"), "evil/evil", number=8080) and admits(way(reach, "plaintext"), "", number=8080)
    assert admits(way(reach, "without-waypoint"), "evil/evil", "DELETE", "/admin")
    assert not admits(way(reach, "service"), "evil/evil", "DELETE", "/admin")


def test_guard_alone_is_exact_until_an_allow_appears() -> None:
    base = WAYPOINT + DEFAULT_DENY + ORDERS_ALLOW + ORDERS_GUARD
    assert admits(way(reaches(base)[ORDERS], "service"), "shop/web", "POST", "/v1/orders")
    foreign = objects("""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: nothing, namespace: shop}
spec: {}
""")
    reach = reaches(base, shop(foreign=foreign))[ORDERS]
    assert not admits(way(reach, "service"), "shop/web", "POST", "/v1/orders")


def test_peers_alone_are_widened_by_a_root_allow() -> None:
    foreign = objects("""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: everything, namespace: istio-system}
spec: {rules: [{}]}
""")
    with_peers = reaches(WAYPOINT + ORDERS_ALLOW + ORDERS_PEERS, shop(foreign=foreign))[ORDERS]
    assert admits(way(with_peers, "pod"), "evil/evil", number=8080)
    with_guard = reaches(RECIPE, shop(foreign=foreign))[ORDERS]
    assert not admits(way(with_guard, "pod"), "evil/evil", number=8080)


def test_without_peer_authentication_only_unguarded_pods_take_plaintext() -> None:
    without = reaches(RECIPE.replace(STRICT, ""))
    assert not admits(way(without[ORDERS], "plaintext"), "", number=8080)
    assert admits(way(without["shop/Deployment/kafka"], "plaintext"), "", number=9092)
    assert not admits(way(reaches(RECIPE)["shop/Deployment/kafka"], "plaintext"), "", number=9092)


def test_a_service_that_nobody_listed_passes_a_waypoint_without_default_deny() -> None:
    closed = reaches(RECIPE)["waypoint shop/waypoint"]
    assert not admits(way(closed, "unlisted-service"), "evil/evil", "DELETE", "/admin", number=80)
    opened = reaches(RECIPE.replace(DEFAULT_DENY, ""))["waypoint shop/waypoint"]
    assert admits(way(opened, "unlisted-service"), "evil/evil", "DELETE", "/admin", number=80)


def test_a_second_service_on_the_pods_is_a_way_of_its_own() -> None:
    from tests.unit.istio.world import BOUND, port, service

    second = service("shop", "side", [port(81, 8080)], app="orders", marks=BOUND)
    reach = reaches(RECIPE.replace(DEFAULT_DENY, ""), shop(extra=[second]))[ORDERS]
    assert admits(way(reach, "service", "shop/side"), "evil/evil", "DELETE", "/admin")
    closed = reaches(RECIPE, shop(extra=[second]))[ORDERS]
    assert not admits(way(closed, "service", "shop/side"), "evil/evil", "DELETE", "/admin")
    unbound = reaches(RECIPE, shop(extra=[second._replace(labels=())]))[ORDERS]
    assert not admits(way(unbound, "service", "shop/side"), "evil/evil", "DELETE", "/admin")


def test_the_fence_holds_identities_against_a_class_wide_allow() -> None:
    foreign = objects("""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: everything, namespace: istio-system}
spec: {rules: [{}], targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]}
""")
    fenced = way(reaches(RECIPE, shop(foreign=foreign))[ORDERS], "service")
    assert admits(fenced, "shop/web", "DELETE", "/admin") and not admits(fenced, "evil/evil", "DELETE", "/admin")
    bare = way(reaches(RECIPE.replace(ORDERS_FENCE, ""), shop(foreign=foreign))[ORDERS], "service")
    assert admits(bare, "evil/evil", "DELETE", "/admin")


def test_other_pods_of_the_namespace() -> None:
    opened = reaches(RECIPE)["other pods shop"]
    assert admits(way(opened, "pod"), "evil/evil", number=1) and not admits(way(opened, "plaintext"), "", number=1)
    closed = reaches(RECIPE + """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: nothing, namespace: shop}
spec: {}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: tomorrow, namespace: shop}
spec: {selector: {matchLabels: {app: later}}, rules: [{from: [{source: {namespaces: [shop]}}]}]}
""")
    assert not admits(way(closed["other pods shop"], "pod"), "shop/web", number=1)
    later = way(closed["other pods shop app=later"], "pod")
    assert admits(later, "shop/web", number=1) and not admits(later, "evil/evil", number=1)
    assert "other pods shop app=orders" not in closed
