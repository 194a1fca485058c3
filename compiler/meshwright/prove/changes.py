"""What one program allows and another does not: the difference of two intents, way by way, in the words of their rules.

Both sides are what ``compile`` proves of their manifests, so the difference of the intents is that of the meshes.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from meshwright.access.decide import Unknown
from meshwright.access.expr import NOTHING, Expr, any_of, both, match, negate
from meshwright.access.request import Witness
from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.ir.changes import Change, Changes
from meshwright.ir.intent import Grant, Program, Source
from meshwright.ir.proof import Request
from meshwright.prove.meaning import Meaning
from meshwright.prove.meaning.routes import listeners_of
from meshwright.prove.meaning.terms import door_term
from meshwright.prove.question import Judge
from meshwright.record import NamedTuple

Effect = Literal["opens", "closes"]
State = Literal["enforced", "open", "absent"]  # of a namespace


class _Way(NamedTuple):
    """One way to a destination that both sides are asked about: the fields of ``Meaning``'s questions that name it."""

    kind: Literal["service", "pods", "gateway"]
    id: str  # of the service, or of the pod set
    port: int  # at the service; 0 for pods
    gateway: str = ""
    listener: int = 0


class _Told(NamedTuple):
    """A change, by which grant and on which way; ``grant`` None: no single one."""

    grant: Grant | None
    way: _Way
    change: Change


def changes(old: Program, new: Program) -> Outcome[Changes]:
    """Everything that ``new`` opens and closes against ``old``.

    A namespace that is open on both sides is not compared; one that is open on one side only, or is not there, is a change of
    its own.  MW0408 where nobody can tell within the budget: no value then, an unknown difference is no empty one.
    """
    before, after = _Side(old), _Side(new)
    judge = Judge(new.mesh.trust_domain)
    found: list[Change] = []
    by_rule: list[_Told] = []
    unknown: list[str] = []
    skipped: set[str] = set()  # namespaces that one line speaks for
    for name in sorted(before.spaces | after.spaces):
        one, other = before.state(name), after.state(name)
        if "open" in (one, other):
            skipped.add(name)
            if one != other:
                found.append(_namespace(name, one, other, before if other == "absent" else after))
    ways = sorted({way for side in (before, after) for way in side.ways() if way.id.partition("/")[0] not in skipped})
    for way in ways:
        if before.grants(way) == after.grants(way) and before.shape(way) == after.shape(way):
            continue
        was, now = before.allowed(way), after.allowed(way)
        for effect, side, more, less in (("opens", after, now, was), ("closes", before, was, now)):
            answer = judge.outside(more, less)
            if isinstance(answer, Unknown):
                unknown.append(f"{_target(way, 0)}: {answer.reason}")
            elif answer is not None:
                by_rule += _by_rule(effect, way, side, before if side is after else after, more, less, answer, judge)  # type: ignore[arg-type]
    if unknown:
        return Outcome(None, (_no_answer(unknown),))
    return Outcome(Changes(new.environment, tuple(sorted([*found, *_once(by_rule)], key=_order)), len(ways)))


