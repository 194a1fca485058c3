"""Mistakes that tired authors make: what we say beside what real OPA says.  Never silent where OPA is not."""

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from tests.conformance.test_opa import opa
from tests.unit.guard import sample

from meshwright.guard import guard
from meshwright.guard.documents import documents
from meshwright.guard.packs import SCHEMA
from meshwright.ir.project import Guard

__all__ = ["opa"]  # a fixture
pytestmark = pytest.mark.conformance

HEAD = "package own.rules\n\n"
RULE = 'deny contains "x" if {{ {} }}\n'

# Row of the tables of fail-open -> bodies, or whole files.  In each, a right program would have found something in the sample.
ROWS: dict[str, tuple[str, ...]] = {
    "a name that nothing binds": ("inputt.kind == \"MeshModel\"", "x == 1", "input.kind == kind", "some s in services; s.name"),
    "an unbound variable in the head": ('deny contains msg if input.kind\n', 'deny contains {"msg": m} if input.kind\n',
                                        'deny contains sprintf("%s", [who]) if input.kind\n'),
    "rules of before 1.0": ('deny[msg] { msg := "x" }\n', 'deny["x"] { input.kind }\n', 'deny { input.kind }\n'),
    "names bound twice": ("x := 1; x := 1", "input := 1; input == 1", "s := input.kind; s := input.kind"),
    "a builtin with another name": ('input := {}\n\ndeny contains "x" if input.kind\n', 'data := {}\n\ndeny contains "x" if true\n',
                                    'import input.intent as a\n\nimport input.access as a\n\ndeny contains "x" if a.mesh\n'),
    "not with a free variable": ("not input.intent.services[i].nothing", "not input.access.allows[i].id == \"x\"", "not x == 1"),
    "a function that does not exist, never reached": ("false; nope(1)", "false; strings.nope(\"a\")", "false; net.cidr_mask(\"10.0.0.0/8\")"),
    "comparisons of two types": ("1 == \"1\"", "count(input.intent.services) == \"2\"", "input.intent.services[0].headless == \"false\"",
                                 "input.intent.services[0].ports[0].number == \"5432\""),
    "fields that are not there": ("input.servicess[_]", "input.intent.services[_].nmae == \"web\"", "input.access.allows[_].fro.kind == \"identity\"",
                                  "some s in input.intent.services; some p in s.ports; p.prto"),
    "a document without the import": ("intent.services[_].name == \"web\"", "data.intent.services[_].name == \"web\"", "data.own.ruels.x"),
    "two defaults": ("default a := 1\n\ndefault a := 2\n\ndeny contains \"x\" if a == 1\n", "default a := 1\n\ndefault a := 1\n\ndeny contains \"x\" if a == 1\n",
                     "default b := true\n\ndefault b := false\n\ndeny contains \"x\" if b\n"),
    "walk as a value": ("[p, v] := walk(input.intent.mesh); v == \"cluster.local\"", "x := walk(input.kind); count(x) > 0", "walk(input.intent.mesh)[_] == \"mesh\""),
    "wrong arguments": ("count() > 0", "count(1, 2, 3)", "startswith(\"a\")", "concat(\",\")"),
    "builtins that fail": ("regex.match(\"(\", \"a\")", "to_number(\"x\") == 1", "1 / 0 == 0", "glob.match(\"[\", [], \"a\")"),
    "builtins that fail softly in our engine": ("json.patch({}, [{\"op\": \"remove\", \"path\": \"/a\"}]) == {}", "regex.replace(\"a\", \"(\", \"b\") == \"a\"",
                                                "units.parse(\"1 apple\") == 1"),
    "values that conflict": ("deny contains \"x\" if p == 1\n\np := 1\n\np := 2\n", "deny contains \"x\" if f(1) == 1\n\nf(x) := 1\n\nf(x) := 2\n",
                             "deny contains \"x\" if o.a == 1\n\no.a := 1\n\no.a := 2\n"),
    "recursion": ("deny contains \"x\" if p\n\np if q\n\nq if p\n", "deny contains \"x\" if f(1)\n\nf(x) if f(x)\n", "deny contains \"x\" if count(deny) == 0\n"),
    "the network, the clock, chance": ("http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1:9\"}).status_code == 200", "opa.runtime().env.HOME", "rand.intn(\"a\", 2) < 2",
                                       "time.now_ns() > 0"),
    "no parse": ("deny contains \"x\" if {\n", "deny contains if input.kind\n", "deny contains \"x\" when input.kind\n"),
}


def ours(tmp_path: Path, text: str) -> str:
    (tmp_path / "rules").mkdir(exist_ok=True)
    (tmp_path / "rules/rule.rego").write_text(HEAD + text)
    outcome = guard(sample.program(), sample.TEXTS, Guard(("rules",), "embedded", "", 20.0), str(tmp_path))
    return "refused" if outcome.value is None else "fires" if outcome.value.findings else "silent"


def theirs(opa: str, tmp_path: Path, text: str) -> str:
    path = tmp_path / "rules/rule.rego"
    checked = subprocess.run([opa, "check", "--strict", "-s", SCHEMA, str(path)], capture_output=True, text=True, timeout=60)
    if checked.returncode:
        return "refused"
    words = [opa, "eval", "--strict-builtin-errors", "-f", "json", "-d", str(path), "-i", str(tmp_path / "input.json"), "data.own.rules.deny"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    result = json.loads(done.stdout)
    if done.returncode or "result" not in result:
        return "refused"
    return "fires" if result["result"][0]["expressions"][0]["value"] else "silent"


@pytest.mark.parametrize("row", ROWS)
def test_never_silent_where_opa_is_not(row: str, opa: str, tmp_path: Path, count_cases) -> None:
    (tmp_path / "input.json").write_text(documents(sample.program(), sample.TEXTS))
    assert len(ROWS[row]) >= 3
    verdicts: Counter[tuple[str, str]] = Counter()
    for body in ROWS[row]:
        text = body if body.endswith("\n") else RULE.format(body)
        mine = ours(tmp_path, text)
        other = theirs(opa, tmp_path, text)
        verdicts[mine, other] += 1
        assert mine != "silent", (body, other)
        assert not (mine == "fires" and other == "silent"), body
    count_cases("defective policies beside OPA", sum(verdicts.values()))
