"""The evaluator of tests/reference over what istiod sends, against what real ztunnel decided: it is the judge of random worlds elsewhere."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.reference.ztunnel import Ztunnel
from tests.support.istiod import Istiod


@pytest.mark.conformance
def test_recorded_decisions_of_ztunnel(istiod: Istiod, corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    judged = 0
    with gzip.open(corpora / "decisions" / "decisions.jsonl.gz", "rt") as worlds:
        for line in worlds:
            world = json.loads(line)
            answer = istiod.ask(world["objects"], ["ztunnel"])
            ztunnel = Ztunnel(answer["authorizations"], answer["addresses"])
            for one in world["questions"]:
                if one["engine"] == "ztunnel":
                    # Several policies may refuse; which of them is named is chance.
                    said = ztunnel.decide(f"{one['workload']}-0", one["peer"], one["source_ip"], one["target_port"])
                    assert said.partition(":")[0] == one["by"].partition(":")[0], (world["world"], one, said)
                    judged += 1
    count_cases("recorded ztunnel decisions by the reference", judged)
    assert judged == 30_240
