"""Where the objects of a mesh and the intent disagree, found by asking many concrete requests on every way.

Proxy by proxy, from istio-semantics 3 and 4: bindings, route tables and endpoints are worked out here once more, with nothing
taken from the rooms.  What this evaluator does not know raises ``NotJudged``: it never guesses.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from meshwright.ir.intent import Program
from meshwright.ir.inventory import Service, Workload
from tests.reference import intent, istio
from tests.reference.gateways import API, Gateways, Http
from tests.reference.intent import Ask
from tests.reference.istio import Call, Document, NotJudged, spec

SOME = (Http("GET", "/", "a"), Http("POST", "/v1/other", "b"), Http("PATCH", "/any/where", "c"))
ANYBODY = {"action": "ALLOW", "rules": [{}]}
HTTP = ("http", "http2", "grpc", "grpc-web")
NOTHING_DONE = ("ReferenceGrant", "Telemetry", "Sidecar", "ProxyConfig", "GatewayClass", "Namespace", "Service", "AuthorizationPolicy", "PeerAuthentication", "Gateway",
                "HTTPRoute")


class Waypoint(NamedTuple):
    name: str  # "ns/name"
    principal: str


class Reference:
    """One mesh: the documents of a tree, and the inventory of a program with its foreign objects."""

    def __init__(self, program: Program, documents: list[Document]) -> None:
        self.program = program
        foreign = [dict(one.content) for one in program.inventory.foreign]
        documents, foreign = istio.effective(documents), istio.effective(foreign)
        self.objects: list[Document] = [*documents, *(one for one in foreign if not any(named(one) == named(other) for other in documents))]
        self.root = program.mesh.root_namespace
        self.domain = program.mesh.trust_domain
        for one in self.objects:
            if one["kind"] not in NOTHING_DONE:
                raise NotJudged(one["kind"])
        self.namespaces = {one.name: dict(one.labels) for one in program.inventory.namespaces}
        self.services = {one.id: dict(one.labels) for one in program.inventory.services}
        for one in self.objects:
            own = one["metadata"].get("labels") or {}
            if one["kind"] == "Namespace":
                self.namespaces.setdefault(one["metadata"]["name"], {}).update(own)
            elif one["kind"] == "Service":
                if spec(one):
                    raise NotJudged("a Service of the tree")
                self.services.setdefault(f"{one['metadata']['namespace']}/{one['metadata']['name']}", {}).update(own)
        for name, labels in self.namespaces.items():
            before = next((dict(one.labels) for one in program.inventory.namespaces if one.name == name), {})
            for key in ("istio.io/dataplane-mode", "istio-injection", "istio.io/rev"):
                if labels.get(key) != before.get(key):
                    raise NotJudged("who is captured")
        if any("canary" in key for labels in [*self.namespaces.values(), *self.services.values()] for key in labels):
            raise NotJudged("a waypoint canary")
        self.gateways = Gateways(self.objects, self.namespaces)
        self.governed = {one.name for one in program.namespaces if one.enforce == "yes"}
        self.pods = {workload: pods.id for pods in program.pod_sets for workload in pods.workloads}
        self._asked: dict[str, list[Http]] = {}
        self._near: dict[tuple[int, str], list[Document]] = {}
        self.outside = self.at_gateways()
        self.principals = self._principals()
        self.ports = self._ports()
        self.addresses = self._addresses()

    # --- what is asked -------------------------------------------------------------------------------------------------

    def _requests(self, patterns: set[str], hosts: set[str], policies: list[Document]) -> list[Http]:
        """Each method, path and host that is written there, and those that lie just beside."""
        methods = {"GET", "PATCH", *(method for grant in self.program.grants if grant.http for method in grant.http.methods)}
        for key, value in scalars(policies):
            if key in ("paths", "notPaths") or (key == "value" and str(value).startswith("/")):
                patterns.add(str(value))
            elif key in ("methods", "notMethods", "method"):
                methods.add(str(value).strip("*") or "GET")
            elif key in ("hosts", "notHosts", "hostname", "hostnames"):
                hosts.add(str(value))
        paths = {"/", "/other", "//"}
        for pattern in patterns:
            text = pattern.replace("{id}", "x7").replace("{*}", "x7").replace("{**}", "x8/x9").removesuffix("**").strip("*")
            text = text if text.startswith("/") else "/" + text
            paths |= {text, text.rstrip("/") or "/", text.rstrip("/") + "/", text.rstrip("/") + "/sub", text + "z", text[:-1] or "/", text.upper()}
        names = {"other.example.org"}
        for host in (one for one in hosts if one and "/" not in one):
            name = host.replace("*", "sub")
            names |= {name, name + ":8443", "more." + name, name.upper()}
        return [Http(method, path, host) for method in sorted(methods) for path in sorted(paths) for host in sorted(names)]

    def requests_of(self, service: Service) -> list[Http]:
        """What is worth asking a service at its waypoint."""
        if service.id not in self._asked:
            pods = {self.pods[one] for one in service.workloads if one in self.pods}
            near = {one.id for one in self.program.services if pods & set(one.pod_sets)}
            patterns = {str(grant.http.path) for grant in self.program.grants if grant.http and grant.target.id in near | pods}
            policies = [one for one in self.objects if one["kind"] == "HTTPRoute" or (one["kind"] == "AuthorizationPolicy" and any(
                ref.get("kind") != "Service" or f"{one['metadata']['namespace']}/{ref['name']}" in near for ref in spec(one).get("targetRefs") or ()))]
            routes = [one for one in policies if one["kind"] == "HTTPRoute" and any(ref.get("kind") == "Service" for ref in spec(one).get("parentRefs") or ())]
            self._asked[service.id] = self._requests(patterns, set(), [one for one in policies if one["kind"] != "HTTPRoute"] + routes)
        return self._asked[service.id]

    def at_gateways(self) -> list[Http]:
        routed = {route.service for route in self.program.routes}
        patterns = {str(route.path) for route in self.program.routes} | {str(grant.http.path) for grant in self.program.grants if grant.http and grant.target.id in routed}
        hosts = {host for route in self.program.routes for host in route.hosts} | {host for gateway in self.program.gateways for listener in gateway.listeners for host in listener.hosts}
        return self._requests(patterns, hosts, [one for one in self.objects if one["kind"] in ("Gateway", "HTTPRoute") or (
            one["kind"] == "AuthorizationPolicy" and not any(ref.get("kind") == "Service" for ref in spec(one).get("targetRefs") or ()))])

    def _principals(self) -> list[str]:
        names = {f"{one.namespace}/{one.service_account}" for one in self.program.inventory.workloads} | {"elsewhere/stranger"}
        names |= {f"{name}/stranger" for name in self.governed}
        names |= {f"{grant.source.identity.namespace}/{grant.source.identity.account}" for grant in self.program.grants if grant.source.identity}
        names |= {f"{grant.source.namespace}/whoever" for grant in self.program.grants if grant.source.namespace}
        found = {f"{self.domain}/ns/{name.replace('/', '/sa/')}" for name in names}
        found |= {self.proxy(one) for one in self.objects if one["kind"] == "Gateway"}
        found |= {gateway.identity.principal(self.domain) for gateway in self.program.gateways}
        for key, value in scalars(self.objects):
            if key == "principals" and value.count("/") == 4 and "*" not in value and value.startswith(self.domain + "/"):
                found.add(value)
            elif key == "serviceAccounts" and value.count("/") == 1:
                found.add(f"{self.domain}/ns/{value.replace('/', '/sa/')}")
            elif key == "namespaces" and "*" not in value:
                found.add(f"{self.domain}/ns/{value}/sa/whoever")
        return sorted(found)

    def _ports(self) -> list[int]:
        found = {4242, 1, 15008} | {port for service in self.program.services for one in service.ports for port in (one.number, one.target)}
        found |= {grant.target.port for grant in self.program.grants}
        found |= {int(value) for key, value in scalars(self.objects) if key in ("ports", "notPorts") and str(value).isdecimal()}
        found |= {int(port) for one in self.objects for port in spec(one).get("portLevelMtls") or {} if str(port).isdecimal()}
        return sorted(found & set(range(1, 65536)))

    def _addresses(self) -> list[str]:
        import ipaddress

        found = {"203.0.113.7"}
        blocks = {block for grant in self.program.grants for block in grant.source.cidrs}
        blocks |= {value for key, value in scalars(self.objects) if key in ("ipBlocks", "notIpBlocks")}
        for block in blocks:
            network = ipaddress.ip_network(block, strict=False)
            found |= {str(network.network_address), str(network.broadcast_address)}
            if network.prefixlen:
                found.add(str(network.broadcast_address + 1))
        return sorted(found)

    # --- who stands where ----------------------------------------------------------------------------------------------

    def proxy(self, gateway: Document) -> str:
        """The identity of the pods of a Gateway."""
        return f"{self.domain}/ns/{istio.proxy_account(gateway).replace('/', '/sa/')}"

    def waypoint(self, service: Service) -> Waypoint | None:
        """The waypoint that a Service is bound to and that serves it."""
        if service.kind != "vip":
            return None
        labels = self.services[service.id]
        if "istio.io/use-waypoint" not in labels:
            labels = self.namespaces.get(service.namespace, {})
        name = labels.get("istio.io/use-waypoint", "none")
        where = labels.get("istio.io/use-waypoint-namespace", service.namespace)
        if name == "none" or (where, name) == (service.namespace, service.name):
            return None
        for one in self.objects:
            if one["kind"] == "Gateway" and (one["metadata"]["namespace"], one["metadata"]["name"]) == (where, name):
                if spec(one)["gatewayClassName"] != "istio-waypoint":
                    if spec(one)["gatewayClassName"] != "istio":
                        raise NotJudged("a Gateway of another class")
                    return None
                if (one["metadata"].get("labels") or {}).get("istio.io/waypoint-for", "service") not in ("service", "all"):
                    return None
                serves = any(listener["port"] == 15008 and listener["protocol"] == "HBONE" and self.gateways.admits(listener, where, service.namespace)
                             for listener in spec(one)["listeners"])
                return Waypoint(f"{where}/{name}", self.proxy(one)) if serves else None
        return None

    def target(self, service: Service, number: int, workload: Workload) -> int | None:
        (port,) = (one for one in service.ports if one.number == number)
        if port.transport != "TCP":
            return None
        if service.kind == "headless":
            return number
        if port.target is not None or not port.target_name:
            return port.target
        return next((one.number for one in workload.ports if one.name == port.target_name), None)

    def dials(self, workload: Workload) -> set[tuple[str, int]]:
        """Identities of the waypoints that judge for these pods, with the target ports they dial."""
        found = set()
        accounts = {f"{one.namespace}/{one.service_account}" for one in self.program.inventory.workloads}
        shared = next((one.placement.waypoint for one in self.program.namespaces if one.name == workload.namespace), "")
        for service in self.services_of(workload):
            waypoint = self.waypoint(service)
            if waypoint is not None and waypoint.name not in accounts and (waypoint.name.startswith(workload.namespace + "/") or waypoint.name == shared):
                for port in service.ports:
                    target = self.target(service, port.number, workload)
                    if target is not None:
                        found.add((waypoint.principal, target))
        return found

    def allowed(self, ask: Ask) -> bool:
        return _remembered(self.program, "allowed", ask)

    def caller(self, ask: Ask, which: str = "") -> bool:
        return _remembered(self.program, "caller" + which, ask)

    def services_of(self, workload: Workload) -> list[Service]:
        return [one for one in self.program.inventory.services if workload.id in one.workloads]

    # --- proxies -------------------------------------------------------------------------------------------------------

    def at_pod(self, objects: list[Document], workload: Workload, principal: str, address: str, target: int) -> bool:
        if target in workload.excluded_inbound:
            return True
        near = self._near.get((id(objects), workload.id))
        if near is None:
            labels = dict(workload.labels)
            near = self._near[(id(objects), workload.id)] = [
                one for one in objects if one["kind"] in ("AuthorizationPolicy", "PeerAuthentication") and not spec(one).get("targetRefs")
                and one["metadata"]["namespace"] in (workload.namespace, self.root) and istio.selects(spec(one), labels)]
        return istio.ztunnel(near, self.root, workload.namespace, dict(workload.labels), Call(principal, address, target, "", "", ""))

    def at_waypoint(self, objects: list[Document], waypoint: Waypoint, service: str, protocol: str, call: Call) -> bool:
        """A TCP port is open before it can be refused."""
        near = self._near.get((id(objects), ""))
        if near is None:
            near = self._near[(id(objects), "")] = [
                one for one in objects if one["kind"] in ("AuthorizationPolicy", "RequestAuthentication") and istio.targets(one)]
        return protocol not in HTTP or istio.waypoint(near, self.root, waypoint.name, service, call)

    def backends(self, service: Service, number: int, http: Http) -> set[str]:
        """Where the waypoint of a Service sends a request: by routes that name it, else straight on."""
        own = [one for one in self.objects if one["kind"] == "HTTPRoute" and one["metadata"]["namespace"] == service.namespace
               and any((parent.get("group", API), parent.get("kind", "Gateway"), parent["name"]) == ("", "Service", service.name)
                       and parent.get("namespace", service.namespace) == service.namespace and parent.get("port", number) == number
                       for parent in spec(one).get("parentRefs") or ())]
        if not own:
            return {f"{service.id}:{number}"}
        return istio.table([(one, rule, match) for one in own for rule, match in istio.matches_of(one)], http.method, http.path)


_ANSWERS: list[Any] = [None, {}]  # the program that was asked last, and what the intent said


def _remembered(program: Program, question: str, ask: Ask) -> bool:
    if _ANSWERS[0] is not program:
        _ANSWERS[:] = [program, {}]
    answers: dict[tuple[str, Ask], bool] = _ANSWERS[1]
    if (question, ask) not in answers:
        if question == "allowed":
            answers[question, ask] = intent.allowed(program, ask)
        else:
            answers[question, ask] = intent.caller(program, ask, gateways=question != "caller inside", others=question != "caller outside")
    return answers[question, ask]


def disagreements(program: Program, documents: list[Document], seal: bool = True) -> Iterator[str]:
    """In words, each concrete request that objects and intent decide differently; NotJudged where this cannot say."""
    mesh = Reference(program, documents)
    for gateway in mesh.objects:
        if gateway["kind"] == "Gateway" and spec(gateway)["gatewayClassName"] not in ("istio", "istio-waypoint"):
            raise NotJudged("a Gateway of another class")
    for workload in program.inventory.workloads:
        if workload.namespace in mesh.governed:
            if workload.capture != "ambient":
                yield f"{workload.id} is open"
                continue
            yield from _transport(mesh, workload)
            yield from _by_address(mesh, workload, mesh.objects, True)
            yield from _by_service(mesh, workload, mesh.objects, True)
            if seal and workload.id in mesh.pods:
                opened = [*mesh.objects, *_opened(mesh)]
                yield from _by_address(mesh, workload, opened, False)
                yield from _by_service(mesh, workload, opened, False)
    yield from _gateways(mesh)
    yield from _others(mesh)
    yield from _unlisted(mesh)


def _opened(mesh: Reference) -> list[Document]:
    """The ALLOWs that anybody may add: for the mesh's pods, and for each Service at its waypoint."""
    found: list[Document] = [{"kind": "AuthorizationPolicy", "metadata": {"namespace": mesh.root, "name": "everybody"}, "spec": ANYBODY}]
    for service in mesh.program.inventory.services:
        found.append({"kind": "AuthorizationPolicy", "metadata": {"namespace": service.namespace, "name": "everybody"},
                      "spec": {**ANYBODY, "targetRefs": [{"group": "", "kind": "Service", "name": service.name}]}})
    return found


