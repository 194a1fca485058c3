"""Who is asked: bindings, bypasses, gateways, mesh routes, capture (istio-semantics 3.1 to 3.5, lowering-verified 3 and 5)."""

import pytest
from tests.unit.istio.world import (
    BOUND,
    DEFAULT_DENY,
    ENROLLED,
    GATEWAY,
    MESH,
    ORDERS_ALLOW,
    RECIPE,
    WAYPOINT,
    admits,
    inventory,
    objects,
    port,
    reaches,
    service,
    shop,
    way,
    workload,
)

from meshwright.ir.inventory import ContainerPort, Namespace
from meshwright.istio import model

ORDERS = "shop/Deployment/orders"


def proxies(text: str, orders: dict[str, str], **extra: object) -> tuple[str, ...]:
    return way(reaches(text, shop(orders=orders, **extra))[ORDERS], "service").by  # type: ignore[arg-type]


THROUGH = ("waypoint shop/waypoint", "ztunnel")
STRAIGHT = ("ztunnel",)


@pytest.mark.parametrize(("labels", "expected"), [
    ({}, STRAIGHT),
    (BOUND, THROUGH),
    ({"istio.io/use-waypoint": "typo"}, STRAIGHT),
    ({"istio.io/use-waypoint": "none"}, STRAIGHT),
    ({"istio.io/use-waypoint": "waypoint", "istio.io/use-waypoint-namespace": "infra"}, STRAIGHT),
])
def test_labels_bind(labels: dict[str, str], expected: tuple[str, ...]) -> None:
    assert proxies(WAYPOINT, labels) == expected


def test_the_namespace_binds_unless_the_service_says_otherwise() -> None:
    marked = tuple(sorted([*ENROLLED, ("istio.io/use-waypoint", "waypoint")]))
    assert proxies(WAYPOINT, {}, shop_labels=marked) == THROUGH
    assert proxies(WAYPOINT, {"istio.io/use-waypoint": "none"}, shop_labels=marked) == STRAIGHT
    # no fall-back from a wrong label of the object to the good one of the namespace
    assert proxies(WAYPOINT, {"istio.io/use-waypoint": "typo"}, shop_labels=marked) == STRAIGHT


@pytest.mark.parametrize(("old", "new"), [
    ("istio.io/waypoint-for: service", "istio.io/waypoint-for: workload"),
    ("istio.io/waypoint-for: service", "istio.io/waypoint-for: none"),
    ("gatewayClassName: istio-waypoint", "gatewayClassName: istio"),
    ("protocol: HBONE", "protocol: HTTP"),
    ("port: 15008", "port: 15009"),
])
def test_a_gateway_that_is_no_fitting_waypoint_binds_nothing(old: str, new: str) -> None:
    assert proxies(WAYPOINT.replace(old, new), BOUND) == STRAIGHT
    assert proxies(WAYPOINT.replace("waypoint-for: service", "waypoint-for: all"), BOUND) == THROUGH


@pytest.mark.parametrize(("allowed", "expected"), [
    ("", STRAIGHT),
    ("allowedRoutes: {namespaces: {from: Same}}", STRAIGHT),
    ("allowedRoutes: {namespaces: {from: All}}", ("waypoint infra/wp", "ztunnel")),
    ("allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: shop}}}}", ("waypoint infra/wp", "ztunnel")),
    ("allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: other}}}}", STRAIGHT),
    ("allowedRoutes: {namespaces: {from: Selector, selector: {matchExpressions: [{key: istio.io/dataplane-mode, operator: Exists}]}}}",
     ("waypoint infra/wp", "ztunnel")),
])
def test_a_waypoint_of_another_namespace_must_admit_the_namespace(allowed: str, expected: tuple[str, ...]) -> None:
    text = WAYPOINT.replace("name: waypoint, namespace: shop", "name: wp, namespace: infra").replace(
        "protocol: HBONE", "protocol: HBONE" + (f", {allowed}" if allowed else ""))
    assert proxies(text, {"istio.io/use-waypoint": "wp", "istio.io/use-waypoint-namespace": "infra"}) == expected


