"""The lock: which files of a published folder are Meshwright's, and what they held.  Pure text in and out.

One line of JSON per file, so that two branches that change different files merge; canonical, so that equal trees give equal bytes.
Its name has no YAML suffix: GitOps controllers read every such file as an object.
"""


from collections.abc import Mapping

from meshwright.diagnostics import Outcome, error
from meshwright.ir.filetree import File, FileTree, Lock, LockEntry
from meshwright.record import NamedTuple
from meshwright.source import Span

LOCK_FILE = ".meshwright.lock"
SCHEMA = 1
_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")


class _Bad(NamedTuple):
    why: str


def lock_of(tree: FileTree, digests: Mapping[str, str] | None = None) -> bytes:
    """The canonical lock of ``tree``; a lock file in it is left out.  ``digests``: those of ``digests_of``, when they are there already."""
    known = digests_of(tree) if digests is None else digests
    entries = sorted(LockEntry(file.path, known[file.path], file.policy) for file in tree.files if file.path != LOCK_FILE)
    return encode_lock(Lock(SCHEMA, tuple(entries)))


def digests_of(tree: FileTree) -> dict[str, str]:
    """Path -> sha256 in hex of every file of ``tree`` but the lock."""
    from hashlib import sha256  # OpenSSL's: whoever writes a tree has many files

    return {file.path: sha256(file.content).hexdigest() for file in tree.files if file.path != LOCK_FILE}


def with_lock(tree: FileTree) -> FileTree:
    """``tree`` and its lock, sorted by path."""
    files = [file for file in tree.files if file.path != LOCK_FILE]
    return FileTree(tuple(sorted((*files, File(LOCK_FILE, lock_of(tree), "")))))


def encode_lock(lock: Lock) -> bytes:
    """``lock`` as bytes."""
    from json.encoder import encode_basestring_ascii as quote

    rows = ",\n".join(
        f'{{"path": {quote(one.path)}, "sha256": {quote(one.sha256)}, "policy": {quote(one.policy)}}}' for one in lock.entries
    )
    return f'{{"schema": {lock.schema}, "files": [\n{rows}\n]}}\n'.encode("ascii")


def read_lock(content: bytes, path: str = LOCK_FILE) -> Outcome[Lock]:
    """The lock in ``content``: exactly the form ``lock_of`` writes (a checkout may have turned line ends into CRLF).

    MW0707 a merge conflict, MW0708 anything else that is not a lock of this version.
    """
    text = content.replace(b"\r\n", b"\n")
    for line, row in enumerate(text.split(b"\n")):
        if row[:7].decode("latin-1") in _MARKERS:
            return Outcome(
                None,
                (
                    error(
                        "MW0707",
                        f"`{path}` holds a merge conflict (line {line + 1})",
                        Span(path, 0, 0),
                        notes=("which files are Meshwright's cannot be told, so nothing is overwritten or deleted",),
                        help=("take either side of the conflict and run `meshwright compile` again",),
                    ),
                ),
            )
    found = _parse(text)
    if isinstance(found, _Bad):
        return Outcome(
            None,
            (
                error(
                    "MW0708",
                    f"`{path}` is not a lock of this version: {found.why}",
                    Span(path, 0, 0),
                    notes=("without it nothing can be overwritten or deleted safely",),
                    help=("restore the file from version control, or write into an empty folder",),
                ),
            ),
        )
    return Outcome(found)


def _parse(text: bytes) -> Lock | _Bad:
    import json

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _Bad("it is not JSON")
    if type(value) is not dict or value.get("schema") != SCHEMA:
        return _Bad(f"its schema is not {SCHEMA}")
    entries = []
    for row in value["files"] if type(value.get("files")) is list else ():
        if type(row) is not dict or sorted(row) != ["path", "policy", "sha256"] or not all(type(field) is str for field in row.values()):
            return _Bad("an entry is not path, sha256 and policy")
        path = row["path"]
        if (
            not path
            or path.startswith("/")
            or "\\" in path
            or "\0" in path
            or any(part in ("", ".", "..", ".git") for part in path.lower().split("/"))
        ):
            return _Bad("a path leads out of the folder")
        entries.append(LockEntry(path, row["sha256"], row["policy"]))
    lock = Lock(SCHEMA, tuple(entries))
    if entries != sorted(entries) or len({one.path for one in entries}) != len(entries) or encode_lock(lock) != text:
        return _Bad("it was edited by hand")
    return lock
