"""What runs in other people's pipelines: valid by the official schemas, clean by zizmor, and pinned."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def run(*command: str) -> None:
    done = subprocess.run([str(PROGRAMS / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_schemas(tmp_path: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS))
    header, job = (ROOT / "templates/meshwright.yml").read_text().split("\n---\n")
    inputs = yaml.safe_load(header)["spec"]["inputs"]
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", job)) == set(inputs)
    (tmp_path / "job.yml").write_text(re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda found: '"' + inputs[found[1]]["default"] + '"', job))
    run("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", str(tmp_path / "job.yml"))


def test_zizmor() -> None:
    run("zizmor", "--offline", "--no-progress", "--persona", "pedantic", "action.yml")
    run("zizmor", "--offline", "--no-progress", ".github/workflows")


@pytest.mark.parametrize("path", [ROOT / "action.yml", *WORKFLOWS], ids=lambda path: path.name)
def test_actions_are_pinned_and_inputs_are_no_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = [line.strip().removeprefix("- ") for line in text.splitlines() if "uses: " in line]
    assert used and all(PINNED.fullmatch(line) for line in used), used
    for step in [line for part in re.findall(r"run: \|\n((?: {8,}.*\n|\n)+)", text) for line in part.splitlines()]:
        assert "${{" not in step


def test_hooks_are_valid() -> None:
    done = subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
