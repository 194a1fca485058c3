"""Writes a tree into a folder on disk: all of it or nothing, and never over the work of others."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.ir.filetree import FileTree
from meshwright.ir.lock import LOCK_FILE, digests_of
from meshwright.publish.ownership import Changes, Plan, plan
from meshwright.record import NamedTuple

MOST_FILES = 200_000
_AT_ONCE = 1 << 16  # bytes
_TO_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_TEMPORARY = ".meshwright-new-"


class Written(NamedTuple):
    """What was done to the folder (or, by `compare`, what would be)."""

    folder: str
    created: tuple[str, ...]
    replaced: tuple[str, ...]
    deleted: tuple[str, ...]
    lock: bool  # the lock changed

    @property
    def unchanged(self) -> bool:
        return not (self.created or self.replaced or self.deleted or self.lock)


def compare(tree: FileTree, folder: str, root: str) -> Outcome[Written]:
    """What `write` would do; writes nothing.  Diagnostics: MW0750-MW0754, MW0756."""
    planned = _plan(tree, folder, root)
    if planned.value is None:
        return Outcome(None, planned.diagnostics)
    (changes, lock, refused), old_lock, _ = planned.value
    return Outcome(_written(folder, changes, lock != old_lock), refused)


def write(tree: FileTree, folder: str, root: str, point_of_no_return: Callable[[], None] = lambda: None) -> Outcome[Written]:
    """Make ``folder`` (relative to ``root``, or absolute) hold exactly ``tree`` and its lock, beside files of others.

    Everything is written to temporary files first; then each is renamed over its name, the lock last: whoever is
    killed in between runs again and converges.  ``point_of_no_return`` is called once, before the first rename.
    Files that left the tree are deleted if the lock lists them with the hash they have.  Diagnostics: MW0750 foreign file,
    MW0751 edited by hand, MW0707 and MW0708 lock unreadable, MW0753 a link or file in the way, MW0754 name, MW0756 the system refused.
    """
    planned = _plan(tree, folder, root)
    if planned.value is None:
        return Outcome(None, planned.diagnostics)
    (changes, lock, refused), old_lock, absolute = planned.value
    if refused:
        return Outcome(None, refused)
    done = _written(folder, changes, lock != old_lock)
    if done.unchanged or lock is None:
        return Outcome(done)
    staged: list[tuple[str, str]] = []
    made: list[str] = []
    try:
        for file in (*changes.create, *changes.replace):
            _stage(os.path.join(absolute, *file.path.split("/")), file.content, staged, made)
        _stage(os.path.join(absolute, LOCK_FILE), lock, staged, made)
        point_of_no_return()
        for temporary, final in staged[:-1]:
            os.replace(temporary, final)
        for path in changes.delete:
            _delete(absolute, path)
        os.replace(*staged[-1])
        _sync_folders({os.path.dirname(final) for _, final in staged})
        made.clear()
        staged.clear()
    except OSError as problem:
        return Outcome(None, (_refused_by_system(problem, folder),))
    finally:
        for temporary, _ in staged:
            if os.path.lexists(temporary):
                os.unlink(temporary)
        for path in reversed(made):
            with suppress(OSError):  # not made yet, or somebody put a file there: it stays
                os.rmdir(path)
    return Outcome(done)


def replace_file(path: str, content: bytes) -> None:
    """Replace the one file at ``path`` (a link is followed), all of it or nothing; its mode stays."""
    final = os.path.realpath(path)
    staged: list[tuple[str, str]] = []
    try:
        _stage(final, content, staged, [])
        temporary = staged[0][0]
        if os.path.exists(final):
            os.chmod(temporary, os.stat(final).st_mode & 0o777)
        os.replace(temporary, final)
    finally:
        for temporary, _ in staged:
            if os.path.lexists(temporary):
                os.unlink(temporary)


class _Planned(NamedTuple):
    plan: Plan
    lock: bytes | None  # as it is now
    absolute: str


def _plan(tree: FileTree, folder: str, root: str) -> Outcome[_Planned]:
    absolute = os.path.normpath(os.path.join(root, folder))
    crossing = _crossing(absolute, root)
    if crossing:
        return Outcome(None, (error("MW0753", f"`{folder}` leads through the symbolic link `{crossing}`",
                                    notes=("what is behind a link may be somebody else's folder",), help=("name the real folder",)),))
    if os.path.lexists(absolute) and not os.path.isdir(absolute):
        return Outcome(None, (error("MW0753", f"`{folder}` is not a folder"),))
    if os.path.exists(os.path.join(absolute, ".git")):
        return Outcome(None, (error("MW0753", f"`{folder}` is the root of a repository", help=("name a folder below it",)),))
    try:
        digests = digests_of(tree)
        present, lock = _look(absolute, {file.path: file.content for file in tree.files}, digests)
    except OSError as problem:
        return Outcome(None, (_refused_by_system(problem, folder),))
    planned = plan(tree, lock, present, folder, digests)
    if planned.value is None:
        return Outcome(None, planned.diagnostics)
    return Outcome(_Planned(planned.value, lock, absolute))


def _crossing(absolute: str, root: str) -> str:
    """The first symbolic link below ``root`` on the way to ``absolute``, "" = none; outside the root only the folder itself counts."""
    root = os.path.abspath(root)
    if not absolute.startswith(root + os.sep):
        return absolute if os.path.islink(absolute) else ""
    at = root
    for part in os.path.relpath(absolute, root).split(os.sep):
        at = os.path.join(at, part)
        if os.path.islink(at):
            return os.path.relpath(at, root)
    return ""


def _look(absolute: str, wanted: Mapping[str, bytes], digests: Mapping[str, str]) -> tuple[dict[str, str], bytes | None]:
    """Path -> hash, or what it is in one word, of everything below the folder, and the bytes of the lock.

    What already holds the ``wanted`` bytes has the digest that ``digests`` says.
    """
    present: dict[str, str] = {}
    lock: bytes | None = None
    folders = [(absolute, "")] if os.path.isdir(absolute) else []
    while folders:
        folder, prefix = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                if not entry.is_file(follow_symlinks=False):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append((entry.path, path + "/"))
                    else:
                        present[path] = "symbolic link" if entry.is_symlink() else "special file"
                elif path == LOCK_FILE:
                    lock = _read(entry.path)
                elif not entry.name.startswith(_TEMPORARY):  # else left by a run that was killed
                    content = _read(entry.path)
                    same = content == wanted.get(path) and b"\r\n" not in content
                    present[path] = digests[path] if same else _digest(content)
        if len(present) > MOST_FILES:
            raise OSError(f"more than {MOST_FILES} files")
    return present, lock


def _read(path: str) -> bytes:
    """All of the file at ``path``, by calls of the system: there are thousands, and a stream of Python's asks twice as many for each."""
    handle = os.open(path, _TO_READ)
    try:
        parts = [os.read(handle, _AT_ONCE)]
        while more := os.read(handle, _AT_ONCE):
            parts.append(more)
    finally:
        os.close(handle)
    return b"".join(parts)


