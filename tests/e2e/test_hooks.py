"""`meshwright hook` as git starts it: a hook of a repository with one or several projects, and real commits."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_commands import ENVIRONMENT, run
from tests.unit.cli.test_pages import project

__all__ = ["project"]  # a fixture: web may GET /orders on orders; one commit
MORE = 'deny web -> orders { GET "/orders/secret" }\n'
BROKEN = 'allow web -> odrers { GET "/orders" }\n'


def git(folder: Path, *arguments: str, code: int = 0, **more: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, env=ENVIRONMENT | more, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def install(repository: Path, *kinds: str, hook: str = "pre-commit") -> None:
    """The hooks by name, in that order, with the files of the commit for those that take some."""
    path = repository / ".git/hooks" / hook
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/bash\nset -e\n" + "".join(
        (f"git diff --cached --name-only --diff-filter=d -z -- '*.mesh' | xargs -0r '{sys.executable}' -m meshwright hook {kind}\n"
         if kind in ("fmt", "lint") else f"'{sys.executable}' -m meshwright hook {kind}\n") for kind in kinds))
    path.chmod(0o755)


def several(project: Path) -> Path:
    """A repository with the project twice, in folders of their own."""
    top = project.parent / "mono repo"
    for name in ("services/shop", "other"):
        shutil.copytree(project, top / name, ignore=shutil.ignore_patterns(".git"))
    git(top, "init", "-q", "-b", "main", ".")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    return top


def test_a_clean_change_is_committed_and_a_wrong_one_is_not(project: Path) -> None:
    install(project, "fmt", "lint", "check")
    (project / "mesh/more.mesh").write_text("in shop\n\n" + MORE)
    git(project, "add", ".")
    git(project, "commit", "-m", "more")
    (project / "mesh/more.mesh").write_text("in shop\n\n" + BROKEN)
    assert "error[MW0201]" in git(project, "commit", "-am", "broken", code=1)


def test_formatting_stops_the_commit_once(project: Path) -> None:
    install(project, "fmt")
    (project / "mesh/more.mesh").write_text("in   shop\n")
    git(project, "add", ".")
    assert "1 formatted" in git(project, "commit", "-m", "more", code=1)
    assert (project / "mesh/more.mesh").read_text() == "in shop\n"
    git(project, "commit", "-am", "more")


def test_a_commit_that_only_deletes_is_judged(project: Path) -> None:
    (project / "mesh/claims.mesh").write_text('in shop\n\ninvariant "orders" { to orders only from web }\n')
    (project / "k8s/later.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: later}\n")
    git(project, "add", ".")
    git(project, "commit", "-m", "claims")
    install(project, "fmt", "lint", "check")
    git(project, "rm", "-q", "k8s/later.yaml")
    git(project, "commit", "-m", "fine")
    git(project, "rm", "-q", "k8s/shop.yaml")
    assert "error[MW" in git(project, "commit", "-m", "no inventory is left", code=1)


def test_a_renamed_source_is_judged_under_its_new_name(project: Path) -> None:
    install(project, "fmt", "lint", "check")
    run(project, "fmt")
    git(project, "commit", "-am", "formatted")
    git(project, "mv", "mesh/shop.mesh", "mesh/a b'\"ü.mesh")
    git(project, "commit", "-m", "renamed")
    git(project, "mv", "mesh/a b'\"ü.mesh", "elsewhere.mesh")
    assert "MW0908" in git(project, "commit", "-m", "out of the sources", code=1)


@pytest.mark.parametrize("change", ("untracked", "changed", "deleted", "intent"))
def test_what_the_commit_does_not_contain_does_not_count(project: Path, change: str) -> None:
    """Without a runner that puts unstaged changes aside, the hook would judge other sources than those committed."""
    install(project, "check")
    more = project / "mesh/more.mesh"
    more.write_text("in shop\n\n" + BROKEN)
    if change != "untracked":
        git(project, "add", *(("-N",) if change == "intent" else ()), ".")
    if change == "deleted":
        more.unlink()
    else:
        more.write_text("in shop\n\n" + MORE)
    (project / "notes.txt").write_text("nothing to do with it")
    git(project, "add", "notes.txt")
    said = git(project, "commit", "-m", "notes", code=1)
    assert "error[MW0940]: `mesh/more.mesh`" in said
    assert "notes.txt" not in said
    (project / "notes.txt").write_text("changed again, which is nobody's business")
    more.write_text("in shop\n\n" + MORE)
    git(project, "add", "mesh")
    git(project, "commit", "-m", "both")


def test_ignored_files_and_runs_by_hand_are_no_commit(project: Path) -> None:
    (project / "mesh/more.mesh").write_text("in shop\n\n" + MORE)
    assert run(project, "hook", "check").returncode == 0
    install(project, "check")
    (project / ".gitignore").write_text("mesh/more.mesh\n")
    git(project, "add", ".gitignore")
    git(project, "commit", "-m", "generated elsewhere")


def test_commit_all_and_commit_of_a_path_have_an_index_of_their_own(project: Path) -> None:
    install(project, "check")
    source = project / "mesh/shop.mesh"
    source.write_text(source.read_text() + MORE)
    (project / "notes.txt").write_text("staged, and not committed")
    git(project, "add", "notes.txt")
    git(project, "commit", "-m", "one path", "--", "mesh/shop.mesh")
    source.write_text(source.read_text() + BROKEN)
    assert "MW0201" in git(project, "commit", "-am", "all", code=1)


def test_a_linked_work_tree(project: Path) -> None:
    """There git tells its hooks where the repository lies, which is not where the files are."""
    install(project, "fmt", "lint", "check", "compile")
    linked = project.parent / "linked"
    git(project, "worktree", "add", "-q", str(linked), "-b", "side")
    (linked / "mesh/more.mesh").write_text("in shop\n\n" + MORE)
    git(linked, "add", ".")
    said = git(linked, "commit", "-m", "more", code=1)
    assert "error[MW0940]: `deploy/mesh/" in said
    git(linked, "add", ".")
    git(linked, "commit", "-m", "more")
    assert not (project / "deploy").exists()
    (linked / "mesh/more.mesh").write_text("in shop\n\n" + BROKEN)
    git(linked, "add", ".")
    assert "MW0201" in git(linked, "commit", "-m", "broken", code=1)


def test_a_merge_is_judged_as_a_whole(project: Path) -> None:
    """Both sides are fine, together they are not."""
    git(project, "checkout", "-qb", "side")
    (project / "mesh/claims.mesh").write_text('in shop\n\ninvariant "closed" { to orders only from web }\n')
    git(project, "add", ".")
    git(project, "commit", "-m", "claim")
    git(project, "checkout", "-q", "main")
    (project / "mesh/more.mesh").write_text("in shop\n\nallow orders -> orders { GET \"/orders\" }\n")
    git(project, "add", ".")
    git(project, "commit", "-m", "more")
    for hook in ("pre-commit", "pre-merge-commit"):
        install(project, "check", hook=hook)
    assert "MW0406" in git(project, "merge", "--no-edit", "side", code=1)
    git(project, "merge", "--abort")
    assert not (project / "mesh/claims.mesh").exists()


def test_manifests_belong_to_the_commit(project: Path) -> None:
    install(project, "compile")
    (project / "mesh/more.mesh").write_text("in shop\n\n" + MORE)
    git(project, "add", ".")
    said = git(project, "commit", "-m", "more", code=1)
    assert "error[MW0940]: `deploy/mesh/" in said and "git add" in said
    git(project, "add", "deploy")
    git(project, "commit", "-m", "more")
    # The tree on disk is right, but what is staged is not.
    (project / "mesh/more.mesh").write_text("in shop\n")
    git(project, "add", "mesh")
    assert run(project, "compile").returncode == 0
    assert "MW0940" in git(project, "commit", "-m", "less", code=1)
    git(project, "add", "deploy")
    git(project, "commit", "-m", "less")
    assert run(project, "hook", "compile", "--check").returncode == 0


def test_each_file_goes_to_its_project_and_without_files_all_are_judged(project: Path) -> None:
    top = several(project)
    for name in ("services/shop", "other"):
        run(top, "fmt", "-C", name)
    wrong = top / "services/shop/mesh/shop.mesh"
    wrong.write_text("in   shop\n")
    done = run(top, "hook", "fmt", "services/shop/mesh/shop.mesh", "other/mesh/shop.mesh")
    assert done.returncode == 1
    assert done.stderr.index("other:\n1 file, 0 formatted") < done.stderr.index("services/shop:\n1 file, 1 formatted")
    wrong.write_text(BROKEN)
    assert run(top, "hook", "lint", "services/shop/mesh/shop.mesh").returncode == 0  # names are no matter of one file
    for arguments, code in (((), 1), (("-C", "other"), 0), (("-C", "services"), 1), (("other/mesh/shop.mesh",), 0), (("other/k8s/shop.yaml",), 0),
                            (("services/shop/mesh/shop.mesh", "other/mesh/shop.mesh"), 1)):
        assert run(top, "hook", "check", *arguments).returncode == code, arguments
    install(top, "check")
    assert "services/shop:\nerror[" in git(top, "commit", "--allow-empty", "-m", "other", code=1)


def test_one_changed_file_does_not_hide_the_rest_of_its_project(project: Path) -> None:
    """`check FILE` judges these files alone; a hook that is given one judges the project."""
    (project / "mesh/more.mesh").write_text("in shop\n\n" + MORE)
    assert run(project, "check", "mesh/more.mesh").returncode == 1
    assert run(project, "hook", "check", "mesh/more.mesh").returncode == 0


def test_lint_says_what_is_no_language(project: Path) -> None:
    (project / "mesh/shop.mesh").write_text("allow web orders\n")
    done = run(project, "hook", "lint", "mesh/shop.mesh")
    assert done.returncode == 1
    assert "error[MW01" in done.stderr


def test_nothing_to_judge_is_no_success(project: Path, tmp_path: Path) -> None:
    assert run(project, "hook", "fmt").returncode == run(project, "hook", "lint").returncode == 0
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.mesh").write_text("in shop\n")
    assert "error[MW0770]" in run(outside, "hook", "check").stderr
    git(outside, "init", "-q", ".")
    for arguments in (("check",), ("compile",), ("fmt", "a.mesh"), ("lint", "a.mesh"), ("check", "a.mesh")):
        done = run(outside, "hook", *arguments)
        assert (done.returncode, "error[MW0901]" in done.stderr) == (2, True), arguments
    assert run(project, "hook", "check", "-C", "nowhere").returncode == 2
    (tmp_path / "bin").mkdir()
    done = run(project, "hook", "check", PATH=str(tmp_path / "bin"))
    assert (done.returncode, "error[MW0767]" in done.stderr) == (2, True)


def test_variables_of_another_repository_do_not_count(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    git(other, "init", "-q", ".")
    top = several(project)
    done = run(top, "hook", "check", GIT_DIR=str(other / ".git"), GIT_WORK_TREE=str(other), GIT_PREFIX="x/", GIT_CEILING_DIRECTORIES=str(top),
               GIT_LITERAL_PATHSPECS="1", GIT_EXTERNAL_DIFF="false")
    assert done.returncode == 0, done.stderr
    assert os.listdir(other) == [".git"]
