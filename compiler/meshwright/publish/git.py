"""One way to run git: argument arrays, an environment of our own, time limits, and no child left behind."""

import os
import signal
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from meshwright.record import NamedTuple

if TYPE_CHECKING:
    import subprocess

OLDEST = (2, 34)
TIMEOUT = 120.0  # seconds; one git command
# All that git gets to know of our environment.  No GIT_*, so nothing that a hook, a worktree or an attacker set counts;
# no HOME, so nobody's configuration (aliases, signing, hooks, URL rewriting) takes part.
PASSED = ("PATH", "TMPDIR", "SYSTEMROOT")
# Written into the private clone, not given with -c: that would reach the other side's process too and switch its hooks off.
CONFIG: tuple[tuple[str, str], ...] = (
    ("core.hooksPath", "/dev/null"), ("core.fsmonitor", "false"), ("core.autocrlf", "false"), ("core.logAllRefUpdates", "false"),
    ("gc.auto", "0"), ("maintenance.auto", "false"), ("commit.gpgSign", "false"), ("push.gpgSign", "false"), ("push.followTags", "false"),
    ("submodule.recurse", "false"), ("credential.helper", ""), ("protocol.allow", "never"), ("protocol.file.allow", "always"),
    ("protocol.ext.allow", "never"), ("advice.detachedHead", "false"),
)


class GitFailed(Exception):
    """git ended with a code that nobody expected; caught in `publish` and turned into a diagnostic."""

    def __init__(self, command: str, code: int, stderr: str) -> None:
        super().__init__(f"git {command} ended with {code}")
        self.command = command
        self.code = code
        self.stderr = stderr


class GitMissing(Exception):
    """There is no git, or one that is too old; the text says which."""


class Answer(NamedTuple):
    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8", "surrogateescape").strip()


class GitRunner:
    """Runs git in one private repository."""

    def __init__(self, git_dir: str, home: str, executable: str = "git", timeout: float = TIMEOUT) -> None:
        self.executable = executable
        self.timeout = timeout
        self.git_dir = git_dir
        self.environment = {name: os.environ[name] for name in PASSED if name in os.environ}
        self.environment |= {
            "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": home, "XDG_CONFIG_HOME": home,
            "GIT_DIR": git_dir, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "true", "GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_ATTR_NOSYSTEM": "1",
        }

    def __call__(self, *arguments: str, input: bytes = b"", more: Mapping[str, str] = {}, expect: Sequence[int] = (0,)) -> Answer:
        """Run ``git arguments`` and wait; a code that is not in ``expect`` raises ``GitFailed``."""
        import subprocess

        try:
            # A session of its own: a signal to our group must not cut git off in the middle of its own clean-up, and when we
            # give up, everything that git started goes with it.
            child = subprocess.Popen(
                [self.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=self.environment | dict(more), cwd=self.environment["HOME"], start_new_session=True, close_fds=True)
        except OSError as problem:
            raise GitMissing(f"`{self.executable}` cannot be run: {(problem.strerror or '').lower()}") from None
        try:
            stdout, stderr = child.communicate(input, timeout=self.timeout)
        except subprocess.TimeoutExpired:
            _kill(child)
            raise GitFailed(arguments[0], -1, f"no answer within {self.timeout:g} seconds") from None
        except BaseException:
            _kill(child)
            raise
        answer = Answer(child.returncode, stdout, stderr.decode("utf-8", "replace").strip())
        if answer.code not in expect:
            raise GitFailed(arguments[0], answer.code, answer.stderr)
        return answer

    def need_version(self) -> None:
        """Raises ``GitMissing`` when git is absent or older than ``OLDEST``."""
        words = self("version").text.split()
        numbers = words[2].split(".") if len(words) > 2 else []
        try:
            version = (int(numbers[0]), int(numbers[1]))
        except (IndexError, ValueError):
            raise GitMissing("`git version` does not say which version it is") from None
        if version < OLDEST:
            raise GitMissing(f"git {version[0]}.{version[1]} is too old, {OLDEST[0]}.{OLDEST[1]} or later is needed")

    def create(self, url: str) -> None:
        """Make the private bare repository, with ``url`` as the remote that missing objects come from."""
        self("init", "--quiet", "--bare", "--template=", self.git_dir)
        lines = [("remote.origin.url", url), ("remote.origin.promisor", "true"), ("remote.origin.partialCloneFilter", "blob:none"),
                 ("extensions.partialClone", "origin"), ("core.repositoryFormatVersion", "1"), *CONFIG]
        for key, value in lines:
            self("config", "--local", key, value)


def _kill(child: "subprocess.Popen[bytes]") -> None:
    from subprocess import TimeoutExpired

    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except (ProcessLookupError, PermissionError):
            break
        try:
            child.wait(2)
        except TimeoutExpired:
            continue
        break
    child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            stream.close()
