"""The real applications: what the inventory says about them."""

from meshwright.inventory import read_inventory


def test_bookinfo(corpora, count_cases):
    outcome = read_inventory(str(corpora / "bookinfo"), ["."], [], "bookinfo")
    assert outcome.diagnostics == () and outcome.value is not None
    held = outcome.value
    reviews = next(one for one in held.services if one.name == "reviews")
    assert reviews.workloads == tuple(f"bookinfo/Deployment/reviews-v{number}" for number in (1, 2, 3))
    assert {port.protocol for one in held.services for port in one.ports} == {"http"}
    assert {one.service_account for one in held.workloads} == {
        f"bookinfo-{name}" for name in ("details", "productpage", "ratings", "reviews")
    }
    assert held.unknown == () and {one.kind for one in held.foreign} == {"DestinationRule", "Gateway", "HTTPRoute", "VirtualService"}
    count_cases("inventory objects", len(held.services) + len(held.workloads) + len(held.foreign))


def test_online_boutique(corpora, count_cases):
    outcome = read_inventory(str(corpora / "online-boutique"), ["kubernetes-manifests"], ["istio-manifests"], "shop")
    assert [found.code for found in outcome.diagnostics] == ["MW0813"] and outcome.value is not None
    held = outcome.value
    protocols = sorted(port.protocol for one in held.services for port in one.ports)
    assert protocols == ["grpc"] * 9 + ["http"] * 2 + ["tcp"]
    assert [one.service_account for one in held.workloads if one.name == "redis-cart"] == ["default"]
    assert [(one.service, one.how) for one in held.exposures] == [("shop/frontend-external", "LoadBalancer")]
    selected = {name for one in held.services for name in one.workloads}
    assert [one.name for one in held.workloads if one.id not in selected] == ["loadgenerator"]
    assert {one.kind for one in held.foreign} == {"Gateway", "ServiceEntry", "VirtualService"}
    count_cases("inventory objects", len(held.services) + len(held.workloads) + len(held.foreign))
