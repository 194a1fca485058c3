"""Puts the obligations to every destination and collects the verdicts."""

from collections.abc import Iterable

from meshwright.access.reach import Reach
from meshwright.diagnostics import Outcome
from meshwright.ir.intent import Program
from meshwright.ir.proof import Obligation, Proof, Verdict
from meshwright.prove.assumptions import assumptions
from meshwright.prove.destination import Case, verdicts
from meshwright.prove.meaning import Meaning
from meshwright.prove.properties import complete, covered, permitted_ways, sealed, sound, transport
from meshwright.prove.properties.covered import OUTSIDE, destinations
from meshwright.prove.question import Judge

JUDGED: tuple[Obligation, ...] = ("covered", "sound", "complete", "sealed", "transport")


def prove(program: Program, reach: Iterable[Reach]) -> Outcome[Proof]:
    """Judge what ``reach`` says against ``program``.

    Every governed workload, `other pods` of every governed namespace, and every waypoint before them gets a verdict for each
    obligation, and every invariant for each claim; a destination that ``reach`` leaves out is "unknown".  A verdict that does
    not hold is an error diagnostic, MW0401 to MW0407.
    """
    meaning = Meaning(program)
    judge = Judge(program.mesh.trust_domain)
    answers = {answer.destination: answer for answer in reach}
    found: list[Verdict] = []
    ways = 0
    expected = destinations(program, answers)
    before = standing(program)
    for destination, pods in sorted(expected.items()):
        answer = answers.get(destination)
        if answer is None:
            found.append(_unanswered(destination, answers.values()))
            continue
        ways += len(answer.ways)
        found += _judged(Case(program, meaning, answer, pods, waypoints_before(answer, *before)), judge)
    if program.invariants:
        from meshwright.prove.invariants import invariants  # read when there are some

        found += invariants(program, meaning, judge)
    proof = Proof(tuple(found), assumptions(program), len(expected), ways,
                  tuple(sorted(space.name for space in program.namespaces if space.enforce == "no")), "identities")
    if proof.holds:
        return Outcome(proof)
    from meshwright.prove.findings import findings  # words are needed only now

    return Outcome(proof, findings(program, proof))


def _unanswered(destination: str, answers: Iterable[Reach]) -> Verdict:
    """A destination that the model leaves out; where it says that a whole namespace is outside the mesh, so are its other pods."""
    namespace = destination.removeprefix("other pods ")
    captured = {answer.captured for answer in answers if answer.kind == "workload" and answer.namespace == namespace}
    if captured == {False}:
        return Verdict("covered", destination, "", "fails", None, (), (), OUTSIDE)
    return Verdict("covered", destination, "", "unknown", None, (), (), "the model gives no answer about it")


def _judged(case: Case, judge: Judge) -> list[Verdict]:
    """The verdicts of one destination.  Where the model is not sure, nothing else is said: it could be wrong both ways."""
    doubts = covered(case)
    if doubts:
        return doubts
    permitted = permitted_ways(case)
    wrong = verdicts(case, judge, [*sound(case, permitted), *complete(case), *sealed(case, permitted), *transport(case)])
    destination = case.reach.destination
    if not wrong:
        return [Verdict(obligation, destination, "", "holds", None, (), (), "") for obligation in JUDGED]
    bad = {verdict.obligation for verdict in wrong}
    return wrong + [Verdict(obligation, destination, "", "holds", None, (), (), "") for obligation in JUDGED if obligation not in bad]


def standing(program: Program) -> tuple[dict[str, str], set[str]]:
    """The waypoint that each namespace shares with others, and the accounts that workloads run as."""
    shared = {space.name: space.placement.waypoint for space in program.namespaces if space.placement.kind == "shared"}
    return shared, {str(workload.identity) for workload in program.inventory.workloads}


def waypoints_before(reach: Reach, shared: dict[str, str], taken: set[str]) -> tuple[tuple[str, int], ...]:
    """The waypoints that stand before this destination, where its namespace declares them, and the target ports they dial.

    A waypoint whose account some workload runs as is none: that workload would pass for it.
    """
    found = set()
    for way in reach.ways:
        if way.kind in ("service", "other-service", "gateway"):
            found |= {(proxy.removeprefix("waypoint "), way.target) for proxy in way.by if proxy.startswith("waypoint ")}
    return tuple(sorted((waypoint, port) for waypoint, port in found if waypoint not in taken and (
        waypoint.partition("/")[0] == reach.namespace or waypoint == shared.get(reach.namespace))))
