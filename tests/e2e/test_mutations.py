"""Trees that somebody edited: what is broken fails with a request that the reference evaluator confirms, the rest holds."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.proved import Documents, Proved, compiled, documents_of, edited, judged
from tests.support.replay import replay
from tests.support.worlds import World, shop
from tests.unit.lower import cases

Edit = Callable[[Documents], object]


def policy(documents: Documents, name: str) -> dict[str, Any]:
    (found,) = (one for one in documents if f"{one['metadata'].get('namespace')}/{one['metadata']['name']}" == name and one["kind"] == "AuthorizationPolicy")
    return found


def without(kind: str, name: str) -> Edit:
    def edit(documents: Documents) -> Documents:
        kept = [one for one in documents if (one["kind"], f"{one['metadata'].get('namespace')}/{one['metadata']['name']}") != (kind, name)]
        assert len(kept) < len(documents), f"there is no {kind} {name}"
        return kept

    return edit


def replaced(name: str, old: object, new: object) -> Edit:
    """``old`` becomes ``new`` wherever it stands in one policy."""

    def edit(documents: Documents) -> None:
        found = policy(documents, name)
        changed = _swap(found["spec"], old, new)
        assert changed != found["spec"], f"{old} is not in {name}"
        found["spec"] = changed

    return edit


def _swap(value: Any, old: object, new: object) -> Any:
    if value == old:
        return new
    if isinstance(value, dict):
        return {key: _swap(inner, old, new) for key, inner in value.items()}
    return [_swap(inner, old, new) for inner in value] if isinstance(value, list) else value


def added(namespace: str, name: str, spec: dict[str, Any], kind: str = "AuthorizationPolicy") -> Edit:
    return lambda documents: [*documents, {"apiVersion": "security.istio.io/v1", "kind": kind,
                                           "metadata": {"namespace": namespace, "name": name}, "spec": spec}]


def permissive(documents: Documents) -> None:
    (found,) = (one for one in documents if one["kind"] == "PeerAuthentication" and one["metadata"]["namespace"] == "shop")
    found["spec"] = {"mtls": {"mode": "PERMISSIVE"}}


def turned_to_allow(name: str) -> Edit:
    def edit(documents: Documents) -> None:
        policy(documents, name)["spec"]["action"] = "ALLOW"

    return edit


# what somebody did -> the edit, the obligation that must fail, a destination where it must
FAILS: dict[str, tuple[Edit, str, str]] = {
    "a guard removed": (without("AuthorizationPolicy", "shop/orders-guard"), "sealed", "shop/Deployment/orders"),
    "guard and ALLOW removed": (lambda documents: without("AuthorizationPolicy", "shop/orders-allow")(
        without("AuthorizationPolicy", "shop/orders-guard")(without("AuthorizationPolicy", "shop/mesh-baseline")(documents))),  # type: ignore[arg-type]
        "sound", "shop/Deployment/orders"),
    "a waypoint's default deny removed": (without("AuthorizationPolicy", "shop/waypoint-default-deny"), "sound", "waypoint shop/waypoint"),
    "the fence of a service removed": (without("AuthorizationPolicy", "shop/orders-l7-fence"), "sealed", "shop/Deployment/orders"),
    "the ALLOW of a service removed": (without("AuthorizationPolicy", "shop/orders-l7-allow"), "complete", "shop/Deployment/orders"),
    "the DENY of a service removed": (without("AuthorizationPolicy", "shop/web-l7-deny"), "sound", "shop/Deployment/web"),
    "a principal changed": (replaced("shop/orders-l7-allow", "shop/web", "shop/ledger"), "complete", "shop/Deployment/orders"),
    "a caller added at ztunnel": (replaced("shop/postgres-guard", ["shop/ledger"], ["shop/ledger", "shop/web"]), "sealed", "shop/Deployment/postgres"),
    "a path widened": (replaced("shop/orders-l7-allow", "/v1/orders/{*}", "/v1/orders*"), "sound", "shop/Deployment/orders"),
    "a path narrowed": (replaced("shop/orders-l7-allow", "/v1/orders/{*}", "/v1/orders/1"), "complete", "shop/Deployment/orders"),
    "a port changed": (replaced("shop/postgres-allow", ["5432"], ["5433"]), "complete", "shop/Deployment/postgres"),
    "a method renamed": (replaced("shop/orders-l7-allow", ["GET"], ["FETCH"]), "complete", "shop/Deployment/orders"),
    "a waypoint Gateway removed": (without("Gateway", "shop/waypoint"), "complete", "shop/Deployment/orders"),
    "everything allowed in the namespace, guards removed": (lambda documents: added("shop", "open", {"action": "ALLOW", "rules": [{}]})(
        [one for one in documents if not one["metadata"]["name"].endswith("-guard")]), "sound", "shop/Deployment/orders"),  # type: ignore[arg-type]
    "everything allowed in the namespace": (added("shop", "open", {"action": "ALLOW", "rules": [{}]}), "sound", "other pods shop"),
    "plaintext accepted": (permissive, "transport", "shop/Deployment/orders"),
    "the guard's DENY turned into ALLOW": (turned_to_allow("shop/orders-guard"), "sound", "shop/Deployment/orders"),
    "the service's DENY turned into ALLOW": (turned_to_allow("shop/web-l7-deny"), "sound", "shop/Deployment/web"),
    "a gateway's route to another service": (lambda documents: reroute(documents), "complete", "shop/Deployment/orders"),
}


def reroute(documents: Documents) -> None:
    (route,) = (one for one in documents if one["kind"] == "HTTPRoute" and any(
        rule.get("backendRefs", [{}])[0].get("name") == "orders" for rule in one["spec"]["rules"]))
    for rule in route["spec"]["rules"]:
        if rule["backendRefs"][0]["name"] == "orders":
            rule["matches"][0]["path"]["value"] = "/apis"


def reordered(documents: Documents) -> Documents:
    for one in documents:
        if one["kind"] == "AuthorizationPolicy":
            one["spec"].get("rules", []).reverse()
            for rule in one["spec"].get("rules", []):
                rule.get("from", []).reverse()
                rule.get("to", []).reverse()
    return documents[::-1]


def split(documents: Documents) -> Documents:
    found = policy(documents, "shop/orders-l7-allow")
    second = copy.deepcopy(found)
    second["metadata"]["name"] = "orders-l7-allow-2"
    rules = found["spec"]["rules"]
    assert len(rules) > 1
    found["spec"]["rules"], second["spec"]["rules"] = rules[:1], rules[1:]
    return [*documents, second]


def renamed(documents: Documents) -> None:
    for number, one in enumerate(documents):
        if one["kind"] == "AuthorizationPolicy":
            one["metadata"]["name"] = f"policy-{number}"


def redundant(documents: Documents) -> None:
    found = policy(documents, "shop/orders-l7-allow")
    found["spec"]["rules"].append(copy.deepcopy(found["spec"]["rules"][0]))


HOLDS: dict[str, Edit] = {
    "nothing": lambda documents: None,
    "rules and files reordered": reordered,
    "one ALLOW split in two": split,
    "every policy renamed": renamed,
    "a rule said twice": redundant,
    "a policy of an unrelated namespace": added("elsewhere", "open", {"action": "ALLOW", "rules": [{}]}),
}


def failures(proved: Proved) -> set[tuple[str, str]]:
    return {(verdict.obligation, verdict.destination) for verdict in proved.proof.verdicts if verdict.status != "holds"}


@pytest.mark.parametrize("name", FAILS)
def test_what_is_broken_fails_with_a_request(name: str) -> None:
    edit, obligation, destination = FAILS[name]
    proved = edited(shop(), edit)
    assert (obligation, destination) in failures(proved)
    assert all(verdict.status == "fails" for verdict in proved.proof.verdicts if verdict.destination == destination and verdict.status != "holds")
    assert replay(proved) > 0
    assert {found.code for found in proved.diagnostics} <= {"MW0401", "MW0402", "MW0403", "MW0404", "MW0405"}


@pytest.mark.parametrize("name", HOLDS)
def test_other_words_for_the_same_hold(name: str) -> None:
    proved = edited(shop(), HOLDS[name])
    assert failures(proved) == set() and proved.diagnostics == ()


def test_a_redundant_path_removed_holds_and_the_wide_one_does_not() -> None:
    """Two rules of one caller, one inside the other: the manifests say both, and need the wide one only."""

    def cut(narrow: bool) -> Edit:
        def edit(documents: Documents) -> None:
            (paths,) = (to["operation"]["paths"] for rule in policy(documents, "shop/orders-l7-allow")["spec"]["rules"] for to in rule["to"]
                        if to["operation"]["methods"] == ["GET"])
            assert paths == ["/v1", "/v1/*", "/v1/orders/{*}"]
            paths[:] = paths[:2] if narrow else paths[2:]

        return edit

    proved = edited(shop().allow("shop/web", "shop/orders", "GET /v1/**"), cut(narrow=True))
    assert failures(proved) == set() and proved.diagnostics == ()
    assert failures(edited(shop().allow("shop/web", "shop/orders", "GET /v1/**"), cut(narrow=False))) == {("complete", "shop/Deployment/orders")}


@pytest.mark.parametrize("edit", ["a path widened", "everything allowed in the namespace"])
def test_an_opened_door_points_to_the_nearest_rule_or_to_the_destination(edit: str) -> None:
    proved = edited(shop(), FAILS[edit][0])
    found = [one for one in proved.diagnostics if one.code == "MW0401"]
    assert found
    spans = {rule.span: rule.text for rule in proved.program.rules}
    for one in found:
        if edit == "a path widened":
            assert one.label == "nearest rule" and one.span in spans and "shop/web -> shop/orders" in spans[one.span]
        else:
            assert one.span is None or (one.label == "this destination" and one.span not in spans)


@pytest.mark.parametrize("world", [cases.shared_pods, cases.unidentified, cases.any_workload, cases.many_callers, cases.gateways, cases.placements],
                         ids=lambda world: world.__name__)
def test_each_policy_matters(world: Callable[[], World]) -> None:
    """Take one policy away after the other: every witness is real, and no guard or fence can go unnoticed."""
    program, tree = compiled(world())
    documents = documents_of(tree)
    assert failures(judged(program, documents)) == set()
    for one in [one for one in documents if one["kind"] == "AuthorizationPolicy"]:
        name = f"{one['metadata']['namespace']}/{one['metadata']['name']}"
        changed = judged(program, [other for other in documents if other is not one])
        replay(changed)
        if name.endswith(("-guard", "-fence")):
            assert failures(changed), name