def _transport(mesh: Reference, workload: Workload) -> Iterator[str]:
    pods = mesh.pods.get(workload.id, "")
    for port in mesh.ports:
        refused = istio.plaintext_refused(mesh.objects, mesh.root, workload.namespace, dict(workload.labels), port)
        asked = any(mesh.allowed(Ask("plaintext", pods, "", 0, port, "", 0, "", address, "GET", "/", "")) for address in mesh.addresses)
        if refused == asked:
            yield f"transport: {workload.id} port {port}: plaintext refused {refused}"


def _by_address(mesh: Reference, workload: Workload, objects: list[Document], complete: bool) -> Iterator[str]:
    pods = mesh.pods.get(workload.id, "")
    dials = mesh.dials(workload)
    headless = any(one.kind == "headless" for one in mesh.services_of(workload))
    for port in mesh.ports:
        for principal in ["", *mesh.principals]:
            for address in mesh.addresses:
                passes = mesh.at_pod(objects, workload, principal, address, port)
                way = "pod" if principal else "plaintext"
                meant = (principal, port) in dials or all(
                    mesh.allowed(Ask(way, pods, "", 0, port, "", 0, principal, address, *one)) for one in SOME)
                if passes and not meant:
                    yield f"{'sound' if complete else 'sealed'}: {way} {principal} {address} to {workload.id} port {port}"
                asked = complete and pods and _asked_by_address(mesh.program, pods, principal, address, port, headless)
                if asked and not passes:
                    yield f"complete: {way} {principal} {address} to {workload.id} port {port}"


