"""`guard list | explain | test | new | schema` as processes."""

import json
from pathlib import Path

from tests.e2e.test_commands import ok, report, run
from tests.unit.cli.test_pages import project

__all__ = ["project"]  # a fixture


def test_from_nothing_to_a_tested_guardrail_that_fires(project: Path) -> None:
    said = ok(project, "guard", "new", "owners").stdout
    assert "wrote guardrails/owners.rego" in said and 'packs = ["guardrails"]' in said
    text = (project / "meshwright.toml").read_text()
    (project / "meshwright.toml").write_text(text.replace("packs = []", 'packs = ["guardrails"]'))
    assert "2 of 2 tests pass; of 1 guardrails 1 must fire and 1 must stay silent" in ok(project, "guard", "test").stdout
    assert "error    guardrails/owners  every enforced namespace has an owner" in ok(project, "guard", "list").stdout
    done = run(project, "guard")
    assert done.returncode == 1 and "guardrail `guardrails/owners`: nobody owns the namespace `shop`" in done.stderr
    again = run(project, "guard", "new", "owners")
    assert again.returncode == 1 and "MW0913" in again.stderr


def test_tests_that_fail_or_are_missing(project: Path) -> None:
    ok(project, "guard", "new", "owners")
    rule, tests = project / "guardrails/owners.rego", project / "guardrails/owners_test.rego"
    rule.write_text(rule.read_text().replace('space.owner == ""', 'space.owner == "x"'))
    done = run(project, "guard", "test", "guardrails")
    assert done.returncode == 1 and "MW0504" in done.stderr and "test_fires_without_owner" in done.stderr
    rule.write_text(rule.read_text().replace('space.owner == "x"', 'space.owner == ""'))
    tests.write_text(tests.read_text().split("test_silent")[0])
    value = report(project, "guard", "test", "guardrails/", code=1)
    assert [each["code"] for each in value["diagnostics"]] == ["MW0505"]
    assert value["result"]["tested"] == [{"name": "guardrails", "tests": 1, "passed": 1, "guardrails": 1, "fire": 1, "silent": 0}]
    rule.write_text("package x\n\ndeny contains 1 if input.nothing")
    assert run(project, "guard", "test", "guardrails").returncode == 2


def test_list_and_explain(project: Path) -> None:
    value = report(project, "guard", "list", "zero_trust")
    (pack,) = value["result"]["packs"]
    assert pack["shipped"] and len(pack["guardrails"]) == 13 and all(each["title"] for each in pack["guardrails"])
    assert "zero_trust" in ok(project, "guard", "list").stdout, "packs that are not used are named"
    shown = ok(project, "guard", "explain", "any_workload").stdout
    assert shown.startswith("zero_trust/any_workload (error): ") and "test zero_trust/any_workload_test.rego: test_fires" in shown
    assert report(project, "guard", "explain", "zero_trust/any_workload")["result"]["guardrail"]["id"] == "zero_trust/any_workload"
    done = run(project, "guard", "explain", "any_worklaod")
    assert done.returncode == 2 and "did you mean `any_workload`?" in done.stderr
    assert run(project, "guard", "explain").returncode == 2


def test_the_tests_of_a_shipped_pack_pass_anywhere(project: Path) -> None:
    (tested,) = report(project, "guard", "test", "zero_trust")["result"]["tested"]
    assert tested["passed"] == tested["tests"] > 25 and tested["fire"] == tested["silent"] == tested["guardrails"] == 13


def test_schemas(project: Path) -> None:
    assert json.loads(ok(project, "guard", "schema").stdout)["title"] == "MeshModel"
    value = report(project, "guard", "schema", "schema")
    assert value["result"]["written"] == ["schema/input.json", "schema/manifests.json"]
    assert json.loads((project / "schema/input.json").read_text())["title"] == "MeshModel"


def test_names_that_cannot_be(project: Path) -> None:
    for name in ("Owners", "../x", "a/b", "a-b", "", "1a", "x_test", "ö"):
        assert run(project, "guard", "new", name).returncode == 2, name
    assert not (project / "guardrails").exists()


def test_a_source_folder_called_like_an_action_is_still_reachable(project: Path) -> None:
    assert ok(project, "guard", "./mesh").returncode == 0


def test_policies_of_conftest_judge_the_rendered_manifests(project: Path) -> None:
    (project / "policy").mkdir()
    (project / "policy/main.rego").write_text(
        'package main\n\ndeny_rules contains msg if {\n\tinput.kind == "AuthorizationPolicy"\n\tinput.metadata.namespace in data.closed\n'
        '\tmsg := sprintf("%s is not allowed here", [input.metadata.name])\n}\n\nwarn contains "a waypoint" if input.kind == "Gateway"\n')
    (project / "data.yaml").write_text("closed: [elsewhere]\n")
    text = (project / "meshwright.toml").read_text()
    (project / "meshwright.toml").write_text(text.replace("packs = []", 'packs = []\nmanifests = ["policy"]\ndata = ["data.yaml"]'))
    value = report(project, "guard")["result"]["default"]
    assert value["stage"] == "policies" and value["guardrails"]["rules"] == 2 and value["guardrails"]["engine"] == "embedded"
    assert {found["message"] for found in value["guardrails"]["findings"]} == {"a waypoint"}
    assert run(project, "check", "--fail-on", "warning").returncode == 1
    (project / "data.yaml").write_text("closed: [shop]\n")
    done = run(project, "compile")
    assert done.returncode == 1 and "guardrail `policy/rules`" in done.stderr and "AuthorizationPolicy shop/" in done.stderr
    assert not (project / "deploy").exists()
    (project / "policy/main.rego").unlink()
    assert run(project, "compile").returncode == 2
