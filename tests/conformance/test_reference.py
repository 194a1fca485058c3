"""The slow evaluator of tests/reference, which shares no code with the model, against the recorded decisions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conformance.test_decisions import attributes, objects_of, principal, worlds
from tests.reference import istio

ROOT = "istio-system"


def test_the_reference_decides_as_recorded(corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    judged = 0
    wrong = []
    for number, world in enumerate(worlds(corpora)):
        if number % 4:
            continue  # slow; the model is held against all of them
        documents = istio.effective([one.content for one in objects_of(world)])  # type: ignore[arg-type, misc]
        labels = {f"{one['metadata']['namespace']}/{one['metadata']['name']}": one["spec"]["template"]["metadata"]["labels"]
                  for one in documents if one["kind"] == "Deployment"}
        policies = [one for one in documents if one["kind"].endswith(("Policy", "Authentication"))]
        for question in world["questions"]:
            judged += 1
            if _answer(policies, labels, question) != (question["decision"] == "allow"):
                wrong.append((world["world"], question))
    count_cases("reference decisions", judged)
    assert wrong == []
    assert judged > 10_000


def _answer(documents: list[Any], labels: dict[str, dict[str, str]], question: dict[str, Any]) -> bool:
    who = principal(question["peer"])
    if question["engine"] == "ztunnel":
        where = question["workload"]
        call = istio.Call(who, question["source_ip"], question["target_port"], "", "", "")
        return istio.ztunnel(documents, ROOT, where.split("/")[0], labels[where], call)
    call = istio.Call(who, question["source_ip"], question["port"], question["method"], question["path"].partition("?")[0],
                      question["headers"].get("host", ""), attributes(question))
    if question["engine"] == "waypoint":
        return istio.waypoint(documents, ROOT, question["proxy"], question["service"], call)
    where = question.get("service") or question["workload"]
    return istio.sidecar(documents, ROOT, where.split("/")[0], labels[where], call)
