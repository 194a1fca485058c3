"""Small changes of rendered trees: where the behaviour changes the proof never says `holds`, and every `fails` is real.

A slow reference evaluator, which shares nothing with the rooms, asks both the objects and the intent many concrete requests.
"""

import json
import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties.test_lowering import worlds
from tests.reference.istio import NotJudged
from tests.reference.mesh import disagreements
from tests.support.mutants import Mutant, judge, mutants
from tests.support.proved import Documents, compiled, documents_of
from tests.support.replay import replay
from tests.support.worlds import World, shop
from tests.unit.lower import cases

from meshwright.ir.intent import Program
from meshwright.lower import lower

WORLDS: tuple[Callable[[], World], ...] = (shop, cases.shared_pods, cases.unidentified, cases.any_workload, cases.many_callers, cases.gateways, cases.placements)
# What the evaluator does not judge and the proof lets pass: objects that reach nothing of the world, looked at one by one.
HARMLESS = ("added DestinationRule", "added TCPRoute", "added GRPCRoute", "added RequestAuthentication", "added EnvoyFilter", "added WasmPlugin", "added VirtualService",
            "added ServiceEntry", "added Namespace", "added a Gateway of class istio-custom",
            "Gateway edge/partners: class istio-")  # no route leads through it


def outcome(program: Program, mutant: Mutant) -> str:
    """What came of one mutant; raises when proof and evaluator disagree."""
    judged = judge(program, mutant.documents)
    if judged.answer == "holds":
        try:
            found = next(disagreements(program, mutant.documents), None)
        except NotJudged as reason:
            assert mutant.name.startswith(HARMLESS), (mutant.name, reason)
            return "holds, not judged"
        assert found is None, ("the proof holds, and this differs", mutant.name, found)
    elif judged.answer == "fails" and judged.proved is not None:
        try:
            replay(judged.proved)
        except NotJudged:
            return "fails, not judged"
    return judged.answer


def of(world: Callable[[], World]) -> tuple[Program, Documents]:
    program, tree = compiled(world())
    return program, documents_of(tree)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_a_sample_of_mutants(world: Callable[[], World]) -> None:
    program, documents = of(world)
    assert judge(program, documents).answer == "holds"
    assert next(disagreements(program, documents), None) is None
    chosen = random.Random(1).sample(list(mutants(program, documents)), 16)
    answers = Counter(outcome(program, mutant) for mutant in chosen)
    assert answers["holds"] < len(chosen)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_every_mutant(world: Callable[[], World], count_cases: Callable[[str, int], None]) -> None:
    program, documents = of(world)
    answers = Counter(outcome(program, mutant) for mutant in mutants(program, documents))
    for answer, number in sorted(answers.items()):
        count_cases(f"mutants of {world.__name__}: {answer}", number)
    assert answers["fails"] > 100


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(worlds(plaintext=False), st.integers(0, 1000))
def test_mutants_of_random_worlds(world: World, seed: int) -> None:
    bundle = lower(world.program(), "patch")
    if bundle.value is None:
        return
    for wanted in bundle.value.wanted:
        if wanted.kind == "Service":
            own = world.read[f"{wanted.namespace}/{wanted.name}"]
            world.read[own.id] = own._replace(labels=tuple(sorted((*own.labels, (wanted.key, wanted.value)))))
    program, documents = of(lambda: world)
    assert judge(program, documents).answer == "holds"
    for mutant in random.Random(seed).sample(list(mutants(program, documents)), 12):
        outcome(program, mutant)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_two_changes_at_once(world: Callable[[], World]) -> None:
    program, documents = of(world)
    chance = random.Random(5)
    for first in chance.sample(list(mutants(program, documents)), 40):
        if all("kind" in one and one.get("metadata") and one["metadata"].get("name") for one in json.loads(json.dumps(first.documents))):
            try:
                second = chance.choice(list(mutants(program, first.documents)))
            except (AttributeError, TypeError, KeyError, ValueError):
                continue  # the first change left something that no second one can be made of
            outcome(program, second._replace(name=f"{second.name}; before: {first.name}"))
