"""The action, really run by act on this machine (no containers), with a pull request's event and a stub of the API."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT, missing
from tests.e2e.test_commands import ENVIRONMENT
from tests.e2e.test_hooks import git
from tests.support.forge import Stub
from tests.unit.cli.test_pages import project

__all__ = ["project"]  # a fixture: web may GET /orders on orders; one commit
pytestmark = pytest.mark.conformance
ACT = Path(sys.executable).parent / "act"
WORKFLOW = """\
name: policy
on: pull_request
permissions: {{}}
jobs:
  policy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - id: mesh
        uses: ./.github/meshwright
        with:
          python: {python}
          api-url: {api}
          token: {token}
          sarif: "true"
{inputs}
      - if: always()
        shell: bash
        run: |
          echo "OUTPUTS exit=${{{{ steps.mesh.outputs.exit }}}} access=${{{{ steps.mesh.outputs.access }}}}"
          cp -r "${{{{ steps.mesh.outputs.reports }}}}/." {kept}
"""
STUB_ACTION = "runs:\n  using: composite\n  steps:\n    - {shell: bash, run: 'echo UPLOADED'}\n"


def actions(folder: Path) -> list[str]:
    """Stand-ins for actions of others, which would have to be fetched: that they are called is all that is seen."""
    found = []
    for name, commit in sorted(set(re.findall(r"uses: ([\w-]+/[\w-]+)(?:/[\w-]+)?@([0-9a-f]{40})", (ROOT / "action.yml").read_text()))):
        for inside in ("", "upload-sarif"):
            (folder / name / inside).mkdir(parents=True, exist_ok=True)
            (folder / name / inside / "action.yml").write_text(STUB_ACTION)
        found += ["--local-repository", f"{name}@{commit}={folder / name}"]
    return found


def act(project: Path, stub: Stub, token: str = "stub-token", **inputs: str) -> tuple[int, str, Path]:
    """Exit code, what was printed, and the folder of the reports."""
    if not ACT.exists():
        missing("act", "it is part of the `dev` extra")
    kept = project.parent / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    base = git(project, "rev-parse", "HEAD~1").strip()
    event = project.parent / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "base": {"sha": base, "ref": "main"}, "head": {"ref": "side"}}}))
    (project / ".github/meshwright").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "action.yml", project / ".github/meshwright/action.yml")
    (project / ".github/workflows").mkdir(exist_ok=True)
    (project / ".github/workflows/policy.yml").write_text(WORKFLOW.format(
        python=json.dumps(sys.executable), api=json.dumps(stub.url), token=json.dumps(token), kept=kept,
        inputs="".join(f"          {name.replace('_', '-')}: {json.dumps(value)}\n" for name, value in inputs.items())))
    environment = ENVIRONMENT | {"HOME": str(project.parent / "home"), "XDG_CACHE_HOME": str(project.parent / "home/cache")}
    done = subprocess.run(
        [str(ACT), "pull_request", "-P", "ubuntu-latest=-self-hosted", "--eventpath", str(event), "--action-offline-mode", "--env",
         f"PYTHONPATH={ENVIRONMENT['PYTHONPATH']}", *actions(project.parent / "actions")], cwd=project, env=environment, capture_output=True,
        text=True, stdin=subprocess.DEVNULL, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr, kept


@pytest.fixture
def change(project: Path) -> Path:
    """A pull request that opens something."""
    git(project, "remote", "add", "origin", "https://github.com/shop/policy.git")
    (project / "mesh/more.mesh").write_text('in shop\n\nallow web -> orders { POST "/orders" }\n')
    git(project, "add", ".")
    git(project, "commit", "-qm", "more")
    return project


def test_a_change_is_annotated_summed_up_and_commented(change: Path) -> None:
    with Stub() as stub:
        code, said, kept = act(change, stub)
        assert code == 0, said
        assert "OUTPUTS exit=0 access=changed" in said
        assert said.count("| UPLOADED\n") == 2
        assert {path.name for path in kept.iterdir()} >= {"meshwright.sarif", "junit.xml", "findings.md", "access.md"}
        (comment,) = stub.comments
        assert "1 opened, 0 closed" in comment["body"] and "`POST /orders`" in comment["body"]
        # The next push takes it back: the same comment says so.
        (change / "mesh/more.mesh").write_text("in shop\n")
        git(change, "add", ".")
        git(change, "commit", "-q", "--amend", "-m", "nothing")
        code, said, _ = act(change, stub)
        assert (code, len(stub.comments)) == (0, 1), said
        assert "no access changes" in stub.comments[0]["body"]


def test_a_wrong_source_fails_at_its_line(change: Path) -> None:
    (change / "mesh/more.mesh").write_text('in shop\n\nallow web -> odrers { POST "/orders" }\n')
    git(change, "commit", "-qam", "wrong")
    with Stub() as stub:
        code, said, kept = act(change, stub)
    assert code == 1
    assert "OUTPUTS exit=1 access=unknown" in said
    assert "mesh/more.mesh" in said and "MW0201" in said
    results = json.loads((kept / "meshwright.sarif").read_text())["runs"][0]["results"]
    assert [one["ruleId"] for one in results] == ["MW0201"]
    assert "something is wrong" in stub.comments[0]["body"]


def test_a_gate_fails(change: Path) -> None:
    with Stub() as stub:
        code, said, _ = act(change, stub, no_new_access="true")
    assert code == 1 and "MW0918" in said and "OUTPUTS exit=0 access=changed" in said
    assert len(stub.comments) == 1


def test_drift_fails_where_it_is_asked_for(change: Path) -> None:
    with Stub() as stub:
        code, said, _ = act(change, stub, manifests="true")
    assert code == 1 and "MW0755" in said


@pytest.mark.parametrize("token", ("", "read-only"))
def test_a_fork_gets_everything_but_the_comment(token: str, change: Path) -> None:
    with Stub(refuse=403 if token else 0) as stub:
        code, said, kept = act(change, stub, token)
    assert code == 0, said
    assert "no comment: " in said and stub.comments == []
    assert "1 opened" in (kept / "access.md").read_text()
    assert "UPLOADED" in said
