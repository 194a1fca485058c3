"""Strangers on random meshes: what `lower` writes, `istio` models and `prove` judges agrees, and the reference evaluator agrees with the model."""

import random
from typing import Any

import pytest
from tests.reference.intent import Ask
from tests.support.proved import Documents, Proved, compiled, documents_of, judged
from tests.support.replay import let_in, replay
from tests.support.worlds import World

from meshwright.access.request import Witness, evaluate
from meshwright.ir.placement import waypoints

L7 = ("shop/web", "shop/orders", "shop/status")
SOURCES = ("shop/web", "shop/orders", "shop/db", "ops/agent", "any workload", "namespace ops", "clients of edge/public", "clients of any gateway",
           "unidentified 10.9.0.0/24", "unidentified")
DOORS = ("/**", "/a/**", "/a", "GET /a/{id}", "GET, POST /{id}/b/**", "/")


def world(dice: random.Random) -> World:
    """Two services on one pod set, TCP, a headless one, a gateway; one to six rules."""
    made = World().namespace("shop").namespace("edge", waypoint="none").namespace("ops")
    made.service("shop/web", "http 80 -> 8080").service("shop/orders", "http 80 -> 8080", "http 81 -> 8081")
    made.service("shop/status", "http 82 -> 8080", pods="shop/orders").service("shop/db", "tcp 5432").service("shop/kafka", "tcp 9092", headless=True)
    made.pods("ops/agent").gateway("edge/public", "https 443 shop.example.com *.example.org edge/c", "http 8080")
    for host in dice.sample(("shop.example.com", "*.example.org", "a.example.org"), dice.randint(0, 3)):
        made.route("edge/public", host, dice.choice(("/**", "/a/**", "/a", "/b/**")), dice.choice(L7[:2]), 80)
    for _ in range(dice.randint(1, 6)):
        source, effect = dice.choice(SOURCES), dice.choice((World.allow, World.allow, World.allow, World.deny))
        if effect is World.deny and dice.random() < 0.4:
            source = "anyone"
        if source.startswith("unidentified") or dice.random() < 0.25:
            pods = dice.choice(("shop/web", "shop/orders", "shop/db", "shop/kafka", "ops/agent"))
            effect(made, source, f"pods of {pods}", dice.choice(("port 8080", "port 9102", "port 5432", "")))
        else:
            service = dice.choice((*L7, "shop/db", "shop/kafka"))
            effect(made, source, service, *(dice.sample(DOORS, dice.randint(0, 2)) if service in L7 else ()))
    for name in waypoints(made.program()):
        made.own_waypoint(name, more=(("istio.io/ingress-use-waypoint", "true"),) if any(route.service == name for route in made.routes) else ())
    return made


def lowered(seed: int) -> tuple[Any, Documents] | None:
    try:
        program, tree = compiled(world(random.Random(seed)))
    except AssertionError:
        return None  # refused: not exact
    return program, documents_of(tree)


def changed(documents: Documents, dice: random.Random) -> Documents:
    """One careless edit."""
    victim = dice.choice([one for one in documents if one["kind"] in ("AuthorizationPolicy", "PeerAuthentication")])
    rest = [one for one in documents if one is not victim]
    if dice.random() < 0.4 or victim["kind"] == "PeerAuthentication":
        return rest
    spec = dict(victim["spec"])
    if dice.random() < 0.5 and len(spec.get("rules", ())) > 1:
        spec["rules"] = dice.sample(spec["rules"], len(spec["rules"]) - 1)
    elif spec.get("rules"):
        spec["action"] = "ALLOW" if spec.get("action") == "DENY" else "DENY"
    return [*rest, {**victim, "spec": spec}]


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_what_is_lowered_is_proved(start: int) -> None:
    held = 0
    for seed in range(start, start + 20):
        made = lowered(seed)
        if made is not None:
            proved = judged(*made)
            assert proved.proof.holds, (seed, [found.message for found in proved.diagnostics])
            held += 1
    assert held > 5


@pytest.mark.parametrize("start", range(0, 40, 20))
def test_the_model_and_every_witness_agree_with_the_reference(start: int) -> None:
    replayed = 0
    for seed in range(start, start + 20):
        made = lowered(seed)
        if made is not None:
            dice = random.Random(seed)
            proved = judged(made[0], changed(made[1], dice))
            replayed += replay(proved)
            sample(proved, dice)
    assert replayed > 0


def sample(proved: Proved, dice: random.Random) -> None:
    """Random requests on every way: the model lets in exactly what the reference does."""
    principals = [f"cluster.local/ns/{name}" for name in ("shop/sa/web", "shop/sa/db", "ops/sa/agent", "other/sa/other", "edge/sa/public-istio", "shop/sa/waypoint")]
    for reach in proved.reach:
        labels = dict(next((one.labels for one in proved.program.inventory.workloads if one.id == reach.destination), ()))
        for way in reach.ways if not reach.unknown else ():
            if way.kind == "unlisted-service":
                continue  # neither port is known: existential, see replay
            same = [one for one in reach.ways if one[:6] == way[:6]]
            for _ in range(12):
                principal = "" if way.kind == "plaintext" else "cluster.local/ns/edge/sa/public-istio" if way.gateway else dice.choice(principals)
                target = way.target or dice.choice((8080, 8081, 9102, 5432, 9092, 7))
                rest = (dice.choice(("GET", "POST", "PUT")), dice.choice(("/", "/a", "/a/x", "/a/b/c", "/b", "/b/b/c")),
                        dice.choice(("shop.example.com", "a.example.org:8443", "B.example.org", "other.test")))
                address = dice.choice(("10.9.0.7", "203.0.113.7"))
                request = Witness(principal, address, target if way.kind in ("pod", "plaintext") else way.port, *rest)
                ask = Ask(way.kind, "", way.service, way.port, target, way.gateway, way.listener, principal, address, *rest)
                modelled = any(evaluate(one.admitted, request) for one in same)
                assert modelled == let_in(proved.documents, way, reach.namespace, labels, ask), (way[:6], request)
