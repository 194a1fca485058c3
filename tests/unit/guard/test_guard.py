"""The room as the pipeline calls it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.guard import sample

from meshwright.guard import embedded, guard
from meshwright.guard.embedded import Embedded
from meshwright.ir.intent import Grant, Namespace, Placement, Rule
from meshwright.ir.project import Guard
from meshwright.ir.verdicts import could_not_look

ZERO_TRUST = Guard(("zero_trust",), "embedded", "", 30.0)
HEAD = "package own.rules\n\n"


def own(tmp_path: Path, text: str, name: str = "rules") -> Guard:
    """Settings for one pack of one file in the project ``tmp_path``."""
    (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / name / "rule.rego").write_text(text, encoding="utf-8")
    return Guard((name,), "embedded", "", 20.0)


def codes(settings: Guard, root: Path, program=None) -> list[str]:
    outcome = guard(program or sample.program(), sample.TEXTS, settings, str(root))
    if could_not_look(outcome.diagnostics):
        assert outcome.value is None and outcome.failed
    return [found.code for found in outcome.diagnostics]


def test_the_sample_passes_the_shipped_pack(tmp_path):
    outcome = guard(sample.program(), sample.TEXTS, ZERO_TRUST, str(tmp_path))
    assert outcome.diagnostics == ()
    assert outcome.value is not None
    assert outcome.value.engine == "embedded" and outcome.value.version == "0.13.0"
    assert outcome.value.rules == 13 and outcome.value.packs[0].rules == 13
    assert outcome.value.packs[0].digest.startswith("sha256:")


def test_no_packs_start_no_engine(tmp_path, monkeypatch):
    monkeypatch.setattr(Embedded, "evaluate", lambda *_: pytest.fail("started"))
    outcome = guard(sample.program(), sample.TEXTS, Guard((), "embedded", "", 1.0), str(tmp_path))
    assert outcome.value == ("none", "", 0, (), (), ())


def test_a_finding_stands_at_the_rule_of_the_sources(tmp_path):
    rule = Rule("allow any workload -> web", sample.span("in shop"), "", "")
    outcome = guard(
        sample.program((Grant("allow", sample.ANY_WORKLOAD, sample.TO_WEB, None, 0), rule)), sample.TEXTS, ZERO_TRUST, str(tmp_path)
    )
    (found,) = outcome.diagnostics
    assert found.code == "MW0501" and found.severity == "error"
    assert found.span == sample.span("in shop")
    assert found.message == "guardrail `zero_trust/any_workload`: every workload of the mesh reaches everything at `shop/web` port 80"
    assert "name the callers" in found.help[0]
    assert outcome.failed and not could_not_look(outcome.diagnostics)
    assert outcome.value is not None and outcome.value.findings[0].guardrail == "zero_trust/any_workload"


def test_warn_rules_do_not_fail(tmp_path):
    old = Namespace("old", "no", Placement("namespace", ""), "", "", "", None)
    outcome = guard(sample.program(namespaces=(old,)), sample.TEXTS, ZERO_TRUST, str(tmp_path))
    assert [(found.code, found.severity) for found in outcome.diagnostics] == [("MW0501", "warning")]
    assert not outcome.failed


def test_findings_of_a_pack_of_the_project(tmp_path):
    settings = own(
        tmp_path,
        HEAD + 'deny_tcp contains {"msg": sprintf("%s is tcp", [s.key]), "node": s.id, "fix": "make it http"} if {\n'
        '\tsome s in input.intent.services\n\tsome p in s.ports\n\tp.protocol == "tcp"\n}\n',
    )
    outcome = guard(sample.program(), sample.TEXTS, settings, str(tmp_path))
    (found,) = outcome.diagnostics
    assert found.message == "guardrail `rules/tcp`: shop/db is tcp"
    assert found.span == sample.span("service db") and found.help == ("make it http",)


def test_one_rule_in_two_files(tmp_path):
    settings = own(tmp_path, HEAD + 'deny contains "b"\n\nwarn contains "c"\n')
    (tmp_path / "rules/a.rego").write_text(HEAD + 'deny contains "a"\n')
    outcome = guard(sample.program(), sample.TEXTS, settings, str(tmp_path))
    assert [found.message[-1] for found in outcome.diagnostics] == ["a", "b", "c"]
    assert outcome.value is not None and outcome.value.rules == 2


def test_metadata_of_a_pack_of_the_project(tmp_path):
    settings = own(
        tmp_path,
        "# METADATA\n# title: package title\n# related_resources:\n# - ref: https://example.com/why\n"
        + HEAD
        + '# METADATA\n# description: do better\n# custom:\n#   id: mine\n#   severity: info\nwarn contains "shop/web is odd"\n',
    )
    (found,) = guard(sample.program(), sample.TEXTS, settings, str(tmp_path)).diagnostics
    assert found.message == "guardrail `rules/mine`: shop/web is odd" and found.severity == "info"
    assert found.notes == ("package title",) and found.help == ("do better", "see https://example.com/why")
    assert found.span == sample.span("service web"), "the only service named in the text"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", "MW0585"),
        (HEAD + 'deny[msg] { msg := "v0" }', "MW0585"),
        (HEAD + "helper := 1", "MW0584"),
        (HEAD + 'denny contains "x" if true', "MW0588"),
        (HEAD + 'Deny contains "x" if true\ndeny contains "y" if false', "MW0588"),
        (HEAD + 'wran contains "x" if true\ndeny contains "y" if false', "MW0588"),
        (HEAD + "deny(x) := 1 if x", "MW0588"),
        (HEAD + "deny := true", "MW0591"),
        (HEAD + 'deny if input.kind == "MeshModel"', "MW0591"),
        (HEAD + 'deny if input.kind != "MeshModel"', "MW0591"),
        (HEAD + 'deny[k] := 1 if { some k in ["a"] }', "MW0591"),
        (HEAD + "deny := {}", "MW0591"),
        (HEAD + 'deny := "<undefined>"', "MW0591"),
        (HEAD + "deny contains 1", "MW0591"),
        (HEAD + 'deny contains {"message": "x"}', "MW0591"),
        (HEAD + 'deny contains {"msg": ""}', "MW0591"),
        (HEAD + 'deny contains {"msg": "x", "severity": "bad"}', "MW0591"),
        (HEAD + 'deny contains {"msg": "x", "node": 1}', "MW0591"),
        (HEAD + 'deny contains "x" if 1 / 0', "MW0590"),
        (HEAD + 'deny contains "x" if regex.match("(", "a")', "MW0590"),
        (HEAD + 'deny contains "x" if regex.replace("a", "(", "b") == "c"', "MW0590"),
        (HEAD + 'deny contains "x" if units.parse("1zz") == 3', "MW0590"),
        (HEAD + 'deny contains "x" if units.parse_bytes("/v1") == 3', "MW0590"),
        (HEAD + 'deny contains {"msg": "x", "n": n} if n := bits.lsh(bits.lsh(bits.lsh(bits.lsh(1, 4096), 4096), 4096), 4096)', "MW0590"),
        (HEAD + 'deny contains "x" if json.patch({}, [{"op": "remove", "path": "/a"}]) == {}', "MW0590"),
        (HEAD + 'deny contains "x" if array.slice([1], 0.5, 1) == []', "MW0590"),
        (HEAD + 'deny contains "x" if bits.lsh(1, 1000000000) > 0', "MW0590"),
        (HEAD + "deny contains a if { a := 1; b := c; c := b }", "MW0590"),
        (HEAD + 'a if b\nb if a\ndeny contains "x" if a', "MW0590"),
    ],
)
def test_what_cannot_be_trusted_is_never_a_pass(tmp_path, text, code):
    assert set(codes(own(tmp_path, text), tmp_path)) == {code}


def test_strict_replacements_still_work(tmp_path):
    settings = own(
        tmp_path,
        HEAD
        + 'deny contains sprintf("%s %d %d %v", [regex.replace("aab", "a", "x"), strings.count("aaaa", "aa"), bits.lsh(1, 4), array.slice([1, 2, 3], 1, 2)])',
    )
    (found,) = guard(sample.program(), sample.TEXTS, settings, str(tmp_path)).diagnostics
    assert found.message == "guardrail `rules/rules`: xxb 2 16 [2]"


def test_a_loop_is_stopped(tmp_path):
    settings = own(
        tmp_path, HEAD + 'deny contains "x" if { some a in numbers.range(1, 30000); some b in numbers.range(1, 30000); a * b == -1 }'
    )
    assert codes(settings._replace(timeout=1.0), tmp_path) == ["MW0582"]


@pytest.mark.parametrize("what", ["numbers.range(1, 1000000000000000000)", "numbers.range(1, 900000000)"])
def test_a_memory_bomb_is_an_engine_failure(tmp_path, what):
    assert codes(own(tmp_path, HEAD + f'deny contains "x" if count({what}) == 1'), tmp_path)[0] in ("MW0581", "MW0590", "MW0582")


def test_a_killed_child_is_an_engine_failure(tmp_path, monkeypatch):
    for body in (
        "import os; os.kill(os.getpid(), 9)",
        "import sys; sys.exit(0)",
        "print('18:meshwright-guard/1,4:done,')",
        "import os; os.write(1, b'18:meshwright-guard/1,4:done,6:0.13.0,0:,2:ok,')",
        "raise SystemError",
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))  # a new one each time: no bytecode of the one before
        folder.mkdir()
        (folder / "worker.py").write_text(body)
        monkeypatch.setattr("meshwright.guard.embedded._WORKER", str(folder / "worker.py"))
        assert codes(ZERO_TRUST, tmp_path) == ["MW0581"], body


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("", "MW0581"),
        ("raise ImportError('no wheel')", "MW0580"),
        (
            "class Engine:\n    def add_policy(self, *a): pass\n    def set_input_json(self, *a): pass\n    def eval_query(self, q): return {'result': [{'expressions': [{'value': {'regorus-version': '0.13.0', 'builtins': []}}]}]}\n"
            "    def eval_query_as_json(self, q): return '{}'",
            "MW0581",
        ),
    ],
)
def test_another_module_called_regorus_is_found_out(tmp_path, monkeypatch, module, code):
    (tmp_path / "regorus.py").write_text(module)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert codes(ZERO_TRUST, tmp_path) == [code]


def test_another_version_of_the_engine_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("meshwright.guard.embedded.WANTED", "0.12.")
    assert codes(ZERO_TRUST, tmp_path) == ["MW0580"]


def test_the_gate_runs_again_for_another_patch_version_of_the_engine(tmp_path, monkeypatch):
    monkeypatch.setattr("meshwright.guard.embedded.SEALED_FOR", "0.13.99")
    outcome = guard(sample.program(), sample.TEXTS, ZERO_TRUST, str(tmp_path))
    assert outcome.diagnostics == () and outcome.value is not None and outcome.value.rules == 13


def test_a_process_that_cannot_start_is_no_pass(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    assert codes(ZERO_TRUST, tmp_path) == ["MW0581"]
    monkeypatch.delattr(os, "posix_spawn")
    assert codes(ZERO_TRUST, tmp_path) == ["MW0580"]


def test_a_missing_engine_is_no_pass(tmp_path, monkeypatch):
    monkeypatch.setattr("meshwright.guard.embedded._folder_of_regorus", lambda: None)
    assert codes(ZERO_TRUST, tmp_path) == ["MW0580"]


def test_missing_empty_double_and_outside_packs(tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project/empty").mkdir()
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "project/link")
    root = tmp_path / "project"
    for packs, code in (
        (("zero_trsut",), "MW0583"),
        (("../elsewhere",), "MW0583"),
        (("link",), "MW0583"),
        (("empty",), "MW0584"),
        ((str(tmp_path / "elsewhere"),), "MW0583"),
        (("zero_trust", "zero_trust"), "MW0593"),
    ):
        assert codes(Guard(packs, "embedded", "", 5.0), root) == [code], packs
    outcome = guard(sample.program(), sample.TEXTS, Guard(("zero_trsut",), "embedded", "", 5.0), str(root))
    assert outcome.diagnostics[0].help == ("did you mean `zero_trust`?",)


def test_a_folder_does_not_take_the_place_of_a_shipped_pack(tmp_path):
    own(tmp_path, HEAD + 'deny contains "x" if false', "zero_trust")
    assert codes(ZERO_TRUST, tmp_path) == ["MW0593"]
    outcome = guard(sample.program(), sample.TEXTS, ZERO_TRUST._replace(packs=("./zero_trust",)), str(tmp_path))
    assert outcome.value is not None and outcome.value.rules == 1


def test_an_interruption_leaves_no_child(tmp_path, monkeypatch):
    import select

    started = []
    spawn = embedded._spawn
    monkeypatch.setattr(embedded, "_spawn", lambda: started.append(spawn()) or started[-1])

    class Poll:
        register = unregister = staticmethod(lambda *_: None)

        def poll(self, _):
            raise KeyboardInterrupt

    monkeypatch.setattr(select, "poll", Poll)
    with pytest.raises(KeyboardInterrupt):
        guard(sample.program(), sample.TEXTS, ZERO_TRUST, str(tmp_path))
    with pytest.raises(ProcessLookupError):
        os.kill(started[0][0], 0)


def test_a_run_of_shipped_packs_stays_light(tmp_path):
    script = (
        f"import sys; sys.path[:0] = {[path for path in sys.path if path]!r}; from tests.unit.guard import sample; from meshwright.guard import guard; "
        f"from meshwright.ir.project import Guard; guard(sample.program(), sample.TEXTS, Guard(('zero_trust',), 'embedded', '', 30.0), {str(tmp_path)!r}); "
        "print(*sorted(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, check=True, text=True).stdout.split()
    heavy = {"dataclasses", "inspect", "pydantic", "rich", "git", "requests", "pathlib", "asyncio", "logging", "subprocess", "yaml", "regorus", "opa_client",
             "meshwright.guard.schema", "meshwright.guard.opa", "meshwright.guard.refusals", "meshwright.guard.gate"}  # fmt: skip
    assert heavy.isdisjoint(loaded), heavy & set(loaded)


def test_two_packs_of_one_package_are_refused(tmp_path):
    own(tmp_path, HEAD + 'deny contains "x" if false', "one")
    own(tmp_path, HEAD + 'deny contains "y" if false', "two")
    assert codes(Guard(("one", "two"), "embedded", "", 5.0), tmp_path) == ["MW0593"]


def test_a_pack_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/a.rego").write_bytes(b"package a\xff")
    assert codes(Guard(("rules",), "embedded", "", 5.0), tmp_path) == ["MW0585"]


def test_the_order_of_findings_does_not_depend_on_hash_seed_or_locale(tmp_path):
    script = (
        f"import sys; sys.path[:0] = {[path for path in sys.path if path]!r}; from tests.unit.guard import sample; from meshwright.guard import guard; from meshwright.ir.project import Guard; "
        "from meshwright.ir.intent import *; r = Rule('r', sample.span('in shop'), '', ''); "
        "p = sample.program((Grant('allow', sample.ANY_WORKLOAD, sample.TO_WEB, None, 0), r), (Grant('allow', sample.ANY_WORKLOAD, sample.TO_DB, None, 0), r)); "
        f"print(guard(p, sample.TEXTS, Guard(('zero_trust',), 'embedded', '', 30.0), {str(tmp_path)!r}))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, env={"PYTHONHASHSEED": seed, "LC_ALL": place}
        ).stdout
        for seed, place in (("1", "C"), ("2", "C.UTF-8"), ("77", "tr_TR.UTF-8"))
    }
    assert len(said) == 1 and b"MW0501" in said.pop()
