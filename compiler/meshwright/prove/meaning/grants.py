"""What the grants of a program allow on each way to a pod set.

A grant to a service without HTTP terms holds for the pods' target port too, because ztunnel cannot tell the two apart; one
with HTTP terms holds at the service's address only.  A deny on a service holds at its address and at the target port.
"""

from collections.abc import Iterable

from meshwright.access.decide import is_empty
from meshwright.access.expr import EVERYTHING, NOTHING, Dimension, Expr, any_of, both, either, match, negate, pair
from meshwright.access.request import fix
from meshwright.ir.identity import Identity
from meshwright.ir.intent import Gateway, Grant, Http, PodSet, Program, Service, Source
from meshwright.prove.meaning.routes import routed
from meshwright.prove.meaning.terms import door_term, gateway_term, http_term, source_term

GATEWAYS = ("gateway", "any-gateway")
NOT_BY_ADDRESS = (*GATEWAYS, "unidentified")  # sources that reach pods by another way


class Meaning:
    """The intent of one program, asked way by way; answers are remembered."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.trust_domain = program.mesh.trust_domain
        self.services: dict[str, Service] = {service.id: service for service in program.services}
        self.pod_sets: dict[str, PodSet] = {pods.id: pods for pods in program.pod_sets}
        self.gateways: dict[str, Gateway] = {gateway.id: gateway for gateway in program.gateways}
        self.targets = {(service.id, port.number): port.target for service in program.services for port in service.ports}
        self._by_service: dict[str, list[Grant]] = {}
        self._by_pods: dict[str, list[Grant]] = {}
        for grant in program.grants:
            where = self._by_service if grant.target.kind == "service" else self._by_pods
            where.setdefault(grant.target.id, []).append(grant)
        self._one_target = {service.id: len({port.target for port in service.ports}) == 1 for service in program.services}
        self._sources: dict[int, tuple[Source, Expr]] = {}  # by id: equal ones are mostly one object, and equal answers always are
        self._same_sources: dict[Source | Identity, Expr] = {}
        self._doors: dict[int, Expr] = {}  # by id, as the program keeps its grants alive
        self._same_doors: dict[Http, Expr] = {}
        self._terms: dict[int, Expr] = {}
        self._ports: dict[int, Expr] = {}
        self._at: dict[tuple[str, int, str, int], list[Grant]] = {}
        self._besides: dict[str, list[Grant]] = {}
        self._addresses: dict[tuple[str, int, str, int], tuple[Expr, Expr, Expr]] = {}
        self._known: dict[tuple[str | int, ...], Expr] = {}
        self._fixed: dict[tuple[int, str, str], tuple[Expr, Expr]] = {}  # by id of an expression that is kept alive here

    def at_service(self, service: str, port: int, pods: str, target: int) -> Expr:
        """Requests that may come by the address of ``service`` ``port`` to target port ``target`` of ``pods``.

        A ``service`` that is not in the program adds nothing of its own.
        """
        return self._by_address(service, port, pods, target)[0]

    def asked_at_service(self, service: str, port: int, pods: str, target: int) -> Expr:
        """The part of ``at_service`` that must get in that way: what is granted to the service, gateways' clients aside."""
        return self._by_address(service, port, pods, target)[1]

    def callers_of(self, service: str, port: int, pods: str, target: int) -> Expr:
        """``at_service`` with HTTP terms dropped: everybody who may come that way with any request; over principal and source_ip."""
        return self._by_address(service, port, pods, target)[2]

    def at_pods(self, pods: str) -> Expr:
        """Requests that may come by a pod's own address; over port too, which is the target port."""
        return self._remember("at_pods", pods) if self._around(pods) else NOTHING

    def asked_at_pods(self, pods: str) -> Expr:
        """The part of ``at_pods`` that must get in that way: `pods of`, and headless services, for callers with an identity."""
        return self._remember("asked_at_pods", pods) if self._around(pods) else NOTHING

    def asked_in_plaintext(self, pods: str) -> Expr:
        """Requests without identity that must get in by a pod's address: `unidentified` ones; over source_ip and port."""
        return self._remember("asked_in_plaintext", pods) if self._around(pods) else NOTHING

    def through_gateway(self, gateway: str, listener: int, service: str, port: int, pods: str, target: int) -> Expr:
        """Requests of clients of a gateway's listener that a route sends to ``service`` ``port`` and that are granted."""
        return self._remember("through_gateway", gateway, listener, service, port, pods, target)

    def asked_through_gateway(self, gateway: str, listener: int, service: str, port: int, pods: str, target: int) -> Expr:
        """The part of ``through_gateway`` that must get in: what is granted to the service itself."""
        return self._remember("asked_through_gateway", gateway, listener, service, port, pods, target)

    def of_listener(self, gateway: str, listener: int, service: str, port: int, pods: str, target: int) -> Expr:
        """Requests that clients of a gateway's listener are granted, whatever the routes say; nothing for an unknown gateway."""
        return self._remember("of_listener", gateway, listener, service, port, pods, target)

    def plaintext_ports(self, pods: str) -> Expr:
        """Target ports where some request without identity must get in; over port."""
        return self._remember("plaintext_ports", pods) if self._around(pods) else NOTHING

    def source(self, source: Source) -> Expr:
        """Who asks, at a way where the principal is seen."""
        known = self._sources.get(id(source))
        if known is not None:
            return known[1]
        key = source.identity if source.kind == "identity" and source.identity is not None else source
        found = self._same_sources.get(key)
        if found is None:
            found = self._same_sources[key] = source_term(source, self.trust_domain, self.program.gateways)
        self._sources[id(source)] = source, found
        return found

    def fixed(self, expr: Expr, dimension: Dimension, value: str) -> Expr:
        """As ``fix``; one expression gives one answer, the same object."""
        key = (id(expr), dimension, value)
        found = self._fixed.get(key)
        if found is None:
            found = self._fixed[key] = expr, fix(expr, dimension, value)
        return found[1]

    def grants_on(self, pods: str, target: int) -> list[Grant]:
        """Every grant that is about target port ``target`` of ``pods``, by whatever address; 0 = any port."""
        found = [grant for grant in self._by_pods.get(pods, ()) if not target or grant.target.port in (0, target)]
        for service in self.pod_sets[pods].services if pods in self.pod_sets else ():
            grants = self._by_service.get(service, ())
            if target and grants and not (self._one_target.get(service) and self._target(grants[0]) == target):
                grants = [grant for grant in grants if self._target(grant) == target]
            found += grants
        return found

    def _remember(self, name: str, *key: str | int) -> Expr:
        place = (name, *key)
        found = self._known.get(place)
        if found is None:
            found = self._known[place] = getattr(self, "_" + name)(*key)
        return found

    def _target(self, grant: Grant) -> int:
        return self.targets.get((grant.target.id, grant.target.port), 0) if grant.target.kind == "service" else grant.target.port

    def _here(self, service: str, port: int, pods: str, target: int) -> list[Grant]:
        """Grants that hold on the way by the address of ``service``: its own, L4 ones on the target port, every deny there."""
        key = (service, port, pods, target)
        found = self._at.get(key)
        if found is None:
            found = self._at[key] = [grant for grant in self.grants_on(pods, target) if grant.effect == "deny" or grant.http is None
                                     or grant.target == ("service", service, port)]
        return found

    def _by_address(self, service: str, port: int, pods: str, target: int) -> tuple[Expr, Expr, Expr]:
        """at_service, asked_at_service and callers_of, in one look at the grants: most ways are asked for all three."""
        key = (service, port, pods, target)
        found = self._addresses.get(key)
        if found is not None:
            return found
        own = ("service", service, port)
        here, allows, denies, callers, refused = [], [], [], [], []
        sources, terms = self._sources, self._terms
        as_asked, split = True, False
        for grant in self.grants_on(pods, target):
            effect, source, aim, http, _ = grant
            deny = effect == "deny"
            if not (deny or http is None or aim == own):
                continue
            here.append(grant)
            known = sources.get(id(source))
            who = known[1] if known is not None else self.source(source)
            term = terms.get(id(grant)) or self._term(grant)
            if not deny:
                allows.append(term)
                callers.append(who)
                as_asked = as_asked and aim == own and source.kind not in GATEWAYS
            else:
                denies.append(term)
                split = split or source.port != 0
                if http is None and not source.port:
                    refused.append(who)
        at = self._permitted(here) if split else both(any_of(allows), negate(any_of(denies)))
        asked = at if as_asked else self._permitted([grant for grant in here if grant.effect == "deny" or (
            grant.source.kind not in GATEWAYS and grant.target == own)])
        found = self._addresses[key] = at, asked, both(any_of(callers), negate(any_of(refused)))
        return found

    def _at_pods(self, pods: str) -> Expr:
        return self._permitted([grant for grant in self._around(pods) if grant.effect == "deny" or grant.http is None
                                or grant.target.kind == "pods"], ports=True)

    def _asked_at_pods(self, pods: str) -> Expr:
        return self._permitted([grant for grant in self._around(pods) if grant.effect == "deny" or (
            (grant.target.kind == "pods" or self._is_headless(grant)) and grant.source.kind not in NOT_BY_ADDRESS)], ports=True)

    def _asked_in_plaintext(self, pods: str) -> Expr:
        return fix(self._permitted([grant for grant in self._around(pods) if grant.effect == "deny"
                                    or grant.source.kind == "unidentified"], ports=True), "principal", "")

    def _around(self, pods: str) -> list[Grant]:
        """Grants that may hold by a pod's own address: not those to HTTP doors of services with an address; [] when none allows."""
        found = self._besides.get(pods)
        if found is None:
            headless = False
            for name in self.pod_sets[pods].services if pods in self.pod_sets else ():
                headless = headless or self.services[name].headless
            found = []
            allowed = False
            for grant in self.grants_on(pods, 0):
                effect, source, aim, http, _ = grant
                if effect == "deny":
                    found.append(grant)
                elif http is None or headless or aim.kind == "pods" or source.kind == "unidentified":
                    found.append(grant)
                    allowed = True
            if not allowed:
                found = []
            self._besides[pods] = found
        return found

    def _is_headless(self, grant: Grant) -> bool:
        return grant.target.kind == "service" and self.services[grant.target.id].headless

    def _through_gateway(self, gateway: str, listener: int, service: str, port: int, pods: str, target: int) -> Expr:
        return self._at_gateway(gateway, listener, service, port, self._here(service, port, pods, target))

    def _asked_through_gateway(self, gateway: str, listener: int, service: str, port: int, pods: str, target: int) -> Expr:
        asked = [grant for grant in self._here(service, port, pods, target)
                 if grant.effect == "deny" or (grant.source.kind in GATEWAYS and grant.target == ("service", service, port))]
        return self._at_gateway(gateway, listener, service, port, asked)

    def _at_gateway(self, gateway: str, listener: int, service: str, port: int, grants: list[Grant]) -> Expr:
        known = self.gateways.get(gateway)
        if known is None:
            return NOTHING
        return both(self._clients(known, listener, grants), routed(self.program, known, listener, service, port))

    def _of_listener(self, gateway: str, listener: int, service: str, port: int, pods: str, target: int) -> Expr:
        known = self.gateways.get(gateway)
        return NOTHING if known is None else self._clients(known, listener, self._here(service, port, pods, target))

    def _clients(self, gateway: Gateway, listener: int, grants: Iterable[Grant], ports: bool = False) -> Expr:
        """What clients of one listener may ask: the enforcing points see the gateway's identity, whoever the client is."""
        principal = gateway.identity.principal(self.trust_domain)
        terms: dict[str, list[Expr]] = {"allow": [], "deny": []}
        for grant in grants:
            if grant.source.kind == "gateway" and grant.source.port not in (0, listener):
                continue
            term = both(self._port(grant), self._term(grant)) if ports else self._term(grant)
            terms[grant.effect].append(fix(term, "principal", principal))
        return both(any_of(terms["allow"]), negate(any_of(terms["deny"])))

    def _plaintext_ports(self, pods: str) -> Expr:
        grants = [grant for grant in self._around(pods) if grant.effect == "allow" and grant.source.kind == "unidentified"]
        if not grants:
            return NOTHING
        asked = self.asked_in_plaintext(pods)
        named = sorted({self._target(grant) for grant in self.grants_on(pods, 0)} - {0})
        other = next(number for number in range(1, 65536) if number not in named)
        found = [match("port", "number", str(number)) for number in named if self._somebody(asked, number)]
        if self._somebody(asked, other):
            found.append(negate(any_of(match("port", "number", str(number)) for number in named)))
        return any_of(found)

    def _somebody(self, asked: Expr, port: int) -> bool:
        return is_empty(fix(asked, "port", str(port))) is not True  # not known counts as somebody: the mode must then match that

    def _permitted(self, chosen: list[Grant], ports: bool = False) -> Expr:
        """Some allow matches and no deny does.  With ``ports`` over port too."""
        allowed = self._some([grant for grant in chosen if grant.effect == "allow"], ports)
        if allowed.op == "false":
            return allowed
        plain = both(allowed, negate(self._some([grant for grant in chosen if grant.effect == "deny"], ports)))
        # A deny for clients of one listener takes from that listener's clients only: others come with the same identity.
        split = {grant.source.gateway for grant in chosen if grant.effect == "deny" and grant.source.kind == "gateway"
                 and grant.source.port} if self.gateways else ()
        for gateway in self.program.gateways if split else ():
            if gateway.id in split:
                itself = gateway_term(gateway, self.trust_domain)
                listeners = sorted({listener.port for listener in gateway.listeners})
                clients = any_of(self._clients(gateway, number, chosen, ports) for number in listeners)
                plain = either(both(plain, negate(itself)), both(itself, clients))
        return plain

    def _some(self, grants: list[Grant], ports: bool) -> Expr:
        """What some of the grants speaks of; with ``ports`` port by port."""
        if not ports:
            return any_of([self._term(grant) for grant in grants])
        at: dict[int, tuple[Expr, list[Expr]]] = {}  # by id of the port, of which there is one each
        for grant in grants:
            port = self._port(grant)
            at.setdefault(id(port), (port, []))[1].append(self._term(grant))
        return any_of([both(port, any_of(terms)) for port, terms in at.values()])

    def _term(self, grant: Grant) -> Expr:
        term = self._terms.get(id(grant))
        if term is None:
            known, http = self._sources.get(id(grant.source)), grant.http
            term = known[1] if known is not None else self.source(grant.source)
            if http is not None:
                if grant.effect == "deny" and None in http.path.segments:
                    term = both(term, door_term(grant))
                else:
                    term = pair(term, self._doors.get(id(http)) or self._door(http))
            self._terms[id(grant)] = term
        return term

    def _door(self, http: Http) -> Expr:
        door = self._same_doors.get(http)
        if door is None:
            door = self._same_doors[http] = http_term(http)
        self._doors[id(http)] = door
        return door

    def _port(self, grant: Grant) -> Expr:
        target = self._target(grant)
        found = self._ports.get(target) if target else EVERYTHING if grant.target.kind == "pods" else NOTHING
        if found is None:
            found = self._ports[target] = match("port", "number", str(target))
        return found
