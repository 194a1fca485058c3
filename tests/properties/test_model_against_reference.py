"""The model's sets of requests against a second, slow reading of the same objects, one concrete request at a time.

Worlds that lowering makes, whole and with one policy taken away or turned around, and requests made of what the objects name.
"""

import copy
import random
from collections.abc import Callable

import pytest
from tests.reference.intent import Ask
from tests.support.proved import Documents, Proved, edited
from tests.support.replay import let_in
from tests.support.worlds import World, shop
from tests.unit.lower import cases

from meshwright.access.reach import Reach, Way
from meshwright.access.request import Witness, evaluate

ROUNDS = 60


def edits(documents: Documents, chance: random.Random) -> Documents:
    """The same documents with one AuthorizationPolicy gone, of the other action, or with a widened or foreign neighbour."""
    found = copy.deepcopy(documents)
    policies = [one for one in found if one["kind"] == "AuthorizationPolicy"]
    victim = chance.choice(policies)
    what = chance.randrange(5)
    if what == 0:
        found.remove(victim)
    elif what == 1 and victim["spec"].get("rules"):
        victim["spec"]["action"] = "DENY" if victim["spec"].get("action", "ALLOW") == "ALLOW" else "ALLOW"
    elif what == 2 and victim["spec"].get("rules"):
        chance.choice(victim["spec"]["rules"]).pop(chance.choice(["from", "to"]), None)
    elif what == 3:
        extra = copy.deepcopy(victim)
        extra["metadata"]["name"] += "-wide"
        extra["spec"].update({"action": "ALLOW", "rules": [{}]})
        found.append(extra)
    return found


def values(documents: Documents) -> tuple[list[str], list[str], list[str], list[str]]:
    """Principals, methods, paths and hosts that the documents name, and some that nobody named."""
    text = [value for one in documents if one["kind"] == "AuthorizationPolicy" for rule in one["spec"].get("rules") or ()
            for clause in ("from", "to") for element in rule.get(clause) or () for fields in element.values() for many in fields.values() for value in many]
    accounts = {value for value in text if value.count("/") == 1 and not value.startswith("/")}
    paths = {value.replace("{*}", "x").replace("{**}", "y/z").replace("*", "w") for value in text if value.startswith("/")}
    routes = {match["path"]["value"] for one in documents if one["kind"] == "HTTPRoute" for rule in one["spec"]["rules"] for match in rule.get("matches") or ()}
    hosts = {host.replace("*", "a") for one in documents for host in one["spec"].get("hostnames") or ()}
    return ([*sorted(f"cluster.local/ns/{name.replace('/', '/sa/')}" for name in accounts), "cluster.local/ns/evil/sa/evil"],
            ["GET", "POST", "DELETE"], [*sorted(paths | routes | {f"{path.rstrip('/')}/deep" for path in paths | routes}), "/"],
            [*sorted(hosts), *(f"{host}:443" for host in sorted(hosts)), "example.org"])


def compare(proved: Proved, chance: random.Random) -> int:
    """Every way of every destination, a few requests each; the number of requests asked."""
    principals, methods, paths, hosts = values(proved.documents)
    labels = {one.id: dict(one.labels) for one in proved.program.inventory.workloads}
    asked = 0
    for reach in proved.reach:
        if not reach.captured or reach.unknown or (reach.kind == "other-pods" and reach.destination != f"other pods {reach.namespace}"):
            continue
        for way in reach.ways:
            for _ in range(4):
                principal = "" if way.kind in ("plaintext", "gateway") else chance.choice(principals)
                port = chance.choice([way.target or 8080, 8080, 5432, 9102, 80]) if way.kind in ("pod", "plaintext", "unlisted-service") else 0
                request = Witness(principal, chance.choice(["203.0.113.7", "10.9.0.5"]), port, chance.choice(methods), chance.choice(paths), chance.choice(hosts))
                expected = reference(proved, reach, way, labels.get(reach.destination, {}), request)
                assert evaluate(way.admitted, request) == expected, (reach.destination, way, request)
                asked += 1
    return asked


def reference(proved: Proved, reach: Reach, way: Way, labels: dict[str, str], request: Witness) -> bool:
    number = way.port or (request.port if way.kind == "unlisted-service" else 0)
    # behind a gateway the next proxy sees the gateway's own account
    principal = f"cluster.local/ns/{way.gateway.replace('/', '/sa/')}-istio" if way.gateway else request.principal
    return let_in(proved.documents, way, reach.namespace, labels, Ask(
        way.kind, "", way.service, number, way.target or request.port, way.gateway, way.listener, principal, request.source_ip,
        request.method, request.path, request.host))


@pytest.mark.parametrize("world", [shop, cases.shared_pods, cases.unidentified, cases.any_workload, cases.many_callers, cases.gateways, cases.placements],
                         ids=lambda world: world.__name__)
def test_the_model_agrees_with_the_reference(world: Callable[[], World]) -> None:
    chance = random.Random(7)
    asked = compare(edited(world(), lambda documents: None), chance)
    for _ in range(ROUNDS // 6):
        asked += compare(edited(world(), lambda documents: edits(documents, chance)), chance)
    assert asked > 100
