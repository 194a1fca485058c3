"""The state of the source repository."""

import subprocess
from pathlib import Path

import pytest

from meshwright.publish.revision import public_url, source_revision


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", *arguments], cwd=folder, check=True,
                          capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    root = tmp_path / "policy"
    (root / "mesh").mkdir(parents=True)
    (root / "mesh/a.mesh").write_text("in shop\n")
    (root / "meshwright.toml").write_text("")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "First\n\nbody", "--date=2026-01-02T03:04:05+0200")
    return root


def codes(outcome) -> list[str]:
    assert outcome.value is None
    return [found.code for found in outcome.diagnostics]


def test_the_commit_around_the_project(project: Path) -> None:
    git(project, "remote", "add", "origin", "https://ann:s3cret@git.example.com/shop.git")
    revision = source_revision(str(project), ("meshwright.toml", "mesh"), False).value
    assert revision is not None
    assert revision.commit == git(project, "rev-parse", "HEAD")
    assert revision.date == git(project, "show", "-s", "--format=%cd", "--date=raw")
    assert (revision.ref, revision.subject, revision.author) == ("refs/heads/main", "First", "Ann <ann@example.com>")
    assert revision.repository == "https://git.example.com/shop.git"


def test_only_inputs_count_as_dirty(project: Path) -> None:
    (project / "notes.txt").write_text("x")
    assert source_revision(str(project), ("meshwright.toml", "mesh"), False).value is not None
    (project / "mesh/new file.mesh").write_text("x")
    (project / "mesh/a.mesh").write_text("changed")
    assert codes(source_revision(str(project), ("meshwright.toml", "mesh"), False)) == ["MW0771"]
    revision = source_revision(str(project), ("meshwright.toml", "mesh"), True).value
    assert revision is not None and revision.dirty == ("policy/mesh/a.mesh", "policy/mesh/new file.mesh")


def test_detached_heads_have_no_branch(project: Path) -> None:
    git(project, "checkout", "-q", "--detach")
    revision = source_revision(str(project), ("mesh",), False).value
    assert revision is not None and revision.ref == ""


def test_no_repository_and_no_commit(tmp_path: Path) -> None:
    assert codes(source_revision(str(tmp_path), ("mesh",), False)) == ["MW0770"]
    git(tmp_path, "init", "-q")
    assert codes(source_revision(str(tmp_path), ("mesh",), False)) == ["MW0772"]


def test_the_environment_of_a_hook_changes_nothing(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = source_revision(str(project), ("mesh",), False)
    (tmp_path / "evil").mkdir()
    git(tmp_path / "evil", "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "evil/.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "evil"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "evil/index"))
    assert source_revision(str(project), ("mesh",), False) == expected


@pytest.mark.parametrize(("url", "public"), [
    ("https://u:p@h/x.git", "https://h/x.git"), ("https://h/x.git?token=1", "https://h/x.git"), ("git@h:team/x.git", "h:team/x.git"),
    ("ssh://git@h:22/x", "ssh://h:22/x"), ("/srv/x.git", ""), ("../x.git", ""), ("file:///srv/x.git", ""), ("C:\\x", ""), ("", ""),
])
def test_urls_lose_their_secrets_and_paths_of_this_machine(url: str, public: str) -> None:
    assert public_url(url) == public
