"""The shipped packs: their own tests, both ways, and what is written beside them."""

import os

import pytest

from meshwright.guard.packs import SCHEMAS, SEAL, SHIPPED, read_pack, shipped_packs
from meshwright.guard.seal import PACKS, schemas, seal_text
from meshwright.guard.testing import run_tests


def test_every_shipped_pack_is_listed():
    assert shipped_packs() == PACKS


def test_the_schema_is_up_to_date():
    assert sorted(os.listdir(SCHEMAS)) == sorted(schemas())
    for name, text in schemas().items():
        with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
            assert file.read() == text, "run `python -m meshwright.guard.seal`"


@pytest.mark.parametrize("name", PACKS)
def test_the_seal_is_up_to_date(name):
    with open(os.path.join(SHIPPED, name, SEAL), encoding="utf-8") as file:
        assert file.read() == seal_text(name), "run `python -m meshwright.guard.seal`"
    assert read_pack(name, os.path.join(SHIPPED, name), shipped=True).sealed


@pytest.mark.parametrize("name", PACKS)
def test_every_guardrail_is_tested_both_ways(name):
    report = run_tests(read_pack(name, os.path.join(SHIPPED, name))).value
    assert report is not None
    assert [test for test in report.tests if not test.passed] == []
    assert [cover.entry.id for cover in report.cover if not cover.fires] == []
    assert [cover.entry.id for cover in report.cover if not cover.silent] == []
    assert report.passed and len(report.cover) >= 6
    assert all(cover.entry.title and cover.entry.description for cover in report.cover)


def test_a_changed_shipped_pack_is_not_sealed(tmp_path, monkeypatch):
    import shutil

    shutil.copytree(os.path.join(SHIPPED, "zero_trust"), tmp_path / "zero_trust")
    with open(tmp_path / "zero_trust/any_workload.rego", "a") as file:
        file.write("# changed\n")
    assert read_pack("zero_trust", str(tmp_path / "zero_trust"), shipped=True).sealed == ()


def test_an_untested_guardrail_is_told(tmp_path):
    (tmp_path / "a.rego").write_text('package a\n\ndeny contains "x" if input.kind == "Other"\n')
    (tmp_path / "a_test.rego").write_text(
        'package a_test\n\nimport data.a\n\ntest_silent if count(a.deny) == 0 with input as {"kind": "y"}\n'
    )
    report = run_tests(read_pack("p", str(tmp_path))).value
    assert report is None, "the gate knows that kind is never Other"
    (tmp_path / "a.rego").write_text('package a\n\ndeny contains "x" if input.environment == "Other"\n')
    report = run_tests(read_pack("p", str(tmp_path))).value
    assert report is not None and [(cover.fires, cover.silent) for cover in report.cover] == [(False, True)]
    assert not report.passed