def _asked_by_address(program: Program, pods: str, principal: str, address: str, port: int, headless: bool) -> bool:
    """Whether `pods of`, or a headless service, declares the pod's address for this caller."""
    (found,) = (one for one in program.pod_sets if one.id == pods)
    way = "pod" if principal else "plaintext"
    ask = Ask(way, pods, "", 0, port, "", 0, principal, address, "GET", "/", "")
    services = {one.id: one for one in program.services}
    met = {grant.effect for grant in program.grants if intent.about(program, found, grant, ask) and intent.asks(program, grant.source, ask, 0)
           and (grant.effect == "deny" or (grant.source.kind not in ("gateway", "any-gateway") and (not principal or grant.source.kind != "unidentified")
                                           and (grant.target.kind == "pods" or services[grant.target.id].headless)))}
    return met == {"allow"}


def _by_service(mesh: Reference, workload: Workload, objects: list[Document], complete: bool) -> Iterator[str]:
    """Each service's address, through its waypoint or without one; and the services whose routes lead here."""
    pods = mesh.pods.get(workload.id, "")
    mine = {f"{service.id}:{port.number}": target for service in mesh.services_of(workload) for port in service.ports
            if (target := mesh.target(service, port.number, workload)) is not None}
    dials = mesh.dials(workload)
    for service in mesh.program.inventory.services:
        waypoint = mesh.waypoint(service)
        for port in service.ports:
            if port.transport != "TCP" or service.kind == "headless":
                continue
            key = f"{service.id}:{port.number}"
            if waypoint is None:
                if key not in mine:
                    continue
                for principal in mesh.principals:
                    passes = mesh.at_pod(objects, workload, principal, mesh.addresses[0], mine[key])
                    asks = [Ask("service", pods, service.id, port.number, mine[key], "", 0, principal, mesh.addresses[0], *one) for one in mesh.requests_of(service)]
                    for ask in asks:
                        meant = mesh.allowed(ask)
                        if passes and not meant and (principal, mine[key]) not in dials:
                            yield f"{'sound' if complete else 'sealed'}: {ask}"
                        if complete and meant and not passes and mesh.caller(ask, " inside"):
                            yield f"complete: {ask}"
                continue
            refusable = port.protocol not in HTTP and key in mine and any(mesh.at_pod(objects, workload, waypoint.principal, address, mine[key]) for address in mesh.addresses)
            if refusable and any(not istio.waypoint(objects, mesh.root, waypoint.name, service.id, Call(principal, mesh.addresses[0], port.number, "GET", "/", ""))
                                 for principal in mesh.principals):
                raise NotJudged("what a refused client sees of a TCP port behind a waypoint")
            for http in mesh.requests_of(service)[:: 1 if complete else 7]:
                leads = mesh.backends(service, port.number, http) if port.protocol in HTTP else {key}
                for principal in mesh.principals:
                    first = mesh.at_waypoint(objects, waypoint, service.id, port.protocol, Call(principal, mesh.addresses[0], port.number, *http))
                    for backend in leads | {key}:
                        if backend not in mine:
                            continue
                        passes = first and backend in leads and mesh.at_pod(objects, workload, waypoint.principal, mesh.addresses[0], mine[backend])
                        name, _, number = backend.rpartition(":")
                        ask = Ask("service", pods, name, int(number), mine[backend], "", 0, principal, mesh.addresses[0], *http)
                        meant = mesh.allowed(ask)
                        if backend != key and not meant:
                            meant = any(mesh.allowed(ask._replace(service=other.rpartition(":")[0], port=int(other.rpartition(":")[2])))
                                        for other, target in mine.items() if target == mine[backend])
                        if passes and not meant and (complete or backend != key or not mesh.caller(ask)) and (complete or backend == key):
                            yield f"{'sound' if complete else 'sealed'}: {ask} by {key}"
                        if complete and backend == key and meant and not passes and mesh.caller(ask, " inside"):
                            yield f"complete: {ask}"


