"""Builds the wheel with its hot modules compiled by mypyc, and installs it where `make bench` measures it.

    python -m benchmarks.compiled FOLDER

Makes FOLDER/bin/python, a virtual environment with that wheel and nothing of this checkout.  The wheel is built from a copy: the
build writes libraries beside the sources, and in a checkout those would shadow what somebody edits.  Needs a C compiler.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "compiler", "grammar", "policies", "docs/diagnostics")


def main(arguments: list[str]) -> int:
    (name,) = arguments
    folder = Path(name).resolve()
    with tempfile.TemporaryDirectory(prefix="meshwright-wheel-") as place:
        wheel = build(Path(place))
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        lock = ROOT / "requirements-dev.lock"
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", "--constraint", lock, wheel], check=True)
    print(f"{wheel.name} in {folder}")
    return 0


def build(place: Path) -> Path:
    """The compiled wheel, below ``place``.  Raises CalledProcessError with the compiler's words on stderr when that fails."""
    copy = place / "copy"
    for name in NEEDED:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        else:
            shutil.copy(source, target)
    packages = os.pathsep.join(str(copy / name) for name in ("compiler", "grammar", "policies"))
    environment = dict(os.environ, HATCH_BUILD_HOOKS_ENABLE="true", MYPYPATH=packages)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", place, copy]
    subprocess.run(command, check=True, env=environment)
    (wheel,) = place.glob("meshwright-*.whl")
    if wheel.name.endswith("-none-any.whl"):
        raise SystemExit("the wheel is not compiled: the hook of pyproject.toml did not run")
    return wheel


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