def test_labels_of_the_tree_count() -> None:
    text = WAYPOINT + """
---
apiVersion: v1
kind: Service
metadata: {name: orders, namespace: shop, labels: {istio.io/use-waypoint: waypoint}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
"""
    given = shop(orders={}, shop_labels=())
    given = given._replace(workloads=tuple(one._replace(capture="outside") for one in given.workloads))
    reach = reaches(text, given)[ORDERS]
    assert reach.captured and way(reach, "service").by == THROUGH
    assert not reaches(WAYPOINT, given)[ORDERS].captured


def test_headless_names_are_the_pods_own_addresses() -> None:
    given = shop()._replace(services=(service("shop", "kafka", [port(9092, protocol="tcp")], kind="headless", marks=BOUND),))
    assert way(reaches(RECIPE, given)["shop/Deployment/kafka"], "service").by == STRAIGHT


def test_bound_services_have_a_way_without_the_waypoint() -> None:
    reach = reaches(WAYPOINT + DEFAULT_DENY + ORDERS_ALLOW)[ORDERS]
    assert admits(way(reach, "without-waypoint"), "evil/evil", "DELETE", "/x")
    assert [found.kind for found in reaches(WAYPOINT)["shop/Deployment/postgres"].ways] == ["service", "pod", "plaintext"]


def test_policies_that_name_clients_cut_off_their_own_waypoint() -> None:
    text = WAYPOINT + """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: clients, namespace: shop}
spec: {selector: {matchLabels: {app: orders}}, rules: [{from: [{source: {serviceAccounts: [shop/web]}}]}]}
"""
    reach = reaches(text)[ORDERS]
    assert not admits(way(reach, "service"), "shop/web") and admits(way(reach, "without-waypoint"), "shop/web")


def test_an_address_behind_a_waypoint_is_not_known() -> None:
    text = WAYPOINT + """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: addresses, namespace: shop}
spec: {selector: {matchLabels: {app: orders}}, rules: [{from: [{source: {ipBlocks: [10.1.0.0/16]}}]}]}
"""
    reach = reaches(text)[ORDERS]
    assert admits(way(reach, "service"), "shop/web") and any("address of the waypoint" in reason for reason in reach.unknown)


def test_tcp_behind_a_waypoint_is_open_before_it_is_judged() -> None:
    given = shop(extra=[service("shop", "db", [port(5432, protocol="tcp")], app="postgres", marks=BOUND)])
    reach = reaches(WAYPOINT + DEFAULT_DENY, given)["shop/Deployment/postgres"]
    assert admits(way(reach, "service", "shop/db"), "evil/evil") and any("opens the connection" in reason for reason in reach.unknown)


def test_an_undeclared_protocol_is_not_enforced_as_http() -> None:
    given = shop()._replace(services=(service("shop", "orders", [port(8080, protocol="undeclared")], marks=BOUND),))
    reach = reaches(WAYPOINT + DEFAULT_DENY + ORDERS_ALLOW, given)[ORDERS]
    assert admits(way(reach, "service"), "evil/evil") and any("protocol is not declared" in reason for reason in reach.unknown)


def test_uncaptured_pods_are_open() -> None:
    given = inventory([Namespace("shop", ENROLLED, (), True, None)], [service("shop", "orders", [port(8080)], marks=BOUND)],
                      [workload("shop", "orders", capture="outside")])
    reach = reaches(RECIPE, given)[ORDERS]
    assert not reach.captured and all(admits(found, "evil/evil") and admits(found, "") for found in reach.ways)
    sidecar = given._replace(workloads=(workload("shop", "orders", capture="sidecar"),))
    assert reaches(RECIPE, sidecar)[ORDERS].unknown


def test_excluded_ports_are_open_and_others_are_not() -> None:
    given = inventory([Namespace("shop", ENROLLED, (), True, None)], [service("shop", "orders", [port(8080), port(81, 9999)])],
                      [workload("shop", "orders", excluded=[9999])])
    reach = reaches(RECIPE, given)[ORDERS]
    assert admits(way(reach, "pod"), "evil/evil", number=9999) and admits(way(reach, "plaintext"), "", number=9999)
    assert not admits(way(reach, "pod"), "evil/evil", number=8080)
    assert admits(way(reach, "service", number=81), "evil/evil") and not admits(way(reach, "service", number=8080), "evil/evil")


