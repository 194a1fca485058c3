"""Objects that lead traffic by hand, or that are about to go, are no ground for a proof; on a copy of the example."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.e2e.applications import codes, meshwright

SLICE = {
    "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
    "metadata": {"name": "orders-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "orders"}},
    "endpoints": [{"addresses": ["10.1.2.3"]}], "ports": [{"name": "http", "port": 8080}],
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", root)
    return root


def test_endpoints_by_hand_in_the_inventory_are_unknown(shop: Path) -> None:
    (shop / "k8s" / "slice.yaml").write_text(yaml.safe_dump(SLICE))
    code, document, _ = meshwright("check", cwd=shop)
    assert code == 1
    assert "MW0405" in codes(document, "error")


def test_endpoints_of_the_controller_are_those_of_the_selector(shop: Path) -> None:
    labels = {**SLICE["metadata"]["labels"], "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}  # type: ignore[index]
    managed = {**SLICE, "metadata": {**SLICE["metadata"], "labels": labels}}  # type: ignore[dict-item]
    (shop / "k8s" / "slice.yaml").write_text(yaml.safe_dump(managed))
    code, document, _ = meshwright("check", cwd=shop)
    assert code == 0, document["diagnostics"]


@pytest.mark.parametrize("name", ["shop/gateway-waypoint", "edge/gateway-public", "edge/httproute-public-shop-example-com",
                                  "shop/referencegrant-orders-routes-from-edge", "shop/authorizationpolicy-orders-guard",
                                  "shop/authorizationpolicy-waypoint-default-deny", "shop/peerauthentication-mesh-strict"])
def test_an_object_that_is_being_deleted_proves_nothing(shop: Path, name: str) -> None:
    assert meshwright("compile", cwd=shop)[0] == 0
    path = shop / "deploy" / "mesh" / f"{name}.yaml"
    content = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(content))  # written in another style it still holds: what follows is about the mark alone
    assert meshwright("prove", "--manifests", "deploy/mesh", cwd=shop)[0] == 0
    content["metadata"]["deletionTimestamp"] = "2026-11-01T00:00:00Z"
    path.write_text(yaml.safe_dump(content))
    code, document, _ = meshwright("prove", "--manifests", "deploy/mesh", cwd=shop)
    assert code == 1
    assert codes(document, "error")
