"""Invariants, on the meaning of the intent: since the manifests equal it, what holds here holds for them.

A claim about a service is about its pods too, by whatever address: like a deny it is never narrower than it reads.
"""

from collections.abc import Iterable

from meshwright.access.decide import Unknown
from meshwright.access.expr import EVERYTHING, NOTHING, Expr, all_of, any_of, both, match, negate
from meshwright.access.request import Witness, evaluate, fix
from meshwright.ir.intent import Claim, Gateway, Invariant, Program, Source, Target
from meshwright.ir.proof import Request, Verdict
from meshwright.prove.callgraph import Chain, chains
from meshwright.prove.meaning import Meaning
from meshwright.prove.meaning.terms import door_term, http_term
from meshwright.prove.question import Judge
from meshwright.record import NamedTuple


class Place(NamedTuple):
    """Something that can be asked for: a port of a service, or the pods themselves (``service`` "")."""

    service: str
    port: int
    pods: str
    target: int

    @property
    def text(self) -> str:
        return f"{self.service} port {self.port}" if self.service else f"pods of {self.pods}"


def invariants(program: Program, meaning: Meaning, judge: Judge) -> list[Verdict]:
    """One verdict a claim at least: "holds", or one for each place that breaks it, with a request that does."""
    found: list[Verdict] = []
    if program.invariants:
        everywhere = tuple(places(program))
        for invariant in program.invariants:
            for claim in invariant.claims:
                bad = _never_reaches(invariant, claim, meaning, judge) if claim.kind == "never-reaches" else [
                    verdict for place in everywhere for verdict in broken_at(place, invariant, claim, meaning, judge)]
                found += bad or [Verdict("invariant", invariant.title, claim.text, "holds", None, (), (), "")]
    return found


def places(program: Program) -> Iterable[Place]:
    for pods in program.pod_sets:
        yield Place("", 0, pods.id, 0)
        for service in program.services:
            if service.id in pods.services:
                for port in service.ports:
                    yield Place(service.id, port.number, pods.id, port.target)


def broken_at(place: Place, invariant: Invariant, claim: Claim, meaning: Meaning, judge: Judge) -> list[Verdict]:
    """What breaks a one-hop claim at one place: by the mesh, and through each listener of each gateway."""
    named = _named(place, claim.targets, meaning)
    if claim.kind in ("never", "only-from") and named == NOTHING:
        return []
    aimed = both(named, http_term(claim.http))
    found = []
    for entry, allowed, who in _entries(place, claim.sources, meaning):
        if claim.kind == "never":
            wrong, limit = all_of((allowed, who, aimed)), NOTHING
        elif claim.kind == "only-from":
            wrong, limit = both(allowed, aimed), who
        else:
            wrong, limit = both(allowed, who), aimed
        answer = judge.outside(wrong, limit)
        if isinstance(answer, Unknown):
            found.append(Verdict("invariant", invariant.title, claim.text, "unknown", None, (), (), f"at {place.text}: {answer.reason}"))
        elif answer is not None:
            request, rules = _request(place, entry, answer, meaning)
            text = f"`{request.method} {request.path}` from `{request.principal or request.source_ip}`"
            through = f" through gateway {entry.id}" if entry is not None else ""
            found.append(Verdict("invariant", invariant.title, claim.text, "fails", request, rules, (),
                                 f"the rules allow {text}{through} to {place.text}{'' if place.service else f' at port {request.port}'}"))
    return found


def _named(place: Place, targets: tuple[Target, ...], meaning: Meaning) -> Expr:
    """The part of a place that the targets name; over port where the place is the pods themselves."""
    found = []
    for target in targets:
        if target.kind == "pods":
            if target.id == place.pods and (not place.service or target.port in (0, place.target)):
                found.append(EVERYTHING if place.service or not target.port else match("port", "number", str(target.port)))
        elif place.service:
            number = meaning.targets.get((target.id, target.port))
            if (target.id, target.port) == (place.service, place.port) or (
                    number == place.target and target.id in meaning.pod_sets[place.pods].services):
                found.append(EVERYTHING)
        elif target.id in meaning.pod_sets[place.pods].services:
            number = meaning.targets.get((target.id, target.port))
            found.append(match("port", "number", str(number)) if number else NOTHING)
    return any_of(found)


def _entries(place: Place, sources: tuple[Source, ...], meaning: Meaning) -> Iterable[tuple[Gateway | None, Expr, Expr]]:
    """Each entry to a place: None for callers in the mesh or without identity, or a gateway; what is allowed; who is named."""
    domain = meaning.trust_domain
    gateways = meaning.program.gateways
    outsiders = all_of(negate(match("principal", "exact", gateway.identity.principal(domain))) for gateway in gateways)
    allowed = meaning.at_service(place.service, place.port, place.pods, place.target) if place.service else meaning.at_pods(place.pods)
    named = any_of(meaning.source(source) for source in sources if source.kind not in ("gateway", "any-gateway"))
    yield None, both(allowed, outsiders), named
    for gateway in gateways:
        principal = gateway.identity.principal(domain)
        clients = fix(allowed, "principal", principal)
        if clients == NOTHING:
            continue
        for number in sorted({listener.port for listener in gateway.listeners}):
            mine = any_of(EVERYTHING if _is_listener(source, gateway, number) else _as_identity(source, principal, meaning)
                          for source in sources)
            if place.service:
                clients = meaning.of_listener(gateway.id, number, place.service, place.port, place.pods, place.target)
            yield gateway, clients, mine


def _is_listener(source: Source, gateway: Gateway, number: int) -> bool:
    return source.kind == "any-gateway" or (source.kind == "gateway" and source.gateway == gateway.id and source.port in (0, number))


def _as_identity(source: Source, principal: str, meaning: Meaning) -> Expr:
    return NOTHING if source.kind == "gateway" else fix(meaning.source(source), "principal", principal)


def _request(place: Place, entry: Gateway | None, witness: Witness, meaning: Meaning) -> tuple[Request, tuple[int, ...]]:
    request = witness if entry is None else witness._replace(principal=entry.identity.principal(meaning.trust_domain))
    target = place.target or request.port
    rules = {grant.rule for grant in meaning.grants_on(place.pods, target) if grant.effect == "allow"
             and evaluate(meaning.source(grant.source), request) and evaluate(door_term(grant), request)}
    return Request(*request._replace(port=place.port or request.port)), tuple(sorted(rules))


def _never_reaches(invariant: Invariant, claim: Claim, meaning: Meaning, judge: Judge) -> list[Verdict]:
    found = []
    for chain in chains(claim, meaning, judge):
        found.append(_chain_verdict(invariant, claim, chain))
    return found


def _chain_verdict(invariant: Invariant, claim: Claim, chain: Chain) -> Verdict:
    if chain.doubt:
        return Verdict("invariant", invariant.title, claim.text, "unknown", None, chain.rules, (), chain.doubt)
    return Verdict("invariant", invariant.title, claim.text, "fails", chain.last, chain.rules, (),
                   "a chain of allowed calls leads there: " + " -> ".join(chain.steps))