def test_named_target_ports_are_resolved_per_workload() -> None:
    given = inventory([Namespace("shop", ENROLLED, (), True, None)],
                      [service("shop", "orders", [port(80, target_name="http")], workloads=("shop/Deployment/a", "shop/Deployment/b"))],
                      [workload("shop", "a", ports=[ContainerPort("http", 8080, "TCP", None)]),
                       workload("shop", "b", ports=[ContainerPort("http", 8081, "TCP", None)])])
    found = reaches("", given)
    assert [way(found[f"shop/Deployment/{name}"], "service").target for name in "ab"] == [8080, 8081]


def test_a_service_without_selector_passes_its_waypoint() -> None:
    given = shop(extra=[service("shop", "manual", [port(80)], marks=BOUND, workloads=())._replace(selector=None)])
    opened = reaches(RECIPE.replace("name: orders}]", "name: manual}]").replace("serviceAccounts: [shop/web]", "serviceAccounts: [evil/evil]", 1)
                     .replace('ports: ["8080"], methods', 'ports: ["80"], methods'), given)["waypoint shop/waypoint"]
    assert [found.service for found in opened.ways] == ["", "shop/manual"]


# --- gateways ---------------------------------------------------------------------------------------------------------


def route(name: str, spec: str, space: str = "shop") -> str:
    return f"""
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: {space}}}
spec: {{{spec}}}
"""


AT_PUBLIC = "parentRefs: [{name: public, namespace: edge}]"
TO_WEB = route("web", AT_PUBLIC + ", rules: [{matches: [{path: {type: PathPrefix, value: /api}}], backendRefs: [{name: orders, port: 8080}]},"
                                  " {backendRefs: [{name: web, port: 80}]}]")
FOR_GATEWAY = ORDERS_ALLOW.replace("shop/web", "edge/public-istio")


def test_a_gateway_with_the_ingress_label_asks_the_waypoint() -> None:
    reach = reaches(RECIPE.replace(ORDERS_ALLOW, FOR_GATEWAY).replace("notServiceAccounts: [shop/web]", "notServiceAccounts: [edge/public-istio]")
                    + GATEWAY + TO_WEB.replace("value: /api", "value: /v1"))[ORDERS]
    found = way(reach, "gateway")
    assert found.by == ("gateway edge/public", "waypoint shop/waypoint", "ztunnel") and (found.gateway, found.listener) == ("edge/public", 80)
    assert admits(found, "", "GET", "/v1/orders/7", host="shop.example.com") and admits(found, "", "GET", "/v1/orders/7", host="Shop.example.com:80")
    assert not admits(found, "", "GET", "/v1/other", host="shop.example.com") and not admits(found, "", "GET", "/v1/orders/7", host="evil.com")
    assert not admits(found, "", "GET", "/orders/7", host="shop.example.com")
    assert reach.unknown == ()


def test_a_gateway_without_the_label_goes_straight_to_the_pod() -> None:
    text = RECIPE + GATEWAY + TO_WEB
    found = way(reaches(text, shop(orders=BOUND))[ORDERS], "gateway")
    assert found.by == ("gateway edge/public", "ztunnel") and not admits(found, "", "GET", "/api", host="shop.example.com")
    open_pod = way(reaches(WAYPOINT + DEFAULT_DENY + GATEWAY + TO_WEB, shop(orders=BOUND))[ORDERS], "gateway")
    assert admits(open_pod, "", "GET", "/api", host="shop.example.com")
    spelt = way(reaches(text, shop(orders={**BOUND, "istio.io/ingress-use-waypoint": "True"}))[ORDERS], "gateway")
    assert len(spelt.by) == 3


def test_the_longest_match_gets_the_request() -> None:
    found = reaches(GATEWAY + TO_WEB, shop(web={}, orders={}))
    web, orders = way(found["shop/Deployment/web"], "gateway"), way(found[ORDERS], "gateway")
    for path, to_orders in [("/api", True), ("/api/x", True), ("/apiary", False), ("/", False)]:
        assert admits(orders, "", "GET", path, host="shop.example.com") == to_orders
        assert admits(web, "", "GET", path, host="shop.example.com") != to_orders


