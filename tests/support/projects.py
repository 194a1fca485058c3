"""Small projects on disk for tests of the whole pipeline: Kubernetes YAML in a line each, sources, and what a run came to."""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from meshwright.cli.files import load_project, read_sources
from meshwright.diagnostics import Diagnostic
from meshwright.pipeline import Result, compile_project
from tests.reference.cluster import Cluster

DAY = "2026-06-01"
Document = dict[str, Any]


class Ran(NamedTuple):
    """One environment's result, and the mesh that its bytes make of the inventory."""

    result: Result
    cluster: Cluster | None  # None: nothing was rendered

    @property
    def codes(self) -> list[str]:
        return sorted({found.code for found in self.result.diagnostics if found.severity == "error"})

    @property
    def said(self) -> set[str]:
        return {found.code for found in self.result.diagnostics}

    def found(self, code: str) -> Diagnostic:
        return next(found for found in self.result.diagnostics if found.code == code)


def namespace(name: str, labels: dict[str, str] | None = None) -> Document:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"istio.io/dataplane-mode": "ambient"} | (labels or {})}}


def pods(id: str, *ports: str, account: str = "", kind: str = "Deployment", app: str = "", spec: Document | None = None,
         labels: dict[str, str] | None = None) -> Document:
    """``ports``: "9102" or "metrics 9102"; ``spec``: more of the pod's spec."""
    space, _, name = id.partition("/")
    listed = [{"containerPort": int(words[-1])} | ({"name": words[0]} if len(words) > 1 else {}) for words in (port.split() for port in ports)]
    worn = {"app": app or name} | (labels or {})
    template = {"metadata": {"labels": worn}, "spec": {"serviceAccountName": account or name, "containers": [{"name": "c", "image": "i", "ports": listed}]}
                | (spec or {})}
    metadata = {"name": name, "namespace": space}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata | template["metadata"], "spec": template["spec"]}
    if kind in ("Job", "CronJob"):
        job: Document = {"template": template}
        return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata,
                "spec": job if kind == "Job" else {"schedule": "0 * * * *", "jobTemplate": {"spec": job}}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"selector": {"matchLabels": {"app": app or name}}, "template": template}}


def service(id: str, *ports: str, app: str = "", waypoint: str = "", ingress: bool = False, spec: Document | None = None) -> Document:
    """``ports``: "http 80 8080", "tcp 5432", "udp 53"; a target may be a name.  ``waypoint``: "name" or "ns/name"."""
    space, _, name = id.partition("/")
    listed: list[Document] = []
    for port in ports:
        protocol, number, *target = port.split()
        one: Document = {"name": f"{protocol}-{number}", "port": int(number), "protocol": "UDP" if protocol == "udp" else "TCP"}
        listed.append(one | ({"targetPort": int(target[0]) if target[0].isdecimal() else target[0]} if target else {}))
    labels: dict[str, str] = {}
    if waypoint:
        where, _, gateway = waypoint.rpartition("/")
        labels = {"istio.io/use-waypoint": gateway} | ({"istio.io/use-waypoint-namespace": where} if where else {})
    if ingress:
        labels["istio.io/ingress-use-waypoint"] = "true"
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": space, "labels": labels},
            "spec": {"selector": {"app": app or name}, "ports": listed} | (spec or {})}


def run(folder: Path, sources: str | dict[str, str], owned: list[Document], settings: str = "", foreign: list[Document] | None = None,
        at: str = DAY, until: str = "prove") -> dict[str, Ran]:
    """Write the project and compile every environment of it.  ``sources``: one text, or a path below mesh/ -> text."""
    texts = {"meshwright.toml": f'language = 1\n[inventory]\npaths = ["k8s/"]\nforeign = {["foreign/"] if foreign else []}\n{settings}',
             "k8s/all.yaml": yaml.safe_dump_all(owned)}
    texts |= {f"mesh/{path}": text for path, text in ({"all.mesh": sources} if isinstance(sources, str) else sources).items()}
    if foreign:
        texts["foreign/all.yaml"] = yaml.safe_dump_all(foreign)
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    loaded = load_project(str(folder), None)
    assert loaded.value is not None and not loaded.failed, loaded.diagnostics
    ran = {}
    for project in loaded.value.projects:
        read = read_sources(project, (), str(folder))
        assert read.value is not None, read.diagnostics
        result = compile_project(project, read.value, at, until)
        ran[project.environment] = Ran(result, None if result.tree is None else Cluster(owned, [
            one for file in result.tree.files for one in yaml.safe_load_all(file.content) if isinstance(one, dict)]))
    return ran


def one(folder: Path, sources: str | dict[str, str], owned: list[Document], settings: str = "", foreign: list[Document] | None = None,
        at: str = DAY) -> Ran:
    """`run` for a project of one environment."""
    (ran,) = run(folder, sources, owned, settings, foreign, at).values()
    return ran

