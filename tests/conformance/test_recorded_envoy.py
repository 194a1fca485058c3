"""The recorded decisions of Envoy, asked again through our own harness: what `tests.support.chains` changes must change no answer."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.data_plane import DataPlane
from tests.support.istiod import Istiod


@pytest.mark.conformance
def test_recorded_decisions_of_envoy(istiod: Istiod, envoy: None, corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    judged = 0
    with gzip.open(corpora / "decisions" / "decisions.jsonl.gz", "rt") as worlds:
        for line in worlds:
            world = json.loads(line)
            questions = [one for one in world["questions"] if one["engine"] != "ztunnel"]
            with DataPlane({"recorded": istiod.ask(world["objects"], ["envoy"])["proxies"]}) as plane:
                for one, said in zip(questions, plane.ask("recorded", questions), strict=True):
                    # The answer to HEAD has no body to say why.
                    assert said.status == one["status"] and (said.by == one["by"] or one["method"] == "HEAD"), (world["world"], one, said)
            judged += len(questions)
    count_cases("recorded Envoy decisions, asked again", judged)
    assert judged == 28_800
