"""The adapter to an OPA server: every answer that is not one is exit 2, and nothing is left behind."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from tests.unit.guard import sample
from tests.unit.guard.opa_stub import Stub

from meshwright.guard import guard
from meshwright.ir.intent import Grant, Namespace, Placement, Rule
from meshwright.ir.project import Guard
from meshwright.ir.verdicts import could_not_look

HEAD = "package own.rules\n\n"


@pytest.fixture
def stub(monkeypatch):
    for name in ("MESHWRIGHT_OPA_TOKEN", "MESHWRIGHT_OPA_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    server = Stub()
    yield server
    server.close()


def bad_program():
    rule = Rule("allow any workload -> web", sample.span("in shop"), "", "")
    old = Namespace("old", "no", Placement("namespace", ""), "", "", "", None)
    return sample.program((Grant("allow", sample.ANY_WORKLOAD, sample.TO_WEB, None, 0), rule), namespaces=(old,))


def ask(url: str, root: Path, packs=("zero_trust",), program=None, timeout=20.0):
    outcome = guard(program or sample.program(), sample.TEXTS, Guard(packs, "opa", url, timeout), str(root))
    if could_not_look(outcome.diagnostics):
        assert outcome.value is None
    return outcome


def codes(outcome) -> list[str]:
    return [found.code for found in outcome.diagnostics]


def own(root: Path, text: str) -> tuple[str, ...]:
    (root / "rules").mkdir(exist_ok=True)
    (root / "rules/rule.rego").write_text(text, encoding="utf-8")
    return ("rules",)


def test_same_findings_as_the_embedded_engine_and_nothing_left(stub, tmp_path):
    here = guard(bad_program(), sample.TEXTS, Guard(("zero_trust",), "embedded", "", 20.0), str(tmp_path))
    there = ask(stub.url, tmp_path, program=bad_program())
    assert there.diagnostics == here.diagnostics and len(here.diagnostics) == 2
    assert there.value is not None and here.value is not None and there.value.findings == here.value.findings
    assert (there.value.engine, there.value.version, there.value.rules) == ("opa", "1.22.2", 13)
    assert stub.policies == {}
    ids = {path.removeprefix("/v1/policies/").split("/")[0] for method, path, _ in stub.seen if method == "PUT"}
    assert len(ids) == 1 and ids.pop().startswith("meshwright-")


def test_a_pack_of_the_project(stub, tmp_path):
    packs = own(tmp_path, HEAD + '# METADATA\n# title: t\n\ndeny_x contains "shop/db is odd" if true\nhelper := 1\n')
    outcome = ask(stub.url, tmp_path, packs)
    assert [found.message for found in outcome.diagnostics] == ["guardrail `rules/x`: shop/db is odd"]


def test_other_policies_are_left_alone_and_packages_do_not_mix(stub, tmp_path):
    stub.policies["theirs"] = "package theirs\n\nallow := true\n"
    assert codes(ask(stub.url, tmp_path)) == []
    stub.policies["theirs"] = "package meshwright.zero_trust.any_workload\n\ndeny contains 1 if false\n"
    assert codes(ask(stub.url, tmp_path)) == ["MW0593"]
    stub.policies["theirs"] = "package meshwright\n\nzero_trust := 1\n"
    assert codes(ask(stub.url, tmp_path)) == ["MW0593"]
    assert list(stub.policies) == ["theirs"]


def test_old_rego_is_refused_and_never_rewritten(stub, tmp_path):
    text = HEAD + 'deny[msg] { msg := "v0" }\n'
    assert codes(ask(stub.url, tmp_path, own(tmp_path, text))) == ["MW0585"]
    assert stub.uploads == [text] and stub.policies == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HEAD + 'deny contains "x" if 1 / 0\n', "MW0590"),
        (HEAD + "deny if input.kind != \"MeshModel\"\n", "MW0591"),
        (HEAD + "deny := {}\n", "MW0591"),
        (HEAD + "deny := true\n", "MW0591"),
        (HEAD + "helper := 1\n", "MW0584"),
    ],
)
def test_answers_that_are_none(stub, tmp_path, text, code):
    outcome = ask(stub.url, tmp_path, own(tmp_path, text))
    assert codes(outcome) == [code] and could_not_look(outcome.diagnostics)
    assert stub.policies == {}


def test_the_gate_stands_before_the_server_too(stub, tmp_path, monkeypatch):
    typo = own(tmp_path, HEAD + 'deny contains "x" if input.servicess\n')
    assert codes(ask(stub.url, tmp_path, typo)) == ["MW0587"] and stub.uploads == []
    monkeypatch.setattr("meshwright.guard.embedded._folder_of_regorus", lambda: None)
    outcome = ask(stub.url, tmp_path, typo)
    assert codes(outcome) == ["MW0503"] and outcome.value is not None and outcome.value.rules == 1
    foreign = own(tmp_path, HEAD + 'deny contains "x" if { false; io.jwt.decode("a") }\n')
    monkeypatch.undo()
    assert codes(ask(stub.url, tmp_path, foreign)) == [], "a builtin that only the server has"


@pytest.mark.parametrize(
    ("method", "status", "body", "code"),
    [
        ("GET", 401, b'{"code": "unauthorized", "message": "no"}', "MW0592"),
        ("GET", 500, b"oops", "MW0592"),
        ("GET", 200, b"<html>", "MW0592"),
        ("GET", 200, b'["result"]', "MW0592"),
        ("PUT", 403, b'{"code": "forbidden", "message": "bundle"}', "MW0585"),
        ("PUT", 500, b"oops", "MW0592"),
        ("POST", 401, b"{}", "MW0592"),
        ("POST", 404, b"{}", "MW0592"),
        ("POST", 500, b"{}", "MW0590"),
        ("POST", 200, b"{}", "MW0591"),
        ("POST", 200, b'{"provenance": {"version": "1"}}', "MW0591"),
        ("POST", 200, b"[]", "MW0592"),
        ("POST", 200, b"nope", "MW0592"),
        ("POST", 200, b'{"result": true}', "MW0591"),
        ("POST", 200, b'{"result": null}', "MW0591"),
    ],
)
def test_every_wrong_answer_is_a_failure(stub, tmp_path, method, status, body, code):
    stub.answers = lambda asked, path: (status, body) if asked == method else None
    outcome = ask(stub.url, tmp_path, own(tmp_path, HEAD + 'deny contains "x" if false\n') if method == "POST" else ("zero_trust",))
    assert set(codes(outcome)) == {code}
    assert could_not_look(outcome.diagnostics)


def test_no_request_is_made_twice(stub, tmp_path):
    stub.answers = lambda asked, path: (500, b"{}") if asked == "POST" else None
    ask(stub.url, tmp_path, own(tmp_path, HEAD + 'deny contains "x" if false\n'))
    assert [method for method, _, _ in stub.seen].count("POST") == 1


def test_a_slow_server_is_a_failure(stub, tmp_path):
    stub.delay = 0.4
    before = time.monotonic()
    assert codes(ask(stub.url, tmp_path, timeout=0.2)) == ["MW0582"]
    stub.delay = 0.1
    assert "MW0582" in codes(ask(stub.url, tmp_path, timeout=0.35)), "many quick answers are slow together"
    assert time.monotonic() - before < 8


def test_a_byte_at_a_time_is_slow(stub, tmp_path):
    stub.drip = True
    stub.policies["theirs"] = "package theirs\n\nallow := true\n"
    before = time.monotonic()
    assert codes(ask(stub.url, tmp_path, timeout=0.5)) == ["MW0582"]
    assert time.monotonic() - before < 5


def test_policies_that_cannot_be_deleted_are_told(stub, tmp_path):
    stub.answers = lambda asked, path: (500, b"{}") if asked == "DELETE" else None
    outcome = ask(stub.url, tmp_path)
    assert codes(outcome) == ["MW0502"] and not outcome.failed and outcome.value is not None
    assert not could_not_look(outcome.diagnostics), "the guardrails were evaluated"


def test_nobody_there(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = ask(f"http://127.0.0.1:{port}", tmp_path, timeout=5.0)
    assert codes(outcome) == ["MW0592"] and "cannot be reached" in outcome.diagnostics[0].message


@pytest.mark.parametrize("url", ["", "localhost:8181", "ftp://x", "http://", "http://u:secret@h:1", "http://h:99999", "http://h/path", "http://h?x=1"])
def test_addresses_that_are_none(tmp_path, url):
    outcome = ask(url, tmp_path)
    assert codes(outcome) == ["MW0592"]
    assert "secret" not in repr(outcome)


def test_the_token_travels_in_the_header_and_nowhere_else(stub, tmp_path, monkeypatch):
    monkeypatch.setenv("MESHWRIGHT_OPA_TOKEN", "s3cret-token")
    outcome = ask(stub.url, tmp_path)
    assert outcome.diagnostics == ()
    assert {header for _, _, header in stub.seen} == {"Bearer s3cret-token"}
    assert not any("s3cret" in path for _, path, _ in stub.seen)
    stub.answers = lambda asked, path: (401, b'{"code": "unauthorized"}')
    assert "s3cret" not in repr(ask(stub.url, tmp_path))
    assert codes(ask("http://opa.example.com:8181", tmp_path)) == ["MW0592"], "never in clear text over the network"


def test_the_token_from_a_file_wins_over_netrc(stub, tmp_path, monkeypatch):
    (tmp_path / "token").write_text("from-file\n")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password private\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert ask(stub.url, tmp_path).diagnostics == ()
    assert {header for _, _, header in stub.seen} == {""}, "a login of somebody else's file is not ours to send"
    stub.seen.clear()
    monkeypatch.setenv("MESHWRIGHT_OPA_TOKEN_FILE", str(tmp_path / "token"))
    assert ask(stub.url, tmp_path).diagnostics == ()
    assert {header for _, _, header in stub.seen} == {"Bearer from-file"}
    monkeypatch.setenv("MESHWRIGHT_OPA_TOKEN_FILE", str(tmp_path / "nothing"))
    assert codes(ask(stub.url, tmp_path)) == ["MW0592"]
    monkeypatch.setenv("MESHWRIGHT_OPA_TOKEN", "two\nlines")
    assert codes(ask(stub.url, tmp_path)) == ["MW0592"]


def test_a_missing_client_is_no_pass(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "opa_client.opa", None)
    assert codes(ask("http://127.0.0.1:1", tmp_path)) == ["MW0580"]


if shutil.which("opa"):  # the real one, on machines that have it: `make conformance` builds it

    def test_a_real_server(tmp_path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with subprocess.Popen(
            ["opa", "run", "--server", "--addr", f"127.0.0.1:{port}", "--skip-version-check", "--log-level", "error"], env={"PATH": os.environ["PATH"]}, stderr=subprocess.DEVNULL
        ) as server:
            try:
                for _ in range(100):
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", port)) == 0:
                            break
                    time.sleep(0.05)
                here = guard(bad_program(), sample.TEXTS, Guard(("zero_trust",), "embedded", "", 20.0), str(tmp_path))
                for _ in range(2):
                    there = ask(f"http://127.0.0.1:{port}", tmp_path, program=bad_program())
                    assert there.diagnostics == here.diagnostics
                assert codes(ask(f"http://127.0.0.1:{port}", tmp_path, own(tmp_path, HEAD + 'deny[msg] { msg := "v0" }\n'))) == ["MW0585"]
                assert codes(ask(f"http://127.0.0.1:{port}", tmp_path, own(tmp_path, HEAD + 'deny contains "x" if 1 / 0\n'))) == ["MW0590"]
                assert codes(ask(f"http://127.0.0.1:{port}", tmp_path, own(tmp_path, HEAD + 'deny if input.kind != "MeshModel"\n'))) == ["MW0591"]
                chain = HEAD + 'deny contains f("x") if true\n'
                assert codes(ask(f"http://127.0.0.1:{port}", tmp_path, own(tmp_path, chain + 'f(x) := g(x)\n\ng(x) := x\n'))) == ["MW0501"]
                (tmp_path / "rules/a.rego").write_text('package own.caller\n\nimport data.own.rules.h\n\nwarn contains h("x") if true\n')
                assert codes(ask(f"http://127.0.0.1:{port}", tmp_path, own(tmp_path, HEAD + "h(x) := x\n"))) == ["MW0501"], "a caller before its function"
                (tmp_path / "rules/a.rego").unlink()
                import requests

                assert requests.get(f"http://127.0.0.1:{port}/v1/policies", timeout=5).json() == {"result": []}, "nothing is left"
                theirs = f"http://127.0.0.1:{port}/v1/policies/theirs"
                requests.put(theirs, data="package own.rules.more\n\nx := 1\n", timeout=5).raise_for_status()
                assert codes(ask(f"http://127.0.0.1:{port}", tmp_path, own(tmp_path, chain + 'f(x) := x\n'))) == ["MW0593"]
                assert requests.get(theirs, timeout=5).status_code == 200, "what is not ours stays"
            finally:
                server.terminate()
