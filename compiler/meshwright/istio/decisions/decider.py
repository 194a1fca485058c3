"""Answers to many questions about one mesh: every proxy's policies are compiled when the first question about it comes."""

from collections.abc import Iterable, Mapping, Sequence

from meshwright.access.expr import Dimension, Expr, Value, both, match, negate
from meshwright.diagnostics import Outcome
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Inventory, Object, Service, Workload
from meshwright.istio.attached import Attached
from meshwright.istio.attachment import over_tcp
from meshwright.istio.decisions import question as ask
from meshwright.istio.decisions.chain import Chain, Ruling, Ztunnel, complaint, envoy_chain, ztunnel_chain
from meshwright.istio.decisions.question import BadQuestion, Question, read_question
from meshwright.istio.engines import envoy_http, envoy_tcp, ztunnel
from meshwright.istio.kinds.authorization_policy import Policy
from meshwright.istio.kinds.gateway import Gateway
from meshwright.istio.kinds.request_authentication import RequestAuthentication
from meshwright.istio.paths import HTTP_PROTOCOLS
from meshwright.istio.peers import Peers
from meshwright.istio.reading import Objects, read_objects
from meshwright.istio.terms import Scope
from meshwright.istio.tokens import Tokens

Answer = dict[str, object]
_NO_IDENTITY = negate(match("principal", "present"))
_LISTS = frozenset({"scope", "permission"})
_WAYPOINT = "istio-waypoint"


def decider(objects: Iterable[Object], inventory: Inventory, mesh: Mesh) -> Outcome["Decider"]:
    """For ``objects`` and the foreign ones of ``inventory``; no value when one would be refused (MW0450) or two contradict (MW0451)."""
    given = sorted([*objects, *inventory.foreign], key=lambda one: (one.namespace, one.kind, one.name))
    read = read_objects(given, mesh.root_namespace)
    if read.diagnostics:
        return Outcome(None, tuple(read.diagnostics))
    entries = {f"{one.namespace}/{one.name}": _entry_ports(one) for one in given
               if one.kind == "ServiceEntry" and one.api_version.startswith("networking.istio.io/")}
    return Outcome(Decider(read, inventory, mesh, entries))


