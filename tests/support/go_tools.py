"""Real programs in Go as oracles: what is on the PATH, else a pinned version built once with `go install`."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build" / "go-tools"
PINNED = {
    "opa": "github.com/open-policy-agent/opa@v1.10.1",
    "conftest": "github.com/open-policy-agent/conftest@v0.71.1",
}


class NoTool(Exception):
    """There is no such program here, and why."""


@cache
def go_tool(name: str) -> str:
    """Path of the program; ``NoTool`` where it is not there and cannot be built."""
    found = shutil.which(name)
    if found is not None:
        return found
    target = BUILD / PINNED[name].rpartition("@")[2] / name
    if target.exists():
        return str(target)
    go = shutil.which("go")
    if go is None:
        raise NoTool(f"neither `{name}` nor `go` on PATH")
    target.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "GOBIN": str(target.parent), "GOFLAGS": "-p=1 -trimpath"}
    # The lowest priority: whoever works on this machine at the same time comes first.
    done = subprocess.run(["nice", "-n", "15", go, "install", PINNED[name]], env=environment, capture_output=True, text=True, timeout=3600)
    if done.returncode != 0 or not target.exists():
        raise NoTool(f"`go install {PINNED[name]}` failed: {done.stderr.strip()[-500:]}")
    return str(target)
