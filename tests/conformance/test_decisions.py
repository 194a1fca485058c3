"""The model's engines against what real istiod, ztunnel and Envoy decided (corpora/decisions)."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from meshwright.access.request import Witness, evaluate
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Object
from meshwright.istio.attachment import Policies
from meshwright.istio.engines import ztunnel
from meshwright.istio.kinds.authorization_policy import read_policy
from meshwright.istio.kinds.peer_authentication import read_peer_authentication
from meshwright.istio.peers import Peers
from meshwright.istio.terms import Scope
from meshwright.istio.verdict import Verdict
from meshwright.source import Span

MESH = Mesh((1, 31), "cluster.local", "istio-system", None)


def worlds(corpora: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(corpora / "decisions" / "decisions.jsonl.gz", "rt") as lines:
        for line in lines:
            yield json.loads(line)


def objects_of(world: dict[str, Any]) -> list[Object]:
    """What the API machinery accepted."""
    refused = {entry["object"] for entry in world["refused"]}
    found = []
    for content in world["objects"]:
        metadata = content["metadata"]
        one = Object(content["apiVersion"], content["kind"], metadata.get("namespace", ""), metadata["name"], content, Span("world", 0, 0))
        if one.id not in refused:
            found.append(one)
    return found


def policies_of(objects: list[Object]) -> Policies:
    peers = Peers([read_peer_authentication(one) for one in objects if one.kind == "PeerAuthentication"], MESH.root_namespace)
    return Policies([read_policy(one) for one in objects if one.kind == "AuthorizationPolicy"], peers, MESH)


def pod_labels(objects: list[Object]) -> dict[str, dict[str, str]]:
    return {f"{one.namespace}/{one.name}": one.content["spec"]["template"]["metadata"]["labels"]  # type: ignore[index]
            for one in objects if one.kind == "Deployment"}


def principal(peer: str | None) -> str:
    return "" if peer is None else peer.removeprefix("spiffe://")


def agrees(verdict: Verdict, request: Witness, allowed: bool, counts: Counter[str]) -> bool:
    """Exactly, or, where the model has a doubt, by never refusing what was let in."""
    admitted = evaluate(verdict.admitted, request)
    counts["bound" if verdict.unknown else "exact"] += 1
    return admitted or not allowed if verdict.unknown else admitted == allowed


def test_ztunnel_decides_as_recorded(corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for world in worlds(corpora):
        objects = objects_of(world)
        policies, labels = policies_of(objects), pod_labels(objects)
        for question in world["questions"]:
            if question["engine"] == "ztunnel":
                workload = question["workload"]
                verdict = policies.ztunnel(workload.split("/")[0], labels[workload])
                request = Witness(principal(question["peer"]), question["source_ip"], question["target_port"], "GET", "/", "x")
                if not agrees(verdict, request, question["decision"] == "allow", counts):
                    wrong.append((world["world"], question))
    count_cases("ztunnel decisions", counts["exact"] + counts["bound"])
    print(f"ztunnel: {dict(counts)}")
    assert wrong == []
    assert counts["exact"] > 25_000


@pytest.mark.parametrize("engine", ["waypoint", "sidecar"])
def test_envoy_decides_as_recorded(engine: str, corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for world in worlds(corpora):
        objects = objects_of(world)
        policies, labels = policies_of(objects), pod_labels(objects)
        for question in world["questions"]:
            if question["engine"] != engine:
                continue
            namespace, name = question.get("service", question.get("workload", "/")).split("/")
            if engine == "waypoint":
                verdict = policies.waypoint(*question["proxy"].split("/"), (namespace, name), True)
            else:
                verdict = policies.envoy(namespace, labels[f"{namespace}/{name}"])
            if question["status"] == 401:
                counts["token refused"] += 1  # no dimension has tokens; the model says `unknown` for a RequestAuthentication
                continue
            request = Witness(principal(question["peer"]), question["source_ip"], question["port"], question["method"],
                              question["path"].partition("?")[0], question["headers"].get("host", ""))
            if not agrees(verdict, request, question["decision"] == "allow", counts):
                wrong.append((world["world"], question))
    count_cases(f"{engine} decisions", counts["exact"] + counts["bound"])
    print(f"{engine}: {dict(counts)}")
    assert wrong == []
    assert counts["exact"] > 3_000


def test_what_istiod_sends_to_ztunnel(corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    """Which policies are sent at all, and as which action; what is in them is judged by the decisions above."""
    judged = 0
    for world in worlds(corpora):
        sent = {(one["namespace"], one["name"]): one.get("action", "ALLOW") for one in world["authorizations"] if "converted" not in one["name"]}
        compiled = {}
        for one in objects_of(world):
            if one.kind == "AuthorizationPolicy":
                found = ztunnel.compile_policy(read_policy(one), Scope(one.namespace, "cluster.local"))
                if found is not None:
                    compiled[(one.namespace, one.name)] = found.action
        assert compiled == sent, world["world"]
        judged += len(sent)
    count_cases("authorizations", judged)
    assert judged > 500
