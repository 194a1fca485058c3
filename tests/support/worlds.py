"""Small meshes, written in a few lines: a checked program without parser, resolver and checker."""

from meshwright.ir import inventory
from meshwright.ir.identity import Identity
from meshwright.ir.intent import (
    Gateway,
    Grant,
    Http,
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
from meshwright.source import Span

AMBIENT = (("istio.io/dataplane-mode", "ambient"),)


def span(start: int = 0, path: str = "world.mesh") -> Span:
    return Span(path, start, start + 1)


def pattern(text: str) -> PathPattern:
    """`/v1/{id}/**` as a path of the language."""
    subtree = text.endswith("/**")
    text = text.removesuffix("/**") if subtree else text
    parts = text.split("/")[1:] if text not in ("", "/") else []
    return PathPattern(tuple(None if part.startswith("{") else part for part in parts), subtree)


class World:
    """Collects statements; ``program()`` sorts them as `check` would."""

    def __init__(self, istio: tuple[int, int] = (1, 30), trust_domain: str = "cluster.local") -> None:
        self.mesh = Mesh(istio, trust_domain, "istio-system", span())
        self.namespaces: dict[str, Namespace] = {}
        self.spaces: dict[str, inventory.Namespace] = {}
        self.services: dict[str, Service] = {}
        self.read: dict[str, inventory.Service] = {}
        self.pod_sets: dict[str, PodSet] = {}
        self.workloads: list[inventory.Workload] = []
        self.accounts: list[inventory.ServiceAccount] = []
        self.gateways: list[Gateway] = []
        self.routes: list[Route] = []
        self.grants: list[Grant] = []
        self.rules: list[Rule] = []
        self.foreign: list[inventory.Object] = []

    def namespace(self, name: str, waypoint: str = "namespace", enforce: str = "yes", labels: inventory.Labels = AMBIENT,
                  annotations: inventory.Labels = ()) -> "World":
        placement = Placement("shared", waypoint) if "/" in waypoint else Placement(waypoint, "")  # type: ignore[arg-type]
        self.namespaces[name] = Namespace(name, enforce, placement, "", "", "", span(len(self.namespaces)))  # type: ignore[arg-type]
        self.spaces[name] = inventory.Namespace(name, labels, annotations, True, span(0, f"k8s/{name}.yaml"))
        return self

    def pods(self, id: str, account: str = "", capture: str = "ambient", labels: inventory.Labels = ()) -> "World":
        """A Deployment and its pod set, without a Service."""
        namespace, _, name = id.partition("/")
        labels = labels or (("app", name),)
        workload = inventory.Workload(namespace, "Deployment", name, labels, labels, (), account or name, (), False,
                                      capture, "", (), span(len(self.workloads), "k8s/pods.yaml"))  # type: ignore[arg-type]
        self.workloads.append(workload)
        if namespace in self.namespaces and self.namespaces[namespace].enforce == "yes":
            self.pod_sets[id] = PodSet(namespace, name, labels, (workload.identity,), (workload.id,), ())
        return self

    def service(self, id: str, *ports: str, pods: str = "", account: str = "", headless: bool = False, capture: str = "ambient",
                labels: inventory.Labels = (), annotations: inventory.Labels = ()) -> "World":
        """``ports``: "http 80 -> 8080", "grpc 9090".  ``pods``: pod sets of other services, else one of its own."""
        namespace, _, name = id.partition("/")
        made = []
        for text in ports:
            protocol, number, *rest = text.replace("->", "").split()
            made.append(Port(int(number), int(rest[0]) if rest else int(number), protocol, protocol))  # type: ignore[arg-type]
        if not pods:
            self.pods(id, account, capture)
        sets = tuple(one for one in sorted((pods or id).split()) if one in self.pod_sets)
        for one in sets:
            self.pod_sets[one] = self.pod_sets[one]._replace(services=tuple(sorted((*self.pod_sets[one].services, id))))
        identities = tuple(sorted({identity for one in sets for identity in self.pod_sets[one].identities}))
        self.services[id] = Service(namespace, name, tuple(sorted(made)), headless, sets,
                                    identities or (Identity(namespace, account or name),), span(len(self.services), "k8s/services.yaml"))
        where = span(len(self.services), "k8s/services.yaml")
        read = tuple(inventory.ServicePort(f"{one.protocol}-{one.number}", one.number, "TCP", one.protocol, one.target, "", None, where)
                     for one in self.services[id].ports)
        selected = tuple(sorted(f"{one.namespace}/Deployment/{one.name}" for one in self.workloads
                                if f"{one.namespace}/{one.name}" in (pods or id).split()))
        selector = (("app", name),) if not pods else (("set", name),)
        self.read[id] = inventory.Service(namespace, name, "headless" if headless else "vip", "ClusterIP", selector, read, labels,
                                          annotations, (), selected, where)
        return self

    def gateway(self, id: str, *listeners: str) -> "World":
        """``listeners``: "https 443 a.example.com b.example.com edge/cert", "http 80 redirect"."""
        namespace, _, name = id.partition("/")
        made = []
        for text in listeners:
            protocol, port, *rest = text.split()
            redirect = rest == ["redirect"]
            secret = rest.pop() if protocol == "https" else ""
            made.append(Listener(f"{protocol}-{port}", protocol, int(port), () if redirect else tuple(rest), secret, redirect,
                                 span(100 + len(made))))  # type: ignore[arg-type]
        self.gateways.append(Gateway(namespace, name, Identity(namespace, f"{name}-istio"), tuple(made), span(90 + len(self.gateways))))
        return self

    def route(self, gateway: str, hosts: str, path: str, service: str, port: int) -> "World":
        self.routes.append(Route(gateway, tuple(hosts.split()), pattern(path), service, port, span(200 + len(self.routes))))
        return self

    def allow(self, source: str, target: str, *doors: str) -> "World":
        return self._rule("allow", source, target, doors)

    def deny(self, source: str, target: str, *doors: str) -> "World":
        return self._rule("deny", source, target, doors)

    def own_waypoint(self, service: str, waypoint: str = "waypoint", more: inventory.Labels = ()) -> "World":
        """Puts the binding label on a Service of the inventory."""
        labels = tuple(sorted((*self.read[service].labels, ("istio.io/use-waypoint", waypoint), *more)))
        self.read[service] = self.read[service]._replace(labels=labels)
        return self

    def _rule(self, effect: str, source: str, target: str, doors: tuple[str, ...]) -> "World":
        kind, id = ("pods", target.removeprefix("pods of ")) if target.startswith("pods of ") else ("service", target)
        number = len(self.rules)
        self.rules.append(Rule(f"{effect} {source} -> {target}", span(1000 + number), "", ""))
        for door in doors or ("",):
            words = door.split()
            port = int(words[1]) if words[:1] == ["port"] else 0
            words = words[2:] if port else words
            http = Http(tuple(word.rstrip(",") for word in words[:-1]), pattern(words[-1])) if words else None
            ports = [port] if port or kind == "pods" else [one.number for one in self.services[id].ports if http is None or one.is_http]
            for one in ports:
                self.grants.append(Grant(effect, self._source(source), Target(kind, id, one), http, number))  # type: ignore[arg-type]
        return self

    def _source(self, text: str) -> Source:
        words = text.split()
        if text in ("any workload", "anyone"):
            return Source("any-workload" if text == "any workload" else "anyone", name=text)
        if text == "clients of any gateway":
            return Source("any-gateway", name=text)
        if words[0] == "clients":
            return Source("gateway", gateway=words[2], port=int(words[4]) if len(words) > 3 else 0, name=text)
        if words[0] == "unidentified":
            return Source("unidentified", cidrs=tuple(words[1:]), name=text)
        if words[0] == "namespace":
            return Source("namespace", namespace=words[1], name=text)
        identity = self.services[text].identities[0] if text in self.services else Identity(*text.split("/"))
        return Source("identity", identity, name=text)

    def program(self) -> Program:
        read = inventory.EMPTY._replace(
            namespaces=tuple(sorted(self.spaces.values())), services=tuple(self.read[key] for key in sorted(self.read)),
            workloads=tuple(sorted(self.workloads)), service_accounts=tuple(self.accounts), foreign=tuple(self.foreign))
        return Program(
            "default", self.mesh, tuple(self.namespaces[key] for key in sorted(self.namespaces)),
            tuple(self.services[key] for key in sorted(self.services)), tuple(self.pod_sets[key] for key in sorted(self.pod_sets)),
            tuple(self.gateways), tuple(self.routes), tuple(self.grants), tuple(self.rules), (), read)


def shop(labelled: bool = True) -> World:
    """A shop: web and orders over HTTP, ledger over gRPC, a database, a broker reached by address, metrics, a public gateway."""
    world = World()
    for name in ("shop", "edge", "ops"):
        world.namespace(name, waypoint="none" if name == "edge" else "namespace")
    world.service("shop/web", "http 80 -> 8080").service("shop/orders", "http 8080").service("shop/ledger", "grpc 9090")
    world.service("shop/postgres", "tcp 5432").service("shop/kafka", "tcp 9092", headless=True)
    world.service("ops/prometheus", "http 9090")
    world.gateway("edge/public", "https 443 shop.example.com edge/shop-cert", "http 80 redirect")
    world.route("edge/public", "shop.example.com", "/api/**", "shop/orders", 8080).route("edge/public", "shop.example.com", "/**", "shop/web", 80)
    world.allow("clients of edge/public", "shop/web").deny("anyone", "shop/web", "/debug/**")
    world.allow("shop/web", "shop/orders", "GET /v1/orders/{id}", "POST /v1/orders")
    world.allow("clients of edge/public", "shop/orders", "POST /api/orders")
    world.allow("shop/orders", "shop/ledger", "POST /bank.Ledger/Post", "POST /bank.Ledger/Get")
    world.allow("shop/ledger", "shop/postgres", "port 5432")
    world.allow("shop/orders", "pods of shop/kafka", "port 9092").allow("shop/kafka", "pods of shop/kafka", "port 9093")
    for name in ("web", "orders", "ledger"):
        world.allow("ops/prometheus", f"pods of shop/{name}", "port 9102")
    if labelled:
        ingress = (("istio.io/ingress-use-waypoint", "true"),)
        world.own_waypoint("shop/web", more=ingress).own_waypoint("shop/orders", more=ingress).own_waypoint("shop/ledger")
    return world
