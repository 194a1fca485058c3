"""Take a real application from its YAML to a published, proved tree, the way its owners would."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

LABEL = re.compile(r"kubectl label (?P<kind>namespace|service)(?: -n [a-z0-9-]+)?(?P<words>(?: [a-z0-9./=_-]+)+)", re.IGNORECASE)


def meshwright(*arguments: str, cwd: Path) -> tuple[int, dict[str, Any], str]:
    """Run the command with JSON output: exit code, document, what stderr said."""
    done = subprocess.run([sys.executable, "-m", "meshwright", *arguments, "--format", "json"], cwd=cwd, capture_output=True, text=True, timeout=120)
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}, done.stderr


def project(tmp: Path, sources: Path, manifests: list[Path], namespace: str) -> Path:
    """A repository with the application's YAML, unchanged, its Namespace, and our ``.mesh`` sources."""
    root = tmp / "source"
    shutil.copytree(sources, root)
    (root / "k8s").mkdir()
    for path in manifests:
        shutil.copy(path, root / "k8s" / path.name)
    (root / "k8s" / "namespace.yaml").write_text(f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n")
    return root


def codes(document: dict[str, Any], severity: str | None = None) -> list[str]:
    return [found["code"] for found in document["diagnostics"] if severity in (None, found["severity"])]


def follow_advice(root: Path, document: dict[str, Any]) -> int:
    """Do what the help of the diagnostics says, each ``kubectl label`` on the YAML files instead of a cluster; how many."""
    wanted: dict[tuple[str, str], dict[str, str]] = {}
    for found in document["diagnostics"]:
        for line in found["help"]:
            for command in LABEL.finditer(line):
                words = command["words"].split()
                labels = dict(word.split("=", 1) for word in words if "=" in word)
                for name in (word for word in words if "=" not in word):
                    wanted.setdefault((command["kind"].capitalize(), name), {}).update(labels)
    done = 0
    for path in sorted((root / "k8s").glob("*.yaml")):
        documents = [each for each in yaml.safe_load_all(path.read_text()) if each]
        for each in documents:
            labels = wanted.get((each["kind"], each["metadata"]["name"]))
            if labels:
                each["metadata"].setdefault("labels", {}).update(labels)
                done += 1
        path.write_text(yaml.safe_dump_all(documents, sort_keys=False))
    return done


def commit_all(root: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "the application and its intent")