class _Side:
    """One program, asked by way."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.meaning = Meaning(program)
        self._enforced = {space.name: space.enforce == "yes" for space in program.namespaces}
        self.spaces = self._enforced.keys() | {space.name for space in program.inventory.namespaces}
        self._others = negate(any_of(match("principal", "exact", gateway.identity.principal(program.mesh.trust_domain))
                                     for gateway in program.gateways))  # gateways' clients have ways of their own

    def state(self, name: str) -> State:
        if name not in self.spaces:
            return "absent"
        return "enforced" if self._enforced.get(name) else "open"

    def ways(self) -> Iterator[_Way]:
        for service in self.program.services:
            if self._enforced.get(service.namespace):
                for port in service.ports:
                    yield _Way("service", service.id, port.number)
                    for gateway in self.program.gateways:
                        for listener in listeners_of(self.program, gateway, service.id, port.number):
                            yield _Way("gateway", service.id, port.number, gateway.id, listener)
        for pods in self.program.pod_sets:
            yield _Way("pods", pods.id, 0)

    def places(self, way: _Way) -> list[tuple[str, int]]:
        """The pod sets at the end of ``way``, with the target port there; () = this side has no such way."""
        if way.kind == "pods":
            return [(way.id, 0)] if way.id in self.meaning.pod_sets else []
        service = self.meaning.services.get(way.id)
        target = self.meaning.targets.get((way.id, way.port))
        return [(pods, target) for pods in service.pod_sets] if service is not None and target else []

    def grants(self, way: _Way) -> list[tuple[object, ...]]:
        """What the rules say about ``way``, without their places in the text."""
        return [(grant.effect, grant.source._replace(name=""), grant.target, grant.http)
                for pods, target in self.places(way) for grant in self.meaning.grants_on(pods, target)]

    def shape(self, way: _Way) -> object:
        """What besides the rules decides: target ports, gateways with their listeners and routes, the trust domain."""
        gateways = [(one.identity, [listener._replace(span=None) for listener in one.listeners]) for one in self.program.gateways]  # type: ignore[arg-type]
        routes = [route._replace(span=None) for route in self.program.routes] if way.kind == "gateway" else ()  # type: ignore[arg-type]
        headless = [self.meaning.services[name].headless for pods, _ in self.places(way) for name in self.meaning.pod_sets[pods].services]
        return self.places(way), gateways, routes, headless, self.program.mesh.trust_domain

    def allowed(self, way: _Way) -> Expr:
        """The requests that get in that way; gateways' clients only on the ways of gateways."""
        if way.kind == "pods":
            return both(any_of(self.meaning.at_pods(pods) for pods, _ in self.places(way)), self._others)
        if way.kind == "service":  # who has no identity comes by the pods' address, as far as the mesh is concerned
            found = any_of(self.meaning.at_service(way.id, way.port, pods, target) for pods, target in self.places(way))
            return both(found, match("principal", "present"), self._others)
        return any_of(self.meaning.through_gateway(way.gateway, way.listener, way.id, way.port, pods, target)
                      for pods, target in self.places(way))

    def term(self, grant: Grant, way: _Way) -> Expr:
        """The requests on ``way`` that one rule speaks of."""
        door = door_term(grant)
        if way.kind == "gateway":
            return door
        found = both(self.meaning.source(grant.source), door)
        if way.kind == "pods":
            to_service = grant.target.kind == "service"
            port = self.meaning.targets.get((grant.target.id, grant.target.port), 0) if to_service else grant.target.port
            return both(found, match("port", "number", str(port))) if port else found
        return found

    def about(self, way: _Way, effect: Literal["allow", "deny"]) -> Iterable[Grant]:
        seen = set()
        for pods, target in self.places(way):
            for grant in self.meaning.grants_on(pods, target):
                here = (way.kind == "gateway") == (grant.source.kind in ("gateway", "any-gateway"))
                if grant.effect == effect and here and grant not in seen:
                    seen.add(grant)
                    yield grant


def _by_rule(effect: Effect, way: _Way, side: _Side, other: _Side, more: Expr, less: Expr, witness: Witness, judge: Judge) -> list[_Told]:
    """The difference, cut by the allows that let it in on the side that has it; what none of them explains is one change more."""
    found: list[_Told] = []
    rest = [more]
    known = {(grant.source._replace(name=""), grant.target, grant.http) for grant in other.about(way, "allow")}
    for grant in side.about(way, "allow"):
        term = side.term(grant, way)
        answer = judge.outside(both(term, more), less)
        rest.append(negate(term))
        if answer is None:
            continue
        before = judge.outside(both(term, less), NOTHING)
        is_new = (grant.source._replace(name=""), grant.target, grant.http) not in known
        asked = witness if isinstance(answer, Unknown) else answer
        rule = side.program.rules[grant.rule]
        found.append(_Told(grant, way, Change(
            effect, _source(grant.source, way), _target(way, _port(grant, side, asked)), _door(grant), before is None,
            _because(effect, is_new, way), _request(asked, way, side), _is_public(grant.source, way, asked), rule.text, rule.span)))
    left = judge.outside(both(*rest), less)
    if left is not None:
        asked = witness if isinstance(left, Unknown) else left
        caller = f"clients of {way.gateway} port {way.listener}" if way.kind == "gateway" else asked.principal or "anyone"
        found.append(_Told(None, way, Change(
            effect, caller, _target(way, asked.port), "some requests", False, "the declarations",
            _request(asked, way, side), way.kind == "gateway" or not asked.principal, "", None)))
    return found


