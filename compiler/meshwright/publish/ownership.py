"""Whose file is it: what a folder holds, what its lock lists, and what the new tree wants there, compared.

The same rules hold for a folder on disk and for a folder of a git tree; both hand in what they found as plain values.
"""

from collections.abc import Mapping

from meshwright.diagnostics import Diagnostic, Outcome, did_you_mean, error
from meshwright.ir.filetree import File, FileTree
from meshwright.ir.lock import LOCK_FILE, digests_of, lock_of, read_lock
from meshwright.record import NamedTuple

# What a controller reads from a folder (Argo CD: .yaml .yml .json; Flux: .yaml .yml): a file of somebody else with such a name
# would be applied beside ours and is no part of the proof.  Other files (README, OWNERS) are left alone.
APPLIED = (".yaml", ".yml", ".json")
_FORBIDDEN = frozenset('<>:"|?*')
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in "123456789")})


class Changes(NamedTuple):
    """What has to happen in the folder; all three empty = it is already what the tree says."""

    create: tuple[File, ...]
    replace: tuple[File, ...]
    delete: tuple[str, ...]

    @property
    def any(self) -> bool:
        return bool(self.create or self.replace or self.delete)


class Plan(NamedTuple):
    """Changes without the lock, the lock's new bytes (None: no lock, nothing to own), and why nothing may be done (then nothing is)."""

    changes: Changes
    lock: bytes | None
    refused: tuple[Diagnostic, ...]


def owned_files(tree: FileTree) -> tuple[File, ...]:
    """The files of ``tree`` without the lock itself."""
    return tuple(file for file in tree.files if file.path != LOCK_FILE)


def plan(tree: FileTree, lock: bytes | None, present: Mapping[str, str], where: str,
         digests: Mapping[str, str] | None = None) -> Outcome[Plan]:
    """Compare ``tree`` with a folder.

    ``lock``: the bytes of the lock there; None = there is none, nothing is owned.  ``present``: path of every file there,
    relative to the folder, without the lock -> "sha256 of the content in hex", or any other text ("symlink", "submodule") for
    what is not a regular file.  ``where`` names the folder in messages.
    ``digests``: those of ``digests_of(tree)``, when they are there already.
    Diagnostics, in the plan: MW0750 foreign file, MW0751 edited by hand, MW0754 two names that differ in case only, or not
    usable; without a plan: MW0707 and MW0708 as `ir.lock` has them.
    """
    files = owned_files(tree)
    wanted = {file.path: file for file in files}
    digests = digests_of(tree) if digests is None else digests
    new_lock = lock_of(tree, digests)
    # A lock that says what ours would say needs no reading: what it lists is known.
    there = Outcome(digests) if lock == new_lock else _owned(lock, where)
    if there.value is None:
        return Outcome(None, there.diagnostics)
    owned = there.value
    refused = [*_names(files, present, owned, where)]
    foreign = sorted(path for path, state in present.items()
                     if path not in owned and _disturbs(path, wanted) and state != digests.get(path))
    edited = sorted(path for path, listed in owned.items() if present.get(path, listed) not in (listed, digests.get(path)))
    refused.extend(_foreign(path, path in wanted, where) for path in foreign)
    refused.extend(_edited(path, present[path], path in wanted, where) for path in edited)
    changes = Changes(
        create=tuple(file for file in files if file.path not in present),
        replace=tuple(file for file in files if file.path in present and present[file.path] != digests[file.path]),
        delete=tuple(sorted(path for path in owned if path not in wanted and path in present)))
    # Nothing to own and nothing owned: a folder with a lock alone would be a change without meaning.
    nothing = not files and not owned and lock is None
    return Outcome(Plan(changes, None if nothing else new_lock, tuple(refused)))


def _owned(lock: bytes | None, where: str) -> Outcome[Mapping[str, str]]:
    """Path -> sha256 of what ``lock`` lists."""
    if lock is None:
        return Outcome({})
    read = read_lock(lock, f"{where}/{LOCK_FILE}")
    if read.value is None:
        return Outcome(None, read.diagnostics)
    return Outcome({entry.path: entry.sha256 for entry in read.value.entries})


def bad_path(path: str) -> str:
    """Why ``path`` cannot be written on every system, "" = it can."""
    if not path or path.startswith("/") or "\\" in path or not path.isprintable():
        return "it is not a relative path with `/`"
    return next((reason for part in path.split("/") if (reason := _bad_part(part))), "")


def _bad_part(part: str) -> str:
    folded = part.lower()
    if folded in ("", ".", ".."):
        return "a part of it is empty, `.` or `..`"
    if folded == ".git" or folded.startswith("git~"):
        return "`.git` belongs to git"
    if part[-1] in " ." or not _FORBIDDEN.isdisjoint(part) or folded.partition(".")[0] in _RESERVED:
        return f"`{part}` cannot be a file name on every system"
    return "a part of it is longer than 255 bytes" if len(part) > 63 and len(part.encode()) > 255 else ""


def _disturbs(path: str, wanted: Mapping[str, File]) -> bool:
    """Whether a file that is not ours stands in the way, or would be applied together with ours."""
    name = path.rsplit("/", 1)[-1].lower()
    return path in wanted or name.endswith(APPLIED) or name == "kustomization"


def _names(files: tuple[File, ...], present: Mapping[str, str], owned: Mapping[str, str], where: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    folded: dict[str, str] = {}
    for file in files:
        reason = bad_path(file.path)
        if reason:
            found.append(error("MW0754", f"`{file.path}` cannot be written: {reason}"))
        first = folded.setdefault(file.path.lower(), file.path)
        if first != file.path:
            found.append(error("MW0754", f"`{file.path}` and `{first}` are one file where case does not count",
                               help=("rename one of the objects behind them",)))
    strangers = sorted(path for path in present if path not in owned)
    for path in strangers:
        ours = folded.get(path.lower())
        if ours is not None and ours != path:
            found.append(error("MW0754", f"`{where}/{path}` is not ours, and our `{ours}` differs from it in case only",
                               help=("move that file out of the folder",)))
    # A file cannot stand where another one needs a folder.
    for path in strangers:
        if any(file.path.startswith(path + "/") for file in files):
            found.append(error("MW0753", f"`{where}/{path}` is not a folder, and ours have to go below it",
                               help=("move that file out of the folder",)))
    return found


def _foreign(path: str, wanted: bool, where: str) -> Diagnostic:
    return error(
        "MW0750", f"`{where}/{path}` is not ours" + (", and our file of this name would replace it" if wanted else ""),
        notes=("files of others are never overwritten or deleted; a manifest among ours would be applied with them without being proved",),
        help=("move it out of the folder; if it belongs to the mesh, list it under `inventory.foreign`: it takes part in the proof then",))


def _edited(path: str, state: str, wanted: bool, where: str) -> Diagnostic:
    what = f"is a {state} now" if len(state) != 64 else "was edited by hand"
    return error(
        "MW0751", f"`{where}/{path}` {what}", notes=("it is not what Meshwright wrote; " + (
            "replacing it" if wanted else "deleting it") + " would lose that work",),
        help=("say in the sources what the edit was for, then restore the file from version control and run again",))


def near(name: str, names: list[str]) -> str:
    """The help for a misspelt name, "" when nothing is near."""
    found = did_you_mean(name, names)
    return f"did you mean `{found[0]}`?" if found else ""
