"""Puts the obligations to every destination and collects the verdicts."""

from collections.abc import Callable, Iterable

from meshwright.access.reach import Reach
from meshwright.diagnostics import Outcome
from meshwright.ir.intent import Program
from meshwright.ir.proof import Obligation, Proof, Verdict
from meshwright.prove.assumptions import assumptions
from meshwright.prove.destination import Case
from meshwright.prove.findings import findings
from meshwright.prove.invariants import invariants
from meshwright.prove.meaning import Meaning
from meshwright.prove.properties import complete, covered, sealed, sound, transport
from meshwright.prove.properties.covered import destinations
from meshwright.prove.question import Judge

PROPERTIES: tuple[tuple[Obligation, Callable[[Case], list[Verdict]]], ...] = (
    ("covered", covered), ("sound", sound), ("complete", complete), ("sealed", sealed), ("transport", transport))


def prove(program: Program, reach: Iterable[Reach]) -> Outcome[Proof]:
    """Judge what ``reach`` says against ``program``.

    Every governed workload, `other pods` of every governed namespace, and every waypoint before them gets a verdict for each
    obligation, and every invariant for each claim; a destination that ``reach`` leaves out is "unknown".  A verdict that does
    not hold is an error diagnostic, MW0401 to MW0407.
    """
    meaning = Meaning(program)
    judge = Judge(program.mesh.trust_domain)
    answers = {answer.destination: answer for answer in reach}
    verdicts: list[Verdict] = []
    ways = 0
    expected = destinations(program, answers)
    for destination, pods in sorted(expected.items()):
        answer = answers.get(destination)
        if answer is None:
            verdicts.append(Verdict("covered", destination, "", "unknown", None, (), (), "the model gives no answer about it"))
            continue
        ways += len(answer.ways)
        verdicts += _judged(Case(program, meaning, judge, answer, pods, _waypoints(program, answer)))
    verdicts += invariants(program, meaning, judge)
    proof = Proof(tuple(verdicts), assumptions(program), len(expected), ways,
                  tuple(sorted(space.name for space in program.namespaces if space.enforce == "no")), "identities")
    return Outcome(proof, findings(program, proof))


def _judged(case: Case) -> list[Verdict]:
    """The verdicts of one destination.  Where the model is not sure, nothing else is said: it could be wrong both ways."""
    doubts = covered(case)
    if doubts:
        return doubts
    found = [Verdict("covered", case.reach.destination, "", "holds", None, (), (), "")]
    for obligation, judged in PROPERTIES[1:]:
        found += judged(case) or [Verdict(obligation, case.reach.destination, "", "holds", None, (), (), "")]
    return found


def _waypoints(program: Program, reach: Reach) -> tuple[tuple[str, int], ...]:
    """The waypoints that stand before this destination, where its namespace declares them, and the target ports they dial.

    A waypoint whose account some workload runs as is none: that workload would pass for it.
    """
    found = set()
    for way in reach.ways:
        if way.kind in ("service", "other-service", "gateway"):
            found |= {(proxy.removeprefix("waypoint "), way.target) for proxy in way.by if proxy.startswith("waypoint ")}
    if not found:
        return ()
    shared = {space.placement.waypoint for space in program.namespaces
              if space.name == reach.namespace and space.placement.kind == "shared"}
    taken = {str(workload.identity) for workload in program.inventory.workloads}
    return tuple(sorted((waypoint, port) for waypoint, port in found
                        if waypoint not in taken and (waypoint.partition("/")[0] == reach.namespace or waypoint in shared)))