def _gateways(mesh: Reference) -> Iterator[str]:
    """Every listener of every gateway, every host."""
    services = {one.id: one for one in mesh.program.inventory.services}
    known = {gateway.id: gateway for gateway in mesh.program.gateways}
    made = {f"{one['metadata']['namespace']}/{one['metadata']['name']}": one for one in mesh.objects
            if one["kind"] == "Gateway" and spec(one)["gatewayClassName"] == "istio"}
    for name, gateway in made.items():
        principal = mesh.proxy(gateway)
        for port in sorted({one["port"] for one in spec(gateway)["listeners"]}):
            for http in mesh.outside:
                for backend in mesh.gateways.backends(gateway, port, http):
                    service, _, number = backend.rpartition(":")
                    if service not in services or int(number) not in {one.number for one in services[service].ports}:
                        continue
                    for workload in mesh.program.inventory.workloads:
                        if workload.namespace not in mesh.governed or workload.id not in services[service].workloads or workload.capture != "ambient":
                            continue
                        ask = _ask(mesh, workload, name, port, principal, services[service], int(number), http)
                        if ask is None or not _through(mesh, gateway, workload, services[service], ask, principal):
                            continue
                        meant = name in known and known[name].identity.principal(mesh.domain) == principal and bool(ask.pods) and mesh.allowed(ask)
                        if not meant:
                            yield f"sound: gateway {ask}"
    for route in mesh.program.routes:
        intent = known[route.gateway]
        service_ = services.get(route.service)
        for listener in intent.listeners if service_ is not None else ():
            for workload in mesh.program.inventory.workloads:
                if service_ is None or listener.redirect or workload.namespace not in mesh.governed or workload.id not in service_.workloads:
                    continue
                for http in mesh.outside:
                    asked = _ask(mesh, workload, route.gateway, listener.port, intent.identity.principal(mesh.domain), service_, route.port, http)
                    if asked is None or not mesh.allowed(asked) or not mesh.caller(asked, " outside"):
                        continue
                    there = made.get(route.gateway)
                    if there is None or f"{route.service}:{route.port}" not in mesh.gateways.backends(there, listener.port, http) or not _through(
                            mesh, there, workload, service_, asked, mesh.proxy(there)):
                        yield f"complete: gateway {asked}"


