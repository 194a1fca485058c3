"""Whole bundles against files that people read in review, against the strict models, and against the capability matrix."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.support.worlds import World
from tests.unit.lower.cases import CASES

from meshwright.diagnostics import Outcome
from meshwright.ir import capability
from meshwright.ir.istio import KINDS
from meshwright.ir.manifest import Bundle, Manifest
from meshwright.lower import lower

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "lower"
MODELS = {kind.__name__: kind for kind in KINDS}

every_case = pytest.mark.parametrize(("world", "labels"), CASES, ids=lambda value: getattr(value, "__name__", ""))


def bundle(world: Callable[[], World], labels: str) -> Bundle:
    outcome: Outcome[Bundle] = lower(world().program(), labels)  # type: ignore[arg-type]
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value


def document(one: Manifest) -> dict[str, object]:
    metadata: dict[str, object] = {"name": one.name}
    if one.namespace:
        metadata["namespace"] = one.namespace
    for key, values in (("labels", one.labels), ("annotations", one.annotations)):
        if values:
            metadata[key] = dict(values)
    return {"apiVersion": one.api_version, "kind": one.kind, "metadata": metadata, **one.body}


def text(manifests: tuple[Manifest, ...]) -> str:
    plain = [(one, json.loads(json.dumps(document(one)))) for one in manifests]  # lists that several objects share are written out in each
    return "---\n".join(f"# {one.policy}\n" + yaml.safe_dump(content, sort_keys=False, width=120) for one, content in plain)


@every_case
def test_the_bundle_is_the_golden_one(world: Callable[[], World], labels: str, update_goldens: bool) -> None:
    made = bundle(world, labels)
    files = {"manifests.yaml": text(made.manifests),
             "labels.txt": "".join(f"{one.kind} {one.namespace}/{one.name} {one.key}={one.value}  ({one.why})\n" for one in made.wanted)}
    if made.components:
        files["components.yaml"] = text(made.components)
    folder = GOLDEN / world.__name__.replace("_", "-")
    if update_goldens:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == files


@every_case
def test_every_object_passes_the_strict_model_of_its_kind(world: Callable[[], World], labels: str) -> None:
    for one in bundle(world, labels).manifests:
        if one.kind in MODELS:
            MODELS[one.kind].model_validate(document(one))
        else:
            assert one.kind in ("Namespace", "Service") and labels == "own"


@every_case
def test_every_field_has_a_row_for_every_engine_that_reads_it(world: Callable[[], World], labels: str) -> None:
    made = bundle(world, labels)
    assert [(one.id, gap) for one in (*made.manifests, *made.components) if (gap := capability.missing(one))] == []


def test_every_row_is_used_by_a_golden_case() -> None:
    """A row that no output needs is a promise that nobody tests."""
    used = {field for world, labels in CASES for one in bundle(world, labels).manifests for field in capability.fields(one)}
    used |= {f"{one.kind}.metadata.labels.{one.key}" for world, labels in CASES for one in bundle(world, labels).wanted}
    assert {row.field for row in capability.rows()} - used == set()


def test_each_cell_of_the_matrix_is_filled_once() -> None:
    cells = [(row.field, row.engine) for row in capability.rows()]
    assert len(set(cells)) == len(cells)
    assert {len(row.evidence) for row in capability.rows()} == {len(capability.MINORS)}
    assert {cell for row in capability.rows() for cell in row.evidence} <= {"executed", "read", "release-note"}


def test_a_field_without_a_row_is_found() -> None:
    policy = Manifest("security.istio.io/v1", "AuthorizationPolicy", "shop", "x", {"spec": {"action": "ALLOW", "selector": {"matchLabels": {"a": "b"}},
                      "rules": [{"from": [{"source": {"trustDomains": ["td"]}}], "to": [{"operation": {"methods": ["GET"]}}]}]}}, "x")
    assert [field.rpartition(".")[2] + " " + engine for field, engine in capability.missing(policy)] == [
        "trustDomains[] api-server", "trustDomains[] ztunnel", "methods[] ztunnel"]


@every_case
def test_bundles_are_sorted_named_and_stable(world: Callable[[], World], labels: str) -> None:
    made = bundle(world, labels)
    order = [(one.namespace, one.kind, one.name) for one in made.manifests]
    assert order == sorted(set(order))
    assert all(len(one.name) <= 63 for one in made.manifests)
    assert len({(one.policy, one.kind) for one in made.manifests}) == len(made.manifests)
    assert bundle(world, labels) == made
