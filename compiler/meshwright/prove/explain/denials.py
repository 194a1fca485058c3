"""What is behind a denial: the rules of the sources that say it, or those that would have had to allow it; and its question."""

from collections.abc import Iterable

from meshwright.access.decide import Unknown
from meshwright.access.expr import NOTHING, Expr, any_of, both, match
from meshwright.access.reach import Behind
from meshwright.ir.denial import Denial
from meshwright.ir.explanation import Question
from meshwright.ir.intent import Grant, Program
from meshwright.prove.meaning import Meaning
from meshwright.prove.meaning.terms import door_term
from meshwright.prove.question import Judge


def behind(program: Program, found: Behind, principal: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Denies that a policy's rule says, and allows at the same place (of ``principal`` alone where it has some).

    A rule says a deny of the sources when it matches nothing that they do not deny there; any other one refuses whoever nobody allows.
    """
    meaning, judge = Meaning(program), Judge(program.mesh.trust_domain)
    at = tuple(_at(program, found))
    denies = [grant for grant in at if grant.effect == "deny"]
    said: tuple[int, ...] = ()
    if found.requests is not None and denies:
        terms = [_term(meaning, grant, bool(found.services)) for grant in denies]
        pairs = [(found.requests, any_of(terms)), *((both(found.requests, term), NOTHING) for term in terms)]
        inside, *meets = judge.ask(pairs)
        if inside is None:
            met = {grant.rule for grant, meet in zip(denies, meets, strict=True) if meet is not None and not isinstance(meet, Unknown)}
            said = tuple(sorted(met))
    allows = [grant for grant in at if grant.effect == "allow"]
    mine = [grant for grant in allows if principal and grant.source.identity is not None
            and grant.source.identity.principal(program.mesh.trust_domain) == principal]
    return said, tuple(sorted({grant.rule for grant in mine or allows}))


def question_of(program: Program, denial: Denial) -> Question | None:
    """The request of a denial in the words of `explain`; None where the line does not say who asked for what."""
    caller = denial.principal or ("unidentified" if denial.proxy == "ztunnel" and denial.source_ip else "")
    if not caller or (denial.proxy == "envoy" and not (denial.method and denial.path)):
        return None
    if denial.proxy == "envoy":
        name = denial.service or _service_of(program, denial)
        return Question(caller, name, denial.method, denial.path, port=str(denial.port or ""), via="service") if name else None
    service = next((one for one in program.services if one.id == denial.service and not one.headless), None)
    port = next((str(one.number) for one in service.ports if one.target == denial.port), "") if service is not None else ""
    if denial.principal and service is not None and port:
        return Question(caller, service.id, port=port, via="service")
    if not denial.workload or not denial.port:
        return None
    pods = f"pods of {denial.workload}"
    if denial.principal:
        return Question(caller, pods, port=str(denial.port), via="pod")
    return Question(caller, pods, port=str(denial.port), source_ip=denial.source_ip, via="plaintext")


def place_of(program: Program, denial: Denial) -> Behind | None:
    """Where it was denied, as far as a line without a policy says: by service, or by the name of a pod."""
    service = denial.service or _service_of(program, denial)
    if service:
        return Behind("", None, (service,), ())
    namespace, _, pod = denial.workload.partition("/")
    found = [one.id for one in program.inventory.workloads
             if one.namespace == namespace and (pod == one.name or pod.startswith(one.name + "-"))]
    return Behind("", None, (), (max(found, key=len),)) if found else None


def _service_of(program: Program, denial: Denial) -> str:
    """The service that the Host header names; one without a namespace is in the policy's own, or the only one of that name."""
    parts = denial.host.partition(":")[0].split(".")
    namespace = parts[1] if len(parts) > 1 else denial.policy.partition("/")[0]
    found = [service.id for service in program.services if service.name == parts[0] and namespace in ("", service.namespace)]
    return found[0] if len(found) == 1 else ""


def _at(program: Program, found: Behind) -> Iterable[Grant]:
    pods = {one.id for one in program.pod_sets for workload in one.workloads if workload in found.workloads}
    services = {service for one in program.pod_sets if one.id in pods for service in one.services} | set(found.services)
    for grant in program.grants:
        if (grant.target.id in services) if grant.target.kind == "service" else (grant.target.id in pods):
            yield grant


def _term(meaning: Meaning, grant: Grant, at_service: bool) -> Expr:
    """A grant over port too: the service's where its waypoint judges, else the target port."""
    number = grant.target.port
    if grant.target.kind == "service" and not at_service:
        number = meaning.targets.get((grant.target.id, number), 0)
    where = [match("port", "number", str(number))] if number else []
    return both(*where, meaning.source(grant.source), door_term(grant))
