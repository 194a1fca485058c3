"""One commit in the GitOps repository, or none: made in a private clone, pushed with a lease, checked afterwards.

Nothing of the user's checkout is touched: no work tree, no index, no hooks, no configuration of anybody.
"""

import os
import time
from collections.abc import Callable

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.ir.filetree import FileTree
from meshwright.ir.lock import LOCK_FILE
from meshwright.ir.project import Publish
from meshwright.publish.git import GitFailed, GitMissing, GitRunner
from meshwright.publish.message import message
from meshwright.publish.ownership import Changes, bad_path, plan
from meshwright.publish.remote import Refusal, fetch_tip, read_folder, remote_url
from meshwright.publish.revision import SourceRevision
from meshwright.record import NamedTuple

ATTEMPTS = 6
IDENTITY = ("Meshwright", "meshwright@users.noreply.invalid")
# What `git push --porcelain` says when somebody else was faster (or is at it right now); everything else is final.
RACES = ("stale info", "fetch first", "non-fast-forward", "cannot lock ref", "failed to lock", "incorrect old value provided",
         "reference already exists", "failed to update ref", "needs force")


class Published(NamedTuple):
    """What is in the GitOps repository now."""

    commit: str  # full id; "" = the branch did not exist and there was nothing to write
    unchanged: bool  # True: no commit was made, ``commit`` is the tip as it was
    branch: str
    path: str
    created: tuple[str, ...]
    replaced: tuple[str, ...]
    deleted: tuple[str, ...]
    attempts: int


def publish(tree: FileTree, settings: Publish, source: SourceRevision, root: str, digest: str = "", title: str = "",
            again: Callable[[], FileTree | None] | None = None, wait: Callable[[float], None] = time.sleep,
            before_push: Callable[[], None] = lambda: None) -> Outcome[Published]:
    """Make ``settings.path`` on ``settings.branch`` of ``settings.remote`` hold exactly ``tree``, in one commit.

    ``root`` is where a relative remote starts.  ``digest`` and ``title`` go into the message.  ``again`` renders anew after a lost
    race (None: the same tree).  Equal inputs on an equal tip give an equal commit id.  Diagnostics: MW0750-MW0754 as for a
    folder, MW0760 no remote configured, MW0761 a form of remote that is not supported, MW0762 no repository there, MW0763 no such branch,
    MW0764 lost the race every time, MW0765 the remote said no, MW0766 git failed, MW0767 no usable git.
    """
    # Here, as `compile` loads this room too, and has no use for them.
    import random
    import secrets
    import shutil
    import tempfile

    url = remote_url(settings.remote, root)
    if isinstance(url, Diagnostic):
        return Outcome(None, (url,))
    reason = bad_path(settings.path)
    if reason:
        return Outcome(None, (error("MW0754", f"`publish.path` is `{settings.path}`: {reason}"),))
    lost: list[str] = []
    for attempt in range(1, ATTEMPTS + 1):
        # The name is known before the folder is made: an interruption between the two leaves nothing.
        private = os.path.join(tempfile.gettempdir(), f"meshwright-{secrets.token_hex(8)}")
        try:
            os.mkdir(private, 0o700)
            outcome = _attempt(private, url, tree, settings, source, digest, title, lost, before_push)
        except Refusal as refusal:
            return Outcome(None, (refusal.diagnostic,))
        except GitMissing as missing:
            return Outcome(None, (error("MW0767", str(missing), help=("install git 2.34 or later",)),))
        except GitFailed as failed:
            return Outcome(None, (_git_failed(failed),))
        finally:
            shutil.rmtree(private, ignore_errors=True)
        if outcome is not None:
            return outcome
        if attempt < ATTEMPTS:
            # Two writers that back off by the same amount meet again.
            wait(min(8.0, 0.1 * 2 ** attempt) * random.uniform(0.5, 1.0))
            tree = (again() if again is not None else None) or tree
    return Outcome(None, (error("MW0764", f"somebody else pushed to `{settings.branch}` first, {ATTEMPTS} times in a row",
                                notes=(f"nothing was pushed; the last answer was: {lost[-1]}",),
                                help=("run again when the branch is quiet; a lock that was left there has to be removed by hand",)),))


