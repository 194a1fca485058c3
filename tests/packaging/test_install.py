"""Wheel and sdist, built from this checkout, installed into a clean environment, and used from another directory."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Nothing of the checkout may help: neither its paths nor what its environment has installed.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_", "VIRTUAL_ENV"))}


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, env=CLEAN, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    source = folder / "source"
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False)
    if names.returncode == 0 and names.stdout:
        for name in names.stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, source / name)
    else:
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".venv", "build", "dist", ".git"))
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(source), cwd=folder)
    return folder


def test_both_contain_grammar_and_guardrails_and_no_tests_are_installed(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for wanted in ("meshwright_grammar/mesh.lark", "meshwright_grammar/tables.py", "meshwright_guardrails/schema/input.json",
                   "meshwright_guardrails/egress/bypass.md", "meshwright/py.typed"):
        assert wanted in names
    pages = {path.name for path in (ROOT / "docs/diagnostics").glob("*.md")}
    assert {name.rpartition("/")[2] for name in names if name.startswith("meshwright/pages/")} == pages and len(pages) > 100
    assert any(name.startswith("meshwright_guardrails/zero_trust/") and name.endswith(".rego") for name in names)
    assert {name.split("/")[0] for name in names} == {
        "meshwright", "meshwright_grammar", "meshwright_guardrails", next(name.split("/")[0] for name in names if ".dist-info" in name)}
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as tar:
        inside = {name.split("/", 1)[1] for name in tar.getnames() if "/" in name}
    for wanted in ("README.md", "LICENSE", "Makefile", "requirements-dev.lock", "examples/shop/meshwright.toml", "tests/conftest.py", "docs/architecture.md",
                   "grammar/meshwright_grammar/mesh.lark"):
        assert wanted in inside


def test_an_installed_wheel_works_from_another_directory(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    run(str(environment / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel), cwd=tmp_path)
    meshwright = str(environment / "bin/meshwright")
    assert run(meshwright, "--version", cwd=tmp_path).stdout.startswith("meshwright ")
    (where,) = re.findall(r"page: (.*)", subprocess.run([meshwright, "check"], cwd=tmp_path, env=CLEAN, capture_output=True, text=True).stderr)
    assert Path(where).read_text().startswith("# MW0901 no-project\n")
    shutil.copytree(ROOT / "examples/shop", tmp_path / "shop", ignore=shutil.ignore_patterns("deploy"))
    done = run(meshwright, "check", "-C", "shop", "--at", "2026-06-01", cwd=tmp_path)
    assert "proof: holds" in done.stderr
    run(str(environment / "bin/python"), "-m", "meshwright", "compile", "-C", "shop", "--at", "2026-06-01", cwd=tmp_path)
    assert (tmp_path / "shop/deploy/mesh/kustomization.yaml").is_file()
