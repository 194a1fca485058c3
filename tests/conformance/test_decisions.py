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
from meshwright.istio.kinds.request_authentication import read_request_authentication
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
    tokens = [read_request_authentication(one) for one in objects if one.kind == "RequestAuthentication"]
    return Policies([read_policy(one) for one in objects if one.kind == "AuthorizationPolicy"], peers, MESH, tokens)


def pod_labels(objects: list[Object]) -> dict[str, dict[str, str]]:
    return {f"{one.namespace}/{one.name}": one.content["spec"]["template"]["metadata"]["labels"]  # type: ignore[index]
            for one in objects if one.kind == "Deployment"}


def principal(peer: str | None) -> str:
    return "" if peer is None else peer.removeprefix("spiffe://")


def attributes(question: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Headers, claims and the address in front as the model names them."""
    found: dict[str, Any] = {f"header:{name}": value for name, value in question["headers"].items()}
    found["remote_ip"] = question["headers"].get("x-forwarded-for", question["source_ip"])
    for name, value in (question["claims"] or {}).items():
        if name in ("iss", "sub"):
            found[f"claim:{name}"] = value
        elif isinstance(value, str):
            found[f"claim:{name}"] = tuple(value.split()) if name in ("scope", "permission") else (value,)
        elif isinstance(value, list):
            found[f"claim:{name}"] = tuple(value)
        elif isinstance(value, dict):
            found.update({f"claim:{name}/{key}": (inner,) for key, inner in value.items()})
    return tuple(sorted(found.items()))


def agrees(verdict: Verdict, request: Witness, allowed: bool, counts: Counter[str]) -> bool:
    """Exactly: no recorded world holds anything that the model may doubt."""
    counts["exact"] += 1
    return not verdict.unknown and evaluate(verdict.admitted, request) == allowed


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
    count_cases("ztunnel decisions", counts["exact"])
    assert wrong == []
    assert counts["exact"] == 30_240


@pytest.mark.parametrize(("engine", "answers"), [("waypoint", 21_600), ("sidecar", 7_200)])
def test_envoy_decides_as_recorded(engine: str, answers: int, corpora: Path, count_cases: Callable[[str, int], None]) -> None:
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
            request = Witness(principal(question["peer"]), question["source_ip"], question["port"], question["method"],
                              question["path"].partition("?")[0], question["headers"].get("host", ""), attributes(question))
            if not agrees(verdict, request, question["decision"] == "allow", counts):
                wrong.append((world["world"], question))
    count_cases(f"{engine} decisions", counts["exact"])
    assert wrong == []
    assert counts["exact"] == answers


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
