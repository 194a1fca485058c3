"""Reads the GitOps repository: where it is, the tip of the branch, and what stands in our folder there."""

import os
from hashlib import sha256

from meshwright.diagnostics import Diagnostic, error
from meshwright.ir.filetree import FileTree
from meshwright.ir.lock import LOCK_FILE
from meshwright.ir.project import Publish
from meshwright.publish.git import GitFailed, GitRunner
from meshwright.publish.ownership import near, owned_files
from meshwright.record import NamedTuple

TIP = "refs/meshwright/tip"
_MODES = {"120000": "symbolic link", "160000": "submodule"}


class Refusal(Exception):
    """The repository is not as it has to be; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Folder(NamedTuple):
    """Our folder at the tip, as `ownership.plan` wants it."""

    present: dict[str, str]
    lock: bytes | None


def remote_url(remote: str, root: str) -> str | Diagnostic:
    """``remote`` as a file:// URL.  Diagnostics: MW0760 empty, MW0761 another kind of address, MW0762 nothing there."""
    if not remote:
        return error("MW0760", "no GitOps repository is configured",
                     help=("name it in the project file: `[publish]`, `remote = \"../gitops.git\"`",))
    from urllib.parse import quote, unquote

    path = unquote(remote.removeprefix("file://")) if remote.startswith("file:///") else remote
    # "host:path" is an address for git; a folder whose name has a colon can be written as "./name".
    if path == remote and ("://" in remote or "::" in remote or ":" in remote.split("/")[0]):
        # Of the address only a well-known scheme is repeated: the rest may hold a password.
        scheme = remote.split(":")[0]
        what = f"`{scheme}`" if scheme in ("https", "http", "ssh", "git") else "network address"
        return error("MW0761", f"a remote by {what} is not in this version",
                     notes=("only repositories by path or `file://` URL can be published to",),
                     help=("publish into a local bare clone, and push that with your own tools",))
    path = os.path.normpath(os.path.join(root, path))
    if not os.path.isdir(path):
        return error("MW0762", f"the GitOps repository `{remote}` does not exist",
                     help=(f"create it with `git init --bare {remote}`, or correct `publish.remote`",))
    return "file://" + quote(path)


def fetch_tip(git: GitRunner, settings: Publish) -> str:
    """The commit at the tip of the branch, fetched with its trees but without blobs; "" = the repository has no branch at all."""
    try:
        listed = git("ls-remote", "--heads", "--", "origin").text.splitlines()
    except GitFailed as failed:
        if "not appear to be a git repository" in failed.stderr or "not a git repository" in failed.stderr:
            raise Refusal(error("MW0762", f"`{settings.remote}` is not a git repository",
                                help=("create it with `git init --bare`, or correct `publish.remote`",))) from None
        raise
    heads = {line.split("\t")[1].removeprefix("refs/heads/"): line.split("\t")[0] for line in listed if "\t" in line}
    if not heads:
        return ""
    if settings.branch not in heads:
        known = ", ".join(f"`{head}`" for head in sorted(heads)[:5])
        raise Refusal(error(
            "MW0763", f"the GitOps repository has no branch `{settings.branch}`",
            notes=("a branch that starts with this commit alone would share no history with the others",),
            help=(near(settings.branch, sorted(heads)) or f"create it first, or set `publish.branch` to one of {known}",)))
    git("fetch", "--quiet", "--depth=1", "--filter=blob:none", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
        "--no-auto-maintenance", "--", "origin", f"+refs/heads/{settings.branch}:{TIP}")
    return git("rev-parse", "--verify", f"{TIP}^{{commit}}").text


def read_folder(git: GitRunner, tip: str, path: str, tree: FileTree) -> Folder:
    """What ``path`` holds at ``tip``; only the blobs of owned files that differ from ``tree`` are fetched.

    Raises ``Refusal`` MW0753 when the way to the folder leads through a file, a symbolic link or a submodule.
    """
    if not tip:
        return Folder({}, None)
    _need_folder(git, tip, path)
    entries: dict[str, tuple[str, str]] = {}
    for record in git("ls-tree", "-r", "-z", "--full-tree", tip, "--", path + "/").stdout.split(b"\0"):
        if record:
            head, _, raw = record.partition(b"\t")
            mode, _, blob = head.decode().split(" ")
            entries[raw.decode("utf-8", "surrogateescape").removeprefix(path + "/")] = (mode, blob)
    wanted = _blob_ids(git, tree)
    ours = {name for name, (_, blob) in entries.items() if wanted.get(name, ("", ""))[0] == blob}
    contents = _contents(git, [blob for name, (mode, blob) in entries.items() if mode not in _MODES and name not in ours])
    present: dict[str, str] = {}
    for name, (mode, blob) in entries.items():
        if mode in _MODES:
            present[name] = _MODES[mode]
        elif name != LOCK_FILE:
            present[name] = wanted[name][1] if name in ours else sha256(contents[blob]).hexdigest()
    lock = entries.get(LOCK_FILE)
    if lock is not None and lock[0] in _MODES:
        raise Refusal(error("MW0753", f"`{path}/{LOCK_FILE}` is a {_MODES[lock[0]]} in the GitOps repository"))
    return Folder(present, None if lock is None else contents[lock[1]])


def _need_folder(git: GitRunner, tip: str, path: str) -> None:
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        prefix = "/".join(parts[:count])
        record = git("ls-tree", "-z", "--full-tree", tip, "--", prefix).stdout
        if not record:
            return
        mode = record.split(b" ")[0].decode()
        if mode != "040000":
            raise Refusal(error("MW0753", f"`{prefix}` in the GitOps repository is a {_MODES.get(mode, 'file')}, not a folder",
                                notes=("what stands behind it may belong to somebody else",), help=("choose another `publish.path`",)))


def _blob_ids(git: GitRunner, tree: FileTree) -> dict[str, tuple[str, str]]:
    """Path -> (blob id, sha256) of what we want to write."""
    from hashlib import sha1

    found: dict[str, tuple[str, str]] = {}
    for file in owned_files(tree):
        blob = sha1(b"blob %d\0" % len(file.content) + file.content, usedforsecurity=False).hexdigest()
        found[file.path] = (blob, sha256(file.content).hexdigest())
    return found


def _contents(git: GitRunner, blobs: list[str]) -> dict[str, bytes]:
    """Blob id -> bytes; the missing ones are fetched in one go, not one by one."""
    wanted = sorted(set(blobs))
    if not wanted:
        return {}
    git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", "--filter=blob:none",
        "--stdin", "--", "origin", input="\n".join(wanted).encode() + b"\n", expect=(0, 1, 128, 129))
    output = git("cat-file", "--batch", input="\n".join(wanted).encode() + b"\n").stdout
    contents: dict[str, bytes] = {}
    at = 0
    for blob in wanted:
        end = output.index(b"\n", at)
        size = int(output[at:end].split(b" ")[2])
        contents[blob] = output[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return contents
