"""Who sets enrolment and binding labels: external, patch and own, from the sources to the proof."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.e2e.applications import codes, meshwright
from tests.support.kubectl import kubectl

LABELS = ("istio.io/dataplane-mode", "istio.io/use-waypoint", "istio.io/ingress-use-waypoint")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The example as its owners had it before anybody spoke of a mesh: no label of Istio anywhere."""
    root = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", root)
    for path in (root / "k8s").glob("*.yaml"):
        documents = list(yaml.safe_load_all(path.read_text()))
        for each in documents:
            for label in LABELS:
                each["metadata"].get("labels", {}).pop(label, None)
        path.write_text(yaml.safe_dump_all(documents, sort_keys=False))
    return root


def choose(root: Path, mode: str) -> None:
    path = root / "meshwright.toml"
    path.write_text(path.read_text().replace("[output]\n", f'[output]\nlabels = "{mode}"\n'))


def test_external_says_which_labels_are_missing(bare: Path) -> None:
    code, document, _ = meshwright("compile", cwd=bare)
    assert code == 1
    assert "MW0310" in codes(document, "error")
    assert not (bare / "deploy").exists()


def test_patch_is_proved_as_applied_and_says_so(bare: Path) -> None:
    choose(bare, "patch")
    code, document, stderr = meshwright("compile", cwd=bare)
    assert code == 0, (document["diagnostics"], stderr)
    code, document, _ = meshwright("prove", cwd=bare)
    assert code == 0
    assert "components/meshwright-labels" in str(document["result"])

    # What the owners do with it: their own kustomization takes the component, and the labels are there.
    component = bare / "deploy" / "mesh" / "components" / "meshwright-labels"
    owners = bare / "owners"
    shutil.copytree(bare / "k8s", owners / "k8s")
    shutil.copytree(component, owners / "labels")
    names = sorted(f"k8s/{path.name}" for path in (owners / "k8s").glob("*.yaml"))
    (owners / "kustomization.yaml").write_text(yaml.safe_dump({"resources": names, "components": ["labels"]}))
    program = kubectl()
    if program is None:
        pytest.skip("no kubectl on this machine, and the package index has none for it")
    built = subprocess.run([program, "kustomize", str(owners)], check=True, capture_output=True, text=True).stdout
    (bare / "applied.yaml").write_text(built)
    shutil.rmtree(bare / "k8s")
    (bare / "k8s").mkdir()
    shutil.move(bare / "applied.yaml", bare / "k8s" / "applied.yaml")
    shutil.rmtree(owners)
    choose(bare, "external")
    toml = (bare / "meshwright.toml").read_text()
    (bare / "meshwright.toml").write_text(toml.replace('labels = "patch"\n', ""))
    code, document, stderr = meshwright("check", cwd=bare)
    assert code == 0, (document["diagnostics"], stderr)


def test_a_patch_that_is_missing_fails_the_proof(bare: Path) -> None:
    choose(bare, "patch")
    assert meshwright("compile", cwd=bare)[0] == 0
    component = bare / "deploy" / "mesh" / "components" / "meshwright-labels"
    (component / "shop" / "service-orders.yaml").unlink()
    code, document, _ = meshwright("prove", "--manifests", "deploy/mesh", cwd=bare)
    assert code == 1
    assert "MW0402" in codes(document, "error")


def test_own_writes_labels_only_objects_and_a_binding_label_removed_fails(bare: Path) -> None:
    choose(bare, "own")
    code, document, stderr = meshwright("compile", cwd=bare)
    assert code == 0, (document["diagnostics"], stderr)
    path = bare / "deploy" / "mesh" / "shop" / "service-orders.yaml"
    service = yaml.safe_load(path.read_text())
    assert "spec" not in service
    del service["metadata"]["labels"]["istio.io/use-waypoint"]
    path.write_text(yaml.safe_dump(service))
    code, document, _ = meshwright("prove", "--manifests", "deploy/mesh", cwd=bare)
    assert code == 1
    assert "MW0402" in codes(document, "error")
