"""The first look at policies takes nothing that the table refuses, whatever parts it has seen before."""

import random
from itertools import islice
from typing import Any

from tests.conformance.refusals.objects import mutant

from meshwright.ir.inventory import Object
from meshwright.istio.kinds.authorization_policy import read_policy
from meshwright.istio.valid import Known
from meshwright.istio.valid.metadata import metadata
from meshwright.istio.valid.quick import plain_policy
from meshwright.istio.valid.schema import Wrong, obj
from meshwright.istio.valid.security import POLICY, dry_run
from meshwright.source import Span

OBJECTS = 6000
TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
SCHEMA: dict[str, Any] = {"type": "object", "properties": {
    "action": {"type": "string", "enum": ["ALLOW", "DENY", "AUDIT", "CUSTOM"]},
    "selector": {"type": "object", "properties": {"matchLabels": {"type": "object", "additionalProperties": {"type": "string"}}}},
    "targetRefs": {"type": "array", "maxItems": 16, "items": {"type": "object", "properties": {
        name: {"type": "string"} for name in ("group", "kind", "name", "namespace")}}},
    "rules": {"type": "array", "items": {"type": "object", "properties": {
        "from": {"type": "array", "items": {"type": "object", "properties": {"source": {"type": "object", "properties": dict.fromkeys(("serviceAccounts", "notServiceAccounts", "namespaces", "principals", "ipBlocks"), TEXTS)}}}},
        "to": {"type": "array", "items": {"type": "object", "properties": {"operation": {"type": "object", "properties": dict.fromkeys(("ports", "notPorts", "methods", "paths", "hosts"), TEXTS)}}}},
        "when": {"type": "array", "items": {"type": "object", "properties": {"key": {"type": "string"}, "values": TEXTS}}}}}}}}
PLAIN: list[dict[str, Any]] = [
    {"action": "ALLOW", "selector": {"matchLabels": {"app": "web"}}, "rules": [
        {"from": [{"source": {"serviceAccounts": ["shop/web"]}}], "to": [{"operation": {"ports": ["8080"]}}]}]},
    {"action": "DENY", "selector": {"matchLabels": {"app": "web"}}, "rules": [
        {"from": [{"source": {"notServiceAccounts": ["shop/web", "ops/x"]}}]}, {"to": [{"operation": {"notPorts": ["8080"]}}]}]},
    {"targetRefs": [{"group": "", "kind": "Service", "name": "web"}], "rules": [
        {"to": [{"operation": {"ports": ["80"], "methods": ["GET"], "paths": ["/a", "/a/*", "/b/{*}"]}}]}]},
    {"action": "ALLOW", "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "waypoint"}]}]


def test_what_the_first_look_takes_the_table_takes() -> None:
    dice = random.Random(5)
    known = Known()
    alive = []
    taken = 0
    for number in range(OBJECTS):
        spec = mutant(dice.choice(PLAIN), SCHEMA, dice) if number > 3 else PLAIN[number]
        meta: dict[str, Any] = {"name": "x", "namespace": "shop", "labels": {"a": "b"}}
        if dice.random() < 0.3:
            meta[dice.choice(("labels", "annotations", "uid"))] = dice.choice(({"a": "b"}, {"a b": "c"}, {"a": 1}, None, {"istio.io/dry-run": "x"}, "x"))
        content = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": meta, "spec": spec}
        found = Object("security.istio.io/v1", "AuthorizationPolicy", "shop", "x", content, Span("x", 0, 0))
        alive.append(found)  # ids of parts are remembered
        policy = plain_policy(found, known)
        if policy is not None:
            taken += 1
            assert policy == read_policy(found)
            metadata(found, "security.istio.io")
            POLICY(spec)
            dry_run(found, spec)
    assert taken > OBJECTS // 20


def test_a_check_says_the_whole_place() -> None:
    check = obj({"a": obj({"b": obj({})})})
    for content, place in (({"a": {"b": {"c": 1}}}, ("a", "b", "c")), ({"a": {"b": []}}, ("a", "b")), ([], ())):
        try:
            check(content)
        except Wrong as wrong:
            assert wrong.place == place
        else:
            raise AssertionError(content)


def test_made_objects_are_the_same_every_time() -> None:
    from tests.conformance.refusals.objects import objects

    schemas = {("security.istio.io", "v1", "AuthorizationPolicy"): SCHEMA}
    assert list(islice(objects(schemas, [], 3), 50)) == list(islice(objects(schemas, [], 3), 50))
