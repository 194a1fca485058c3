"""Data of the organisation for guardrails."""

import json

import pytest
from tests.unit.guard import sample

from meshwright.guard import guard
from meshwright.guard.org import read_org
from meshwright.ir.project import Guard


def write(folder, **files):
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_bytes(text.encode() if isinstance(text, str) else text)
    return tuple(sorted(name.replace("_", ".") for name in files))


def test_files_are_joined_by_their_keys(tmp_path):
    paths = write(tmp_path, teams_yaml="teams:\n  shop: {tier: pci, since: '2026-01-01'}\n", more_json='{"limits": {"namespaces": 3}, "on": true}')
    assert read_org(paths, str(tmp_path)) == ({"limits": {"namespaces": 3}, "on": True, "teams": {"shop": {"since": "2026-01-01", "tier": "pci"}}}, ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\na: 2\n", "twice"),
        ("- a\n", "no object"),
        ("", "no object"),
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("a: 2026-01-01\n", "neither text"),
        ("1: a\n", "no text"),
        ("a: .nan\n", "number"),
        ("a: 99999999999999999999\n", "too large"),
        ("a: " + "[" * 80 + "]" * 80, "too deeply"),
        ("a: !!python/object/apply:os.system [x]\n", "not YAML"),
        ("a: 1\n---\nb: 2\n", "not YAML"),
        ("a: {", "not YAML"),
        (b"\xff", "not UTF-8"),
        ("a: " + "x" * (1 << 20), "larger"),
    ],
)
def test_what_cannot_be_used(tmp_path, text, why):
    data, (problem,) = read_org(write(tmp_path, o_yaml=text), str(tmp_path))
    assert data == {} and problem.code == "MW0594" and why in problem.notes[0]


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', "[" * 3000, "{", "{'a': 1}"])
def test_json_that_cannot_be_used(tmp_path, text):
    assert [problem.code for problem in read_org(write(tmp_path, o_json=text), str(tmp_path))[1]] == ["MW0594"]


def test_missing_outside_and_repeated_files(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out.yaml").write_text("a: 1\n")
    (tmp_path / "in/link.yaml").symlink_to(tmp_path / "out.yaml")
    write(tmp_path / "in", a_yaml="a: 1\n", b_yaml="a: 2\n")
    for paths, why in ((("link.yaml",), "outside"), (("no.yaml",), "no such file"), (("a.yaml", "b.yaml"), "in `a.yaml` already")):
        assert why in read_org(paths, str(tmp_path / "in"))[1][0].notes[0]


def test_a_guardrail_reads_it(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.rego").write_text(
        "package r\n\ndeny contains f if {\n\tsome s in input.intent.services\n\tinput.org.tiers[s.key] == \"pci\"\n"
        '\tf := {"msg": "pci", "node": s.id}\n}\n'
    )
    write(tmp_path, org_json=json.dumps({"tiers": {"shop/db": "pci"}}))
    ask = Guard(("rules",), "embedded", "", 20.0, ("org.json",))
    outcome = guard(sample.program(), sample.TEXTS, ask, str(tmp_path))
    assert [(found.message, found.node) for found in outcome.value.findings] == [("pci", "service shop/db")]
    (tmp_path / "org.json").write_text("{")
    assert [found.code for found in guard(sample.program(), sample.TEXTS, ask, str(tmp_path)).diagnostics] == ["MW0594"]
