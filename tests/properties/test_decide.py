"""Three answers to one question are one: the compiled sets of requests, the concrete evaluator, and the slow reference.

Random worlds with every field of AuthorizationPolicy, RequestAuthentication and PeerAuthentication, well and badly written.
"""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.reference import istio
from tests.reference.normalization import normalized
from tests.support import random_worlds
from tests.support.decided import accepted, judged

from meshwright.access.request import Witness, evaluate
from meshwright.inventory import read_inventory
from meshwright.ir.intent import Mesh
from meshwright.istio.attachment import Policies
from meshwright.istio.peers import Peers
from meshwright.istio.reading import read_objects

Json = dict[str, Any]
ROOT = "istio-system"
MESH = Mesh((1, 31), "cluster.local", ROOT, None, (), random_worlds.AUTHORIZERS)
SETTINGS = "extensionProviders:\n" + "".join(f"- {{name: {name}, envoyExtAuthzGrpc: {{service: a, port: 1}}}}\n" for name in random_worlds.AUTHORIZERS)
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": ROOT}, "data": {"mesh": SETTINGS}}
METADATA = {"envoy.filters.a.b": {"c": "x", "d": ["y", "z"]}}


def attributes(question: Json, address: str, lists: set[str]) -> tuple[tuple[str, Any], ...]:
    """What policies may ask for beside the usual, as the model names it."""
    found: dict[str, Any] = {f"header:{name}": value for name, value in question["headers"].items()}
    found["remote_ip"] = question["headers"].get("x-forwarded-for", question["source_ip"]).split(",")[-1].strip()
    found["destination_ip"] = address

    def walk(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(f"{path}/{name}" if path else name, inner)
        elif path in ("iss", "sub") and isinstance(value, str):
            found[f"claim:{path}"] = value
        elif isinstance(value, str):
            found[f"claim:{path}"] = tuple(value.split(" ")) if path in lists else (value,)
        elif isinstance(value, list):
            found[f"claim:{path}"] = tuple(one for one in value if isinstance(one, str))

    walk("", question["claims"] or {})
    return tuple(sorted(found.items()))


def ask_all(seed: str, folder: Path, number: int) -> Counter[str]:
    """Asks one world; the number of questions by engine and decision."""
    objects = accepted(random_worlds.objects(seed), folder / "all")
    outcome = judged([*objects, CONFIG], folder / "kept")
    assert outcome.value is not None, outcome.diagnostics[:2]
    inventory = read_inventory(str(folder / "kept"), (".",)).value
    assert inventory is not None
    read = read_objects(inventory.foreign, ROOT)
    policies = Policies(read.policies, Peers(read.peers, ROOT), MESH, read.tokens)
    labels = {f"{one.namespace}/{one.name}": dict(one.labels) for one in inventory.workloads}
    addresses = {one.id: one.address for one in inventory.services}
    documents = istio.effective([one for one in objects if one["kind"].endswith(("Policy", "Authentication"))])
    counts: Counter[str] = Counter()
    chance = random.Random(seed)
    for question in [*random_worlds.questions(seed, number), *random_worlds.connections(seed, number // 3)]:
        at_ztunnel, request = question["engine"] == "ztunnel", "method" in question
        where = question["workload" if at_ztunnel else "service"]
        space = where.split("/")[0]
        address = "10.244.0.9" if question["engine"] != "waypoint" else addresses[where]
        authorizers = {name: chance.choice(("allow", "deny")) for name in random_worlds.AUTHORIZERS} if not at_ztunnel else {}
        told = {"authorizers": authorizers} if authorizers else {}
        said = outcome.value(question | told | ({"destination_ip": address} if question["engine"] != "waypoint" else {}))
        path = normalized(question["path"]) if request else "/"
        if path is None:
            assert said["status"] == 400
            continue
        asked = [one for one in documents if one["kind"] == "RequestAuthentication"]
        lists = {"scope", "permission"}
        if request:
            lists |= {name for one in asked if _applies(one, question, labels) for rule in one["spec"].get("jwtRules") or ()
                      for name in rule.get("spaceDelimitedClaims") or ()}
        also = attributes(question, address, lists) if request else (("destination_ip", address), ("remote_ip", question["source_ip"]))
        also = tuple(sorted([*also, *((f"asked:{name}", answer) for name, answer in authorizers.items())]))
        principal = (question["peer"] or "").removeprefix("spiffe://")
        plain = (principal, question["source_ip"], question["target_port" if at_ztunnel else "port"], question.get("method", "GET"), path,
                 question["headers"].get("host", "") if request else "")
        call, witness = istio.Call(*plain, also), Witness(*plain, also)  # type: ignore[arg-type]
        if at_ztunnel:
            verdict, slow = policies.ztunnel(space, labels[where]), istio.ztunnel(documents, ROOT, space, labels[where], call)
        elif question["engine"] == "waypoint":
            verdict = policies.waypoint(space, "wp", (space, where.split("/")[1]), request)
            slow = istio.waypoint(documents, ROOT, question["proxy"], where, call, "http" if request else "tcp", MESH.providers)
        else:
            verdict = policies.envoy(space, labels[where], http=request)
            slow = istio.sidecar(documents, ROOT, space, labels[where], call, "http" if request else "tcp", MESH.providers)
        assert not verdict.unknown
        assert said["decision"] == ("allow" if slow else "deny"), (seed, question, said)
        assert evaluate(verdict.admitted, witness) == slow, (seed, question)
        counts[f"{question['engine']} {said['decision']}"] += 1
    return counts


def _applies(one: Json, question: Json, labels: dict[str, dict[str, str]]) -> bool:
    where = one["metadata"]["namespace"]
    space, _, name = question["service"].partition("/")
    if question["engine"] == "waypoint":
        return where == space and any((ref["kind"], ref["name"]) in (("Service", name), ("Gateway", "wp")) for ref in istio.targets(one))
    wanted = (one["spec"].get("selector") or {}).get("matchLabels") or {}
    return where in (space, ROOT) and not istio.targets(one) and wanted.items() <= labels[question["service"]].items()


@pytest.mark.parametrize("part", range(4))
def test_three_answers_are_one(part: int, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    for number in range(4):
        counts += ask_all(f"decide-{part}-{number}", tmp_path / str(number), 120)
    assert len(counts) >= 5 and sum(counts.values()) > 500, counts


@pytest.mark.slow
def test_three_answers_are_one_in_many_worlds(tmp_path: Path) -> None:
    chance = random.Random("many")
    for number in range(300):
        ask_all(f"decide-{chance.random()}", tmp_path / str(number), 200)
