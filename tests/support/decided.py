"""A world of plain objects, read as a folder of manifests, ready for the questions of ``decide``."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from meshwright.diagnostics import Outcome
from meshwright.judging import judge

Json = dict[str, Any]
RECORDED = ("by", "decision", "status")


def config(mesh: Json) -> Json:
    """The ConfigMap from which istiod reads a MeshConfig."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": json.dumps(mesh)}}


def judged(objects: Iterable[Json], folder: Path) -> Outcome[Callable[[object], Mapping[str, object]]]:
    """What the command ``decide`` has after reading ``objects`` from ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "world.yaml").write_text("---\n".join(json.dumps(one) + "\n" for one in objects), encoding="utf-8")
    return judge(str(folder))


def accepted(objects: Iterable[Json], folder: Path) -> list[Json]:
    """Those that neither the API server nor Istio's webhook refuses, as our own reading has it."""
    kept = list(objects)
    refused = {found.message.partition("`")[2].partition("`")[0] + found.message.partition(" ")[0] for found in judged(kept, folder).diagnostics
               if found.severity == "error"}
    return [one for one in kept if f"{one['metadata'].get('namespace', '')}/{one['metadata']['name']}{one['kind']}" not in refused]


def question(recorded: Mapping[str, Any]) -> Json:
    """The question without the recorded answer."""
    return {name: value for name, value in recorded.items() if name not in RECORDED}
