"""The command ``decide``: lines in, lines out, and what its exit code says."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.istio.test_decisions import AT_WAYPOINT, TARGET, policy, world


def decide(folder: Path, *arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "meshwright", "decide", *arguments], cwd=folder, input=text, capture_output=True, text=True,
                          encoding="utf-8", check=False, timeout=60, env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    closed = policy({**TARGET, "rules": [{"to": [{"operation": {"paths": ["/a"]}}]}]})
    (tmp_path / "deploy/world.yaml").write_text("---\n".join(json.dumps(one) + "\n" for one in world(closed)), encoding="utf-8")
    return tmp_path


def test_one_answer_a_line(folder: Path) -> None:
    lines = "\n".join(json.dumps(one) for one in (AT_WAYPOINT, {**AT_WAYPOINT, "path": "/b", "id": "second"})) + "\n\n"
    done = decide(folder, "--manifests", "deploy", text=lines)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers == [{"decision": "allow", "by": "allow", "status": 200},
                       {"decision": "deny", "by": "rbac_access_denied_matched_policy[none]", "status": 403, "id": "second"}]
    assert (done.returncode, done.stderr) == (0, "")
    (folder / "asked.jsonl").write_text(lines, encoding="utf-8")
    assert decide(folder, "--manifests", "deploy", "asked.jsonl").stdout == done.stdout


def test_bad_lines_say_so_and_spoil_no_other(folder: Path) -> None:
    good = json.dumps(AT_WAYPOINT)
    done = decide(folder, "--manifests", "deploy", text="\n".join(["{", good, "[" * 100_000, '{"engine": "x"}', '"' + "x" * 2_000_000 + '"', "\x00", good]))
    answers: list[Any] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer.get("line", 0) for answer in answers] == [1, 0, 3, 4, 5, 6, 0]
    assert done.returncode == 1 and "Traceback" not in done.stderr


def test_what_would_be_refused_is_refused_by_name(folder: Path) -> None:
    bad = [policy({**TARGET, "action": "DENY"}, name) for name in ("first", "second")]
    (folder / "deploy/bad.yaml").write_text("---\n".join(json.dumps(one) + "\n" for one in bad), encoding="utf-8")
    done = decide(folder, "--manifests", "deploy", text=json.dumps(AT_WAYPOINT))
    assert (done.returncode, done.stdout) == (1, "")
    assert "`shop/first`" in done.stderr and "`shop/second`" in done.stderr


def test_what_cannot_be_read(folder: Path) -> None:
    assert decide(folder, "--manifests", "nowhere").returncode == 2
    assert decide(folder, "--manifests", "deploy", "nowhere.jsonl").returncode == 2
    assert decide(folder).returncode == 2
