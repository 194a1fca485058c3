"""`make bench`: speed and memory as ratios, both sides measured in one interleaved run; fails when a stored bound is exceeded.

The yardsticks: `python -c pass` for what a hook pays, PyYAML's C dumper writing the same documents for a full compile.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

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
    "help": Bound("--help, CPU, x python -c pass", 3.0),
    "version": Bound("--version, CPU, x python -c pass", 3.0),
    "check": Bound("check of examples/shop, all stages, CPU, x python -c pass", 8.0),
    "compile": Bound(f"compile with proof of {SERVICES} services, CPU, x PyYAML's C dumper on the same documents", 1.5),
    "memory": Bound("peak memory of that compile, MiB", 256.0),
    "emit": Bound("emitter, speed, x PyYAML's C dumper on the same documents", 8.0, at_least=True),
}


def main() -> int:
    python = sys.executable
    # An installed package has its bytecode; a checkout gets it here, unless the environment forbids it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.pop("PYTHONUNBUFFERED", None)
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="meshwright-bench-") as folder:
        shop = Path(folder) / "shop"
        shutil.copytree(ROOT / "examples" / "shop", shop)
        small = interleaved(
            {
                "pass": (python, "-c", "pass"),
                "help": (python, "-m", "meshwright", "--help"),
                "version": (python, "-m", "meshwright", "--version"),
                "check": (python, "-m", "meshwright", "check", "-C", str(shop)),
            },
            ROUNDS * 3,
        )
        for name in ("help", "version", "check"):
            results[name] = small[name].cpu / small["pass"].cpu

        big = Path(folder) / "big"
        subprocess.run([python, "-m", "benchmarks.generate", str(SERVICES), str(big)], cwd=ROOT, check=True)
        subprocess.run([python, "-m", "meshwright", "compile", "-C", str(big)], check=True, stdout=subprocess.DEVNULL)
        large = interleaved(
            {
                "compile": (python, "-m", "meshwright", "compile", "-C", str(big), "--check"),
                "dump": (python, "-m", "benchmarks.dump", str(big / "deploy"), "pyyaml"),
                "load": (python, "-m", "benchmarks.dump", str(big / "deploy"), "load"),
                "emit": (python, "-m", "benchmarks.dump", str(big / "deploy"), "ours"),
            },
            ROUNDS,
            cwd=str(ROOT),
        )
        # "load" only prepares the documents, as the other two do first: what is left is the dumping alone.
        dumping = large["dump"].cpu - large["load"].cpu
        emitting = max(large["emit"].cpu - large["load"].cpu, 1e-3)
        results["compile"] = large["compile"].cpu / dumping
        results["memory"] = large["compile"].peak
        results["emit"] = dumping / emitting

    failed = False
    print(f"python -c pass: {small['pass'].cpu * 1000:.1f} ms CPU; PyYAML C dumper: {dumping:.2f} s; compile: {large['compile'].cpu:.2f} s")
    for key, bound in BOUNDS.items():
        bad = results[key] < bound.limit if bound.at_least else results[key] > bound.limit
        failed |= bad
        sign = ">=" if bound.at_least else "<="
        print(f"{'FAILS' if bad else 'ok   '} {results[key]:8.2f}  ({sign} {bound.limit:g})  {bound.name}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
