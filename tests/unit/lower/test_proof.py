"""What lowering makes of the golden worlds is what they mean, says the proof: it reads the rendered bytes and knows nothing of lowering."""

from collections.abc import Callable

import pytest
from tests.support.worlds import World
from tests.unit.lower.cases import CASES

from meshwright import pipeline
from meshwright.lower import lower
from meshwright.render import render


@pytest.mark.parametrize("world", [world for world, labels in CASES if labels != "patch"], ids=lambda world: world.__name__)
def test_the_proof_of_a_golden_world_holds(world: Callable[[], World]) -> None:
    labels = dict(CASES)[world]
    program = world().program()
    bundle = lower(program, labels).value  # type: ignore[arg-type]
    assert bundle is not None
    tree = render(bundle, "plain").value
    assert tree is not None
    proof = pipeline.prove_tree(program, tree)
    assert proof.value is not None
    assert [(one.code, one.message) for one in proof.diagnostics if one.severity != "info"] == []
