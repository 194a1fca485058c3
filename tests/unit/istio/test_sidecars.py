"""Ways to pods with a sidecar (istio-semantics 0.2, 1.7, 1.8, 4.1)."""

import pytest
from tests.unit.istio.world import MESH, inventory, namespace, objects, port, service, who, workload

from meshwright.access.reach import Reach
from meshwright.access.request import Witness, evaluate
from meshwright.ir.inventory import Inventory
from meshwright.istio import model


def cars(**extra: object) -> Inventory:
    """web 80->8080 over HTTP, and 90->9090 over TCP, in pods with a sidecar; nothing here is ambient."""
    return inventory([namespace("cars", istio_injection="enabled")], [service("cars", "web", [port(80, 8080), port(90, 9090, protocol="tcp")])],
                     [workload("cars", "web", capture="sidecar", **extra)])


def reach(text: str, given: Inventory | None = None) -> Reach:
    outcome = model(tuple(objects(text)), given or cars(), MESH)
    assert outcome.value is not None, outcome.diagnostics
    return next(one for one in outcome.value if one.destination == "cars/Deployment/web")


def policy(spec: str, kind: str = "AuthorizationPolicy", name: str = "p") -> str:
    return f"apiVersion: security.istio.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: cars}}\nspec: {spec}\n---\n"


def lets_in(found: Reach, kind: str, account: str = "cars/a", number: int = 8080, path: str = "/") -> bool:
    request = Witness(who(account), "10.0.0.1", number, "GET", path, "web")
    ways = [way for way in found.ways if way.kind == kind and (kind != "service" or way.port == number)]
    assert ways
    return any(evaluate(way.admitted, request) for way in ways)


def test_http_ports_are_judged_by_the_containers_port() -> None:
    found = reach(policy("{rules: [{to: [{operation: {ports: ['8080'], paths: [/a]}}]}]}"))
    assert found.captured and not found.unknown
    assert lets_in(found, "service", number=80, path="/a") and not lets_in(found, "service", number=80)
    assert lets_in(found, "pod", path="/a") and not lets_in(found, "pod") and lets_in(found, "plaintext", "", path="/a")
    assert {way.by for way in found.ways} == {("sidecar cars/Deployment/web",)}


def test_a_tcp_port_is_open_before_it_is_judged() -> None:
    found = reach(policy("{action: DENY, rules: [{}]}"))
    assert lets_in(found, "service", number=90) and lets_in(found, "pod", number=9090) and lets_in(found, "pod", number=1234)
    assert not lets_in(found, "service", number=80) and not lets_in(found, "pod")


@pytest.mark.parametrize(("spec", "at_http", "elsewhere"), [
    ("{mtls: {mode: STRICT}}", False, False), ("{mtls: {mode: PERMISSIVE}}", True, True), ("{}", True, True), ("{mtls: {mode: DISABLE}}", True, True),
    ("{selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}, portLevelMtls: {'8080': {mode: DISABLE}}}", True, False),
    ("{selector: {matchLabels: {app: web}}, portLevelMtls: {'8080': {mode: STRICT}}}", False, True),
    ("{selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}, portLevelMtls: {'8080': {mode: UNSET}}}", False, False),
    ("{selector: {matchLabels: {app: other}}, mtls: {mode: STRICT}}", True, True),
])
def test_plaintext(spec: str, at_http: bool, elsewhere: bool) -> None:
    found = reach(policy(spec, "PeerAuthentication"))
    assert (lets_in(found, "plaintext", ""), lets_in(found, "plaintext", "", 9090)) == (at_http, elsewhere)
    for number, accepted in ((8080, at_http), (9090, elsewhere)):
        assert evaluate(found.plaintext, Witness("", "10.0.0.1", number, "GET", "/", "")) == accepted


def test_without_mtls_nobody_has_an_identity() -> None:
    only = policy("{rules: [{from: [{source: {serviceAccounts: [cars/a]}}]}]}")
    assert lets_in(reach(only), "service", number=80) and lets_in(reach(only), "pod")
    off = reach(only + policy("{mtls: {mode: DISABLE}}", "PeerAuthentication"))
    assert not lets_in(off, "service", number=80) and not lets_in(off, "pod")


def test_a_port_that_two_services_disagree_about_is_open() -> None:
    given = cars()
    both = given._replace(services=(*given.services, service("cars", "raw", [port(81, 8080, protocol="tcp")], app="web")))
    assert lets_in(reach(policy("{action: DENY, rules: [{}]}"), both), "pod")


def test_ports_that_an_annotation_excludes_are_open() -> None:
    closed = policy("{action: DENY, rules: [{}]}") + policy("{mtls: {mode: STRICT}}", "PeerAuthentication")
    assert not lets_in(reach(closed), "pod") and lets_in(reach(closed, cars(excluded=(8080,))), "plaintext", "")


def test_callers_in_ambient_are_a_doubt() -> None:
    given = cars()
    ambient = given._replace(namespaces=(*given.namespaces, namespace("shop", istio__io__x="y")._replace(labels=(("istio.io/dataplane-mode", "ambient"),))))
    assert reach("", ambient).unknown and not reach("").unknown


def test_two_modes_of_one_level() -> None:
    two = policy("{mtls: {mode: STRICT}}", "PeerAuthentication") + policy("{mtls: {mode: DISABLE}}", "PeerAuthentication", "q")
    found = reach(two)
    assert found.unknown and lets_in(found, "plaintext", "")
    dated = two.replace("name: p,", "name: p, creationTimestamp: '2026-01-01T00:00:00Z',").replace("name: q,", "name: q, creationTimestamp: '2026-01-02T00:00:00Z',")
    assert not reach(dated).unknown and not lets_in(reach(dated), "plaintext", "")
