"""The command ``decide`` against every recorded decision, with status and the policy that made it (corpora/decisions)."""

import random
from collections.abc import Callable
from pathlib import Path

from tests.conformance.test_decisions import worlds
from tests.conformance.test_envoy import pods
from tests.support import hand_made, random_worlds
from tests.support.chains import AUTHORIZER_HEADER
from tests.support.data_plane import DataPlane
from tests.support.decided import config, judged, question
from tests.support.stored_worlds import accepted, stored


def test_decide_answers_as_recorded(corpora: Path, tmp_path: Path, count_cases: Callable[[str, int], None]) -> None:
    wrong = []
    answered = named = 0
    for world in worlds(corpora):
        refused = {entry["object"] for entry in world["refused"]}
        objects = [one for one in world["objects"]
                   if f"{one['kind']} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}" not in refused]
        outcome = judged(objects, tmp_path / str(world["world"]))
        assert outcome.value is not None, outcome.diagnostics[:3]
        for recorded in world["questions"]:
            said = outcome.value(question(recorded))
            by = "allow" if recorded["by"] == "direct_response" else recorded["by"]
            answered += 1
            if recorded["engine"] == "ztunnel" and by.startswith("deny:"):  # which of several that refuse is named is chance there
                by = said["by"] if str(said["by"]).startswith("deny:") else by
            named += by == recorded["by"]
            if (said.get("decision"), said.get("status"), said.get("by")) != (recorded["decision"], recorded.get("status"), by):
                wrong.append((world["world"], recorded, said))
    count_cases("decide answers", answered)
    assert wrong == []
    assert answered == 59_040 and named > 43_000


def test_a_tree_that_would_be_refused_is_refused_object_by_object(corpora: Path, tmp_path: Path) -> None:
    compared = 0
    for world in worlds(corpora):
        wanted = {entry["object"].replace(" ", " `") + "`" for entry in world["refused"]}
        outcome = judged(world["objects"], tmp_path / str(world["world"]))
        said = {found.message.partition(" would be refused")[0] for found in outcome.diagnostics if found.severity == "error"}
        assert said == wanted, world["world"]
        assert (outcome.value is None) == bool(wanted)
        compared += len(wanted)
    assert compared == 4


def test_decide_answers_as_real_envoy(envoy: None, tmp_path: Path, count_cases: Callable[[str, int], None]) -> None:
    """Random and hand-made policies in the configuration of real istiod: decision, status and the policy that is named."""
    by_hand, *others = stored()
    wrong = []
    asked = 0
    for number, world in enumerate([by_hand, *others]):
        outcome = judged([*accepted(world), config(world["mesh"])], tmp_path / str(number))
        assert outcome.value is not None, outcome.diagnostics[:3]
        address = pods(world)
        questions = random_worlds.questions(f"decide {world['seed']}", 300) if number else random.Random("decide").sample(hand_made.questions(), 2000)
        with DataPlane({"world": world["proxies"]}) as plane:
            for one, real in zip(questions, plane.ask("world", questions), strict=True):
                # What the authorizer says is its own affair, and so is its status.
                answer = "deny" if one.get("headers", {}).get(AUTHORIZER_HEADER) == "deny" or real.by == "ext_authz_denied" else "allow"
                told = {"authorizers": dict.fromkeys(random_worlds.AUTHORIZERS, answer)}
                if one["engine"] == "sidecar":
                    told["destination_ip"] = address[f"{one['service']}-0"]
                said = outcome.value(one | told)
                # A connection that is closed says no reason; the answer to HEAD has no body to say one.
                named = "method" in one and one["method"] != "HEAD" and said["by"] != "ext_authz_denied"
                by = ("allow" if real.allowed else real.by) if named else said["by"]
                status = said.get("status", 0) if said["by"] == "ext_authz_denied" else real.status
                if (said["decision"], said.get("status", 0), said["by"]) != ("allow" if real.allowed else "deny", status, by):
                    wrong.append((world["seed"], one, said, real))
                asked += 1
    count_cases("decide against real Envoy", asked)
    assert wrong == []
    assert asked > 6000