def _ask(mesh: Reference, workload: Workload, gateway: str, listener: int, principal: str, service: Service, number: int, http: Http) -> Ask | None:
    target = mesh.target(service, number, workload)
    if target is None:
        return None
    return Ask("gateway", mesh.pods.get(workload.id, ""), service.id, number, target, gateway, listener, principal, mesh.addresses[0], *http)


def _through(mesh: Reference, gateway: Document, workload: Workload, service: Service, ask: Ask, principal: str) -> bool:
    name = f"{gateway['metadata']['namespace']}/{gateway['metadata']['name']}"
    call = Call("", ask.source_ip, ask.listener, ask.method, ask.path, ask.host)
    if not istio.gateway(mesh.objects, mesh.root, name, call, istio.gateway_pod_labels(gateway)):
        return False
    waypoint = mesh.waypoint(service)
    label = mesh.services[service.id].get("istio.io/ingress-use-waypoint", mesh.namespaces.get(service.namespace, {}).get("istio.io/ingress-use-waypoint", ""))
    if waypoint is not None and label.lower() == "true":
        (port,) = (one for one in service.ports if one.number == ask.port)
        if not mesh.at_waypoint(mesh.objects, waypoint, service.id, port.protocol, Call(principal, ask.source_ip, ask.port, ask.method, ask.path, ask.host)):
            return False
        if f"{service.id}:{ask.port}" not in mesh.backends(service, ask.port, Http(ask.method, ask.path, ask.host)):
            return False
        principal = waypoint.principal
    return mesh.at_pod(mesh.objects, workload, principal, ask.source_ip, ask.target)


