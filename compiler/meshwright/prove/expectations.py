"""The tests of the sources, on the meaning of the intent: since the manifests equal it, what passes here passes for them.

An expectation speaks of every request that its line names, not of one example.
"""

from collections.abc import Iterable
from itertools import product

from meshwright.access.decide import Unknown
from meshwright.access.expr import EVERYTHING, NOTHING, Expr, all_of, any_of, both, match, negate
from meshwright.access.request import Witness, evaluate, fix
from meshwright.ir.expectations import Expectation, Tested
from meshwright.ir.intent import Claim, Gateway, Grant, Invariant, Program, Source, Target
from meshwright.ir.proof import Request
from meshwright.prove.invariants import Place, broken_at, places
from meshwright.prove.meaning import Meaning
from meshwright.prove.meaning.routes import routed
from meshwright.prove.meaning.terms import door_term, http_term
from meshwright.prove.question import Answer, Judge

GATEWAYS = ("gateway", "any-gateway")


def expectations(program: Program) -> Tested:
    """Judge every expectation of ``program``; the boxes of ``Tested`` are its grants."""
    meaning = Meaning(program)
    judge = Judge(program.mesh.trust_domain)
    found: list[Expectation] = []
    for test in program.tests:
        for claim in test.claims:
            judged = _refused if claim.kind == "expect-deny" else _allowed
            one = judged(test.title, claim, meaning, judge)
            if not found or (found[-1].test, found[-1].span) != (one.test, one.span):
                found.append(one)
            elif found[-1].status == "passes":  # a line whose doors are several claims passes when all of them do
                found[-1] = one
    by_place: dict[tuple[str, str], list[Claim]] = {}
    for claim in (claim for test in program.tests for claim in test.claims):
        for place in dict.fromkeys((target.kind, target.id) for target in claim.targets):
            by_place.setdefault(place, []).append(claim)
    met = [grant for grant in program.grants if _is_met(grant, by_place.get((grant.target.kind, grant.target.id), ()), meaning, judge)]
    touched = {grant.rule for grant in met}
    named = {grant.rule for grant in program.grants}
    return Tested(program.environment, tuple(found), tuple(sorted(named - touched)), len(named), len(program.grants), len(met))


def _refused(title: str, claim: Claim, meaning: Meaning, judge: Judge) -> Expectation:
    """`expect deny` is `never`, by every address."""
    never = claim._replace(kind="never")
    invariant = Invariant(title, (never,), claim.span)
    for place in places(meaning.program):
        for verdict in broken_at(place, invariant, never, meaning, judge):
            status = "unknown" if verdict.status == "unknown" else "fails"
            return Expectation(title, claim.text, status, verdict.request, verdict.rules, verdict.reason, claim.span)  # type: ignore[arg-type]
    return _passes(title, claim)


def _allowed(title: str, claim: Claim, meaning: Meaning, judge: Judge) -> Expectation:
    """`expect allow`: every request that is named gets in at the address that is named; clients of a gateway, by its routes."""
    for source, target in product(claim.sources, claim.targets):  # one by one: none may hide that another asks for nothing
        asked_at_all = False
        for place in _places_of(target, meaning):
            for gateway, asked, allowed in _questions(place, target, claim._replace(sources=(source,)), meaning):
                asked_at_all = asked_at_all or judge.outside(asked, NOTHING) is not None
                answer = judge.outside(asked, allowed)
                if answer is not None:
                    return _fails(title, claim, place, gateway, answer, meaning)
        if not asked_at_all:
            reason = f"no route leads to {_words(target)}" if source.kind in GATEWAYS else "there is no such request"
            return Expectation(title, claim.text, "fails", None, (), reason, claim.span)
    return _passes(title, claim)


def _places_of(target: Target, meaning: Meaning) -> Iterable[Place]:
    if target.kind == "pods":
        yield Place("", 0, target.id, 0)
    else:
        service = meaning.services[target.id]
        for pods in service.pod_sets:
            yield Place(target.id, target.port, pods, meaning.targets[target.id, target.port])


def _questions(place: Place, target: Target, claim: Claim, meaning: Meaning) -> Iterable[tuple[Gateway | None, Expr, Expr]]:
    """What is asked and what is allowed, for callers in the mesh or without identity (None), and for each listener of each gateway."""
    port = match("port", "number", str(target.port)) if target.kind == "pods" and target.port else EVERYTHING
    door = both(http_term(claim.http), port)
    others = any_of(meaning.source(source) for source in claim.sources if source.kind not in GATEWAYS)
    if others != NOTHING:
        allowed = meaning.at_service(place.service, place.port, place.pods, place.target) if place.service else meaning.at_pods(place.pods)
        outsiders = all_of(negate(match("principal", "exact", gateway.identity.principal(meaning.trust_domain)))
                           for gateway in meaning.program.gateways)
        yield None, all_of((others, door, outsiders)), allowed
    for gateway in meaning.program.gateways:
        principal = gateway.identity.principal(meaning.trust_domain)
        for number in sorted({listener.port for listener in gateway.listeners if not listener.redirect}):
            if place.service and any(_is_of(source, gateway, number) for source in claim.sources):
                asked = both(door, routed(meaning.program, gateway, number, place.service, place.port))
                allowed = meaning.of_listener(gateway.id, number, place.service, place.port, place.pods, place.target)
                yield gateway, fix(asked, "principal", principal), allowed


def _is_of(source: Source, gateway: Gateway, listener: int) -> bool:
    return source.kind == "any-gateway" or (source.kind == "gateway" and source.gateway == gateway.id and source.port in (0, listener))


def _fails(title: str, claim: Claim, place: Place, gateway: Gateway | None, answer: Answer, meaning: Meaning) -> Expectation:
    if isinstance(answer, Unknown) or answer is None:
        return Expectation(title, claim.text, "unknown", None, (), f"at {place.text}: {answer.reason if answer else ''}", claim.span)
    principal = gateway.identity.principal(meaning.trust_domain) if gateway is not None else answer.principal
    request = answer._replace(principal=principal, port=place.port or answer.port)
    refusing = _denies(place, request, meaning)
    reason = "a deny refuses it" if refusing else "no rule allows it"
    return Expectation(title, claim.text, "fails", Request(*request), refusing, reason, claim.span)


def _denies(place: Place, request: Witness, meaning: Meaning) -> tuple[int, ...]:
    target = place.target or request.port
    return tuple(sorted({grant.rule for grant in meaning.grants_on(place.pods, target) if grant.effect == "deny"
                         and evaluate(both(meaning.source(grant.source), door_term(grant)), request)}))


def _is_met(grant: Grant, claims: Iterable[Claim], meaning: Meaning, judge: Judge) -> bool:
    """Whether some expectation of its service or pods speaks of a request that the grant speaks of."""
    for claim in claims:
        if any(_same_place(grant.target, target) for target in claim.targets):
            asked = both(any_of(meaning.source(source) for source in claim.sources), http_term(claim.http))
            mine = both(meaning.source(grant.source), door_term(grant))
            if judge.outside(both(asked, mine), NOTHING) is not None:
                return True
    return False


def _same_place(one: Target, other: Target) -> bool:
    return (one.kind, one.id) == (other.kind, other.id) and (one.port == other.port or 0 in (one.port, other.port))


def _words(target: Target) -> str:
    return f"`{target.id}` port {target.port}" if target.kind == "service" else f"the pods of `{target.id}`"


def _passes(title: str, claim: Claim) -> Expectation:
    return Expectation(title, claim.text, "passes", None, (), "", claim.span)
