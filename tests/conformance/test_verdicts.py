"""The evaluator that judges lowered objects in our tests (tests/support/verdicts.py), against what real ztunnel and Envoy decided.

Only questions whose policies have the shapes that lowering writes; the others are the business of the model.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.verdicts import Request, admits

ROOT = "istio-system"
L4_SOURCE = {"principals", "notPrincipals", "namespaces", "notNamespaces", "serviceAccounts", "notServiceAccounts", "ipBlocks", "notIpBlocks"}
L4_OPERATION = {"ports", "notPorts"}
HTTP_OPERATION = {*L4_OPERATION, "methods", "paths"}


def test_ztunnel_decides_as_the_evaluator_says(corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    judged = 0
    for world, question in _questions(corpora, "ztunnel"):
        namespace, _, name = question["workload"].partition("/")
        specs = _at_pods(world, namespace, name)
        if specs is None or "converted" in question["by"]:
            continue
        said = admits(specs, Request(_principal(question), question["source_ip"], question["target_port"]))
        assert said == (question["decision"] == "allow"), (world["world"], question, specs)
        judged += bool(specs)
    assert judged > 1000
    count_cases("ztunnel decisions of emitted shapes", judged)


def test_a_waypoint_decides_as_the_evaluator_says(corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    judged = 0
    for world, question in _questions(corpora, "waypoint"):
        namespace, _, service = question["service"].partition("/")
        specs = _at_waypoint(world, question["proxy"].partition("/")[2], namespace, service)
        path = question["path"].partition("?")[0]
        if specs is None or question["status"] == 401 or any(odd in path for odd in ("%", "//", "/.", "\\", "#", ";")):
            continue
        request = Request(_principal(question), question["source_ip"], question["port"], question["method"], path)
        assert admits(specs, request) == (question["decision"] == "allow"), (world["world"], question, specs)
        judged += bool(specs)
    assert judged > 1000
    count_cases("waypoint decisions of emitted shapes", judged)


def _questions(corpora: Path, engine: str) -> Iterator[tuple[Any, Any]]:
    with gzip.open(corpora / "decisions" / "decisions.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            world = json.loads(line)
            refused = {each["object"] for each in world["refused"]}
            world["policies"] = [one for one in world["objects"] if one["kind"] == "AuthorizationPolicy"
                                 and f"AuthorizationPolicy {one['metadata']['namespace']}/{one['metadata']['name']}" not in refused]
            for question in world["questions"]:
                if question["engine"] == engine:
                    yield world, question


def _principal(question: Any) -> str:
    return (question["peer"] or "").removeprefix("spiffe://")


def _at_pods(world: Any, namespace: str, name: str) -> list[Any] | None:
    labels = next(one["spec"]["template"]["metadata"]["labels"] for one in world["objects"]
                  if one["kind"] == "Deployment" and (one["metadata"]["namespace"], one["metadata"]["name"]) == (namespace, name))
    specs = []
    for policy in world["policies"]:
        spec = policy["spec"]
        if policy["metadata"]["namespace"] not in (namespace, ROOT) or "targetRefs" in spec:
            continue
        if "selector" in spec and not spec["selector"].get("matchLabels", {"": ""}).items() <= labels.items():
            continue
        if not _ours(policy, L4_OPERATION):
            return None
        specs.append(spec)
    return specs


def _at_waypoint(world: Any, waypoint: str, namespace: str, service: str) -> list[Any] | None:
    specs = []
    for policy in world["policies"]:
        refs = policy["spec"].get("targetRefs", ())
        if not any(ref["kind"] == "GatewayClass" or (policy["metadata"]["namespace"] == namespace and (
                (ref["kind"], ref["name"]) in (("Service", service), ("Gateway", waypoint)))) for ref in refs):
            continue
        if not _ours(policy, HTTP_OPERATION):
            return None
        specs.append(policy["spec"])
    return specs


def _ours(policy: Any, operations: set[str]) -> bool:
    """Whether lowering could have written such a policy."""
    spec = policy["spec"]
    if spec.get("action") not in ("ALLOW", "DENY") or "istio.io/dry-run" in policy["metadata"].get("annotations", {}):
        return False
    for rule in spec.get("rules") or ():
        if rule is None or "when" in rule or not all(rule.get(key, [0]) for key in ("from", "to")):
            return False
        parts = [(one["source"], L4_SOURCE) for one in rule.get("from", ())] + [(one["operation"], operations) for one in rule.get("to", ())]
        for fields, known in parts:
            if not fields or not set(fields) <= known or not all(_plain(key, value) for key, values in fields.items() for value in values):
                return False
    return True


def _plain(key: str, value: str) -> bool:
    if "amespaces" in key:
        return "*" not in value
    if "ccounts" in key:
        return "/" in value
    if "orts" in key:
        return value == str(int(value))
    return value == "*" or not value.startswith("*")