def _others(mesh: Reference) -> Iterator[str]:
    """Pods of tomorrow: without labels, and with those of each selector that no listed pod carries."""
    for namespace in sorted(mesh.governed):
        chosen: list[dict[str, str]] = [{}]
        for one in mesh.objects:
            labels = (spec(one).get("selector") or {}).get("matchLabels") if one["kind"] in ("AuthorizationPolicy", "PeerAuthentication") else None
            if labels and one["metadata"]["namespace"] in (namespace, mesh.root) and not any(
                    labels.items() <= dict(workload.labels).items() for workload in mesh.program.inventory.workloads if workload.namespace == namespace):
                chosen.append(labels)
        for labels in chosen:
            for port in mesh.ports:
                if not istio.plaintext_refused(mesh.objects, mesh.root, namespace, labels, port):
                    yield f"transport: other pods of {namespace} with {labels} port {port}"
                for principal in ["", *mesh.principals]:
                    for address in mesh.addresses:
                        if istio.ztunnel(mesh.objects, mesh.root, namespace, labels, Call(principal, address, port, "", "", "")):
                            yield f"sound: {principal} {address} to other pods of {namespace} with {labels} port {port}"


def _unlisted(mesh: Reference) -> Iterator[str]:
    """A Service that somebody binds tomorrow to a waypoint that ours use."""
    waypoints = {waypoint for service in mesh.program.inventory.services if service.namespace in mesh.governed and (waypoint := mesh.waypoint(service))}
    for waypoint in sorted(waypoints):
        for principal in mesh.principals:
            for port in mesh.ports:
                for http in SOME:
                    if mesh.at_waypoint(mesh.objects, waypoint, "", "http", Call(principal, mesh.addresses[0], port, *http)):
                        yield f"sound: {principal} {http} port {port} through {waypoint.name} by a service that nobody listed"


def scalars(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar with the key that it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from scalars(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from scalars(inner, key)
    else:
        yield key, value


def named(one: Document) -> tuple[str, str, str]:
    return one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]
