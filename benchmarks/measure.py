"""Measures commands: CPU (user + system of the process and its children) and peak memory, interleaved, as medians."""

import os
import statistics
import subprocess
from collections.abc import Sequence
from typing import NamedTuple


class Run(NamedTuple):
    cpu: float  # seconds, user + system, waited-for children included
    peak: float  # MiB, the largest single process


def once(command: Sequence[str], cwd: str | None = None, env: dict[str, str] | None = None) -> Run:
    """Run ``command`` once; its output is thrown away. Raises when it fails: a figure of a failed run means nothing."""
    # A shell-free fork so that wait4 gives the usage of exactly this process tree.
    pid = os.fork()
    if pid == 0:
        try:
            if cwd:
                os.chdir(cwd)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            os.execvpe(command[0], list(command), env if env is not None else dict(os.environ))
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        shown = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
        raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{shown.stdout[-2000:]}{shown.stderr[-2000:]}")
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def interleaved(commands: dict[str, Sequence[str]], rounds: int, cwd: str | None = None) -> dict[str, Run]:
    """The median run of each command; round i runs every command once, after one warm-up round."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for index in range(rounds + 1):
        for name, command in commands.items():
            run = once(command, cwd)
            if index:
                runs[name].append(run)
    return {
        name: Run(statistics.median(r.cpu for r in of), statistics.median(r.peak for r in of)) for name, of in runs.items()
    }
