"""Every code of the command line and of publishing has a page, and both examples on it do what it says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from meshwright.cli.project import read_project
from meshwright.diagnostics.codes.guard import CODES as GUARD
from meshwright.diagnostics.codes.project import CODES as PROJECT
from meshwright.diagnostics.codes.publish import CODES as PUBLISH

ROOT = Path(__file__).resolve().parents[3]
PAGES = ROOT / "docs" / "diagnostics"
CODES = {code.code: code for code in (*PROJECT, *PUBLISH, *(code for code in GUARD if code.code == "MW0506"))}

PROJECT_FILE = """\
language = 1
[guard]
packs = []
[publish]
remote = "../gitops.git"
branch = "main"
path = "clusters/demo/mesh"
"""
SOURCE = """\
in shop

namespace shop {
  enforce yes
}

allow web -> orders { GET "/orders" }
"""


def blocks(code: str) -> dict[str, tuple[str, str]]:
    """Heading -> (language, text) of the first block below it."""
    text = (PAGES / f"{code}-{CODES[code].slug}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {code} {CODES[code].slug}\n")
    found = {}
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        block = re.search(r"^```(\w+)[^\n]*\n(.*?)^```$", part, re.M | re.S)
        if block:
            found[part.splitlines()[0]] = (block[1], block[2])
    return found


def kubernetes() -> str:
    parts = ["apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels:\n    istio.io/dataplane-mode: ambient\n"]
    for name, labels in (("web", ""), ("orders", "  labels:\n    istio.io/use-waypoint: waypoint\n")):
        parts.append(f"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  namespace: shop\n")
        parts.append(f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: shop\n{labels}"
                     f"spec:\n  selector:\n    app: {name}\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n")
        parts.append(f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n  selector:\n    matchLabels:\n"
                     f"      app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    spec:\n      serviceAccountName: {name}\n"
                     f"      containers:\n      - name: {name}\n        image: registry.example.com/{name}:1\n")
    return "---\n".join(parts)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "mesh").mkdir(parents=True)
    (root / "k8s").mkdir()
    (root / "meshwright.toml").write_text(PROJECT_FILE)
    (root / "mesh/shop.mesh").write_text(SOURCE)
    (root / "k8s/shop.yaml").write_text(kubernetes())
    shell(root, "git init -q --bare -b main ../gitops.git; git init -q -b main .; git add .; git commit -qm first")
    return root


def shell(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
        **{f"GIT_{role}_{what}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("compiler", "grammar", "policies"))}
    command = f"meshwright() {{ {shlex.quote(sys.executable)} -m meshwright \"$@\"; }}\n{script}"
    return subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_every_code_has_its_page_and_no_page_is_left_over() -> None:
    pages = {path.name[:6] for path in PAGES.glob("MW09*.md")} | {path.name[:6] for path in PAGES.glob("MW07[5-9]*.md")}
    assert pages | {"MW0506"} == set(CODES)


@pytest.mark.parametrize("code", sorted(code for code in CODES if "toml" in blocks(code)["Fails"][0]))
def test_project_files_on_pages(code: str) -> None:
    assert {found.code for found in read_project("/p", blocks(code)["Fails"][1]).diagnostics} == {code}
    assert read_project("/p", blocks(code)["Fixed"][1]).diagnostics == ()


@pytest.mark.parametrize("code", sorted(code for code in CODES if blocks(code)["Fails"][0] == "sh"))
def test_commands_on_pages(code: str, project: Path) -> None:
    failed = shell(project, blocks(code)["Fails"][1])
    assert failed.returncode in (1, 2, 3), failed.stderr
    assert set(re.findall(r"^error\[(MW\d+)\]", failed.stderr, re.M)) == {code}, failed.stderr
    fixed = shell(project, blocks(code)["Fixed"][1])
    assert fixed.returncode == 0, fixed.stderr
