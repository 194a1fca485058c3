"""Labels on other people's objects: verified, owned where that is safe, or handed over as patches."""

import pytest
from tests.support.worlds import AMBIENT, World, shop

from meshwright.diagnostics import Diagnostic
from meshwright.ir.inventory import Labels
from meshwright.lower import lower

WAYPOINT = (("istio.io/use-waypoint", "waypoint"),)
HELM = (("app.kubernetes.io/managed-by", "Helm"),)


def errors(world: World, labels: str = "external") -> list[Diagnostic]:
    return [one for one in lower(world.program(), labels).diagnostics if one.severity != "info"]  # type: ignore[arg-type]


def web(labels: Labels = (), space: Labels = AMBIENT, annotations: Labels = (), space_annotations: Labels = ()) -> World:
    world = World().namespace("shop", labels=space, annotations=space_annotations)
    return world.service("shop/web", "http 80", labels=labels, annotations=annotations).allow("a/b", "shop/web", "GET /")


def test_what_is_labelled_right_is_fine() -> None:
    assert errors(web(WAYPOINT)) == []


def test_a_service_takes_the_binding_of_its_namespace() -> None:
    assert errors(web(space=(*AMBIENT, *WAYPOINT))) == []


def test_its_own_waypoint_does_not_take_the_namespace_of_the_others() -> None:
    """Istio reads name and namespace of a waypoint from one and the same object."""
    space = (*AMBIENT, ("istio.io/use-waypoint", "x"), ("istio.io/use-waypoint-namespace", "infra"))
    world = World().namespace("shop", waypoint="infra/shared", labels=space).namespace("infra")
    world.service("shop/web", "http 80", labels=(("istio.io/use-waypoint", "shared"),)).allow("a/b", "shop/web", "GET /")
    assert [one.help[0] for one in errors(world)] == [
        "run `kubectl label service -n shop web istio.io/use-waypoint-namespace=infra` and read the inventory again"]


def test_missing_labels_come_with_the_command_and_once_for_all_objects_alike() -> None:
    found = errors(shop(labelled=False))
    assert [(one.code, one.help[0]) for one in found] == [
        ("MW0610", "run `kubectl label service -n shop ledger istio.io/use-waypoint=waypoint` and read the inventory again"),
        ("MW0610", "run `kubectl label service -n shop orders web istio.io/use-waypoint=waypoint istio.io/ingress-use-waypoint=true` "
                   "and read the inventory again"),
    ]
    assert found[1].span is not None and found[1].span.path == "k8s/services.yaml" and len(found[1].others) == 1


def test_a_wrong_label_is_overwritten() -> None:
    (found,) = errors(web((("istio.io/use-waypoint", "none"),)))
    assert found.message == "service `web` in `shop` lacks the label `istio.io/use-waypoint: waypoint`"
    assert "istio.io/use-waypoint=waypoint --overwrite`" in found.help[0]


def test_namespaces_that_are_not_enrolled() -> None:
    world = World().namespace("a", labels=()).namespace("b", labels=()).namespace("c", labels=(("istio.io/dataplane-mode", "none"),)).namespace("d")
    world.namespace("e", enforce="no", labels=())
    assert [one.help[0] for one in errors(world)] == [
        "run `kubectl label namespace a b c istio.io/dataplane-mode=ambient --overwrite` and read the inventory again"]


@pytest.mark.parametrize(("labels", "space"), [(WAYPOINT, AMBIENT), ((), (*AMBIENT, *WAYPOINT))])
def test_a_service_without_http_rules_must_not_be_bound(labels: Labels, space: Labels) -> None:
    world = World().namespace("shop", labels=space).service("shop/db", "tcp 5432", labels=labels).allow("a/b", "shop/db")
    assert ["istio.io/use-waypoint=none" in one.help[0] for one in errors(world)] == [True]
    world.read["shop/db"] = world.read["shop/db"]._replace(labels=(("istio.io/use-waypoint", "none"),))
    assert errors(world) == []


def test_a_headless_service_passes_no_waypoint_whatever_its_labels() -> None:
    world = World().namespace("shop", labels=(*AMBIENT, *WAYPOINT)).service("shop/db", "tcp 5432", headless=True).allow("a/b", "pods of shop/db")
    assert errors(world) == []


def test_a_gateway_in_a_namespace_that_binds_everything() -> None:
    world = World().namespace("edge", labels=(*AMBIENT, *WAYPOINT)).gateway("edge/public", "http 80")
    assert [one.code for one in errors(world)] == ["MW0611"]


def test_an_object_that_only_the_sources_know_lacks_its_labels() -> None:
    world = web(WAYPOINT)
    world.spaces.clear()
    world.read.clear()
    assert [(one.code, one.span) for one in errors(world)] == [("MW0610", None), ("MW0610", None)]


def test_patches_change_labels_only_and_say_that_nobody_verified_them() -> None:
    outcome = lower(shop(labelled=False).program(), "patch")
    assert outcome.value is not None and [one.code for one in outcome.diagnostics] == ["MW0612"]
    assert [(one.id, dict(one.body), one.annotations) for one in outcome.value.components] == [
        ("Namespace edge", {}, ()), ("Namespace ops", {}, ()), ("Namespace shop", {}, ()), ("Service shop/ledger", {}, ()),
        ("Service shop/orders", {}, ()), ("Service shop/web", {}, ())]
    assert not any(one.kind in ("Namespace", "Service") for one in outcome.value.manifests)


def test_owned_labels_are_objects_that_neither_tool_prunes_or_takes_over() -> None:
    outcome = lower(web(HELM).program(), "own")
    assert outcome.value is not None and outcome.diagnostics == ()
    owned = [one for one in outcome.value.manifests if one.kind in ("Namespace", "Service")]
    assert [(one.id, one.labels) for one in owned] == [("Namespace shop", AMBIENT), ("Service shop/web", WAYPOINT)]
    assert {one.annotations for one in owned} == {(
        ("argocd.argoproj.io/sync-options", "ServerSideApply=true,Prune=false,Delete=false"),
        ("kustomize.toolkit.fluxcd.io/prune", "disabled"), ("kustomize.toolkit.fluxcd.io/ssa", "Merge"))}


FLUX = (("kustomize.toolkit.fluxcd.io/name", "apps"),)
ARGO = (("argocd.argoproj.io/tracking-id", "shop:/Service:shop/web"),)
KUBECTL = (("kubectl.kubernetes.io/last-applied-configuration", "{}"),)


@pytest.mark.parametrize(("world", "message"), [
    (web(FLUX), "labels of service `shop/web` cannot be owned: Flux applies it"),
    (web(annotations=ARGO), "labels of service `shop/web` cannot be owned: Argo CD applies it"),
    (web(annotations=KUBECTL), "labels of service `shop/web` cannot be owned: kubectl applies it"),
    (web(HELM, space=FLUX), "labels of namespace `shop` cannot be owned: Flux applies it"),
    (web(HELM, space_annotations=KUBECTL), "labels of namespace `shop` cannot be owned: kubectl applies it"),
])
def test_two_owners_of_one_object_are_refused(world: World, message: str) -> None:
    assert [(one.code, one.message) for one in errors(world, "own")] == [("MW0613", message)]


def test_a_service_that_is_not_there_cannot_be_created_from_labels() -> None:
    world = web()
    world.read.clear()
    assert [(one.code, one.severity) for one in errors(world, "own")] == [("MW0613", "error")]


def test_an_unknown_owner_is_only_a_warning() -> None:
    assert [(one.code, one.severity) for one in errors(web(), "own")] == [("MW0614", "warning")]
    assert lower(web().program(), "own").value is not None
