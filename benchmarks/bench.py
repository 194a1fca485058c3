"""`make bench`: speed and memory as ratios, both sides measured in one interleaved run; fails when a stored bound is exceeded.

`python -m benchmarks.bench --small` leaves the compile of the big project out: a minute less, for work on the start-up.
`--compiled PYTHON` names an interpreter with the compiled wheel (benchmarks/compiled.py makes one): the big compile is bounded there,
and printed for the sources beside it.  Without it the sources have to keep the bound by themselves.

The yardsticks: `python -c pass` for what a hook pays, PyYAML's C dumper writing the same documents for a full compile.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks import decide, hostile
from benchmarks.measure import interleaved

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7
SERVICES = 1000


class Bound(NamedTuple):
    """A ratio that may not be exceeded (or, with ``at_least``, not be missed)."""

    name: str
    limit: float
    at_least: bool = False


BOUNDS = {
    "help": Bound("--help, CPU, x python -c pass", 2.5),
    "version": Bound("--version, CPU, x python -c pass", 2.5),
    "check": Bound("check of examples/shop, all stages, CPU, x python -c pass", 8.0),
    "compile": Bound(f"compile with proof of {SERVICES} services, CPU, x PyYAML's C dumper on the same documents", 1.5),
    "memory": Bound("peak memory of that compile, MiB", 256.0),
    "hostile": Bound("200 hostile rules decided, CPU, x python-sat alone", 2.5),
    "decide": Bound("decide: a question read, judged and answered, CPU, x json reading and writing the same", 5.0),
    "decisions": Bound("decide, answers in a second of CPU of one process", 20_000, at_least=True),
    "emit": Bound("emitter, speed, x PyYAML's C dumper on the same documents", 8.0, at_least=True),
}


def main(arguments: list[str]) -> int:
    # An installed package has its bytecode; a checkout gets it here, unless the environment forbids it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.pop("PYTHONUNBUFFERED", None)
    with tempfile.TemporaryDirectory(prefix="meshwright-bench-") as folder:
        results = _small(folder) | {"hostile": hostile.measure(200)}
        results["decide"], results["decisions"] = decide.measure()
        if arguments != ["--small"]:
            results |= _large(folder, os.path.abspath(arguments[1]) if arguments[:1] == ["--compiled"] else "")
    failed = False
    for key, bound in BOUNDS.items():
        if key not in results:
            continue
        bad = results[key] < bound.limit if bound.at_least else results[key] > bound.limit
        failed |= bad
        sign = ">=" if bound.at_least else "<="
        print(f"{'FAILS' if bad else 'ok   '} {results[key]:8.2f}  ({sign} {bound.limit:g})  {bound.name}")
    return 1 if failed else 0


def _small(folder: str) -> dict[str, float]:
    """What a hook pays, in interpreters that start and do nothing."""
    python = sys.executable
    shop = Path(folder) / "shop"
    shutil.copytree(ROOT / "examples" / "shop", shop)
    runs = interleaved(
        {
            "pass": (python, "-c", "pass"),
            "help": (python, "-m", "meshwright", "--help"),
            "version": (python, "-m", "meshwright", "--version"),
            "check": (python, "-m", "meshwright", "check", "-C", str(shop)),
        },
        ROUNDS * 3,
    )
    print(f"python -c pass: {runs['pass'].cpu * 1000:.1f} ms CPU; check: {runs['check'].cpu * 1000:.1f} ms")
    return {name: runs[name].cpu / runs["pass"].cpu for name in ("help", "version", "check")}


def _large(folder: str, compiled: str) -> dict[str, float]:
    """A full compile against a dumper in C; by the compiled wheel in the interpreter ``compiled``, if there is one."""
    python = sys.executable
    measured = (compiled, "-I") if compiled else (python,)  # -I: nothing of this checkout
    big = Path(folder) / "big"
    subprocess.run([python, "-m", "benchmarks.generate", str(SERVICES), str(big)], cwd=ROOT, check=True)
    subprocess.run([python, "-m", "meshwright", "compile", "-C", str(big)], check=True, stdout=subprocess.DEVNULL)
    if compiled:  # the same bytes by both: what is compiled means what is written
        command = (*measured, "-m", "meshwright", "compile", "-C", str(big), "--check")
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    runs = interleaved(
        {
            "compile": (*measured, "-m", "meshwright", "compile", "-C", str(big), "--check"),
            "sources": (python, "-m", "meshwright", "compile", "-C", str(big), "--check"),
            "dump": (python, "-m", "benchmarks.dump", str(big / "deploy"), "pyyaml"),
            "load": (python, "-m", "benchmarks.dump", str(big / "deploy"), "load"),
            "emit": (python, "-m", "benchmarks.dump", str(big / "deploy"), "ours"),
        },
        ROUNDS,
        cwd=str(ROOT),
    )
    # "load" only prepares the documents, as the other two do first: what is left is the dumping alone.
    dumping = runs["dump"].cpu - runs["load"].cpu
    emitting = max(runs["emit"].cpu - runs["load"].cpu, 1e-3)
    how = "compiled wheel" if compiled else "from the sources"
    print(f"PyYAML C dumper: {dumping:.2f} s; compile, {how}: {runs['compile'].cpu:.2f} s; from the sources: {runs['sources'].cpu:.2f} s, "
          f"{runs['sources'].cpu / dumping:.2f} x")
    return {"compile": runs["compile"].cpu / dumping, "memory": runs["compile"].peak, "emit": dumping / emitting}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
