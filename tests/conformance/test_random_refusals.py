"""Our validation, and what was recorded of a real API server, against schemas, CEL rules and webhook as our istiod applies them."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conformance.refusals.objects import objects
from tests.conformance.test_refusals import own_cases, verdict
from tests.support.istiod import Istiod, program

pytestmark = pytest.mark.conformance
HERE = Path(__file__).parent
GROUPS = ("security.istio.io", "networking.istio.io", "extensions.istio.io", "telemetry.istio.io", "gateway.networking.k8s.io")


def schemas() -> dict[tuple[str, str, str], Any]:
    """Group, version and kind -> schema of ``spec``, for each kind in one version that is served."""
    printed = subprocess.run([str(program()), "-schemas"], check=True, capture_output=True, timeout=60).stdout
    found = {}
    for line in printed.splitlines():
        spec = json.loads(line)["spec"]
        if spec["group"] in GROUPS:
            version = next((one for one in spec["versions"] if one["name"] == "v1" and one["served"]), next(one for one in spec["versions"] if one["served"]))
            properties = version["schema"]["openAPIV3Schema"]["properties"]
            if "spec" in properties:
                found[spec["group"], version["name"], spec["names"]["kind"]] = properties["spec"]
    return found


def test_a_real_cluster_said_the_same(istiod: Istiod, count_cases: Callable[[str, int], None]) -> None:
    wrong = []
    count = 0
    for case in own_cases():
        answer = istiod.ask([case["object"]])
        count += 1
        if bool(answer["refused"]) != case["refused"]:
            wrong.append((json.dumps(case["object"])[:600], case["message"], answer["refused"]))
    count_cases("verdicts of a real cluster, asked again", count)
    assert wrong == [], (len(wrong), wrong[:20])


def test_random_objects(istiod: Istiod, count_cases: Callable[[str, int], None]) -> None:
    seeds = [each for each in yaml.safe_load_all((HERE / "refusals" / "seeds.yaml").read_text()) if each]
    wrong = []
    count: Counter[bool] = Counter()
    for content in islice(objects(schemas(), seeds, int(os.environ.get("MESHWRIGHT_SEED", "1"))), 20_000):
        answer = istiod.ask([content])
        ours = verdict(content)
        count[bool(answer["refused"])] += 1
        # What an EnvoyFilter writes into Envoy's configuration is not looked at.
        if bool(ours) != bool(answer["refused"]) and content["kind"] != "EnvoyFilter":
            wrong.append((json.dumps(content)[:900], ours, answer["refused"]))
    count_cases("random objects before schemas and webhook", count.total())
    assert wrong == [], (len(wrong), wrong[:20])
    assert min(count.values()) > 4_000