class Decider:
    """The proxies of one mesh."""

    __slots__ = ("_addresses", "_chains", "_entries", "_found", "_gateways", "_mesh", "_peers", "_scopes", "_services", "_tokens",
                 "_workloads", "_ztunnels")

    def __init__(self, read: Objects, inventory: Inventory, mesh: Mesh, entries: Mapping[str, Mapping[int, str]]) -> None:
        """``entries``: of each ServiceEntry the protocols of its ports."""
        self._mesh = mesh
        self._entries = entries
        self._peers = Peers(read.peers, mesh.root_namespace)
        self._found: Attached[Policy] = Attached(mesh.root_namespace)
        self._tokens: Attached[RequestAuthentication] = Attached(mesh.root_namespace)
        for policy in read.policies:
            self._found.add(policy)
        for one in read.tokens:
            self._tokens.add(one)
        self._gateways = {f"{gateway.namespace}/{gateway.name}": gateway for gateway in read.gateways}
        self._services = {service.id: service for service in inventory.services}
        self._addresses = {service.id: service.address for service in inventory.services if service.address}
        self._workloads: dict[str, list[Workload]] = {}
        for workload in inventory.workloads:
            self._workloads.setdefault(f"{workload.namespace}/{workload.name}", []).append(workload)
            self._workloads[workload.id] = [workload]
        self._scopes: dict[str, Scope] = {}
        self._ztunnels: dict[str, Ztunnel] = {}
        self._chains: dict[tuple[str, str, str, str, int, bool], Chain] = {}

    def answer(self, raw: object) -> Answer:
        """One question as JSON gives it, answered: ``decision`` and ``by``, and ``status`` for HTTP; or ``error``.

        An ``id`` of the question comes back with the answer.
        """
        try:
            ruling = self.decide(read_question(raw))
            found: Answer = {"decision": ruling.decision, "by": ruling.by}
            if ruling.status:
                found["status"] = ruling.status
        except BadQuestion as problem:
            found = {"error": str(problem)}
        if type(raw) is dict and "id" in raw:
            found["id"] = raw["id"]
        return found

    def decide(self, question: Question) -> Ruling:
        """The ruling of the proxy that is asked about; raises BadQuestion."""
        raw = question.raw
        if question.engine == "ztunnel":
            at_pod = self._ztunnel(question.proxy)
            return _unless_untold(raw, at_pod.dimensions) or at_pod.decide(
                {"principal": ask.peer(raw), "source_ip": ask.address(raw, "source_ip"), "port": str(question.port),
                 "destination_ip": raw.get("destination_ip")})  # type: ignore[dict-item]  # looked at where it matters
        chain = self._chain(question)
        request, token, bad = self._request(question, chain)
        if bad:
            return Ruling("deny", "path_normalization_failed", 400)
        return _unless_untold(request, chain.dimensions) or chain.decide(request, token, ask.authorizers(raw))

    def _request(self, question: Question, chain: Chain) -> tuple[dict[Dimension, Value], str, bool]:
        """What the chain asks for; what its filter for tokens complains about; whether Envoy answers 400 before all that."""
        raw = question.raw
        source = ask.address(raw, "source_ip")
        request: dict[Dimension, Value] = {"principal": ask.peer(raw), "source_ip": source, "port": str(question.port)}
        token = ""
        headers: Mapping[str, str] = {}
        if question.http:
            method = raw["method"]
            if type(method) is not str or not method:
                raise BadQuestion("`method` is no text")
            normal, whole = ask.path(raw, self._mesh.normalization)
            if normal is None:
                return request, "", True
            headers = ask.headers(raw)
            request["method"], request["path"] = method, normal
            request["host"] = headers.get("host", headers.get(":authority", ""))
            preflight = method == "OPTIONS" and headers.get("origin") and headers.get("access-control-request-method")
            if chain.tokens is not None and raw.get("claims") is not None and not preflight:
                lists = _LISTS.union(*[rule.lists for rule in chain.tokens.rules])
                claims = ask.claims(raw, lists) or {}
                said = complaint(chain.tokens, claims, ask.text(raw, "token_in").removeprefix("header:authorization"))
                if said is not None:
                    token = said
                    request.update(claims)
        for dimension in chain.dimensions:
            if dimension.startswith("header:"):
                request[dimension] = whole if dimension == "header::path" else headers.get(dimension[7:])
            elif dimension == "remote_ip":
                request[dimension] = source if question.engine == "gateway" else _forwarded(headers, source)
            elif dimension == "sni":
                request[dimension] = ask.text(raw, "sni").lower()
            elif dimension == "destination_ip":
                told = self._addresses.get(question.service) if question.engine == "waypoint" else None
                request[dimension] = ask.address(raw, dimension) if raw.get(dimension) is not None else told
            elif dimension.startswith("metadata:"):
                request[dimension] = ask.metadata(raw, dimension)
        return request, token, False

    def _ztunnel(self, name: str) -> Ztunnel:
        found = self._ztunnels.get(name)
        if found is None:
            workload = self._workload(name)
            if workload.capture != "ambient":
                raise BadQuestion(f"`{name}` is not captured by ztunnel ({workload.capture_reason})")
            labels = dict(workload.labels)
            plaintext = self._peers.plaintext(workload.namespace, labels)
            strict: tuple[str, Expr] = plaintext.policy, both(_NO_IDENTITY, plaintext.refused)
            found = self._ztunnels[name] = ztunnel_chain(
                self._found.at_ztunnel(workload.namespace, labels), ztunnel.rules, self._scope, strict, list(plaintext.unknown))
        return found

    def _chain(self, question: Question) -> Chain:
        key = question.engine, question.proxy, question.service, question.entry, question.port, question.http
        found = self._chains.get(key)
        if found is None:
            found = self._chains[key] = self._new_chain(question)
        return found

    def _new_chain(self, question: Question) -> Chain:
        namespace, _, name = question.proxy.partition("/")
        http = question.http
        policies: Sequence[Policy]
        tokens: Sequence[RequestAuthentication]
        if question.entry:
            self._gateway(question.proxy, True)
            ports = self._entries.get(question.entry)
            if ports is None:
                raise BadQuestion(f"there is no ServiceEntry `{question.entry}`")
            protocols = [ports[question.port]] if question.port in ports else []
            http = _speaks_http(f"ServiceEntry `{question.entry}`", protocols, question)
            space, _, own = question.entry.partition("/")
            policies = self._found.at_waypoint(namespace, name, (space, own), "ServiceEntry")
            tokens = self._tokens.at_waypoint(namespace, name, (space, own), "ServiceEntry")
        elif question.engine == "waypoint":
            self._gateway(question.proxy, True)
            service = self._service(question.service)
            protocols = [port.protocol for port in service.ports if port.number == question.port]
            http = _speaks_http(f"Service `{service.id}`", protocols, question)
            of = service.namespace, service.name
            policies, tokens = self._found.at_waypoint(namespace, name, of), self._tokens.at_waypoint(namespace, name, of)
        elif question.engine == "gateway":
            labels = self._gateway(question.proxy, False).pod_labels
            policies, tokens = self._found.at_envoy(namespace, labels, name), self._tokens.at_envoy(namespace, labels, name)
        else:
            workload = self._workload(question.proxy)
            selecting = [service for service in self._services.values() if workload.id in service.workloads]
            for service in selecting:
                protocols = [port.protocol for port in service.ports if port.target == question.port]
                http = _speaks_http(f"Service `{service.id}`", protocols, question) if protocols else http
            found = dict(workload.labels)
            policies, tokens = self._found.at_envoy(namespace, found), self._tokens.at_envoy(namespace, found)
        read = Tokens(tokens) if http and any(one.rules for one in tokens) else None
        if not http:
            policies = over_tcp(policies, self._mesh.http_providers)
        return envoy_chain(policies, envoy_http.rules if http else envoy_tcp.rules, self._scope, read, self._mesh.providers, http)

    def _gateway(self, name: str, waypoint: bool) -> Gateway:
        found = self._gateways.get(name)
        if found is None or (found.class_name == _WAYPOINT) != waypoint:
            raise BadQuestion(f"there is no {'waypoint' if waypoint else 'gateway'} `{name}`")
        return found

    def _service(self, name: str) -> Service:
        found = self._services.get(name)
        if found is None:
            raise BadQuestion(f"there is no Service `{name}`")
        return found

    def _workload(self, name: str) -> Workload:
        found = self._workloads.get(name, ())
        if len(found) > 1:
            raise BadQuestion(f"`{name}` may be {ask.joined([one.id for one in found])}")
        if not found:
            raise BadQuestion(f"there is no workload `{name}`")
        return found[0]

    def _scope(self, namespace: str) -> Scope:
        found = self._scopes.get(namespace)
        if found is None:
            found = self._scopes[namespace] = Scope(namespace, self._mesh.trust_domain, {}, 0, self._mesh.aliases, self._mesh.istio[1])
        return found


