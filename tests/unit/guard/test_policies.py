"""Policies of conftest's kind over rendered manifests."""

import json
from pathlib import Path

import pytest

from meshwright.guard.policies import judge_manifests
from meshwright.ir.inventory import Object
from meshwright.ir.project import Guard
from meshwright.source import Span

PAGE = Path(__file__).parents[3] / "docs/diagnostics/MW0507-exempted.md"


def manifest(kind, name, path="shop/a.yaml", **spec):
    content = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}
    return Object("v1", kind, "shop", name, content, Span(path, 0, 1))


OBJECTS = (manifest("Gateway", "waypoint", "shop/w.yaml"), manifest("Service", "web", "shop/web.yaml", ports=[80]),
           manifest("Service", "db", "shop/db.yaml", ports=[80, 81]))


def judge(tmp_path, policy, objects=OBJECTS, data=None, **more):
    folder = tmp_path / "policy"
    folder.mkdir(exist_ok=True)
    for name, text in (policy if isinstance(policy, dict) else {"main.rego": policy}).items():
        (folder / name).write_text(text)
    if data is not None:
        (tmp_path / "data.json").write_text(json.dumps(data))
        more["data"] = ("data.json",)
    return judge_manifests(objects, Guard((), "embedded", "", more.pop("timeout", 20.0), manifests=("policy",), **more), str(tmp_path))


def said(outcome):
    assert outcome.value is not None, [(each.message, each.notes) for each in outcome.diagnostics]
    return [(each.guardrail, each.severity, each.message, each.node) for each in outcome.value.findings]


def codes(outcome):
    assert outcome.value is None
    return sorted({each.code for each in outcome.diagnostics})


def test_each_manifest_is_an_input(tmp_path):
    outcome = judge(tmp_path, """package main

deny contains msg if {
	input.kind == "Service"
	count(input.spec.ports) > 1
	msg := sprintf("%s has %d ports", [input.metadata.name, count(input.spec.ports)])
}

warn_gateway contains {"msg": "a gateway", "details": {"x": 1}} if input.kind == "Gateway"

violation contains {"msg": "a db"} if input.metadata.name == "db"
""")
    assert said(outcome) == [
        ("policy/deny", "error", "db has 2 ports", "shop/db.yaml: Service shop/db"),
        ("policy/violation", "error", "a db", "shop/db.yaml: Service shop/db"),
        ("policy/gateway", "warning", "a gateway", "shop/w.yaml: Gateway shop/waypoint"),
    ]
    assert outcome.value.rules == 3 and outcome.diagnostics[0].notes[0] == "in shop/db.yaml: Service shop/db"


def test_namespaces(tmp_path):
    policy = {"a.rego": 'package main\n\ndeny contains "main"\n', "b.rego": 'package other\n\ndeny contains "other"\n'}
    one = OBJECTS[:1]
    assert [found[2] for found in said(judge(tmp_path, policy, one))] == ["main"]
    assert [found[2] for found in said(judge(tmp_path, policy, one, namespaces=("other",)))] == ["other"]
    assert sorted(found[2] for found in said(judge(tmp_path, policy, one, namespaces=("*",)))) == ["main", "other"]
    assert codes(judge(tmp_path, policy, one, namespaces=("mian",))) == ["MW0584"]


def test_combined(tmp_path):
    outcome = judge(tmp_path, """package main

deny contains msg if {
	count(input) == 3
	some item in input
	item.contents.kind == "Gateway"
	msg := item.path
}
""", combine=True)
    assert [(found[2], found[3]) for found in said(outcome)] == [("shop/w.yaml", "all manifests")]


def test_data_and_the_name_of_the_file(tmp_path):
    outcome = judge(tmp_path, """package main

import data.limits

deny contains msg if {
	count(input.spec.ports) > limits.ports
	msg := concat("/", [data.conftest.file.dir, data.conftest.file.name])
}
""", data={"limits": {"ports": 1}})
    assert [found[2] for found in said(outcome)] == ["shop/db.yaml"]


def test_exceptions_name_what_stands_behind_the_prefix(tmp_path):
    policy = """package main

deny_ports contains "ports" if input.kind == "Service"

warn_ports contains "w" if input.kind == "Service"

deny contains "plain" if input.kind == "Service"

exception contains rules if {
	input.metadata.name == "web"
	rules := ["ports"]
}
"""
    outcome = judge(tmp_path, policy)
    assert [(found[0], found[3].rpartition("/")[2]) for found in said(outcome)] == [
        ("policy/deny", "db"), ("policy/ports", "db"), ("policy/ports", "db"), ("policy/deny", "web")]
    assert [(each.code, each.severity) for each in outcome.diagnostics if each.code == "MW0507"] == [("MW0507", "info")]
    every = judge(tmp_path, policy.replace('rules := ["ports"]', 'rules := [""]'))
    assert ("policy/deny", "web") not in [(found[0], found[3].rpartition("/")[2]) for found in said(every)]


def test_the_page_is_true(tmp_path):
    fails, fixed = PAGE.read_text().split("\n## Fixed\n")
    block = fails.split("```rego policy/main.rego\n")[1].split("```")[0]
    assert "MW0507" in [each.code for each in judge(tmp_path, block).diagnostics]
    assert "MW0507" not in [each.code for each in judge(tmp_path, fixed.split("```rego policy/main.rego\n")[1].split("```")[0]).diagnostics]


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("package main\n\ndeny := \"x\" if input.kind\n", "MW0591"),
        ("package main\n\ndeny contains 1 if input.kind\n", "MW0591"),
        ("package main\n\ndeny contains {\"message\": \"x\"} if input.kind\n", "MW0591"),
        ("package main\n\ndeny[msg] { msg := 1 }\n", "MW0585"),
        ("package main\n\ndeny contains \"x\" if parse_config(\"a\")\n", "MW0586"),
        ("package main\n\ndeny contains \"x\" if data.nothing.there\n", "MW0587"),
        ("package main\n\ndney contains \"x\" if input.kind\n", "MW0588"),
        ("package main\n\ndeny contains \"x\" if 1 / 0 == input.x\n", "MW0590"),
        ("package main\n\ndeny contains \"x\"\n\nexception contains \"x\"\n", "MW0590"),
        ("package limits\n\ndeny contains \"x\"\n", "MW0594"),
        ("package main\n\nallowed := true\n", "MW0584"),
        ("package main\n\ndeny contains \"x\" if { some i in numbers.range(1, 100000000); i < 0 }\n", "MW0582"),
    ],
)
def test_what_cannot_be_judged_never_passes(tmp_path, policy, code):
    outcome = judge(tmp_path, policy, data={"limits": {}}, **({"timeout": 1.0} if code == "MW0582" else {}))
    found = codes(outcome)
    assert found == [code] or (code == "MW0582" and found == ["MW0581"])


def test_nothing_to_judge(tmp_path):
    assert said(judge(tmp_path, 'package main\n\ndeny contains "x"\n', ())) == []
