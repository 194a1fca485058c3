"""A mesh for the model's tests, written as Kubernetes documents: the shop of the verified recipe, and ways to change it."""

from typing import Any

import yaml

from meshwright.access.reach import Reach, Way
from meshwright.access.request import Witness, evaluate
from meshwright.diagnostics import Outcome
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Inventory, Labels, Namespace, Object, Service, ServicePort, Workload
from meshwright.istio import model
from meshwright.source import Span

MESH = Mesh((1, 31), "cluster.local", "istio-system", None)
HERE = Span("world.yaml", 0, 0)


def labels(**given: str) -> Labels:
    return tuple(sorted(given.items()))


def objects(text: str) -> list[Object]:
    """Objects from YAML documents."""
    found = []
    for content in yaml.safe_load_all(text):
        if content is not None:
            metadata = content["metadata"]
            found.append(Object(content["apiVersion"], content["kind"], metadata.get("namespace", ""), metadata["name"], content, HERE))
    return found


def port(number: int, target: int | None = None, protocol: Any = "http", transport: Any = "TCP", target_name: str = "") -> ServicePort:
    return ServicePort("", number, transport, protocol, (number if target is None and not target_name else target), target_name, None, HERE)


def workload(namespace: str, name: str, *, account: str | None = None, capture: Any = "ambient", **extra: Any) -> Workload:
    marks = labels(app=name)
    return Workload(namespace, "Deployment", name, extra.pop("labels", marks), marks, (), account or name,
                    tuple(extra.pop("ports", ())), False, capture, "test", tuple(extra.pop("excluded", ())), HERE)


def service(namespace: str, name: str, ports: list[ServicePort], *, app: str | None = None, marks: dict[str, str] | None = None,
            kind: Any = "vip", workloads: tuple[str, ...] | None = None) -> Service:
    app = app or name
    return Service(namespace, name, kind, "ClusterIP", labels(app=app), tuple(ports), tuple(sorted((marks or {}).items())), (), (),
                   (f"{namespace}/Deployment/{app}",) if workloads is None else workloads, HERE)


def namespace(name: str, **marks: str) -> Namespace:
    return Namespace(name, tuple(sorted((key.replace("__", "/").replace("_", "-"), value) for key, value in marks.items())), (), True, None)


def inventory(namespaces: list[Namespace], services: list[Service], workloads: list[Workload], foreign: list[Object] | None = None) -> Inventory:
    return Inventory(tuple(namespaces), tuple(services), tuple(workloads), (), (), (), tuple(foreign or ()), (), (), "")


ENROLLED: Labels = (("istio.io/dataplane-mode", "ambient"),)
BOUND = {"istio.io/use-waypoint": "waypoint"}


def shop(*, web: dict[str, str] | None = None, orders: dict[str, str] | None = None, extra: list[Service] | None = None,
         foreign: list[Object] | None = None, shop_labels: Labels = ENROLLED) -> Inventory:
    """web 80->8080 and orders 8080 behind shop/waypoint, postgres tcp 5432, kafka headless 9092; edge with a gateway; ops with prometheus."""
    both = {"istio.io/use-waypoint": "waypoint", "istio.io/ingress-use-waypoint": "true"}
    return inventory(
        [Namespace("edge", (), (), True, None), Namespace("ops", ENROLLED, (), True, None),
         Namespace("shop", shop_labels, (), True, None)],
        [service("shop", "web", [port(80, 8080)], marks=both if web is None else web),
         service("shop", "orders", [port(8080)], marks=both if orders is None else orders),
         service("shop", "postgres", [port(5432, protocol="tcp")]),
         service("shop", "kafka", [port(9092, protocol="tcp")], kind="headless"), *(extra or [])],
        [workload("shop", name) for name in ("kafka", "orders", "postgres", "web")] + [workload("ops", "prometheus")], foreign)


WAYPOINT = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop, labels: {istio.io/waypoint-for: service}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
"""
DEFAULT_DENY = """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: waypoint-default-deny, namespace: shop}
spec: {action: ALLOW, targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]}
"""
ORDERS_ALLOW = """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders-allow, namespace: shop}
spec:
  action: ALLOW
  targetRefs: [{group: "", kind: Service, name: orders}]
  rules:
  - from: [{source: {serviceAccounts: [shop/web]}}]
    to:
    - operation: {ports: ["8080"], methods: [GET], paths: ["/v1/orders/{*}"]}
    - operation: {ports: ["8080"], methods: [POST], paths: [/v1/orders]}
"""
ORDERS_FENCE = """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders-fence, namespace: shop}
spec:
  action: DENY
  targetRefs: [{group: "", kind: Service, name: orders}]
  rules: [{from: [{source: {notServiceAccounts: [shop/web]}}]}]
"""
ORDERS_GUARD = """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders-guard, namespace: shop}
spec:
  action: DENY
  selector: {matchLabels: {app: orders}}
  rules:
  - {from: [{source: {notServiceAccounts: [shop/waypoint]}}], to: [{operation: {ports: ["8080"]}}]}
  - {from: [{source: {notServiceAccounts: [ops/prometheus]}}], to: [{operation: {ports: ["9102"]}}]}
  - {to: [{operation: {notPorts: ["8080", "9102"]}}]}
"""
ORDERS_PEERS = """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders-peers, namespace: shop}
spec:
  action: ALLOW
  selector: {matchLabels: {app: orders}}
  rules:
  - {from: [{source: {serviceAccounts: [shop/waypoint]}}], to: [{operation: {ports: ["8080"]}}]}
  - {from: [{source: {serviceAccounts: [ops/prometheus]}}], to: [{operation: {ports: ["9102"]}}]}
"""
STRICT = """
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: shop}
spec: {mtls: {mode: STRICT}}
"""
RECIPE = WAYPOINT + DEFAULT_DENY + ORDERS_ALLOW + ORDERS_FENCE + ORDERS_GUARD + ORDERS_PEERS + STRICT

GATEWAY = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec:
  gatewayClassName: istio
  listeners:
  - {name: http, port: 80, protocol: HTTP, hostname: shop.example.com, allowedRoutes: {namespaces: {from: All}}}
"""


def reaches(text: str, given: Inventory | None = None, mesh: Mesh = MESH) -> dict[str, Reach]:
    """The model's answer by destination; fails the test when there is none."""
    outcome: Outcome[tuple[Reach, ...]] = model(tuple(objects(text)), shop() if given is None else given, mesh)
    assert outcome.value is not None, outcome.diagnostics
    return {reach.destination: reach for reach in outcome.value}


def way(reach: Reach, kind: str, service_id: str = "", number: int = 0) -> Way:
    """The only way of a kind (to one service port)."""
    found = [one for one in reach.ways if one.kind == kind and (not service_id or one.service == service_id) and (not number or one.port == number)]
    assert len(found) == 1, [(one.kind, one.service, one.port) for one in reach.ways]
    return found[0]


def who(account: str) -> str:
    """shop/web -> cluster.local/ns/shop/sa/web; "" stays: no identity."""
    return "cluster.local/ns/{}/sa/{}".format(*account.split("/")) if account else ""


def admits(found: Way, account: str = "", method: str = "GET", path: str = "/", *, number: int = 1, host: str = "x", ip: str = "10.0.0.9",
           sealed: bool = False) -> bool:
    """Whether one request gets in by a way."""
    return evaluate(found.sealed if sealed else found.admitted, Witness(who(account), ip, number, method, path, host))