def test_exact_goes_before_prefix_and_redirects_take_their_requests() -> None:
    text = GATEWAY + route("web", AT_PUBLIC + ", rules: [{matches: [{path: {type: PathPrefix, value: /api/long}}], backendRefs: [{name: orders, port: 8080}]},"
                           " {matches: [{path: {type: Exact, value: /api/long}, method: GET}], backendRefs: [{name: web, port: 80}]},"
                           " {matches: [{path: {value: /api/long/gone}}], filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]")
    found = reaches(text, shop(web={}, orders={}))
    web, orders = way(found["shop/Deployment/web"], "gateway"), way(found[ORDERS], "gateway")
    assert admits(web, "", "GET", "/api/long", host="shop.example.com") and not admits(orders, "", "GET", "/api/long", host="shop.example.com")
    assert admits(orders, "", "POST", "/api/long", host="shop.example.com")
    assert not admits(orders, "", "GET", "/api/long/gone/x", host="shop.example.com")
    assert admits(orders, "", "GET", "/api/long/gonex", host="shop.example.com")


def test_the_most_specific_host_gets_the_request() -> None:
    wide = GATEWAY.replace("hostname: shop.example.com, ", "")
    text = wide + route("a", AT_PUBLIC + ", hostnames: [shop.example.com], rules: [{matches: [{path: {value: /only}}], backendRefs: [{name: web, port: 80}]}]") \
        + route("b", AT_PUBLIC + ', hostnames: ["*.example.com"], rules: [{backendRefs: [{name: orders, port: 8080}]}]')
    found = reaches(text, shop(web={}, orders={}))
    web, orders = way(found["shop/Deployment/web"], "gateway"), way(found[ORDERS], "gateway")
    assert admits(web, "", "GET", "/only", host="shop.example.com") and not admits(web, "", "GET", "/x", host="shop.example.com")
    assert not admits(orders, "", "GET", "/x", host="shop.example.com:80") and admits(orders, "", "GET", "/x", host="a.b.example.com")
    assert not admits(orders, "", "GET", "/x", host="example.com")


def test_listeners_decide_which_routes_attach() -> None:
    def kinds(gateway: str, spec: str = AT_PUBLIC, space: str = "shop", extra: str = "") -> list[str]:
        text = gateway + route("r", spec + ", rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]", space) + extra
        return [found.kind for found in reaches(text, shop(web={}))["shop/Deployment/web"].ways if found.kind == "gateway"]

    assert kinds(GATEWAY) == ["gateway"]
    assert kinds(GATEWAY.replace(", allowedRoutes: {namespaces: {from: All}}", "")) == []
    assert kinds(GATEWAY, AT_PUBLIC.replace("}]", ", sectionName: other}]")) == []
    assert kinds(GATEWAY, AT_PUBLIC.replace("}]", ", sectionName: http}]")) == ["gateway"]
    assert kinds(GATEWAY, AT_PUBLIC + ", hostnames: [other.example.com]") == []
    assert kinds(GATEWAY.replace("gatewayClassName: istio", "gatewayClassName: nginx")) == []
    grant = """
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: shop}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}], to: [{group: "", kind: Service, name: web}]}
"""
    assert kinds(GATEWAY, AT_PUBLIC, "edge") == []
    assert kinds(GATEWAY, AT_PUBLIC, "edge", grant) == ["gateway"]
    assert kinds(GATEWAY, AT_PUBLIC, "edge", grant.replace("name: web", "name: orders")) == []


@pytest.mark.parametrize(("where", "spec", "closed"), [
    ("edge", "{}", True), ("istio-system", "{}", True), ("shop", "{}", False),
    ("edge", "{selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: public}}}", True),
    ("edge", "{selector: {}}", True),
    ("edge", "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: public}]}", True),
    ("edge", "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: other}]}", False),
    ("edge", "{rules: [{to: [{operation: {ports: ['80']}}]}]}", False),
    ("edge", "{rules: [{to: [{operation: {ports: ['8080']}}]}]}", True),
    ("edge", "{rules: [{from: [{source: {principals: ['*']}}]}]}", True),
    ("edge", "{rules: [{from: [{source: {ipBlocks: [10.0.0.0/24]}}]}]}", False),
])
def test_policies_at_the_gateway(where: str, spec: str, closed: bool) -> None:
    text = GATEWAY + TO_WEB + f"""
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: p, namespace: {where}}}
spec: {spec}
"""
    # the pods themselves are left open, to see the gateway's own answer
    given = shop(web={})
    given = given._replace(workloads=tuple(one._replace(excluded_inbound=(8080,)) for one in given.workloads))
    found = way(reaches(text, given)["shop/Deployment/web"], "gateway")
    assert admits(found, "", host="shop.example.com") != closed


