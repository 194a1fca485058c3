"""What git knows of the work tree that we stand in: its projects, and what of it the next commit would not contain."""

import os

from meshwright.diagnostics import Outcome, error
from meshwright.publish.revision import no_git
from meshwright.record import NamedTuple

TIMEOUT = 60.0  # seconds; one git command
# A hook is started with variables that name another repository or work tree; where the index lies is the only thing to keep:
# `git commit -a` and `git commit PATH` make one for the occasion.
KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM")


class Difference(NamedTuple):
    """A file that lies in the work tree otherwise than the next commit would have it."""

    path: str  # relative to the folder that was asked about
    kind: str  # "untracked", "changed" or "missing"


def projects(folder: str, name: str) -> Outcome[tuple[str, ...]]:
    """The folders with a file ``name``, in ``folder`` and below it, that git tracks or would track; "." is ``folder`` itself.

    Diagnostics: MW0767 no git, MW0770 no repository, MW0907 git gives no answer.
    """
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", name, f":(glob)**/{name}")
    if listed.value is None:
        return Outcome(None, listed.diagnostics)
    here = (path for path in listed.value if os.path.isfile(os.path.join(folder, path)))  # deleted, or not checked out
    return Outcome(tuple(sorted({os.path.dirname(path) or "." for path in here})), ())


def differences(folder: str) -> Outcome[tuple[Difference, ...]]:
    """Every file below ``folder`` that is not in the index as it lies there, sorted; files that git is told to ignore do not count.

    Diagnostics: those of `projects`.
    """
    changed = _git(folder, "diff", "-z", "--name-status", "--no-renames", "--no-ext-diff", "--no-textconv", "--relative",
                   "--ignore-submodules=all")
    untracked = _git(folder, "ls-files", "-z", "--others", "--exclude-standard")
    if changed.value is None or untracked.value is None:
        return Outcome(None, changed.diagnostics or untracked.diagnostics)
    found = [Difference(path, "untracked") for path in untracked.value]
    for status, path in zip(changed.value[::2], changed.value[1::2], strict=True):
        # "A": announced by `git add --intent-to-add`, with nothing of its content.
        found.append(Difference(path, {"D": "missing", "A": "untracked"}.get(status, "changed")))
    return Outcome(tuple(sorted(set(found))), ())


def _git(folder: str, *arguments: str) -> Outcome[tuple[str, ...]]:
    """The NUL-separated answer of one git command."""
    import subprocess

    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in KEPT}
    environment |= {"LC_ALL": "C.UTF-8", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    if os.environ.get("GIT_INDEX_FILE"):
        environment["GIT_INDEX_FILE"] = os.path.abspath(os.environ["GIT_INDEX_FILE"])
    try:
        done = subprocess.run(["git", "-c", "core.fsmonitor=false", *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=TIMEOUT, check=False)
    except OSError:
        return Outcome(None, (no_git(),))
    except subprocess.TimeoutExpired:
        return Outcome(None, (error("MW0907", f"`git {arguments[0]}` gave no answer within {TIMEOUT:g} seconds"),))
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Outcome(None, (error("MW0770", "git does not know this folder", notes=tuple(said[-1:]),
                                    help=("run `git init` where the repository begins",)),))
    return Outcome(tuple(part for part in done.stdout.decode("utf-8", "surrogateescape").split("\0") if part), ())
