"""The witnesses of a proof as questions: asked again of the proxies one by one, and in the words that `explain` takes."""

from collections.abc import Iterable

from meshwright.access.reach import Reach, Way
from meshwright.access.request import Witness
from meshwright.ir.explanation import Question
from meshwright.ir.intent import Program
from meshwright.ir.proof import Proof, Request, Verdict
from meshwright.prove.destination import way_text
from meshwright.record import NamedTuple


class Shown(NamedTuple):
    """The request of one verdict that fails, on its way to a workload."""

    verdict: Verdict
    way: Way
    request: Witness


def witnesses(reach: Iterable[Reach], proof: Proof) -> tuple[Shown, ...]:
    """What can be asked again: failing verdicts with a request and a way; those of `sealed` speak of a policy that nobody has yet."""
    ways = {(one.destination, way_text(way)): way for one in reach if one.kind == "workload" for way in one.ways}
    found = []
    for verdict in proof.verdicts:
        way = ways.get((verdict.destination, verdict.way))
        if verdict.status == "fails" and verdict.request is not None and way is not None and verdict.obligation in ("sound", "complete"):
            found.append(Shown(verdict, way, Witness(*verdict.request)))
    return tuple(found)


def question_of(program: Program, shown: Shown) -> Question | None:
    """The same request in the words of `explain`; None where they cannot say it (a way that another Service's route opens)."""
    way, request = shown.way, shown.verdict.request
    if request is None or way.kind in ("mesh-route", "unlisted-service"):
        return None
    via = {"plaintext": "plaintext", "pod": "pod", "gateway": f"{way.gateway}:{way.listener}"}.get(way.kind, "service")
    if way.kind in ("pod", "plaintext"):
        return Question(_caller(program, request), f"pods of {shown.verdict.destination}", port=str(request.port), via=via,
                        source_ip=request.source_ip if way.kind == "plaintext" else "")
    caller = f"clients of {way.gateway} port {way.listener}" if way.kind == "gateway" else _caller(program, request)
    host = request.host if way.kind == "gateway" else ""
    return Question(caller, way.service, request.method, request.path, host, port=str(way.port), via=via)


def command_of(question: Question) -> str:
    """The question as somebody would type it."""
    words = [question.source, question.target, *((question.method, question.path) if question.path else ())]
    options = (("--host", question.host), ("--port", question.port), ("--source-ip", question.source_ip), ("--via", question.via))
    words += [word for option, value in options if value for word in (option, value)]
    return "meshwright explain " + " ".join(_quoted(word) for word in words)


def _caller(program: Program, request: Request) -> str:
    if not request.principal:
        return "unidentified"
    parts = request.principal.split("/")
    for workload in program.inventory.workloads:
        named = (workload.namespace, workload.name) == (parts[2], parts[4])
        if named and workload.identity.principal(program.mesh.trust_domain) == request.principal and workload.capture != "outside":
            return f"{workload.namespace}/{workload.name}"
    return request.principal


def _quoted(word: str) -> str:
    """For a POSIX shell."""
    plain = all(char.isalnum() or char in "-_./:,@%+=" for char in word) and word.isascii()
    return word if plain and word else "'" + word.replace("'", "'\"'\"'") + "'"
