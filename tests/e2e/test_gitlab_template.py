"""The script of the GitLab template, run as its runner runs it: one shell, line after line, on a merge request's variables."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.test_commands import ENVIRONMENT, ROOT
from tests.e2e.test_hooks import git
from tests.support.forge import Stub
from tests.unit.cli.test_pages import project

__all__ = ["project"]  # a fixture: web may GET /orders on orders; one commit


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """As in an image in which Meshwright is installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, words in (("meshwright", " -m meshwright"), ("python", "")):
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


def job(project: Path, programs: Path, stub: Stub, **inputs: str) -> tuple[int, str]:
    header, text = (ROOT / "templates/meshwright.yml").read_text().split("\n---\n")
    given = {name: one["default"] for name, one in yaml.safe_load(header)["spec"]["inputs"].items()} | inputs
    parsed = yaml.safe_load(re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda found: json.dumps(given[found[1]]), text))["meshwright"]
    environment = ENVIRONMENT | parsed["variables"] | {
        "PATH": f"{programs}:{ENVIRONMENT['PATH']}", "GITLAB_CI": "true", "CI_PROJECT_ID": "12", "CI_MERGE_REQUEST_IID": "3", "MESHWRIGHT_TOKEN": "stub-token",
        "MESHWRIGHT_API": stub.url, "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(project, "rev-parse", "HEAD~1").strip()}
    done = subprocess.run(["sh", "-e", "-c", "\n".join(parsed["script"])], cwd=project, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_reports_and_one_note(project: Path, programs: Path) -> None:
    (project / "mesh/more.mesh").write_text('in shop\n\nallow web -> orders { POST "/orders" }\n')
    git(project, "add", ".")
    git(project, "commit", "-qm", "more")
    reports = project / "meshwright-reports"
    with Stub("project_12_bot") as stub:
        code, said = job(project, programs, stub)
        assert code == 0, said
        assert json.loads((reports / "codequality.json").read_text()) == []
        assert "<testsuite" in (reports / "junit.xml").read_text()
        code, said = job(project, programs, stub, gates="--no-new-access --no-public")
        assert code == 1 and "MW0918" in said
        assert len(stub.comments) == 1 and "1 opened, 0 closed" in stub.comments[0]["body"]
        (project / "mesh/more.mesh").write_text('in shop\n\nallow web -> odrers { POST "/orders" }\n')
        code, said = job(project, programs, stub)
        assert code == 1, said
        (finding,) = json.loads((reports / "codequality.json").read_text())
        assert (finding["check_name"], finding["location"]["path"], finding["location"]["lines"]["begin"]) == ("MW0201", "mesh/more.mesh", 3)
        assert len(stub.comments) == 1 and "something is wrong" in stub.comments[0]["body"]
