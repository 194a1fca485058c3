"""What the obligations are told about one destination, and how they answer."""


from meshwright.access.decide import Unknown
from meshwright.access.expr import Expr
from meshwright.access.reach import Reach, Way
from meshwright.access.request import Witness
from meshwright.ir.intent import Program
from meshwright.ir.proof import Obligation, Request, Verdict
from meshwright.prove.meaning import Meaning
from meshwright.prove.question import Judge
from meshwright.record import NamedTuple


class Case(NamedTuple):
    """One destination: the model's answer, and the intent about it."""

    program: Program
    meaning: Meaning
    reach: Reach
    pods: str  # id of the pod set; "" for pods that the intent does not know: nothing is allowed there
    waypoints: tuple[tuple[str, int], ...]  # waypoints that may dial the pods themselves, and at which target port


class Inclusion(NamedTuple):
    """What an obligation asks: every request of ``left`` is one of ``right``; ``reason`` says what it means when one is not."""

    obligation: Obligation
    way: Way
    left: Expr
    right: Expr
    reason: str


def verdicts(case: Case, judge: Judge, asked: list[Inclusion]) -> list[Verdict]:
    """The verdicts of what is asked that does not hold, with the witness, or why there is no answer."""
    open_ones = [one for one in asked if one.left.op != "false" and one.right.op != "true" and one.left is not one.right]
    if not open_ones:
        return []
    answers = judge.ask([(one.left, one.right) for one in open_ones])
    return [_verdict(case, one, answer) for one, answer in zip(open_ones, answers, strict=True) if answer is not None]


def _verdict(case: Case, asked: Inclusion, answer: Witness | Unknown) -> Verdict:
    way = asked.way
    where, destination = way_text(way), case.reach.destination
    if isinstance(answer, Unknown):
        return Verdict(asked.obligation, destination, where, "unknown", None, (), way.objects, answer.reason)
    request = as_request(case, way, answer)
    asked_there = [name.partition(":")[2] for name, value in answer.attributes if name.startswith("asked:") and value == "deny"]
    if asked.obligation == "complete" and asked_there:
        return Verdict(asked.obligation, destination, where, "unknown", None, (), way.objects,
                       f"what the external authorizer `{asked_there[0]}` refuses is not known")
    rules = rules_about(case, way, answer)
    if not rules and asked.obligation == "sound":
        rules = rules_about(case, way, answer, http=False)  # the rule that somebody widened in the manifests
    return Verdict(asked.obligation, destination, where, "fails", request, rules, way.objects, asked.reason)


def as_request(case: Case, way: Way, witness: Witness) -> Request:
    """The witness with what the way fixes: port, and the identity that the enforcing points see."""
    principal = witness.principal
    gateway = case.meaning.gateways.get(way.gateway)
    if way.kind == "plaintext":
        principal = ""
    elif gateway is not None:
        principal = gateway.identity.principal(case.program.mesh.trust_domain)
    port = witness.port if way.kind in ("pod", "plaintext") else way.port or way.target or witness.port
    return Request(principal, witness.source_ip, port, witness.method, witness.path, witness.host, witness.attributes)


def rules_about(case: Case, way: Way, witness: Witness, http: bool = True) -> tuple[int, ...]:
    """Rules on this destination whose source, target and (with ``http``) door meet the request."""
    from meshwright.access.request import evaluate
    from meshwright.prove.meaning.terms import door_term

    target = witness.port if way.kind in ("pod", "plaintext") else way.target
    request = Witness(*as_request(case, way, witness))
    return tuple(sorted({grant.rule for grant in case.meaning.grants_on(case.pods, target)
                         if evaluate(case.meaning.source(grant.source), request)
                         and (not http or evaluate(door_term(grant), request))}))


def way_text(way: Way) -> str:
    """One way in words, for people."""
    through = [proxy for proxy in way.by if proxy.startswith("waypoint ")]
    passed = f", through {' and '.join(through)}" if through else ""
    address = f"{way.service} port {way.port}"
    if way.kind == "service":
        return f"the address of {address}{passed}"
    if way.kind == "without-waypoint":
        return f"the address of {address} while its waypoint is not ready"
    if way.kind == "pod":
        return "the pod's own address"
    if way.kind == "plaintext":
        return "plaintext from outside the mesh"
    if way.kind == "gateway":
        return f"gateway {way.gateway} listener {way.listener}, routed to {address}{passed}"
    if way.kind == "other-service":
        return f"the address of another service on the same pods, {address}{passed}"
    if way.kind == "mesh-route":
        return f"a route of {address} that names this one as backend{passed}"
    return f"a service that nobody declared{f' with target port {way.target}' if way.target else ''}{passed}"
