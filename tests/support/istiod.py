"""Istio's real control plane as an oracle: the Go program in ``tests/conformance/istiod``, built once and asked in one process.

``python -m tests.support.istiod`` builds it and prints its path.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests" / "conformance" / "istiod"
CACHE = ROOT / "build" / "istiod"
MOST_WORLDS = 50  # in one process


class Unavailable(Exception):
    """There is no such program here, and why."""


@cache
def program() -> Path:
    """The built program; ``Unavailable`` where there is no Go, or where Go cannot get the modules."""
    go = shutil.which("go")
    if go is None:
        raise Unavailable("no `go` on PATH: install Go 1.26 or later")
    version = subprocess.run([go, "version"], check=True, capture_output=True, text=True, timeout=60).stdout
    built = CACHE / digest(version) / "istiod"
    if not built.exists():
        built.parent.mkdir(parents=True, exist_ok=True)
        _build(go, built)
    return built


def digest(version: str) -> str:
    """Names one build: of the sources, their locked modules and the compiler."""
    total = hashlib.sha256(version.encode())
    for path in sorted(SOURCES.iterdir()):
        if path.suffix in (".go", ".mod", ".sum"):
            content = path.read_bytes()
            total.update(f"{path.name} {len(content)}\n".encode() + content)
    return total.hexdigest()[:16]


def _build(go: str, target: Path) -> None:
    environment = {**os.environ, "GOFLAGS": "-p=2 -mod=readonly"}

    def run(*arguments: str) -> str:
        # The lowest priority: whoever works on this machine at the same time comes first.
        command = ["nice", "-n", "15", go, *arguments]
        done = subprocess.run(command, cwd=SOURCES, env=environment, capture_output=True, text=True, timeout=3600)
        if done.returncode != 0:
            raise Unavailable(f"`go {' '.join(arguments[:2])}` failed: {done.stderr.strip()[-800:]}")
        return done.stdout.strip()

    run("mod", "download", "istio.io/istio")
    module = run("list", "-m", "-f", "{{.Dir}}", "istio.io/istio")
    part = target.with_name(f"istiod.{os.getpid()}")
    run("build", "-ldflags", f"-s -w -X main.istioModule={module}", "-o", str(part), ".")
    part.replace(target)
    for old in CACHE.iterdir():
        if old != target.parent:
            shutil.rmtree(old, ignore_errors=True)


class Istiod:
    """Answers any number of worlds, in order; about half a second each."""

    def __init__(self) -> None:
        self._process = self._started()
        self._worlds = 0

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([str(program()), "-worlds"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self) -> "Istiod":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def ask(self, objects: Iterable[dict[str, Any]], wanted: Sequence[str] = (), mesh: dict[str, Any] | None = None,
            not_ready: Sequence[str] = (), certificates: Sequence[str] = ()) -> dict[str, Any]:
        """What istiod makes of the objects; the shape of the answer is in the program's README. Fails where istiod does."""
        question = {"objects": list(objects), "ask": list(wanted), "notReady": list(not_ready), "certificates": list(certificates),
                    **({"mesh": mesh} if mesh else {})}
        # An istiod that was started for one world leaves some 10 MiB behind when it ends: now and then a new process.
        self._worlds += bool(wanted)
        if self._worlds > MOST_WORLDS:
            self._end()
            self._process, self._worlds = self._started(), 1
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"istiod ended with {self._process.wait(timeout=60)}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer


if __name__ == "__main__":
    try:
        print(program())
    except Unavailable as reason:
        sys.exit(str(reason))
