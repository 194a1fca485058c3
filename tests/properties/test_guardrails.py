"""Documents and shipped guardrails over random programs."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.guard import sample

from meshwright.guard import guard
from meshwright.guard.documents import documents
from meshwright.guard.embedded import Embedded
from meshwright.guard.encode import encode
from meshwright.guard.packs import read_packs
from meshwright.guard.schema import MeshModel
from meshwright.ir.project import Guard

PROGRAMS = st.builds(sample.generated, st.integers(0, 10**6), st.integers(2, 25))


@settings(max_examples=40, deadline=None)
@given(PROGRAMS)
def test_documents_are_total_and_valid(program):
    made = documents(program, sample.TEXTS)
    assert MeshModel.model_validate(made.input, strict=True).model_dump(by_alias=True) == made.input
    assert json.dumps(made.input) == json.dumps(documents(program, dict(sample.TEXTS)).input)


@settings(max_examples=15, deadline=None)
@given(PROGRAMS)
def test_every_finding_has_a_node_and_runs_agree(program):
    ask = Guard(("zero_trust",), "embedded", "", 30.0)
    outcome = guard(program, sample.TEXTS, ask, "/")
    assert outcome.value is not None
    places = documents(program, sample.TEXTS).places
    assert all(finding.node in places for finding in outcome.value.findings)
    assert [found.code for found in outcome.diagnostics] == ["MW0501"] * len(outcome.value.findings)
    assert guard(program, sample.TEXTS, ask, "/") == outcome


@settings(max_examples=15, deadline=None)
@given(PROGRAMS)
def test_the_shipped_rules_see_no_difference_in_what_they_get(program):
    packs, _ = read_packs(("zero_trust",), "/")
    reads = packs[0].reads
    short = encode(documents(program, sample.TEXTS, reads).input, reads)
    full = json.dumps(documents(program, sample.TEXTS).input)
    assert len(short) < len(full)
    assert Embedded(30).evaluate(packs, short) == Embedded(30).evaluate(packs, full)


@settings(max_examples=40, deadline=None)
@given(PROGRAMS)
def test_encoded_text_means_the_document(program):
    made = documents(program, sample.TEXTS).input
    assert json.loads(encode(made, True)) == made
    reads = {"access": {"allows": {"*": {"from": True, "to": {"port": True}, "id": True, "http": {"path": {"any": True}}}}}}
    edges = [{"from": edge["from"], "to": {"port": edge["to"]["port"]}, "id": edge["id"],
              "http": {"path": {"any": edge["http"]["path"]["any"]}}} for edge in made["access"]["allows"]]
    assert json.loads(encode(made, reads)) == {"access": {"allows": edges}}
