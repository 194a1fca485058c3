"""A few mutants in every run; `make mutate` asks about thousands."""

import random

import pytest

from meshwright.ir import capability
from tests.mutation.compiler import compiler_mutants, judged_compiler
from tests.mutation.operators import mutants
from tests.mutation.trees import WORLDS, outcome, tree_of

PASSED = ("killed", "refused", "unknown", "equivalent")


def test_every_emitted_field_has_its_operators() -> None:
    """Each row of the capability matrix, and the objects and files."""
    operators = {mutant.operator for world, labels in WORLDS for mutant in mutants(tree_of(world(), labels)[1])}
    assert {"file: drop", "file: duplicate", "file: move"} <= operators
    missing = []
    for row in capability.rows():
        kind, _, field = row.field.partition(".")
        if field.startswith("spec") and not field.endswith("[]"):  # items of a list are no fields: the list is what changes
            missing += [name for change in ("drop", "rename") if (name := f"{kind} {field}: {change}") not in operators]
        missing += [name for change in ("drop", "duplicate", "move") if kind not in ("Namespace", "Service")
                    and (name := f"{kind}: {change} the object") not in operators]
    assert missing == []


@pytest.mark.parametrize(("world", "labels"), WORLDS, ids=lambda value: getattr(value, "__name__", ""))
def test_some_broken_trees(world: object, labels: str) -> None:
    program, tree = tree_of(world(), labels)  # type: ignore[operator]
    assert outcome(program, tree)[0] == "equivalent"
    for mutant in random.Random(7).sample(list(mutants(tree)), 8):
        answer, why = outcome(program, mutant.tree)
        assert answer in PASSED, (mutant.operator, mutant.name, why)


def test_a_broken_compiler_is_noticed() -> None:
    chosen = random.Random(7).sample(list(compiler_mutants()), 12)
    answers = []
    for mutant, answer, why in judged_compiler(chosen):
        answers.append(answer)
        assert answer in (*PASSED, "not reached"), (mutant.name, why)
    assert answers.count("killed") + answers.count("refused") > 2


def test_the_tree_of_a_mutant_is_another_one() -> None:
    world, labels = WORLDS[0]
    _, tree = tree_of(world(), labels)
    before = repr(tree)
    assert all(repr(mutant.tree) != before for mutant in list(mutants(tree))[:500])
    assert repr(tree) == before  # nothing is changed in place