def test_what_a_route_does_beyond_the_model_is_a_doubt() -> None:
    for rule in ("filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /}}}], ",
                 "matches: [{queryParams: [{name: x, value: y}]}], ", "matches: [{path: {type: RegularExpression, value: /a.*}}], "):
        text = GATEWAY + route("r", AT_PUBLIC + ", rules: [{" + rule + "backendRefs: [{name: web, port: 80}]}]")
        reach = reaches(text, shop(web={}))["shop/Deployment/web"]
        assert reach.unknown and admits(way(reach, "gateway"), "", path="/a", host="shop.example.com")


# --- mesh routes ------------------------------------------------------------------------------------------------------

WEB_TO_ORDERS = route("split", 'parentRefs: [{group: "", kind: Service, name: web}], rules: [{matches: [{path: {value: /o}}], '
                               "backendRefs: [{name: orders, port: 8080}]}, {backendRefs: [{name: web, port: 80}]}]")
WEB_ALLOW = """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web-allow, namespace: shop}
spec: {targetRefs: [{group: "", kind: Service, name: web}], rules: [{from: [{source: {serviceAccounts: [ops/prometheus]}}]}]}
"""


def test_a_mesh_route_is_a_grant() -> None:
    found = reaches(RECIPE + WEB_ALLOW + WEB_TO_ORDERS)
    edge = way(found[ORDERS], "mesh-route")
    assert admits(edge, "ops/prometheus", "DELETE", "/o/x") and not admits(edge, "ops/prometheus", "DELETE", "/x")
    assert not admits(edge, "shop/web", "DELETE", "/o") and (edge.service, edge.port) == ("shop/orders", 8080)
    own = way(found["shop/Deployment/web"], "service")
    assert admits(own, "ops/prometheus", "GET", "/x") and not admits(own, "ops/prometheus", "GET", "/o/x")


def test_a_mesh_route_of_an_unbound_or_foreign_namespace_is_read_by_nobody() -> None:
    assert [one.kind for one in reaches(RECIPE + WEB_ALLOW + WEB_TO_ORDERS, shop(web={}))[ORDERS].ways].count("mesh-route") == 0
    consumer = WEB_TO_ORDERS.replace("namespace: shop", "namespace: ops").replace("name: web}]", "name: web, namespace: shop}]", 1)
    assert [one.kind for one in reaches(RECIPE + WEB_ALLOW + consumer)[ORDERS].ways].count("mesh-route") == 0


def test_a_mirror_is_let_in_too() -> None:
    mirror = route("m", 'parentRefs: [{group: "", kind: Service, name: web}], rules: [{filters: [{type: RequestMirror, requestMirror: '
                        "{backendRef: {name: orders, port: 8080}}}], backendRefs: [{name: web, port: 80}]}]")
    assert admits(way(reaches(RECIPE + WEB_ALLOW + mirror)[ORDERS], "mesh-route"), "ops/prometheus", "DELETE", "/x")


# --- what is not modelled ---------------------------------------------------------------------------------------------


def doubted(api: str, kind: str, space: str, spec: str, **metadata: str) -> set[str]:
    text = f"""
apiVersion: {api}
kind: {kind}
metadata: {{name: x, namespace: {space}}}
spec: {spec}
"""
    found = reaches(RECIPE + GATEWAY + TO_WEB, shop(foreign=objects(text)))
    return {name.rpartition("/")[2] for name, reach in found.items() if reach.unknown}


