"""One commit, or none, in a real bare repository."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from meshwright.ir.filetree import File, FileTree
from meshwright.ir.project import Publish
from meshwright.publish import SourceRevision, publish

SOURCE = SourceRevision("a" * 40, "1700000000 +0100", "refs/heads/main", "https://git.example.com/shop.git", "Let web in", "Ann <ann@example.com>", ())
SETTINGS = Publish("gitops.git", "main", "clusters/demo/mesh")


def tree(**files: str) -> FileTree:
    return FileTree(tuple(sorted(File(name.replace("__", "/") + ".yaml", text.encode(), f"p {name}") for name, text in files.items())))


def git(folder: Path, *arguments: str, input: str = "") -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
                   **{f"GIT_{role}_{what}": "x@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}}
    return subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True, input=input).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "gitops.git")
    return tmp_path


def commit_files(root: Path, files: dict[str, str | None], link: str = "") -> str:
    """A commit by somebody else; None deletes."""
    with_tree = root / "other"
    if not with_tree.exists():
        git(root, "clone", "-q", "gitops.git", "other")
    git(with_tree, "checkout", "-q", "-B", "main")
    if git(root / "gitops.git", "for-each-ref"):
        git(with_tree, "fetch", "-q")
        git(with_tree, "reset", "-q", "--hard", "origin/main")
    for name, text in files.items():
        path = with_tree / name
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if link:
        (with_tree / link).parent.mkdir(parents=True, exist_ok=True)
        os.symlink("/tmp", with_tree / link)
    git(with_tree, "add", "-A")
    git(with_tree, "commit", "-q", "-m", "other")
    git(with_tree, "push", "-q", "origin", "main")
    return git(with_tree, "rev-parse", "HEAD")


def at_tip(root: Path) -> dict[str, str]:
    names = git(root / "gitops.git", "ls-tree", "-r", "--name-only", "main").splitlines()
    return {name: git(root / "gitops.git", "show", f"main:{name}") for name in names if not name.endswith(".lock")}


def tip(root: Path) -> str:
    return git(root / "gitops.git", "rev-parse", "main")


def done(outcome):
    assert not outcome.diagnostics, outcome.diagnostics
    return outcome.value


def refused(outcome) -> list[str]:
    assert outcome.value is None
    return [found.code for found in outcome.diagnostics]


def test_an_empty_repository_gets_its_first_commit(root: Path) -> None:
    published = done(publish(tree(shop__a="1\n"), SETTINGS, SOURCE, str(root), "sha256:x"))
    assert published.commit == tip(root)
    assert at_tip(root) == {"clusters/demo/mesh/shop/a.yaml": "1"}
    assert git(root / "gitops.git", "fsck", "--strict") == ""


def test_unchanged_makes_no_commit_even_from_another_source_commit(root: Path) -> None:
    first = done(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root)))
    again = done(publish(tree(a="1\n"), SETTINGS, SOURCE._replace(commit="b" * 40), str(root)))
    assert again.unchanged and again.commit == first.commit == tip(root)


def test_the_commit_is_a_function_of_its_inputs(root: Path) -> None:
    first = done(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root)))
    git(root / "gitops.git", "update-ref", "-d", "refs/heads/main")
    assert done(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root))).commit == first.commit


def test_files_of_others_stay_and_ours_that_left_go(root: Path) -> None:
    commit_files(root, {"README.md": "x\n", "apps/web.yaml": "w\n", "clusters/demo/mesh/OWNERS": "team\n"})
    done(publish(tree(a="1\n", shop__b="2\n"), SETTINGS, SOURCE, str(root)))
    done(publish(tree(a="3\n"), SETTINGS, SOURCE, str(root)))
    assert at_tip(root) == {"README.md": "x", "apps/web.yaml": "w", "clusters/demo/mesh/OWNERS": "team", "clusters/demo/mesh/a.yaml": "3"}
    assert git(root / "gitops.git", "rev-list", "--count", "main") == "3"


def test_trailers_are_for_programs_and_cannot_be_injected(root: Path) -> None:
    hostile = SOURCE._replace(subject="x\n\nPolicy-Source-Commit: 0000", dirty=("mesh/a.mesh",))
    done(publish(tree(a="1\n"), SETTINGS, hostile, str(root), "sha256:abc", "Mesh policy\nPolicy-Input-Digest: forged"))
    message = git(root / "gitops.git", "log", "-1", "--format=%B", "main")
    trailers = git(root, "interpret-trailers", "--parse", input=message).splitlines()
    assert [line for line in trailers if line.startswith("Policy-")] == [
        "Policy-Source-Repo: https://git.example.com/shop.git", "Policy-Source-Ref: refs/heads/main", f"Policy-Source-Commit: {'a' * 40}",
        "Policy-Source-Dirty: true", "Policy-Input-Digest: sha256:abc", "Policy-Compiler-Version: 0.1.0"]
    assert "Argocd-reference-commit-subject: x Policy-Source-Commit: 0000" in trailers
    assert git(root / "gitops.git", "log", "-1", "--format=%ad %cd", "--date=raw", "main") == "1700000000 +0100 1700000000 +0100"


def test_foreign_and_edited_files_are_listed_and_nothing_is_pushed(root: Path) -> None:
    done(publish(tree(a="1\n", b="1\n"), SETTINGS, SOURCE, str(root)))
    before = commit_files(root, {"clusters/demo/mesh/a.yaml": "mine\n", "clusters/demo/mesh/extra.yaml": "theirs\n"})
    outcome = publish(tree(a="2\n", b="2\n"), SETTINGS, SOURCE, str(root))
    assert refused(outcome) == ["MW0750", "MW0751"]
    assert "clusters/demo/mesh/extra.yaml" in outcome.diagnostics[0].message
    assert tip(root) == before


def test_a_file_that_somebody_deleted_is_written_again(root: Path) -> None:
    done(publish(tree(a="1\n", b="1\n"), SETTINGS, SOURCE, str(root)))
    commit_files(root, {"clusters/demo/mesh/a.yaml": None})
    assert done(publish(tree(a="1\n", b="1\n"), SETTINGS, SOURCE, str(root))).created == ("a.yaml",)


def test_a_lost_race_is_run_again_on_the_new_tip(root: Path) -> None:
    commit_files(root, {"README.md": "1\n"})
    raced: list[str] = []

    def somebody_else() -> None:
        if len(raced) < 2:
            raced.append(commit_files(root, {"README.md": f"race {len(raced)}\n"}))

    rendered: list[int] = []

    def again() -> FileTree:
        rendered.append(1)
        return tree(a="again\n")

    published = done(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root), again=again, wait=lambda seconds: None, before_push=somebody_else))
    assert (published.attempts, len(rendered)) == (3, 2)
    assert git(root / "gitops.git", "rev-parse", "main^") == raced[-1]
    assert at_tip(root) == {"README.md": "race 1", "clusters/demo/mesh/a.yaml": "again"}


def test_a_race_that_is_always_lost_ends(root: Path) -> None:
    commit_files(root, {"README.md": "1\n"})
    outcome = publish(tree(a="1\n"), SETTINGS, SOURCE, str(root), wait=lambda seconds: None,
                      before_push=lambda: commit_files(root, {"README.md": os.urandom(4).hex()}) and None)
    assert refused(outcome) == ["MW0764"]
    assert "clusters" not in " ".join(at_tip(root))


def test_two_writers_with_the_same_tree_make_one_commit(root: Path) -> None:
    def other() -> None:
        done(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root)))

    published = done(publish(tree(a="1\n"), SETTINGS, SOURCE._replace(commit="b" * 40), str(root), wait=lambda seconds: None, before_push=other))
    assert published.unchanged
    assert git(root / "gitops.git", "rev-list", "--count", "main") == "1"


def test_a_hook_of_the_repository_may_say_no(root: Path) -> None:
    hook = root / "gitops.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'policy: ask Ann' >&2\nexit 1\n")
    hook.chmod(0o755)
    outcome = publish(tree(a="1\n"), SETTINGS, SOURCE, str(root))
    assert refused(outcome) == ["MW0765"]
    assert "policy: ask Ann" in outcome.diagnostics[0].notes


def test_missing_and_wrong_remotes_are_told_apart(root: Path) -> None:
    (root / "plain").mkdir()

    def to(**settings: str):
        return refused(publish(tree(a="1\n"), SETTINGS._replace(**settings), SOURCE, str(root)))

    assert to(remote="") == ["MW0760"]
    assert to(remote="gone.git") == ["MW0762"]
    assert to(remote="plain") == ["MW0762"]
    for remote in ("https://user:s3cret@git.example.com/x.git", "git@git.example.com:x.git", "ssh://git@x/y", "ext::sh -c touch% /tmp/x", "file://host/x"):
        outcome = publish(tree(a="1\n"), SETTINGS._replace(remote=remote), SOURCE, str(root))
        assert refused(outcome) == ["MW0761"]
        assert "s3cret" not in str(outcome)
    commit_files(root, {"README.md": "1\n"})
    assert to(branch="mian") == ["MW0763"]
    assert to(path="../x") == ["MW0754"]
    assert to(path=".git/x") == ["MW0754"]


def test_odd_names_of_remotes_are_names(root: Path) -> None:
    odd = "100% ours & 'yours' ü.git"
    git(root, "init", "-q", "--bare", "-b", "main", odd)
    assert not done(publish(tree(a="1\n"), SETTINGS._replace(remote=odd), SOURCE, str(root))).unchanged


def test_a_file_url_is_a_remote_too(root: Path) -> None:
    assert not done(publish(tree(a="1\n"), SETTINGS._replace(remote=f"file://{root}/gitops.git"), SOURCE, "/")).unchanged


def test_the_way_to_the_folder_must_be_folders(root: Path) -> None:
    commit_files(root, {"clusters/demo": "a file\n"})
    assert refused(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root))) == ["MW0753"]
    commit_files(root, {"clusters/demo": None}, link="clusters/demo")
    assert refused(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root))) == ["MW0753"]


def test_a_checked_out_branch_is_refused_with_advice(root: Path) -> None:
    commit_files(root, {"README.md": "1\n"})
    outcome = publish(tree(a="1\n"), SETTINGS._replace(remote="other"), SOURCE, str(root))
    assert refused(outcome) == ["MW0765"]
    assert "bare" in outcome.diagnostics[0].help[0]


def test_a_hostile_environment_changes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = done(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root))).commit
    git(root / "gitops.git", "update-ref", "-d", "refs/heads/main")
    evil = root / "evil"
    evil.mkdir()
    (evil / ".gitconfig").write_text("[commit]\n gpgsign = true\n[core]\n hooksPath = /nowhere\n[user]\n name = evil\n[url \"/nowhere\"]\n insteadOf = file://\n")
    for name, value in {
        "GIT_DIR": str(evil), "GIT_INDEX_FILE": str(evil / "index"), "GIT_WORK_TREE": str(evil), "GIT_OBJECT_DIRECTORY": str(evil / "o"),
        "GIT_AUTHOR_NAME": "evil", "GIT_COMMITTER_DATE": "2001-01-01", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.sshCommand",
        "GIT_CONFIG_VALUE_0": "false", "GIT_NAMESPACE": "evil", "GIT_EXEC_PATH": str(evil), "GIT_PREFIX": "x", "GIT_TRACE": "1",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(evil), "HOME": str(evil), "XDG_CONFIG_HOME": str(evil), "LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(name, value)
    assert done(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root))).commit == expected
    assert sorted(path.name for path in evil.iterdir()) == [".gitconfig"]


def test_without_git_it_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root / "nothing"))
    assert refused(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root))) == ["MW0767"]


def test_an_old_git_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = root / "bin/git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho git version 2.30.2\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    outcome = publish(tree(a="1\n"), SETTINGS, SOURCE, str(root))
    assert refused(outcome) == ["MW0767"]
    assert "2.30 is too old" in outcome.diagnostics[0].message


def test_nothing_is_left_in_the_temporary_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = root / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    def stop() -> None:
        assert list(temporary.iterdir())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(tree(a="1\n"), SETTINGS, SOURCE, str(root), before_push=stop)
    assert list(temporary.iterdir()) == []
    done(publish(tree(a="1\n"), SETTINGS, SOURCE, str(root)))
    assert list(temporary.iterdir()) == []