def _digest(content: bytes) -> str:
    """Of the bytes as we write them: a checkout with `core.autocrlf` has CRLF where we wrote LF, and nobody edited that."""
    return sha256(content.replace(b"\r\n", b"\n") if b"\r\n" in content else content).hexdigest()


def _stage(final: str, content: bytes, staged: list[tuple[str, str]], made: list[str]) -> None:
    """Write ``content`` beside ``final``.  Names are noted before anything is made, so that no interruption can come between."""
    folder = os.path.dirname(final)
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(missing):
        made.append(path)
        os.mkdir(path)
    temporary = os.path.join(os.path.dirname(final), f"{_TEMPORARY}{os.getpid()}-{sha256(final.encode()).hexdigest()[:16]}")
    staged.append((temporary, final))
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o644)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _delete(absolute: str, path: str) -> None:
    os.unlink(os.path.join(absolute, *path.split("/")))
    parts = path.split("/")[:-1]
    while parts:
        try:
            os.rmdir(os.path.join(absolute, *parts))
        except OSError:
            return  # not empty
        parts.pop()


def _sync_folders(folders: set[str]) -> None:
    for folder in sorted(folders):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _written(folder: str, changes: Changes, lock: bool) -> Written:
    return Written(folder, tuple(file.path for file in changes.create), tuple(file.path for file in changes.replace), changes.delete, lock)


def _refused_by_system(problem: OSError, folder: str) -> Diagnostic:
    reason = problem.strerror or str(problem)
    name = problem.filename if isinstance(problem.filename, str) else folder
    return error("MW0756", f"cannot work in `{folder}`: {reason.lower()}", notes=(f"it was about `{os.path.basename(name)}`",),
                 help=("check the permissions and the space of that folder",))