def _attempt(private: str, url: str, tree: FileTree, settings: Publish, source: SourceRevision, digest: str, title: str,
             lost: list[str], before_push: Callable[[], None]) -> Outcome[Published] | None:
    """None: somebody was faster, and ``lost`` has one more reason."""
    attempt = len(lost) + 1
    git = GitRunner(os.path.join(private, "clone.git"), private)
    git.need_version()
    git.create(url)
    tip = fetch_tip(git, settings)
    there = read_folder(git, tip, settings.path, tree)
    planned = plan(tree, there.lock, there.present, settings.path)
    if planned.value is None:
        return Outcome(None, planned.diagnostics)
    changes, new_lock, refused = planned.value
    if refused:
        return Outcome(None, refused)
    if new_lock is None or (not changes.any and new_lock == there.lock):
        return Outcome(_published(tip, True, settings, changes, attempt))
    new_tree = _write_tree(git, private, tip, settings.path, changes, new_lock)
    if tip and git("rev-parse", f"{tip}^{{tree}}").text == new_tree:
        return Outcome(_published(tip, True, settings, changes, attempt))
    commit = _commit(git, tip, new_tree, message(changes, settings, source, digest, title), source)
    before_push()
    race = _push(git, tip, commit, settings.branch)
    if race:
        lost.append(race)
        return None
    now = git("ls-remote", "--refs", "--", "origin", f"refs/heads/{settings.branch}").text.split("\t")[0]
    # Accepted, and somebody pushed over it at once, or the server lied: look again; if our files are there, that ends "unchanged".
    if now == commit:
        return Outcome(_published(commit, False, settings, changes, attempt))
    lost.append("the branch moved on at once")
    return None


def _write_tree(git: GitRunner, private: str, tip: str, path: str, changes: Changes, lock: bytes) -> str:
    """The id of the tip's tree with our folder changed; blobs that are not ours are neither fetched nor read."""
    folder = os.path.join(private, "blobs")
    os.mkdir(folder)
    files = [(file.path, file.content) for file in (*changes.create, *changes.replace)] + [(LOCK_FILE, lock)]
    names = []
    for number, (_, content) in enumerate(files):
        names.append(os.path.join(folder, str(number)))
        with open(names[-1], "wb") as stream:
            stream.write(content)
    blobs = git("hash-object", "-w", "--no-filters", "--stdin-paths", input="\n".join(names).encode() + b"\n").text.split()
    index = {"GIT_INDEX_FILE": os.path.join(private, "index")}
    git("read-tree", *([tip] if tip else ["--empty"]), more=index)
    gone = [f"0 {'0' * 40}\t{path}/{name}\0" for name in changes.delete]
    put = [f"100644 {blob}\t{path}/{name}\0" for blob, (name, _) in zip(blobs, files, strict=True)]
    git("update-index", "-z", "--index-info", input="".join(gone + put).encode(), more=index)
    return git("write-tree", "--missing-ok", more=index).text


def _commit(git: GitRunner, tip: str, tree: str, text: str, source: SourceRevision) -> str:
    who: dict[str, str] = {}
    for role in ("AUTHOR", "COMMITTER"):
        who |= {f"GIT_{role}_NAME": IDENTITY[0], f"GIT_{role}_EMAIL": IDENTITY[1], f"GIT_{role}_DATE": f"@{source.date}"}
    return git("commit-tree", tree, *(["-p", tip] if tip else []), "-F", "-", input=text.encode(), more=who).text


def _push(git: GitRunner, tip: str, commit: str, branch: str) -> str:
    """"": the remote took it; else why a race was lost; anything else is a ``Refusal``."""
    reference = f"refs/heads/{branch}"
    answer = git("push", "--porcelain", "--atomic", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no",
                 f"--force-with-lease={reference}:{tip}", "--", "origin", f"{commit}:{reference}", expect=(0, 1))
    status = [line for line in answer.stdout.decode("utf-8", "replace").splitlines() if f":{reference}\t" in line]
    if answer.code == 0:
        return ""
    reason = status[0].split("\t")[-1] if status else answer.stderr.splitlines()[-1] if answer.stderr else "no reason given"
    # Under --atomic the status of a ref that could not be locked says only that the transaction failed.
    detail = answer.stderr if "atomic transaction failed" in reason else ""
    if any(race in reason or race in detail for race in RACES):
        return reason
    said = [line.removeprefix("remote:").strip() for line in answer.stderr.splitlines() if line.startswith("remote:")]
    help = ("push into a bare repository, or to a branch that nobody has checked out there",) if "checked out" in reason else (
        "a rule of the repository refused it: publish to another branch, or ask its owner",)
    raise Refusal(error("MW0765", f"the GitOps repository refused the push to `{branch}`: {reason}",
                        notes=tuple(line for line in said if line)[:10], help=help))


def _published(commit: str, unchanged: bool, settings: Publish, changes: Changes, attempt: int) -> Published:
    return Published(commit, unchanged, settings.branch, settings.path, tuple(file.path for file in changes.create),
                     tuple(file.path for file in changes.replace), changes.delete, attempt)


def _git_failed(failed: GitFailed) -> Diagnostic:
    lines = [line for line in failed.stderr.splitlines() if line.strip()]
    if "dubious ownership" in failed.stderr:
        return error("MW0762", "the GitOps repository belongs to another user, and git does not trust it",
                     help=("run as the owner of that folder, or change the owner",))
    return error("MW0766", f"`git {failed.command}` failed ({failed.code})", notes=tuple(lines[-5:]),
                 help=("nothing was pushed; the lines above are git's own",))
