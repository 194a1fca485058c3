"""pre-commit and prek, really run with our manifest: the wheel is built, the hooks install it without an index, and real commits start them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.e2e.test_commands import ENVIRONMENT
from tests.e2e.test_hooks import BROKEN, MORE, several
from tests.packaging.test_install import CLEAN, ROOT, dist
from tests.unit.cli.test_pages import project

__all__ = ["dist", "project"]  # fixtures
pytestmark = pytest.mark.conformance
RUNNERS = ("pre-commit", "prek")
PROGRAMS = Path(sys.executable).parent
# A repository for hooks alone, as other formatters have one: installing it installs the wheel.
HOOK_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "meshwright-hooks"
version = "0"
dependencies = ["meshwright"]
[tool.hatch.build.targets.wheel]
include = ["none.py"]
bypass-selection = true
"""
CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: v0.0.0
    hooks:
      - id: meshwright-fmt
      - id: meshwright-lint
      - id: meshwright-check
        args: [--at, "2026-06-01"]
      - id: meshwright-compile
"""


@pytest.fixture(scope="module")
def house(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels of Meshwright and all it needs: the last thing that asks an index."""
    folder = tmp_path_factory.mktemp("house")
    (wheel,) = dist.glob("*.whl")
    made = subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(folder), str(wheel), "hatchling"], env=CLEAN,
                          capture_output=True, text=True, timeout=600, check=False)
    if made.returncode != 0:
        missing("package index", made.stderr.strip().splitlines()[-1])
    return folder


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hooks")
    shutil.copyfile(ROOT / ".pre-commit-hooks.yaml", folder / ".pre-commit-hooks.yaml")
    (folder / "pyproject.toml").write_text(HOOK_PROJECT)
    for line in (("init", "-q", "."), ("add", "."), ("commit", "-qm", "hooks"), ("tag", "v0.0.0")):
        subprocess.run(["git", *line], cwd=folder, env=ENVIRONMENT, check=True, timeout=60)
    return folder


class Repository:
    """A repository in which one runner is installed."""

    def __init__(self, runner: str, folder: Path, house: Path, store: Path) -> None:
        self.folder = folder
        self.runner = str(PROGRAMS / runner)
        self.environment = {name: value for name, value in ENVIRONMENT.items() if name != "PYTHONPATH"} | {
            "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(house), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_CONFIG_FILE": os.devnull,
            "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(house), "UV_OFFLINE": "1", "UV_NO_CONFIG": "1", "UV_CACHE_DIR": str(store / "uv"),
            "UV_PYTHON_DOWNLOADS": "never", "PRE_COMMIT_HOME": str(store / "pre-commit"), "PREK_HOME": str(store / "prek"), "NO_COLOR": "1",
            "HOME": str(store), "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}

    def run(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == code, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def git(self, *arguments: str, code: int = 0) -> str:
        return self.run("git", *arguments, code=code)

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text)


@pytest.fixture(params=RUNNERS)
def repository(request: pytest.FixtureRequest, project: Path, hooks: Path, house: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    if not (PROGRAMS / request.param).exists():
        missing(request.param, "it is part of the `dev` extra")
    store = tmp_path_factory.getbasetemp() / f"store-{request.param}"
    store.mkdir(exist_ok=True)
    made = Repository(request.param, project, house, store)
    made.write(".pre-commit-config.yaml", CONFIGURATION.format(repository=hooks))
    made.run(made.runner, "install", "-t", "pre-commit", "-t", "pre-merge-commit")
    made.write("mesh/shop.mesh", (project / "mesh/shop.mesh").read_text() + "\n\n# the end")
    made.git("add", ".")
    said = made.git("commit", "-m", "hooks", code=1)  # formats, compiles
    assert "1 formatted" in said
    assert "error[MW0940]: `deploy/mesh/" in said
    made.git("add", ".")
    made.git("commit", "-m", "hooks")
    return made


def test_commits(repository: Repository) -> None:
    repository.write("mesh/more.mesh", "in shop\n\n" + BROKEN)
    repository.git("add", ".")
    assert "error[MW0201]" in repository.git("commit", "-m", "broken", code=1)
    repository.write("mesh/more.mesh", "in shop\n\n" + MORE)
    repository.git("add", ".")
    repository.git("commit", "-m", "more", code=1)  # compiles
    repository.git("add", ".")
    repository.git("commit", "-m", "more")
    # Only deletions: no file is left to be given to a hook.
    repository.git("rm", "-q", "mesh/more.mesh")
    assert "MW0940" in repository.git("commit", "-m", "less", code=1)
    repository.git("add", ".")
    repository.git("commit", "-m", "less")
    repository.git("rm", "-q", "k8s/shop.yaml")
    assert "error[MW" in repository.git("commit", "-m", "nothing is left", code=1)
    repository.git("reset", "-q", "--hard")
    repository.git("mv", "mesh/shop.mesh", "mesh/our shop.mesh")
    repository.git("commit", "-m", "renamed")
    assert repository.git("status", "--porcelain") == ""


def test_a_partially_staged_file_is_judged_as_it_is_staged(repository: Repository) -> None:
    repository.write("mesh/more.mesh", "in shop\n\n" + BROKEN)
    repository.git("add", ".")
    repository.write("mesh/more.mesh", "in shop\n\n" + MORE)
    assert "error[MW0201]" in repository.git("commit", "-m", "broken is staged", code=1)
    assert (repository.folder / "mesh/more.mesh").read_text() == "in shop\n\n" + MORE
    repository.write("mesh/more.mesh", "in shop\n")
    repository.git("add", "mesh")
    repository.write("mesh/more.mesh", "in shop\n\n" + BROKEN)
    repository.git("commit", "-m", "what is broken is not staged")
    assert (repository.folder / "mesh/more.mesh").read_text() == "in shop\n\n" + BROKEN
    repository.git("checkout", "-q", "mesh")
    repository.write("mesh/untracked.mesh", "in shop\n\n" + MORE)
    repository.write("notes.txt", "staged")
    repository.git("add", "notes.txt")
    assert "error[MW0940]: `mesh/untracked.mesh`" in repository.git("commit", "-m", "notes", code=1)


def test_a_merge_and_a_linked_work_tree(repository: Repository) -> None:
    linked = repository.folder.parent / "linked"
    repository.git("worktree", "add", "-q", str(linked), "-b", "side")
    main, repository.folder = repository.folder, linked
    repository.write("mesh/claims.mesh", 'in shop\n\ninvariant "closed" { to orders only from web }\n')
    repository.git("add", ".")
    repository.git("commit", "-m", "claim")
    repository.folder = main
    repository.write("mesh/more.mesh", 'in shop\n\nallow orders -> orders { GET "/orders" }\n')
    repository.git("add", ".")
    repository.git("commit", "-m", "more", code=1)
    repository.git("add", ".")
    repository.git("commit", "-m", "more")
    assert "MW0406" in repository.git("merge", "--no-edit", "side", code=1)


def test_every_file_of_several_projects(repository: Repository) -> None:
    top = several(repository.folder)
    shutil.copyfile(repository.folder / ".pre-commit-config.yaml", top / ".pre-commit-config.yaml")
    repository.folder = top
    repository.git("add", ".")
    repository.run(repository.runner, "run", "--all-files")
    repository.write("services/shop/mesh/shop.mesh", "in shop\n\n" + BROKEN)
    repository.git("add", ".")
    said = repository.run(repository.runner, "run", code=1)
    assert "services/shop:" in said and "MW0" in said
