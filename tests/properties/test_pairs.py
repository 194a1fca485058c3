"""The table of all pairs and the reference evaluator: whoever gets in is listed, and who is listed with everything gets in with anything."""

from itertools import product

import pytest
from tests.e2e.test_mutations import FAILS
from tests.reference import istio
from tests.reference.intent import Ask
from tests.support.proved import Proved, edited
from tests.support.replay import let_in
from tests.support.worlds import World, shop

from meshwright.ir.pairs import Pairs
from meshwright.prove.pairs import NOBODY, OTHER, pairs

REQUESTS = (("GET", "/v1/orders/7"), ("POST", "/v1/orders"), ("GET", "/debug/x"), ("POST", "/bank.Ledger/Post"), ("PUT", "/"))
STRANGERS = {"cluster.local/ns/shop/sa/stranger": "any other identity of shop", "cluster.local/ns/elsewhere/sa/x": OTHER}


def listed(found: Pairs, caller: str, target: str, way: str) -> str:
    """The extent for a caller: its own line, else that of its namespace, else that of all others."""
    lines = {pair.source: pair.extent for pair in found.pairs if (pair.target, pair.way) == (target, way)}
    fallbacks = (caller,) if caller == NOBODY else (caller, f"any other identity of {caller.partition('/')[0]}", OTHER) if "/" in caller else (caller, OTHER)
    return next((lines[name] for name in fallbacks if name in lines), "none")


def check(proved: Proved) -> int:
    found = pairs(proved.program, proved.reach)
    documents = istio.effective(proved.documents)
    callers = {one.identity.principal("cluster.local"): str(one.identity) for one in proved.program.inventory.workloads} | STRANGERS
    judged = 0
    for reach in (one for one in proved.reach if one.kind == "workload"):
        labels = dict(next(one.labels for one in proved.program.inventory.workloads if one.id == reach.destination))
        pods = f"pods of {reach.namespace}/{reach.destination.rpartition('/')[2]}"
        for way, (principal, caller), port in product(reach.ways, callers.items(), (5432, 8080, 9102, 9)):
            if way.kind not in ("service", "pod", "plaintext") or (way.kind == "service" and port != 9) or reach.unknown:
                continue
            if way.kind == "plaintext":
                principal, caller = "", NOBODY
            numbers = {int(pair.target.split()[-1]) for pair in found.pairs if pair.target.startswith(f"{pods} port ")}
            place = f"port {port}" if port in numbers or port in {one.target for one in reach.ways} else "any other port"
            target = f"{way.service} port {way.port}" if way.kind == "service" else f"{pods} {place}"
            extent = listed(found, caller, target, way.kind)
            for method, path in REQUESTS if way.kind == "service" else REQUESTS[:1]:
                ask = Ask(way.kind, "", way.service, way.port, way.target or port, "", 0, principal, "203.0.113.7", method, path, "")
                passes = let_in(documents, way, reach.namespace, labels, ask)
                assert not passes or extent != "none", (caller, target, way.kind, method, path)
                assert passes or extent != "all", (caller, target, way.kind, method, path)
                judged += 1
    return judged


@pytest.mark.parametrize("edit", ["", "guard and ALLOW removed", "everything allowed in the namespace, guards removed", "plaintext accepted", "a path widened",
                                  "a waypoint Gateway removed"])
def test_the_table_is_what_the_reference_evaluator_says(edit: str) -> None:
    assert check(edited(shop(), FAILS[edit][0] if edit else lambda documents: None)) > 200


def wide(world: World) -> World:
    return world.allow("any workload", "shop/orders", "GET /a/**").allow("namespace ops", "shop/postgres", "port 5432").allow(
        "unidentified 203.0.113.0/24", "pods of shop/kafka", "port 9092")


def test_wide_callers_are_told_from_named_ones() -> None:
    proved = edited(wide(shop()), lambda documents: None)
    assert check(proved) > 200
    found = {(pair.source, pair.target, pair.extent) for pair in pairs(proved.program, proved.reach).pairs}
    assert (OTHER, "shop/orders port 8080", "some") in found
    assert ("any other identity of ops", "shop/postgres port 5432", "all") in found
    assert (NOBODY, "pods of shop/kafka port 9092", "some") in found


def test_open_workloads_are_named() -> None:
    closed = edited(shop(), lambda documents: None)
    assert pairs(closed.program, closed.reach).unprotected == ()
    bare = edited(shop(), lambda documents: [one for one in documents if one["kind"] not in ("AuthorizationPolicy", "PeerAuthentication")])
    found = pairs(bare.program, bare.reach)
    assert {one.to for one in found.unprotected} == {"anybody"} and len(found.unprotected) == found.workloads
    strict = edited(shop(), lambda documents: [one for one in documents if one["kind"] != "AuthorizationPolicy"])
    assert {one.to for one in pairs(strict.program, strict.reach).unprotected} == {"any identity"}
    outside = edited(shop().service("ops/agent", "tcp 99", capture="outside"), lambda documents: None)
    assert [(one.workload, one.to) for one in pairs(outside.program, outside.reach).unprotected] == [("ops/Deployment/agent", "anybody")]
