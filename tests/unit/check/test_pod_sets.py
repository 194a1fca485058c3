"""Workloads in sets that one selector chooses, no more and no less."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.check.podsets import PodSets, pod_sets
from meshwright.ir.inventory import Labels, Service, Workload
from meshwright.source import Span

HERE = Span("k8s.yaml", 0, 1)


def labels(text: str) -> Labels:
    """`a=1 b=2`."""
    return tuple(sorted((key, value) for key, _, value in (part.partition("=") for part in text.split())))


def workload(name: str, text: str, match: str | None = None, *, kind: str = "Deployment", account: str = "") -> Workload:
    return Workload("shop", kind, name, labels(text), labels(match if match is not None else text), (), account or name, (), False, "ambient", "", (), HERE)


def service(name: str, selector: str, workloads: list[Workload]) -> Service:
    chosen = tuple(sorted(each.id for each in workloads if set(labels(selector)) <= set(each.labels)))
    return Service("shop", name, "vip", "ClusterIP", labels(selector), (), (), (), (), chosen, HERE)


def group(workloads: list[Workload], **selectors: str) -> PodSets:
    return pod_sets([service(name.replace("_", "-"), selector, workloads) for name, selector in sorted(selectors.items())], workloads, ["shop"])


def shown(sets: PodSets) -> list[tuple[str, dict[str, str], list[str]]]:
    return [(each.name, dict(each.selector), [own.rpartition("/")[2] for own in each.workloads]) for each in sets.sets]


def test_versions_behind_one_service_are_one_set_named_after_it() -> None:
    assert shown(group([workload("v1", "app=web v=1"), workload("v2", "app=web v=2")], web="app=web")) == [("web", {"app": "web"}, ["v1", "v2"])]


def test_two_services_over_the_same_pods_are_one_set_with_both_selectors() -> None:
    [made] = group([workload("web", "app=web part=front")], web="app=web", front="part=front").sets
    assert made.selector == (("app", "web"), ("part", "front")) and made.services == ("shop/front", "shop/web")
    assert re.fullmatch(r"front-[0-9a-f]{6}", made.name)


def test_a_canary_makes_the_stable_pods_a_set_by_their_own_labels() -> None:
    stable, canary = workload("web", "app=web track=stable"), workload("canary", "app=web track=canary")
    made = shown(group([stable, canary], web="app=web", canary="app=web track=canary"))
    assert [(selector, workloads) for _, selector, workloads in made] == [
        ({"app": "web", "track": "canary"}, ["canary"]), ({"app": "web", "track": "stable"}, ["web"])]


def test_what_no_label_tells_apart_is_refused_and_shown() -> None:
    plain, canary = workload("web", "app=web"), workload("canary", "app=web track=canary")
    made = group([plain, canary], web="app=web", canary="app=web track=canary")
    assert [(one.name, other.name) for one, other in made.overlaps] == [("web", "canary")]
    assert [each.workloads for each in made.sets] == [("shop/Deployment/canary",)]


def test_workloads_without_a_service_go_by_their_controllers_labels() -> None:
    assert shown(group([workload("job", "app=job run=1", "app=job")])) == [("job", {"app": "job"}, ["job"])]


def test_jobs_of_equal_labels_are_one_set() -> None:
    [made] = group([workload("a", "app=batch", kind="Job"), workload("b", "app=batch", kind="Job", account="x")]).sets
    assert len(made.workloads) == 2 and [identity.account for identity in made.identities] == ["a", "x"]


def test_pods_without_labels_are_in_no_set() -> None:
    made = group([workload("shell", "", kind="Pod")])
    assert made.sets == () and [each.name for each in made.unlabelled] == ["shell"]


def test_proxies_are_in_no_set_but_may_not_be_selected_either() -> None:
    proxy = workload("gate", "app=web gateway.networking.k8s.io/gateway-name=gate")
    made = group([proxy, workload("web", "app=web")], web="app=web")
    assert made.sets == () and len(made.overlaps) == 1


def test_a_service_keeps_its_name_beside_a_workload_of_that_name() -> None:
    made = shown(group([workload("web", "app=other"), workload("front", "app=web")], web="app=web"))
    assert [name for name, _, workloads in made if workloads == ["front"]] == ["web"]


def test_names_are_short_labels_and_stay_when_others_come() -> None:
    long = "a-service-with-a-name-of-more-than-forty-letters"
    alone = group([workload("x", "app=x")], **{long.replace("-", "_"): "app=x"}).sets[0].name
    beside = group([workload("x", "app=x"), workload("y.z", "app=y")], **{long.replace("-", "_"): "app=x"}).sets
    assert alone in [each.name for each in beside]
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", each.name) for each in beside)


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3).map(lambda found: " ".join(f"{key}={value}" for key, value in found.items()))
SELECTORS = LABELS.filter(bool)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(LABELS, st.booleans()), max_size=6), st.lists(SELECTORS, max_size=4))
def test_every_workload_is_selected_by_its_own_set_alone(pods: list[tuple[str, bool]], selectors: list[str]) -> None:
    workloads = [workload(f"w{number}", text, " ".join(text.split()[:1]) if part else text) for number, (text, part) in enumerate(pods)]
    made = pod_sets([service(f"s{number}", text, workloads) for number, text in enumerate(selectors)], workloads, ["shop"])
    members = [own for each in made.sets for own in each.workloads]
    left_out = {each.id for each in made.unlabelled} | ({each.id for each in workloads} if made.overlaps else set())
    assert len(members) == len(set(members)) and {each.id for each in workloads} - set(members) <= left_out
    assert len({each.name for each in made.sets}) == len(made.sets)
    for each in made.sets:
        assert each.selector
        assert {other.id for other in workloads if set(each.selector) <= set(other.labels)} == set(each.workloads)
