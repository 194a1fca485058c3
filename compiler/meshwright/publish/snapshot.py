"""The files of a project as some commit has them, written into a folder of their own."""

import os

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.publish.revision import no_git, without_git_variables
from meshwright.record import NamedTuple

MOST_FILES = 100_000
MOST_BYTES = 1 << 30
LINK, TREE, SUBMODULE = 0o120000, "tree", "commit"


class Snapshot(NamedTuple):
    commit: str  # full id, lower case hex
    root: str  # where the project's folder now lies; it may be missing there


def snapshot(root: str, revision: str, into: str) -> Outcome[Snapshot]:
    """Write what ``revision`` has below the project ``root`` of a git repository into the empty folder ``into``.

    Only files and links are written, links as links: whoever reads them judges where they lead.  Nothing else of the repository
    is read, and nothing of it is changed.  Diagnostics: MW0767 no git, MW0770 no repository, MW0772 no commit yet, MW0773 no such
    revision (a shallow clone has few), MW0774 too much,
    MW0754 a name that leads elsewhere.
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
                "MW0770", "the sources are in no git repository", notes=("without history there is nothing to compare with",),
                help=("run `git init`, `git add .` and `git commit` in the project",)),))
        with repository:
            if repository.bare or not repository.head.is_valid():
                return Outcome(None, (error("MW0772", "the repository of the sources has no commit yet",
                                            help=("commit the sources first: `git add .`, `git commit`",)),))
            commit = _commit(repository, revision)
            if isinstance(commit, Diagnostic):
                return Outcome(None, (commit,))
            inside = os.path.relpath(os.path.realpath(root), os.path.realpath(str(repository.working_tree_dir)))
            problem = _write(commit, "" if inside == "." else inside.replace(os.sep, "/"), into)
            return Outcome(None, (problem,)) if problem is not None else Outcome(Snapshot(commit.hexsha, into))


def _commit(repository, revision: str):  # type: ignore[no-untyped-def]
    import git

    if not revision or revision.startswith("-"):
        return _no_revision(revision, False)
    try:
        found = repository.git.execute(["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"])
        return repository.commit(str(found).strip())
    except (git.GitCommandError, git.BadName, ValueError):
        return _no_revision(revision, os.path.exists(os.path.join(repository.common_dir, "shallow")))


def _write(commit, inside: str, into: str) -> Diagnostic | None:  # type: ignore[no-untyped-def]
    tree = commit.tree
    for part in inside.split("/") if inside else ():
        found = next((entry for entry in tree if entry.name == part), None)
        if found is None or found.type != TREE:
            return None  # the project was not there yet
        tree = found
    files: list[tuple[object, str]] = []
    waiting = [(tree, into)]
    while waiting:
        folder, path = waiting.pop()
        os.makedirs(path, exist_ok=True)
        try:
            entries = list(folder)
        except ValueError:  # GitPython refuses `..`, `.git` and what is no single name
            return _bad_name(commit.hexsha)
        if len({entry.name for entry in entries}) < len(entries):  # a link and, by the same name, a file that would go through it
            return _bad_name(commit.hexsha)
        for entry in entries:
            if entry.type == TREE:
                waiting.append((entry, os.path.join(path, entry.name)))
            elif entry.type != SUBMODULE:
                files.append((entry, os.path.join(path, entry.name)))
        if len(files) > MOST_FILES:
            return _too_much(commit.hexsha)
    return _write_files(files, commit.hexsha)


def _write_files(files, commit: str) -> Diagnostic | None:  # type: ignore[no-untyped-def]
    size = 0
    for entry, path in files:
        size += entry.size
        if size > MOST_BYTES:
            return _too_much(commit)
        content = entry.data_stream.read()
        if entry.mode == LINK:
            os.symlink(content, path.encode())
        else:
            with open(path, "xb") as stream:
                stream.write(content)
    return None


def _bad_name(commit: str) -> Diagnostic:
    """git itself writes no such tree; one made by hand could lead out of the folder, or through a link."""
    return error("MW0754", f"the tree of `{commit[:12]}` has an entry that is no name of a file, or has one twice",
                 notes=("it would be written somewhere else",), help=("run `git fsck` in the repository of the sources",))


def _too_much(commit: str) -> Diagnostic:
    return error("MW0774", f"the project has more than {MOST_FILES} files or {MOST_BYTES >> 30} GiB at `{commit[:12]}`",
                 help=("give the project a folder of its own, and name it with `-C DIR`",))


def _no_revision(revision: str, shallow: bool) -> Diagnostic:
    help = ("fetch more history: `git fetch --unshallow`, or `fetch-depth: 0` in the checkout step",) if shallow else (
        "name a commit, a branch or a tag that `git rev-parse` knows; a remote's branch is `origin/main`",)
    notes = ("this is a shallow clone: it has only the newest commits",) if shallow else ()
    return error("MW0773", f"no revision `{revision}` in the repository of the sources", notes=notes, help=help)
