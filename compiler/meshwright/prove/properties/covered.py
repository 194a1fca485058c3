"""Covered: the model answered for every way that must exist, knows every object in reach, and the mesh sees the traffic.

Without this an empty answer would look like a pass.
"""

from collections.abc import Mapping
from typing import Literal

from meshwright.access.reach import Reach
from meshwright.ir.intent import Program
from meshwright.ir.proof import Verdict
from meshwright.prove.destination import Case
from meshwright.prove.meaning.routes import listeners_of

OUTSIDE = "the mesh does not see traffic to it, so it is open to everybody"


def covered(case: Case) -> list[Verdict]:
    """Verdicts "unknown" for what the model cannot say or left out, "fails" for pods outside the mesh."""
    reach = case.reach
    if not reach.captured:
        return [_verdict(case, "fails", OUTSIDE)]
    found = [_verdict(case, "unknown", reason) for reason in reach.unknown]
    known = {(way.kind, way.service, way.port, way.gateway, way.listener) for way in reach.ways}
    expected = [("unlisted-service", "", 0, "", 0)] if reach.kind == "waypoint" else [("pod", "", 0, "", 0), ("plaintext", "", 0, "", 0)]
    if case.pods:
        for name in case.meaning.pod_sets[case.pods].services:
            service = case.meaning.services[name]
            for port in service.ports:
                if not service.headless:
                    expected.append(("service", name, port.number, "", 0))
                for gateway in case.program.gateways:
                    expected += [("gateway", name, port.number, gateway.id, listener)
                                 for listener in listeners_of(case.program, gateway, name, port.number)]
    for way in expected:
        if way not in known:
            kind, dialled, number, through, listener = way
            place = f" of {dialled} port {number}" if dialled else ""
            via = f" through {through} listener {listener}" if through else ""
            found.append(_verdict(case, "unknown", f"the model gives no answer for the way `{kind}`{place}{via}"))
    return found


def _verdict(case: Case, status: Literal["fails", "unknown"], reason: str) -> Verdict:
    return Verdict("covered", case.reach.destination, "", status, None, (), (), reason)


def destinations(program: Program, answers: Mapping[str, Reach]) -> dict[str, str]:
    """Every destination that must be judged -> its pod set, "" where nothing is allowed.

    Workloads and `other pods` of governed namespaces, whatever else the model says about pods there, and the waypoints on ways
    to them.
    """
    governed = {space.name for space in program.namespaces if space.enforce == "yes"}
    sets = {workload: pods.id for pods in program.pod_sets for workload in pods.workloads}
    found = {workload.id: sets.get(workload.id, "") for workload in program.inventory.workloads if workload.namespace in governed}
    found.update({workload: pods for workload, pods in sets.items() if workload.partition("/")[0] in governed})
    found.update({f"other pods {name}": "" for name in governed})
    found.update({name: "" for name, answer in answers.items() if answer.namespace in governed and name not in found})
    passed = {proxy for name in found if name in answers for way in answers[name].ways for proxy in way.by}
    found.update({proxy: "" for proxy in passed if proxy.startswith("waypoint ")})
    return found
