"""What we emit, and what was recorded, before real istiod: schemas, CEL rules, webhook, conversion, status."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import ROOT
from tests.e2e.applications import meshwright
from tests.support.istiod import Istiod
from tests.support.taken import not_taken
from tests.support.worlds import World
from tests.unit.lower.cases import CASES
from tests.unit.lower.test_golden import document

from meshwright.ir.inventory import Inventory
from meshwright.ir.manifest import Bundle
from meshwright.lower import lower

pytestmark = pytest.mark.conformance
Document = dict[str, Any]

def kubernetes(inventory: Inventory) -> list[Document]:
    """The YAML that an inventory was read from, as far as istiod looks."""
    found: list[Document] = []
    for space in inventory.namespaces:
        found.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space.name, "labels": dict(space.labels)}})
    by_id = {one.id: one for one in inventory.workloads}
    extra: dict[str, dict[str, str]] = {}
    for service in inventory.services:
        selector = {"service.test/" + service.name: "yes"}
        for id in service.workloads:
            extra.setdefault(id, {}).update(selector)
        ports = [{"name": one.name, "port": one.number, "targetPort": one.target, "protocol": one.transport, "appProtocol": one.protocol}
                 for one in service.ports]
        found.append({"apiVersion": "v1", "kind": "Service",
                      "metadata": {"name": service.name, "namespace": service.namespace, "labels": dict(service.labels)},
                      "spec": {"selector": selector, "ports": ports, **({"clusterIP": "None"} if service.kind == "headless" else {})}})
    for id, one in by_id.items():
        labels = dict(one.labels) | extra.get(id, {})
        pod = {"metadata": {"labels": labels}, "spec": {"serviceAccountName": one.service_account, "containers": [{"name": "c", "image": "i"}]}}
        found.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": one.name, "namespace": one.namespace},
                      "spec": {"selector": {"matchLabels": dict(one.match_labels)}, "template": pod}})
    return found


def with_labels(documents: list[Document], bundle: Bundle) -> list[Document]:
    """The cluster after the labels are there that the bundle wants, by whomever, and after its own objects are merged in."""
    by_key = {(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in documents}
    for want in bundle.wanted:
        key = (want.kind, "" if want.kind == "Namespace" else want.namespace, want.name)
        by_key[key]["metadata"].setdefault("labels", {})[want.key] = want.value
    for made in bundle.manifests:
        new = json.loads(json.dumps(document(made)))
        key = (new["kind"], new["metadata"].get("namespace", ""), new["metadata"]["name"])
        if key in by_key:
            by_key[key]["metadata"].setdefault("labels", {}).update(new["metadata"].get("labels", {}))
        else:
            documents.append(new)
    return documents


@pytest.mark.parametrize(("world", "labels"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_istiod_takes_every_golden_tree(world: Callable[[], World], labels: str, istiod: Istiod, count_cases: Callable[[str, int], None]) -> None:
    """No refusal, no warning, every condition True for the reason Accepted."""
    program = world().program()
    bundle = lower(program, labels).value  # type: ignore[arg-type]
    assert bundle is not None
    documents = with_labels(kubernetes(program.inventory), bundle)
    assert not_taken(istiod, documents, program.mesh.trust_domain) == []
    count_cases("golden objects before istiod", len(bundle.manifests))


def test_istiod_takes_the_example(istiod: Istiod, tmp_path: Path, count_cases: Callable[[str, int], None]) -> None:
    root = tmp_path / "shop"
    shutil.copytree(ROOT / "examples/shop", root, ignore=shutil.ignore_patterns("deploy"))
    code, document, stderr = meshwright("compile", cwd=root)
    assert code == 0, (document, stderr)
    documents = [one for folder in ("k8s", "deploy/mesh") for path in sorted((root / folder).rglob("*.yaml"))
                 for one in yaml.safe_load_all(path.read_text()) if one and one["kind"] != "Kustomization"]
    assert not_taken(istiod, documents) == []
    count_cases("objects of the example before istiod", len(documents))


def test_what_is_refused_is_as_recorded(istiod: Istiod, corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    lines = (corpora / "refusals" / "refusals.jsonl").read_text().splitlines()
    for line in lines:
        case = json.loads(line)
        answer = istiod.ask([case["object"]])
        assert [one["by"] for one in answer["refused"]] == ([case["refused_by"]] if case["refused_by"] else []), case
        assert bool(answer["warnings"]) == bool(case["warnings"]), case
    count_cases("verdicts of schemas and webhook, asked again", len(lines))


def test_what_istiod_sends_to_ztunnel_is_as_recorded(istiod: Istiod, corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    judged = 0
    with gzip.open(corpora / "decisions" / "decisions.jsonl.gz", "rt") as worlds:
        for line in worlds:
            world = json.loads(line)
            answer = istiod.ask(world["objects"], ["ztunnel"])
            assert {one["object"].partition("/")[2] for one in answer["refused"]} == {one["object"].partition(" ")[2] for one in world["refused"]}
            assert _in_order(answer["authorizations"]) == _in_order(world["authorizations"]), world["world"]
            judged += len(world["authorizations"])
    count_cases("authorizations, asked again", judged)


def test_what_bad_input_comes_to(istiod: Istiod) -> None:
    """Each of the judges can say no, and says which object and why."""
    policy = yaml.safe_load("{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: shop}, spec: {rules: [{}]}}")
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop"}, "spec": {"prots": []}}
    cases: list[tuple[list[Document], str, str]] = [
        ([policy, policy], "api-server", "twice"),
        ([service], "api-server", "unknown field"),
        ([{**policy, "kind": "AuthorisationPolicy"}], "api-server", "no matches for kind"),
        ([{**policy, "metadata": {"name": "P_", "namespace": "shop"}}], "crd-schema", "metadata.name"),
        ([{**policy, "spec": {"rulez": []}}], "crd-schema", "unknown fields"),
        ([{**policy, "spec": {"selector": {}, "targetRefs": [{"kind": "Service", "name": "s"}]}}], "crd-schema", "only one of"),
        ([{**policy, "spec": {"action": "DENY"}}], "istio-webhook", "meaningless"),
    ]
    for objects, by, words in cases:
        (refused,) = istiod.ask(objects)["refused"]
        assert refused["by"] == by and words in refused["message"], (objects, refused)


def _in_order(found: list[Document]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in found)
