"""An answer about nothing never looks like a proof: it says what was judged, or is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.applications import codes, meshwright
from tests.support.sources import app, deployment, namespace, service

PROJECT = 'language = 1\n[sources]\npaths = ["mesh/"]\n[inventory]\npaths = ["k8s.yaml"]\n'
MESH = "in shop\nmesh { istio 1.30 }\n"
ENFORCED = MESH + "namespace shop { enforce yes }\n"
SHOP = namespace() + app("web") + app("orders")
ROLLOUT = ("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: orders, namespace: shop}\n"
           "spec: {template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: a, image: b}]}}}\n---\n")


def compiled(root: Path, mesh: str, kubernetes: str | None, project: str = PROJECT, foreign: str = "", command: str = "prove") -> tuple[int, dict[str, Any]]:
    (root / "mesh").mkdir()
    (root / "mesh" / "a.mesh").write_text(mesh)
    (root / "meshwright.toml").write_text(project)
    if kubernetes is not None:
        (root / "k8s.yaml").write_text(kubernetes)
    if foreign:
        (root / "foreign.yaml").write_text(foreign)
    code, document, stderr = meshwright(command, cwd=root)
    assert document, stderr
    return code, document


def proof(document: dict[str, Any], environment: str = "default") -> dict[str, Any]:
    found: dict[str, Any] = document["result"][environment]["proof"]
    return found


@pytest.mark.parametrize("mesh", ["", MESH, MESH + 'namespace shop { enforce no }\n'], ids=["empty program", "no namespace", "none enforced"])
def test_nothing_judged_is_no_proof(tmp_path: Path, mesh: str) -> None:
    _, document = compiled(tmp_path, mesh, SHOP)
    assert (proof(document)["holds"], proof(document)["destinations"]) == (False, 0)


# what is missing -> sources, inventory, the code that says so
REFUSED: dict[str, tuple[str, str | None, str]] = {
    "an empty inventory": (ENFORCED, "", "MW0310"),
    "no inventory": (ENFORCED, None, "MW0801"),
    "services without workloads": (ENFORCED + "allow any workload -> orders", namespace() + service("orders"), "MW0304"),
    "workloads of unknown kinds": (ENFORCED + "allow any workload -> orders", namespace() + service("orders") + ROLLOUT, "MW0304"),
    "pods outside the mesh": (ENFORCED, namespace(team="x") + app("orders"), "MW0310"),
    "services of the sources, nothing else": (ENFORCED + "service orders { port http 80 -> 8080; service-account orders; label app = orders }\n", "", "MW0310"),
    "the namespace only": (ENFORCED + "allow web -> orders", namespace(), "MW0201"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_missing_is_named(tmp_path: Path, name: str) -> None:
    mesh, kubernetes, code = REFUSED[name]
    status, document = compiled(tmp_path, mesh, kubernetes)
    assert status in (1, 2) and code in codes(document, "error"), document["diagnostics"]


def test_a_namespace_without_pods_is_judged_by_pods_of_tomorrow(tmp_path: Path) -> None:
    status, document = compiled(tmp_path, ENFORCED, namespace())
    assert (status, proof(document)["holds"], proof(document)["destinations"]) == (0, True, 1)
    assert {one["destination"] for one in proof(document)["verdicts"]} == {"other pods shop"}


def test_unknown_kinds_are_named_and_their_pods_are_closed(tmp_path: Path) -> None:
    status, document = compiled(tmp_path, ENFORCED, SHOP + ROLLOUT)
    assert status == 0 and "MW0818" in codes(document, "warning")
    assert "other pods shop" in {one["destination"] for one in proof(document)["verdicts"]}


def test_each_environment_has_a_proof_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(namespace() + app("web") + deployment("agent"))
    status, document = compiled(tmp_path, ENFORCED, SHOP, PROJECT + '[env.one]\n[env.two.inventory]\npaths = ["other.yaml"]\n')
    assert status == 0, document["diagnostics"]
    assert {name: sorted(one["destination"] for one in proof(document, name)["verdicts"] if one["obligation"] == "sound") for name in ("one", "two")} == {
        "one": ["other pods shop", "shop/Deployment/orders", "shop/Deployment/web"], "two": ["other pods shop", "shop/Deployment/agent", "shop/Deployment/web"]}


POLICY = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "web-guard", "namespace": "shop"},
          "spec": {"action": "ALLOW", "rules": [{}]}}


@pytest.mark.parametrize(("name", "found"), [("web-guard", {"MW0606", "MW0451"}), ("something", {"MW0401"})], ids=["our name", "another name"])
def test_foreign_objects_are_part_of_what_is_judged(tmp_path: Path, name: str, found: set[str]) -> None:
    policy = {**POLICY, "metadata": {"name": name, "namespace": "shop"}}
    project = PROJECT + 'foreign = ["foreign.yaml"]\n'
    status, document = compiled(tmp_path, ENFORCED + "allow web -> orders\n", SHOP, project, json.dumps(policy))
    assert status == 1 and found & set(codes(document, "error")), document["diagnostics"]
