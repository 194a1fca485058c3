"""Whatever stands in the objects, the model answers: with ways, or with a diagnostic that names the object."""

import copy
import random
from typing import Any

from tests.unit.istio.test_paths import TO_WEB, WEB_TO_ORDERS
from tests.unit.istio.world import GATEWAY, MESH, RECIPE, objects, shop

from meshwright.istio import model

JUNK: tuple[Any, ...] = (None, 0, -1, 70000, "", "*", "/", "a/b/c", "{*}", True, [], {}, [None], [{}], {"a": 1}, ["x", 1], "10.0.0.0/99", 1.5)
OTHERS = """
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v, namespace: shop}
spec: {hosts: [web], http: [{route: [{destination: {host: orders}}]}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: e, namespace: shop}
spec: {hosts: [a.example.com], resolution: STATIC, endpoints: [{address: 10.0.0.1}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: f, namespace: shop}
spec: {hosts: [b.example.com], resolution: STATIC, workloadSelector: {labels: {app: web}}}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: r, namespace: shop}
spec: {targetRefs: [{group: "", kind: Service, name: web}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: g, namespace: shop}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}], to: [{group: "", kind: Service, name: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {a: b}}
"""


def spoil(value: Any, chance: random.Random) -> Any:
    """One node somewhere below becomes junk."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(sorted(value))
        return {**value, key: spoil(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        index = chance.randrange(len(value))
        return [*value[:index], spoil(value[index], chance), *value[index + 1 :]]
    return copy.deepcopy(chance.choice(JUNK))


def test_junk_anywhere_is_answered() -> None:
    chance = random.Random(11)
    whole = objects(RECIPE + GATEWAY + TO_WEB + WEB_TO_ORDERS + OTHERS)
    answers = {"ways": 0, "refused": 0}
    for _ in range(600):
        index = chance.randrange(len(whole))
        one = whole[index]
        part = chance.choice(["spec", "metadata"])
        content = {**one.content, part: spoil(one.content.get(part), chance)}
        outcome = model((*whole[:index], one._replace(content=content), *whole[index + 1 :]), shop(), MESH)
        assert (outcome.value is None) == bool(outcome.diagnostics)
        answers["refused" if outcome.value is None else "ways"] += 1
    assert min(answers.values()) > 50