def _because(effect: Effect, is_new: bool, way: _Way) -> str:
    if is_new:
        return "a new or changed rule" if effect == "opens" else "a rule that changed or is gone"
    if way.kind == "gateway":
        return "a route or a deny that changed"
    return "a deny that changed or is gone" if effect == "opens" else "a new or changed deny"


def _namespace(name: str, was: State, now: State, side: _Side) -> Change:
    """A namespace that is open to anyone on one side only, told by the side that has it."""
    space = next((one for one in side.program.namespaces if one.name == name), None)
    span = space.span if space is not None else None
    if now == "open":
        because = "`enforce` is no longer `yes`" if was == "enforced" else "a new namespace without `enforce yes`"
        return Change("opens", "anyone", f"namespace {name}", "everything", True, because, None, True, "", span)
    what, because = ("everything that no rule allows", "`enforce yes`") if now == "enforced" else ("everything", "the namespace is gone")
    return Change("closes", "anyone", f"namespace {name}", what, True, because, None, True, "", span)


def _once(found: Iterable[_Told]) -> list[Change]:
    """What a grant to a service changes at its pods' own address too is said once, at the service; a grant to the pods stays."""
    found = tuple(found)
    said = {(told.change.effect, told.grant) for told in found if told.way.kind == "service"}
    return list(dict.fromkeys(told.change for told in found if told.way.kind != "pods" or told.grant is None
                              or told.grant.target.kind != "service" or (told.change.effect, told.grant) not in said))


def _order(change: Change) -> tuple[object, ...]:
    return change.effect != "opens", change.target, change.source, change.door, change.rule, change.span.start if change.span else 0


def _source(source: Source, way: _Way) -> str:
    if way.kind == "gateway":
        return f"clients of {way.gateway} port {way.listener}"
    if source.kind == "identity":
        return str(source.identity)
    if source.kind == "unidentified":
        return "unidentified" + (f" from {', '.join(source.cidrs)}" if source.cidrs else "")
    if source.kind == "namespace":
        return f"namespace {source.namespace}"
    return {"any-workload": "any workload", "anyone": "anyone"}.get(source.kind, source.kind)


def _target(way: _Way, port: int) -> str:
    if way.kind == "pods":
        return f"pods of {way.id} " + (f"port {port}" if port else "any port")
    return f"{way.id} port {way.port}"


def _port(grant: Grant, side: _Side, witness: Witness) -> int:
    if grant.target.kind == "service":
        return side.meaning.targets.get((grant.target.id, grant.target.port), witness.port)
    return grant.target.port


def _door(grant: Grant) -> str:
    if grant.http is None:
        return "everything"
    return f"{', '.join(grant.http.methods) or 'any method'} {grant.http.path}"


def _request(witness: Witness, way: _Way, side: _Side) -> Request:
    principal = witness.principal
    if way.kind == "gateway":
        principal = side.meaning.gateways[way.gateway].identity.principal(side.program.mesh.trust_domain)
    return Request(principal, witness.source_ip, way.port or witness.port, witness.method, witness.path, witness.host, witness.attributes)


def _is_public(source: Source, way: _Way, witness: Witness) -> bool:
    return way.kind == "gateway" or source.kind in ("unidentified", "anyone") or not witness.principal


def _no_answer(unknown: list[str]) -> Diagnostic:
    shown = unknown[:8]
    more = (f"and {len(unknown) - len(shown)} more",) if len(unknown) > len(shown) else ()
    return error("MW0408", f"nobody can tell what changes at {len(unknown)} place{'s' if len(unknown) > 1 else ''}", notes=(*shown, *more),
                 help=("write fewer rules that overlap at this destination",))
