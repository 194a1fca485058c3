"""The static gate: mistakes that would make a guardrail silent, refused before anything is evaluated."""

from pathlib import Path

import pytest
from tests.unit.guard import sample

from meshwright.guard import guard
from meshwright.ir.project import Guard

HEAD = "package own.rules\n\n"


def refusals(tmp_path: Path, text: str) -> list:
    (tmp_path / "rules").mkdir(exist_ok=True)
    (tmp_path / "rules/rule.rego").write_text(HEAD + text, encoding="utf-8")
    return list(guard(sample.program(), sample.TEXTS, Guard(("rules",), "embedded", "", 20.0), str(tmp_path)).diagnostics)


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        # builtins and functions, reached or not
        ("false; net.cidr_merge([]) == []", "MW0586", "net.cidr_merge"),
        ("false; startwith(input.environment, \"a\")", "MW0586", "did you mean `startswith`?"),
        ('http.send({"url": "http://example.com"}).status_code == 200', "MW0586", "http.send"),
        ("time.now_ns() > 0", "MW0586", "time.now_ns"),
        ("opa.runtime().env.HOME", "MW0586", "opa.runtime"),
        ("rand.intn(\"a\", 2) == 1", "MW0586", "rand.intn"),
        ("every s in input.intent.services { nope(s) }", "MW0586", "nope"),
        ("count({s | some s in input.intent.services; nope(s)}) > 0", "MW0586", "nope"),
        ("data.own.rules.missing(1)", "MW0586", "missing"),
        # paths of the input
        ("input.servicess", "MW0587", "servicess"),
        ("input.intent.servics[_].name", "MW0587", "did you mean `services`?"),
        ("some s in input.intent.services; s.nam == \"web\"", "MW0587", "did you mean `name`?"),
        ("some i; input.intent.services[i].prots", "MW0587", "did you mean `ports`?"),
        ("some s in input.intent.services; some p in s.ports; p.tragte == 1", "MW0587", "tragte"),
        ("s := input.intent.services[_]; p := s.ports[_]; p.protocl == \"tcp\"", "MW0587", "protocl"),
        ("s := input.intent.index.service_by_id[\"shop/web\"]; s.nmae", "MW0587", "nmae"),
        ("input[\"intnet\"]", "MW0587", "intnet"),
        ("every e in input.access.allows { e.fro.kind == \"identity\" }", "MW0587", "fro"),
        ("x := [s | some s in input.intent.services]; some y in x; y.nam", "MW0587", "nam"),
        ("some e in helper; e.rul", "MW0587", "rul"),
        ("input.intent.services.name", "MW0587", "name"),
        ("not input.intnt", "MW0587", "intnt"),
        ("count(input.access.alows) > 0", "MW0587", "alows"),
        ("data.own.ruels.helper", "MW0587", "data.own.ruels"),
        ("data.other.thing", "MW0587", "data.other"),
        ("data.org.teams[_]", "MW0587", "data.org"),
        # values it never has
        ("some e in input.access.allows; e.from.kind == \"any_workload\"", "MW0587", "did you mean `any-workload`?"),
        ("some e in input.access.allows; e.to.kind in {\"pod\", \"service\"}", "MW0587", "pod"),
        ("input.kind != \"Mesh\"", "MW0587", "Mesh"),
        # types
        ("some s in input.intent.services; s.headless == \"true\"", "MW0589", "boolean and string"),
        ("count(input.intent.services) == \"2\"", "MW0589", "number and string"),
        ("1 == \"1\"", "MW0589", "number and string"),
        ("some p in input.intent.services[_].ports; p.number == \"80\"", "MW0589", "number and string"),
        # variables and the rest
        ("not input.intent.services[i].headless", "MW0589", "`i`"),
        ("not input.intent.services[_].headless", "MW0589", "`_`"),
        ("[path, value] := walk(input.intent); value == 1", "MW0589", "walk"),
    ],
)
def test_a_mistake_is_refused(tmp_path, body, code, word):
    found = refusals(tmp_path, f"helper contains e if some e in input.access.allows\n\ndeny contains \"x\" if {{ {body} }}\n")
    assert [one.code for one in found] == [code], found
    assert word in " ".join((found[0].message, *found[0].help)), found
    assert "rules/rule.rego:5" in found[0].notes[0]


@pytest.mark.parametrize("call", ["f(s)", "data.own.rules.f(s)", "g(s.ports[0], s)", "count([p | some p in s.ports; g(p, s)]) > 0"])
def test_a_mistake_in_a_function_is_refused(tmp_path, call):
    text = "f(x) if x.nam == \"web\"\n\n" + ("g(p, x) if { p.number > 1; f(x) }\n\n" if "g(" in call else "")
    found = refusals(tmp_path, text + f"deny contains s.name if {{ some s in input.intent.services; {call} }}\n")
    assert [(one.code, one.help) for one in found] == [("MW0587", ("did you mean `name`?",))]


def test_two_defaults_are_refused(tmp_path):
    found = refusals(tmp_path, "default a := 1\ndefault a := 2\ndeny contains \"x\" if a == 3\n")
    assert [one.code for one in found] == ["MW0589"]


def test_every_mistake_is_told_in_one_run(tmp_path):
    found = refusals(tmp_path, "deny contains \"x\" if { input.a; input.b }\nwarn contains \"x\" if nope(1)\ndney contains \"x\" if true\n")
    assert [one.code for one in found] == ["MW0587", "MW0587", "MW0586", "MW0588"]


@pytest.mark.parametrize(
    "text",
    [
        "import input.intent as i\n\ndeny contains s.name if some s in i.services\n",
        "import data.own.rules.lib\n\ndeny contains x if some x in lib\n\nlib contains \"a\" if false\n",
        "deny contains msg if { some k, v in input.intent.index.service_by_id; msg := sprintf(\"%s %s\", [k, v.labels.team]) }\n",
        "f(x) := x.key if x.headless\n\ndeny contains f(s) if { some s in input.intent.services; s.name == \"none\" }\n",
        "deny contains \"x\" if { walk(input, [path, value]); value == \"no such thing\"; count(path) > 90 }\n",
        "deny contains \"x\" if not any_web\n\nany_web if input.intent.services[_].name == \"web\"\n",
        "deny contains \"x\" if { some s in input.intent.services; not s.enforce }\n",
        "deny contains \"x\" if { some i; input.intent.services[i]; not input.intent.services[i].namespace }\n",
        "names := {s.name | some s in input.intent.services}\n\ndeny contains \"x\" if not \"web\" in names\n",
        "f(x) := x.kind\n\ndeny contains \"x\" if { some s in input.intent.services; f(s) == f(input) }\n",
        "denied_paths := {\"/a\"}\n\ndeny contains x if { some x in denied_paths; input.environment == \"y\" }\n",
        "deny contains \"x\" if { input.environment in {\"prod\", \"test\"} }\n",
        "deny contains msg if { some e in input.access.allows; e.http.narrowed; not e.http.path.any; e.http.methods[_] == \"TRACE\"; msg := e.id }\n",
        "deny contains \"x\" if { x := {\"a\": 1}; x.b }\n",
        "deny contains \"x\" if { max([p.number | some p in input.intent.services[_].ports]) > 60000 }\n",
        "deny_one contains \"x\" if false\n\ndeny_two contains \"x\" if { some a, b; input.intent.services[a].id == input.intent.services[b].id; a != b }\n",
    ],
)
def test_what_is_right_is_not_refused(tmp_path, text):
    assert [(one.code, one.message) for one in refusals(tmp_path, text) if one.code != "MW0501"] == []
