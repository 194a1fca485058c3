"""Real Envoy with the configuration that real istiod sends, against the model: random policies, random requests.

In ``make test`` the configuration is a stored one; in ``make conformance`` istiod makes it anew for worlds that nobody has seen.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.reference.ztunnel import Ztunnel
from tests.support import hand_made, random_worlds
from tests.support.ask_real import answered
from tests.support.chains import AUTHORIZER_HEADER
from tests.support.data_plane import Answer, DataPlane
from tests.support.decided import config, judged
from tests.support.istiod import Istiod
from tests.support.model_answers import Model
from tests.support.stored_worlds import HAND_MADE, WORLDS, accepted, asked, pods, stored

Json = dict[str, Any]
CASES = Path(__file__).parent / "disagreements"
FOUND = ROOT / "build" / "disagreements"
AT_ONCE = 8  # worlds in one Envoy


def test_envoy_decides_as_the_model_says(envoy: None, count_cases: Callable[[str, int], None]) -> None:
    by_hand, *worlds = stored()
    counts = compare([by_hand], 0, "stored")
    assert counts["asked"] > 9_000
    counts += compare(worlds, 20_000 // WORLDS, "stored")
    report(counts, "requests to real Envoy", count_cases)
    assert counts["asked"] > 29_000
    # Both answers are common; worlds that refuse everything would prove nothing.
    assert counts["allowed"] > 5_000 and counts["refused"] > 5_000


def test_ztunnel_is_sent_what_the_model_says(count_cases: Callable[[str, int], None]) -> None:
    counts: Counter[str] = Counter()
    for world in stored()[1:]:
        compare_connections(world, 1250, counts)
    count_cases("connections at ztunnel by what istiod sends", counts["asked"])
    assert counts["wrong"] == 0 and counts["allowed"] > 3_000 and counts["refused"] > 3_000


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_a_disagreement_that_was_found_stays_solved(path: Path) -> None:
    """Objects, a question, and what Envoy really answered (`python -m tests.support.ask_real` filled it in).

    "judge": "decide" is for questions about where a token is, which the sets of the proof do not know.
    """
    case = {"refused": [], "addresses": [], **json.loads(path.read_text())}
    assert said_so(decider(case), case["question"], Answer(case["allowed"], case["status"], case["by"]))
    if case.get("judge") != "decide":
        allowed, exact = Model(accepted(case), case["mesh"], {}).answer(case["question"])
        assert allowed == case["allowed"] if exact else allowed or not case["allowed"]


@pytest.mark.conformance
def test_the_cases_are_what_the_real_programs_say(envoy: None, istiod: Istiod) -> None:
    for path in sorted(CASES.glob("*.json")):
        case = json.loads(path.read_text())
        assert answered(case, istiod) == case, path.name


@pytest.mark.conformance
def test_the_stored_worlds_are_what_istiod_says(istiod: Istiod) -> None:
    """`python -m tests.support.stored_worlds` makes them anew."""
    old = stored()
    for before, now in zip(old, asked(istiod, [one["seed"] for one in old]), strict=True):
        assert before == json.loads(json.dumps(now)), before["seed"]


@pytest.mark.conformance
def test_a_million_requests(istiod: Istiod, envoy: None, count_cases: Callable[[str, int], None]) -> None:
    at_scale(istiod, "conformance", 100, 10_000, count_cases)


@pytest.mark.conformance_long
def test_ten_million_requests(istiod: Istiod, envoy: None, count_cases: Callable[[str, int], None]) -> None:
    at_scale(istiod, "long", 400, 25_000, count_cases)


def at_scale(istiod: Istiod, name: str, worlds: int, each: int, count_cases: Callable[[str, int], None]) -> None:
    counts: Counter[str] = Counter()
    # MESHWRIGHT_SEED makes other worlds; the default is fixed, so that a run can be repeated.
    seed = os.environ.get("MESHWRIGHT_SEED", "1")
    for start in range(0, worlds, AT_ONCE):
        made = list(asked(istiod, [f"{name}-{seed}-{number}" for number in range(start, min(start + AT_ONCE, worlds))]))
        counts += compare(made, each, f"{name}-{seed}")
        for world in made:
            compare_connections(world, 500, counts)
    report(counts, "requests to real Envoy", count_cases)
    assert counts["asked"] >= worlds * each


def compare(worlds: Iterable[Json], each: int, name: str) -> Counter[str]:
    """Asks Envoys and the model; writes each disagreement to a file below build/disagreements."""
    counts: Counter[str] = Counter()
    worlds = list(worlds)
    for start in range(0, len(worlds), AT_ONCE):
        some = {one["seed"]: one for one in worlds[start : start + AT_ONCE]}
        with DataPlane({seed: one["proxies"] for seed, one in some.items()}) as plane:
            for seed, world in some.items():
                model, decide = Model(accepted(world), world["mesh"], pods(world)), decider(world)
                questions = hand_made.questions() if seed == HAND_MADE else random_worlds.questions(f"{name}-{seed}", each)
                for question, real in zip(questions, plane.ask(seed, questions), strict=True):
                    allowed, exact = model.answer(question)
                    counts["asked"] += 1
                    counts["exact" if exact else "upper bound"] += 1
                    counts["allowed" if real.allowed else "refused"] += 1
                    agreed = allowed == real.allowed if exact else allowed or not real.allowed
                    if not agreed or not said_so(decide, question, real):
                        counts["wrong"] += 1
                        keep(world, question, real, counts["wrong"])
    return counts


def decider(world: Json) -> Callable[[Json], Json]:
    """`meshwright decide` over the objects of a world."""
    address = pods(world)
    with TemporaryDirectory() as folder:
        outcome = judged([*accepted(world), config(world["mesh"])], Path(folder))
    assert outcome.value is not None, outcome.diagnostics[:3]
    answer = outcome.value

    def decide(question: Json) -> Json:
        refuses = question.get("headers", {}).get(AUTHORIZER_HEADER) == "deny"
        told: Json = {"authorizers": dict.fromkeys(random_worlds.AUTHORIZERS, "deny" if refuses else "allow")}
        if question["engine"] == "sidecar":
            told["destination_ip"] = address[f"{question['service']}-0"]
        return answer(question | told)

    return decide


def said_so(decide: Callable[[Json], Json], question: Json, real: Answer) -> bool:
    """Whether `decide` gives the same answer, with the same status and the same policy as far as the real one says any."""
    said = decide(question)
    if said["decision"] != ("allow" if real.allowed else "deny"):
        return False
    if real.status == 0 or said["by"] == "ext_authz_denied":  # a connection is closed without a reason; an authorizer has its own
        return True
    by = "allow" if real.by == "direct_response" and real.allowed else real.by
    return bool(said["status"] == real.status and (said["by"] == by or question["method"] == "HEAD"))  # no body to say why


def compare_connections(world: Json, number: int, counts: Counter[str]) -> None:
    """The model's ztunnel against istiod's conversion, judged by the evaluator of tests/reference."""
    model, ztunnel = Model(accepted(world), world["mesh"], pods(world)), Ztunnel(world["authorizations"], world["addresses"])
    for one in random_worlds.connections(world["seed"], number):
        said = ztunnel.decide(f"{one['workload']}-0", one["peer"], one["source_ip"], one["target_port"]) == "allow"
        allowed, exact = model.connection(one["workload"], one["peer"], one["source_ip"], one["target_port"])
        counts["asked"] += 1
        counts["exact" if exact else "upper bound"] += 1
        counts["allowed" if said else "refused"] += 1
        if (allowed != said) if exact else (said and not allowed):
            counts["wrong"] += 1
            keep(world, one, Answer(said, 0, ""), counts["wrong"])


def keep(world: Json, question: Json, real: Answer, number: int) -> None:
    """A case that can be moved to tests/conformance/disagreements as it is: only objects that can have a say."""
    if number > 20:
        return
    namespace = question.get("service", question.get("workload", "")).partition("/")[0]
    objects = [one for one in accepted(world) if one["metadata"].get("namespace", namespace) in (namespace, "istio-system")]
    FOUND.mkdir(parents=True, exist_ok=True)
    case = {"question": question, "allowed": real.allowed, "status": real.status, "by": real.by, "mesh": world["mesh"], "objects": objects, "pods": pods(world)}
    (FOUND / f"{world['seed']}-{number}.json").write_text(json.dumps(case, indent=1, sort_keys=True))


def report(counts: Counter[str], what: str, count_cases: Callable[[str, int], None]) -> None:
    count_cases(what, counts["asked"])
    print(dict(counts))
    assert counts["wrong"] == 0, f"{dict(counts)}: see {FOUND}"