def _speaks_http(service: str, protocols: Sequence[str], question: Question) -> bool:
    """Which of the two chains takes it: the one of the declared protocol; bytes that are sniffed go to the one that they fit."""
    if not protocols:
        raise BadQuestion(f"{service} has no port {question.port}")
    if protocols[0] in HTTP_PROTOCOLS and not question.http:
        raise BadQuestion(f"port {question.port} of {service} speaks HTTP: a request has `method` and `path`")
    return question.http and protocols[0] in (*HTTP_PROTOCOLS, "undeclared")


def _entry_ports(found: Object) -> dict[int, str]:
    """Ports of a ServiceEntry and their protocols, as those of Services are called; what is not written is TCP."""
    spec = found.content.get("spec")
    ports = spec.get("ports") if isinstance(spec, Mapping) else None
    return {port["number"]: str(port.get("protocol") or "TCP").lower() for port in (ports if isinstance(ports, list) else ())
            if isinstance(port, Mapping) and type(port.get("number")) is int}


def _forwarded(headers: Mapping[str, str], source: str) -> str:
    """The last address of X-Forwarded-For, which a waypoint or sidecar believes; else the peer's."""
    written = headers.get("x-forwarded-for")
    last = written.rpartition(",")[2].strip() if written else ""
    return last if last and ask.is_address(last) else source


def _unless_untold(request: Mapping[str, object], dimensions: tuple[Dimension, ...]) -> Ruling | None:
    """Unknown where a policy asks for the address dialled and nobody told it."""
    if "destination_ip" in dimensions and request.get("destination_ip") is None:
        return Ruling("unknown", "a policy asks for `destination.ip`, which the question does not tell", 0)
    return None