@pytest.mark.parametrize(("api", "kind", "space", "spec", "expected"), [
    ("telemetry.istio.io/v1", "Telemetry", "shop", "{}", set()),
    ("networking.istio.io/v1", "Sidecar", "shop", "{egress: [{hosts: [./*]}]}", set()),
    ("networking.istio.io/v1", "VirtualService", "shop", "{hosts: [orders], http: [{route: [{destination: {host: orders}}]}]}", {"orders"}),
    ("networking.istio.io/v1", "VirtualService", "ops", "{hosts: [web.shop.svc.cluster.local], http: [{route: [{destination: {host: api}}]}]}", {"web"}),
    ("networking.istio.io/v1", "DestinationRule", "shop", "{host: orders, trafficPolicy: {loadBalancer: {simple: RANDOM}}}", set()),
    ("networking.istio.io/v1", "DestinationRule", "shop", "{host: orders, trafficPolicy: {tls: {mode: SIMPLE}}}", {"orders"}),
    ("networking.istio.io/v1", "ServiceEntry", "shop", "{hosts: [api.example.com]}", set()),
    ("networking.istio.io/v1alpha3", "EnvoyFilter", "shop", "{}", {"orders", "web", "waypoint"}),
    ("networking.istio.io/v1alpha3", "EnvoyFilter", "ops", "{}", set()),
    ("extensions.istio.io/v1alpha1", "WasmPlugin", "istio-system", "{url: oci://registry.example/plugin}", {"orders", "web", "waypoint"}),
    ("security.istio.io/v1", "RequestAuthentication", "shop", '{targetRefs: [{group: "", kind: Service, name: orders}]}', set()),
    ("security.istio.io/v1", "RequestAuthentication", "shop", "{selector: {matchLabels: {app: orders}}}", set()),
    ("security.istio.io/v1", "RequestAuthentication", "ops", "{jwtRules: [{jwksUri: 'https://keys.example/all'}]}", {"prometheus", "other pods ops"}),
    ("security.istio.io/v1", "Unheard", "ops", "{}", {"prometheus", "other pods ops"}),
    ("gateway.networking.k8s.io/v1", "GRPCRoute", "shop",
     '{parentRefs: [{group: "", kind: Service, name: web}], rules: [{backendRefs: [{name: orders, port: 8080}]}]}', {"orders", "web"}),
    ("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", '{parentRefs: [{group: "", kind: Service, name: nowhere}], rules: '
     '[{retry: {attempts: 1}, backendRefs: [{name: orders, port: 8080}]}]}', {"orders"}),
    ("v1", "ConfigMap", "shop", "{}", set()),
    ("apps/v1", "Deployment", "ops", "{}", {"prometheus", "other pods ops"}),
])
def test_unknown_kinds_reach_what_they_can_touch(api: str, kind: str, space: str, spec: str, expected: set[str]) -> None:
    assert doubted(api, kind, space, spec) == expected


def test_refused_and_conflicting_objects_are_errors() -> None:
    two = objects(DEFAULT_DENY) + objects(DEFAULT_DENY.replace("name: waypoint}", "name: other}"))
    conflict = model(tuple(two), shop(), MESH)
    assert conflict.value is None and [found.code for found in conflict.diagnostics] == ["MW0451"]
    bad = model(tuple(objects(DEFAULT_DENY.replace("action: ALLOW", "action: allow"))), shop(), MESH)
    assert bad.value is None and [found.code for found in bad.diagnostics] == ["MW0450"]
    applied = objects(RECIPE)
    for one in applied:  # as a cluster gives it back
        one.content["status"] = {}  # type: ignore[index]
    same = model(tuple(objects(RECIPE)), shop(foreign=applied), MESH)
    assert same.value is not None


def test_order_and_duplicates_do_not_matter() -> None:
    given = objects(RECIPE + GATEWAY + TO_WEB)
    forward, backward = model(tuple(given), shop(), MESH).value, model(tuple(reversed(given)), shop(), MESH).value
    assert forward is not None and forward == backward


def test_a_waypoint_for_workloads_is_a_second_way_to_the_pods() -> None:
    marked = tuple(sorted([*ENROLLED, ("istio.io/use-waypoint", "waypoint")]))
    reach = reaches(RECIPE.replace("waypoint-for: service", "waypoint-for: all"), shop(shop_labels=marked))[ORDERS]
    straight, through = (found for found in reach.ways if found.kind == "pod")
    assert not admits(straight, "evil/evil", number=8080) and admits(through, "evil/evil", number=8080) and reach.unknown
    assert [found.kind for found in reaches(RECIPE, shop(shop_labels=marked))[ORDERS].ways].count("pod") == 1


def test_a_certificate_of_another_namespace_needs_a_grant() -> None:
    secure = GATEWAY.replace("port: 80, protocol: HTTP,", "port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c, namespace: certs}]},")
    grant = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: g, namespace: certs}
