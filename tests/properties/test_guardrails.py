"""Documents and shipped guardrails over random programs."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.guard import sample

from meshwright.guard import guard
from meshwright.guard.documents import documents, places
from meshwright.guard.embedded import Embedded
from meshwright.guard.packs import read_packs
from meshwright.guard.schema import MeshModel
from meshwright.ir.project import Guard

PROGRAMS = st.builds(sample.generated, st.integers(0, 10**6), st.integers(2, 25))


@settings(max_examples=40, deadline=None)
@given(PROGRAMS)
def test_documents_are_total_and_valid(program):
    made = documents(program, sample.TEXTS)
    found = json.loads(made)
    assert MeshModel.model_validate(found, strict=True).model_dump(by_alias=True) == found
    assert made == documents(program, dict(sample.TEXTS))


@settings(max_examples=15, deadline=None)
@given(PROGRAMS)
def test_every_finding_has_a_node_and_runs_agree(program):
    ask = Guard(("zero_trust",), "embedded", "", 30.0)
    outcome = guard(program, sample.TEXTS, ask, "/")
    assert outcome.value is not None
    assert all(finding.node in places(program) for finding in outcome.value.findings)
    assert [found.code for found in outcome.diagnostics] == ["MW0501"] * len(outcome.value.findings)
    assert guard(program, sample.TEXTS, ask, "/") == outcome


@settings(max_examples=15, deadline=None)
@given(PROGRAMS)
def test_the_shipped_rules_see_no_difference_in_what_they_get(program):
    packs, _ = read_packs(("zero_trust",), "/")
    reads = packs[0].reads
    short, full = documents(program, sample.TEXTS, reads), documents(program, sample.TEXTS)
    assert len(short) < len(full)
    assert Embedded(30).evaluate(packs, short) == Embedded(30).evaluate(packs, full)


def part(value, reads):
    """What is in ``reads``, the slow way."""
    if reads is True:
        return value
    if isinstance(value, list):
        return [part(item, reads.get("*", {})) for item in value]
    if "*" in reads:
        return {key: part(item, reads["*"]) for key, item in value.items()}
    return {key: part(value[key], below) for key, below in reads.items()}


def some_of(value):
    """Reads that fit a document: of each object some fields, of each list or map the same of every element."""
    if isinstance(value, dict) and value:
        fields = st.fixed_dictionaries({}, optional={key: some_of(item) for key, item in value.items()})
        return st.one_of(st.just(True), fields)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return st.one_of(st.just(True), st.fixed_dictionaries({"*": some_of(value[0])}))
    return st.just(True)


@settings(max_examples=40, deadline=None)
@given(PROGRAMS, st.data())
def test_a_part_of_the_document_is_what_the_whole_says(program, data):
    whole = json.loads(documents(program, sample.TEXTS))
    shape = {**whole, "intent": {key: value for key, value in whole["intent"].items() if key != "index"}}
    shape["access"] = {key: value for key, value in whole["access"].items() if key != "index"}
    reads = data.draw(some_of(shape).filter(lambda found: found is not True))
    assert json.loads(documents(program, sample.TEXTS, reads)) == part(whole, reads)
    index = {"access": {"index": dict.fromkeys(data.draw(st.sets(st.sampled_from(sorted(whole["access"]["index"])))), True)},
             "intent": {"index": {"service_by_id": {"*": {"ports": {"*": {"number": True}}, "key": True}}}}}
    assert json.loads(documents(program, sample.TEXTS, index)) == part(whole, index)
