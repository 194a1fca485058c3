"""Which state of the source repository is being published.  GitPython reads it; nothing here writes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.record import NamedTuple

MOST_SHOWN = 5


class SourceRevision(NamedTuple):
    """The commit that the sources come from."""

    commit: str  # full id, lower case hex
    date: str  # of the committer, as git takes it: "<seconds since 1970> <+hhmm>"
    ref: str  # branch, "" = detached
    repository: str  # URL of the remote "origin" without user and password, "" = none, or a path of this machine
    subject: str
    author: str
    dirty: tuple[str, ...]  # inputs that are not as in the commit, relative to the repository, sorted


def source_revision(root: str, inputs: tuple[str, ...], allow_dirty: bool) -> Outcome[SourceRevision]:
    """The revision of the repository around ``root``; ``inputs`` are the paths in it (relative to root) that the result depends on.

    Diagnostics: MW0770 no repository, MW0771 inputs not committed (unless ``allow_dirty``), MW0772 no commit yet.
    """
    with without_git_variables():
        from shutil import which

        import git

        if which("git") is None:
            return Outcome(None, (no_git(),))
        try:
            repository = git.Repo(root, search_parent_directories=True, expand_vars=False)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError):
            return Outcome(None, (error(
                "MW0770", "the sources are in no git repository",
                notes=("a published commit names the source commit it comes from, so that anybody can make it again",),
                help=("run `git init`, `git add .` and `git commit` in the project",)),))
        with repository:
            return _revision(repository, root, inputs, allow_dirty)


def no_git() -> Diagnostic:
    return error("MW0767", "there is no git", help=("install git 2.34 or later",))


def _revision(repository, root: str, inputs: tuple[str, ...], allow_dirty: bool) -> Outcome[SourceRevision]:  # type: ignore[no-untyped-def]
    if repository.bare or not repository.head.is_valid():
        return Outcome(None, (error("MW0772", "the repository of the sources has no commit yet",
                                    help=("commit the sources first: `git add .`, `git commit`",)),))
    top = os.path.realpath(repository.working_tree_dir)
    inside = [os.path.relpath(os.path.join(os.path.realpath(root), path), top) for path in inputs]
    status = repository.git.execute(
        ["git", "--literal-pathspecs", "-c", "core.fsmonitor=false", "status", "--porcelain", "-z", "--untracked-files=all",
         "--no-renames", "--", *inside], strip_newline_in_stdout=False)
    dirty = tuple(sorted(entry[3:] for entry in str(status).split("\0") if len(entry) > 3))
    if dirty and not allow_dirty:
        more = f" and {len(dirty) - MOST_SHOWN} more" if len(dirty) > MOST_SHOWN else ""
        listed = ", ".join(f"`{path}`" for path in dirty[:MOST_SHOWN]) + more
        return Outcome(None, (error(
            "MW0771", f"inputs are not committed: {listed}",
            notes=("the commit would name a source commit that does not give this tree",),
            help=("commit them, or publish with `--allow-dirty`; the commit then says so",)),))
    head = repository.head.commit
    branch = "" if repository.head.is_detached else str(repository.head.ref.path)
    date = repository.git.execute(["git", "show", "-s", "--format=%cd", "--date=raw", head.hexsha])
    return Outcome(SourceRevision(head.hexsha, str(date).strip(), branch, _origin(repository), _one_line(str(head.summary)),
                                  _one_line(f"{head.author.name} <{head.author.email}>"), dirty))


def _origin(repository) -> str:  # type: ignore[no-untyped-def]
    for remote in repository.remotes:
        if remote.name == "origin":
            return public_url(str(next(iter(remote.urls), "")))
    return ""


def public_url(url: str) -> str:
    """``url`` without user and password; "" for a path of this machine, which says nothing to others."""
    scheme, mark, rest = url.partition("://")
    if mark:
        if scheme not in ("https", "http", "ssh", "git"):
            return ""
        host, slash, path = rest.partition("/")
        return _one_line(f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}")
    host, colon, path = url.partition(":")
    if not colon or "/" in host or len(host) == 1:
        return ""
    return _one_line(f"{host.rpartition('@')[2]}:{path}")


def _one_line(text: str) -> str:
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())


@contextmanager
def without_git_variables() -> Iterator[None]:
    """GitPython and the git it starts read our environment: inside a hook, GIT_DIR would name another repository."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("GIT_") or name in ("LANGUAGE", "LC_ALL")}
    try:
        for name in kept:
            del os.environ[name]
        os.environ["LC_ALL"] = "C.UTF-8"
        os.environ["GIT_OPTIONAL_LOCKS"] = "0"
        os.environ["GIT_TERMINAL_PROMPT"] = "0"
        os.environ["GIT_PYTHON_REFRESH"] = "quiet"  # else the import alone fails where there is no git
        yield
    finally:
        for name in ("LC_ALL", "GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT", "GIT_PYTHON_REFRESH"):
            os.environ.pop(name, None)
        os.environ.update(kept)