spec: {from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: edge}], to: [{group: "", kind: Secret, name: c}]}
"""
    listeners = [[found.listener for found in reaches(text, shop(web={}))["shop/Deployment/web"].ways if found.kind == "gateway"]
                 for text in (secure + TO_WEB, secure + TO_WEB + grant, secure.replace(", namespace: certs", "") + TO_WEB)]
    assert listeners == [[], [443], [443]]


def test_two_routes_for_the_same_requests_are_a_doubt() -> None:
    text = GATEWAY + route("a", AT_PUBLIC + ", rules: [{backendRefs: [{name: web, port: 80}]}]") \
        + route("b", AT_PUBLIC + ", rules: [{backendRefs: [{name: orders, port: 8080}]}]")
    found = reaches(text, shop(web={}, orders={}))
    assert all(admits(way(found[name], "gateway"), "", host="shop.example.com") for name in (ORDERS, "shop/Deployment/web"))
    assert all(any("the older one" in reason for reason in found[name].unknown) for name in (ORDERS, "shop/Deployment/web"))


def test_reasons_do_not_pile_up() -> None:
    text = "".join(f"""
---
apiVersion: security.istio.io/v1
kind: Unheard
metadata: {{name: x{number}, namespace: istio-system}}
""" for number in range(50))
    assert len(reaches(text)[ORDERS].unknown) == 17


@pytest.mark.parametrize(("old", "new"), [
    ("listeners: [{name: mesh", "addresses: [{value: 10.0.0.1}], listeners: [{name: mesh"),
    ("labels: {istio.io/waypoint-for: service}", "annotations: {ambient.istio.io/waypoint-inbound-binding: PROXY/15008}"),
    ("gatewayClassName: istio-waypoint", "gatewayClassName: istio-waypoint, infrastructure: {parametersRef: {group: '', kind: ConfigMap, name: c}}"),
])
def test_a_waypoint_with_more_than_the_model_knows_is_a_doubt(old: str, new: str) -> None:
    found = reaches(RECIPE.replace(old, new))
    assert found[ORDERS].unknown and found["waypoint shop/waypoint"].unknown and not found["shop/Deployment/postgres"].unknown


def test_the_account_of_a_waypoint_may_be_named() -> None:
    text = RECIPE.replace("labels: {istio.io/waypoint-for: service}", "annotations: {gateway.istio.io/service-account: wp}")
    assert not admits(way(reaches(text)[ORDERS], "service"), "shop/web", "POST", "/v1/orders")
    assert admits(way(reaches(text.replace("shop/waypoint]", "shop/wp]"))[ORDERS], "service"), "shop/web", "POST", "/v1/orders")


@pytest.mark.parametrize("parent", ('name: public, namespace: edge, sectionName: ""', 'name: "", namespace: edge', 'name: public, namespace: ""',
                                    'name: public, namespace: edge, port: "80"', "name: public, namespace: edge, port: 0"))
def test_a_parent_that_the_schema_refuses_is_no_parent_of_everything(parent: str) -> None:
    """Read as absent, an empty section or a port that is none would attach the route to every listener."""
    text = GATEWAY + route("r", f"parentRefs: [{{{parent}}}], rules: [{{backendRefs: [{{name: web, port: 80}}]}}]")
    bad = model(tuple(objects(text)), shop(web={}), MESH)
    assert bad.value is None and [found.code for found in bad.diagnostics] == ["MW0450"]


@pytest.mark.parametrize(("old", "new"), (("hostname: shop.example.com", 'hostname: ""'), ("from: All", 'from: ""'), ("protocol: HTTP", 'protocol: ""'),
                                          ("protocol: HTTP", 'protocol: HTTPS, tls: {certificateRefs: [{name: c, namespace: ""}]}')))
def test_an_empty_word_of_a_gateway_is_not_an_absent_one(old: str, new: str) -> None:
    assert old in GATEWAY
    bad = model(tuple(objects(GATEWAY.replace(old, new))), shop(web={}), MESH)
    assert bad.value is None and [found.code for found in bad.diagnostics] == ["MW0450"]


@pytest.mark.parametrize("rule", ('{matches: [{method: ""}], backendRefs: [{name: web, port: 80}]}', '{backendRefs: [{name: web, namespace: "", port: 80}]}',
                                  "{filters: [{type: Redirect}]}", '{filters: [{type: "*"}], backendRefs: [{name: web, port: 80}]}'))
def test_an_empty_or_unknown_word_of_a_route_is_refused(rule: str) -> None:
    bad = model(tuple(objects(GATEWAY + route("r", f"{AT_PUBLIC}, rules: [{rule}]"))), shop(web={}), MESH)
    assert bad.value is None and [found.code for found in bad.diagnostics] == ["MW0450"]
