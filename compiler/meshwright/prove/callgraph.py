"""Who can reach what by a chain of allowed calls, every hop forwarding whatever it likes.

A caller is an identity, or somebody without one.  Everybody can dial a gateway, so what its clients may ask, everybody may.
"""

from collections.abc import Iterable

from meshwright.access.decide import Unknown
from meshwright.access.expr import NOTHING, Expr, both
from meshwright.access.request import Witness, evaluate, fix
from meshwright.ir.intent import Claim, Source
from meshwright.ir.proof import Request
from meshwright.prove.meaning import Meaning
from meshwright.prove.meaning.terms import door_term
from meshwright.prove.question import Judge
from meshwright.record import NamedTuple

NOBODY = ""  # the principal of a caller without identity


class Chain(NamedTuple):
    """How a claim `never A reaches B` is broken; ``doubt`` is not "" where the algebra has no answer."""

    steps: tuple[str, ...]  # "shop/web", "shop/orders port 80", "shop/ledger", ...
    last: Request | None
    rules: tuple[int, ...]  # that allow the calls
    doubt: str


class _Call(NamedTuple):
    to: str  # pod set
    text: str  # "shop/orders port 80", "pods of shop/kafka"
    request: Request
    rules: tuple[int, ...]


def chains(claim: Claim, meaning: Meaning, judge: Judge) -> list[Chain]:
    """One chain for each target pod set that some source of the claim reaches, shortest first.

    Ports and HTTP terms of the targets are not asked: whoever reaches a pod at all may make it act, so a claim about one door
    of it would say less than it seems to.
    """
    wanted = {pods.id for pods in meaning.program.pod_sets for target in claim.targets
              if (target.kind == "pods" and target.id == pods.id) or (target.kind == "service" and target.id in pods.services)}
    seen: dict[str, tuple[str, ...]] = {}
    rules: dict[str, tuple[int, ...]] = {}
    queue: list[str] = []
    for principal in _starts(claim.sources, meaning):
        if principal not in seen:
            seen[principal] = (_short(principal, meaning),)
            rules[principal] = ()
            queue.append(principal)
    found: list[Chain] = []
    reached: set[str] = set()
    for principal in queue:
        for call in _calls(principal, meaning, judge):
            if isinstance(call, Unknown):
                found.append(Chain((), None, (), call.reason))
                continue
            steps = (*seen[principal], call.text)
            so_far = tuple(sorted({*rules[principal], *call.rules}))
            if call.to in wanted and call.to not in reached:
                reached.add(call.to)
                found.append(Chain(steps, call.request, so_far, ""))
            for identity in meaning.pod_sets[call.to].identities:
                following = identity.principal(meaning.trust_domain)
                if following not in seen:
                    seen[following] = (*steps, str(identity))
                    rules[following] = so_far
                    queue.append(following)
    return found


def _starts(sources: tuple[Source, ...], meaning: Meaning) -> Iterable[str]:
    """Principals that stand for the sources: named ones, those of the inventory, and one that nobody named."""
    domain = meaning.trust_domain
    known = {workload.identity.principal(domain) for workload in meaning.program.inventory.workloads}
    known |= {identity.principal(domain) for pods in meaning.program.pod_sets for identity in pods.identities}
    for source in sources:
        if source.kind in ("gateway", "any-gateway"):
            for gateway in meaning.program.gateways:
                if source.kind == "any-gateway" or source.gateway == gateway.id:
                    yield gateway.identity.principal(domain)
        elif source.kind == "identity" and source.identity is not None:
            yield source.identity.principal(domain)
        else:
            if source.kind in ("unidentified", "anyone"):
                yield NOBODY
            if source.kind in ("any-workload", "anyone", "namespace"):
                space = source.namespace if source.kind == "namespace" else "other"
                outsider = f"{domain}/ns/{space}/sa/other"
                everybody = sorted({outsider, *known})
                yield from (principal for principal in everybody
                            if evaluate(meaning.source(source), Witness(principal, "203.0.113.7", 80, "GET", "/", "")))


def _calls(principal: str, meaning: Meaning, judge: Judge) -> Iterable[_Call | Unknown]:
    """What somebody may call: by service address, by pod address, and through every gateway."""
    gateways = [gateway.identity.principal(meaning.trust_domain) for gateway in meaning.program.gateways]
    for caller in dict.fromkeys([principal, *gateways]):
        via = "" if caller == principal else f"{_short(caller, meaning)} -> "
        for pods in meaning.program.pod_sets:
            for service, port, target, allowed in _doors(pods.id, caller in gateways, meaning):
                mine = fix(allowed, "principal", caller)
                if mine == NOTHING:
                    continue
                answer = judge.outside(mine, NOTHING)
                if isinstance(answer, Unknown):
                    yield answer
                elif answer is not None:
                    request = answer._replace(principal=caller)
                    where = target or request.port
                    rules = {grant.rule for grant in meaning.grants_on(pods.id, where) if grant.effect == "allow"
                             and evaluate(both(meaning.source(grant.source), door_term(grant)), request)}
                    text = f"{service} port {port}" if service else f"pods of {pods.id} port {request.port}"
                    yield _Call(pods.id, via + text, Request(*request._replace(port=port or request.port)), tuple(sorted(rules)))


def _doors(pods: str, gateway: bool, meaning: Meaning) -> Iterable[tuple[str, int, int, Expr]]:
    for service in meaning.pod_sets[pods].services:
        for port in meaning.services[service].ports:
            yield service, port.number, port.target, meaning.at_service(service, port.number, pods, port.target)
    if not gateway:
        yield "", 0, 0, meaning.at_pods(pods)


def _short(principal: str, meaning: Meaning) -> str:
    if principal == NOBODY:
        return "a peer without identity"
    for gateway in meaning.program.gateways:
        if gateway.identity.principal(meaning.trust_domain) == principal:
            return f"gateway {gateway.id}"
    parts = principal.split("/")
    return f"{parts[2]}/{parts[4]}"
