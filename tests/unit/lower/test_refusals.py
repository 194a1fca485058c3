"""What cannot be said exactly is refused, and nothing is written."""

import pytest
from tests.support.worlds import World, pattern, shop, span

from meshwright.ir import inventory
from meshwright.ir.intent import PathPattern
from meshwright.lower import lower
from meshwright.lower.phrases import path_values

GATEWAY_CLASS = {"spec": {"gatewayClassName": "istio"}}


def only(world: World, labels: str = "patch") -> tuple[str, str]:
    """Code and message of the one error."""
    outcome = lower(world.program(), labels)  # type: ignore[arg-type]
    assert outcome.value is None
    errors = [one for one in outcome.diagnostics if one.severity == "error"]
    assert len(errors) == 1, errors
    assert errors[0].notes and errors[0].help and errors[0].message[-1] != "."
    return errors[0].code, errors[0].message


def web() -> World:
    return World().namespace("shop").service("shop/web", "http 80 -> 8080").service("shop/orders", "http 8080")


def foreign(kind: str, namespace: str, name: str, content: dict[str, object]) -> inventory.Object:
    return inventory.Object("gateway.networking.k8s.io/v1", kind, namespace, name, content, span(0, "foreign.yaml"))


def inexact() -> list[tuple[str, World, str]]:
    """Worlds that `check` refuses with a code of its own; lowering does not rely on that."""
    old = World(istio=(1, 29)).namespace("shop")
    none = World().namespace("shop", waypoint="none").service("shop/web", "http 80").allow("a/b", "shop/web", "GET /")
    accounts = World().namespace("shop", waypoint="service-account").pods("shop/one").pods("shop/two")
    accounts.service("shop/web", "http 80", pods="shop/one shop/two").allow("a/b", "shop/web", "GET /")
    elsewhere = World().namespace("shop", waypoint="infra/shared").service("shop/web", "http 80").allow("a/b", "shop/web", "GET /")
    raw = World().namespace("shop").service("shop/web", "http 80", "tcp 9000").allow("a/b", "shop/web", "GET /").allow("a/b", "shop/web", "port 9000")
    leak = World().namespace("shop").service("shop/web", "http 80", "tcp 9000 -> 80").allow("a/b", "shop/web", "GET /")
    many = World().namespace("shop").service("shop/web", "http 80", "tcp 9000").allow("a/b", "shop/web", "GET /")
    many.allow("any workload", "pods of shop/web")
    sibling = World().namespace("shop").service("shop/web", "http 80", "tcp 9000").service("shop/raw", "tcp 1000 -> 9000", pods="shop/web")
    sibling.allow("a/b", "shop/web", "GET /").allow("namespace shop", "shop/raw")
    http_on_tcp = World().namespace("shop").service("shop/db", "tcp 5432")
    http_on_tcp.allow("a/b", "shop/db", "port 5432 GET /")
    headless = World().namespace("shop").service("shop/kafka", "http 80", headless=True).allow("a/b", "shop/kafka", "GET /")
    gone = web()
    gone.services["shop/web"] = gone.services["shop/web"]._replace(pod_sets=())
    overlap = web().allow("a/b", "shop/web").pods("shop/both", labels=(("app", "web"), ("tier", "x")))
    taken = web().allow("a/b", "shop/web", "GET /").pods("shop/waypoint", account="other")
    taken_service = web().service("shop/waypoint", "http 80", account="other", pods="shop/orders").allow("a/b", "shop/web", "GET /")
    taken_account = web().allow("a/b", "shop/web", "GET /")
    taken_account.accounts.append(inventory.ServiceAccount("shop", "waypoint", span()))
    as_proxy = web().allow("a/b", "shop/web", "GET /").pods("shop/intruder", account="waypoint")
    ports = World().namespace("shop").namespace("edge", waypoint="none").service("shop/web", "http 80")
    ports.gateway("edge/public", "http 80", "http 8080").route("edge/public", "", "/**", "shop/web", 80)
    some_pods = World().namespace("shop").pods("shop/one").pods("shop/two").service("shop/all", "http 80", pods="shop/one shop/two")
    some_pods.service("shop/few", "http 80", pods="shop/one").allow("a/b", "shop/all", "GET /").allow("a/b", "shop/few", "GET /")
    ungoverned = World().namespace("edge", enforce="no").namespace("shop").service("shop/web", "http 80").gateway("edge/public", "http 80")
    redirect = shop()
    redirect.gateways.clear()
    redirect.gateway("edge/public", "https 8443 shop.example.com edge/shop-cert", "http 80 redirect")
    return [
        ("version", old, "istio 1.29 is not in the capability matrix"),
        ("placement-none", none, "service `shop/web` needs a waypoint, and namespace `shop` says `waypoint none`"),
        ("several-accounts", accounts, "service `shop/web` has no single account to name its waypoint after"),
        ("shared-elsewhere", elsewhere, "shared waypoint `infra/shared` stands in namespace `infra`, which is not governed"),
        ("tcp-behind-waypoint", raw, "port 9000 (tcp) of `shop/web` would pass a waypoint"),
        ("tcp-on-an-open-target-port", leak, "waypoint `shop/waypoint` may dial target port 80 of `shop/web`, which is tcp"),
        ("tcp-open-to-any-workload", many, "waypoint `shop/waypoint` may dial target port 9000 of `shop/web`, which is tcp"),
        ("tcp-open-to-the-namespace", sibling, "waypoint `shop/waypoint` may dial target port 9000 of `shop/web`, which is tcp"),
        ("http-on-tcp", http_on_tcp, "methods and paths on port 5432 of `shop/db`, which carries tcp"),
        ("headless", headless, "methods and paths on headless service `shop/kafka`"),
        ("http-at-pods", web().allow("a/b", "pods of shop/web", "port 8080 GET /"), "methods and paths for the pods of `shop/web`"),
        ("no-pods", gone.allow("a/b", "shop/web"), "service `shop/web` has a rule and selects no pods"),
        ("sidecar", web().pods("a/b", capture="sidecar").allow("a/b", "shop/web", "GET /"),
         "`a/Deployment/b` has a sidecar and cannot call `shop/web` through its waypoint"),
        ("sidecar-of-many", web().pods("a/b", capture="sidecar").allow("any workload", "shop/web", "GET /"),
         "`a/Deployment/b` has a sidecar and cannot call `shop/web` through its waypoint"),
        ("no-identity-at-service", web().allow("unidentified", "shop/web", "port 80"), "callers without identity cannot be let in at service `shop/web`"),
        ("no-identity-everywhere", web().allow("unidentified", "pods of shop/web"), "callers without identity on every port of the pods of `shop/web`"),
        ("deny-bypassed", web().deny("anyone", "shop/web", "/debug/**").allow("ops/scraper", "pods of shop/web", "port 8080"),
         "the deny on `shop/web` does not hold for callers that reach port 8080 of its pods directly"),
        ("deny-of-some-pods", some_pods.deny("a/b", "shop/few"), "the deny on `shop/few` covers some of the pods behind port 80 of `shop/all` only"),
        ("overlap", overlap, "workload `shop/Deployment/both` is in two pod sets, `shop/both` and `shop/web`"),
        ("name-of-workload", taken, "waypoint `shop/waypoint` needs the name `waypoint`, which workload `shop/Deployment/waypoint` already has"),
        ("name-of-service", taken_service, "waypoint `shop/waypoint` needs the name `waypoint`, which service `shop/waypoint` already has"),
        ("name-of-account", taken_account, "waypoint `shop/waypoint` needs the name `waypoint`, which service account `shop/waypoint` already has"),
        ("runs-as-waypoint", as_proxy, "workload `shop/Deployment/intruder` runs as the service account of waypoint `shop/waypoint`"),
        ("grant-to-waypoint", web().allow("shop/waypoint", "shop/web", "GET /"), "the rule names the service account of waypoint `shop/waypoint`"),
        ("listener", ports.allow("clients of edge/public port 80", "shop/web"), "`clients of edge/public port 80` cannot be told from those of port 8080"),
        ("ungoverned-gateway", ungoverned.allow("clients of edge/public", "shop/web"), "gateway `edge/public` stands in namespace `edge`, which is not governed"),
        ("redirect", redirect, "listener `http-80` of gateway `edge/public` redirects to https, but https is on ports 8443"),
        ("host", shop().route("edge/public", "other.example.com", "/x", "shop/web", 80), "no listener of gateway `edge/public` serves `other.example.com`"),
        ("route-path", shop().route("edge/public", "", "/a%2Fb", "shop/web", 80), "path `/a%2Fb` at gateway `edge/public`: an HTTPRoute cannot hold `a%2Fb`"),
        ("template", web().allow("a/b", "shop/web", "GET /a|b/{id}"), "path `/a|b/{id}`: `|` cannot stand beside `{id}`"),
        ("route-twice", shop().route("edge/public", "", "/api/**", "shop/web", 80), "path `/api/**` of host `shop.example.com` at `edge/public` goes to two services"),
    ]


@pytest.mark.parametrize(("world", "message"), [case[1:] for case in inexact()], ids=[case[0] for case in inexact()])
def test_what_no_object_can_say_exactly_is_refused(world: World, message: str) -> None:
    assert only(world) == ("MW0601", message)


def test_the_root_namespace_cannot_be_governed() -> None:
    assert only(World().namespace("istio-system")) == ("MW0602", "namespace `istio-system` is the root namespace and cannot be governed")


def test_the_baseline_would_shut_a_foreign_gateway() -> None:
    world = web()
    world.foreign.append(foreign("Gateway", "shop", "front", GATEWAY_CLASS))
    assert only(world) == ("MW0603", "Gateway `front` in governed namespace `shop` is not declared")


def test_a_foreign_waypoint_is_not_shut_by_the_baseline_and_the_other_gateway_kind_is_no_proxy() -> None:
    world = web()
    world.foreign.append(foreign("Gateway", "shop", "classic", {"spec": {"selector": {"istio": "ingressgateway"}}})._replace(
        api_version="networking.istio.io/v1"))
    world.foreign.append(foreign("Gateway", "shop", "theirs", {"spec": {"gatewayClassName": "istio-waypoint"}}))
    assert lower(world.program()).value is not None


def test_limits_of_the_schema() -> None:
    world = World().namespace("edge", waypoint="none").gateway("edge/public", "http 80 " + " ".join(f"h{n}.example.com" for n in range(65)))
    assert only(world) == ("MW0604", "gateway `edge/public` needs 65 listeners, one for each host, and the schema takes 64")
    world = World().namespace("edge", waypoint="none").gateway("edge/public", "http 80")
    for number in range(17):
        world.service(f"edge/s{number:02}", "http 80").route("edge/public", "", f"/s{number}", f"edge/s{number:02}", 80)
    assert only(world) == ("MW0604", "gateway `edge/public`, host `*` needs 17 services behind one host, and the schema takes 16")
    many = World().namespace("shop").service("shop/web", "http 80")
    for number in range(513):
        many.allow(f"apps/c{number:03}", "shop/web", f"GET /c{number}")
    assert only(many) == ("MW0604", "`shop/web l7 allow` needs 513 rules, and the schema takes 512")


def test_two_objects_of_one_name() -> None:
    world = World().namespace("shop").service("shop/web", "http 80").service("shop/web-l7", "http 80").allow("a/b", "shop/web", "GET /")
    assert only(world) == ("MW0605", "two objects would be named `AuthorizationPolicy shop/web-l7-allow`: "
                           "for `shop/web l7 allow` and for `shop/web-l7 allow`")


def test_an_object_that_is_there_already() -> None:
    world = web()
    world.foreign.append(foreign("AuthorizationPolicy", "shop", "web-guard", {"spec": {}}))
    assert only(world) == ("MW0606", "`AuthorizationPolicy shop/web-guard` of the foreign objects has the name of an object that is written "
                           "for `shop/web guard`")


@pytest.mark.parametrize("what", ["certificate", "service"])
def test_no_reference_grant_in_a_namespace_that_is_not_governed(what: str) -> None:
    world = World().namespace("edge", waypoint="none").namespace("old", enforce="no").service("old/web", "http 80").service("edge/web", "http 80")
    owner = "old" if what == "service" else "edge"
    world.gateway("edge/public", f"https 443 {'old' if what == 'certificate' else 'edge'}/web").route("edge/public", "", "/**", f"{owner}/web", 80)
    assert only(world) == ("MW0607", f"{what} `old/web` is used from namespace `edge`, and `old` is not governed")


def test_a_deployed_waypoint_does_not_take_its_own_name() -> None:
    label = (("gateway.networking.k8s.io/gateway-name", "waypoint"),)
    world = web().allow("a/b", "shop/web", "GET /").own_waypoint("shop/web")
    world.pods("shop/waypoint", capture="outside", labels=label)
    del world.pod_sets["shop/waypoint"]
    world.accounts.append(inventory.ServiceAccount("shop", "waypoint", span()))
    world.read["shop/waypoint"] = world.read["shop/web"]._replace(name="waypoint", selector=label)
    assert lower(world.program()).value is not None


def test_several_mistakes_in_one_run() -> None:
    world = web().pods("shop/intruder", account="waypoint").deny("anyone", "shop/web", "/debug/**")
    world.allow("unidentified", "pods of shop/orders").allow("a/b", "pods of shop/orders", "port 8080 GET /")
    world.workloads = [one for one in world.workloads if one.name != "intruder"]
    found = lower(world.program(), "patch")
    assert found.value is None and [one.message.partition(" the pods")[0] for one in found.diagnostics if one.severity == "error"] == [
        "callers without identity on every port of", "methods and paths for"]


@pytest.mark.parametrize(("path", "values"), [
    ("/", ["/"]), ("/**", ["/*"]), ("/a", ["/a"]), ("/a/", ["/a/"]), ("/a/**", ["/a", "/a/*"]), ("/v1/{id}", ["/v1/{*}"]),
    ("/v1/{id}/**", ["/v1/{*}", "/v1/{*}/{**}"]), ("/{id}/x", ["/{*}/x"]), ("/pkg.Svc/Call", ["/pkg.Svc/Call"]),
])
def test_paths(path: str, values: list[str]) -> None:
    assert path_values(pattern(path)) == values


@pytest.mark.parametrize("part", ["a*", "*", "{x}", "a}"])
def test_a_literal_that_istio_reads_as_a_pattern_never_gets_out(part: str) -> None:
    with pytest.raises(ValueError, match="passed the check"):
        path_values(PathPattern((part,), False))


def test_lowering_does_not_depend_on_names_for_people() -> None:
    one, other = shop().program(), shop().program()
    other = other._replace(grants=tuple(grant._replace(source=grant.source._replace(name="x")) for grant in other.grants))
    assert lower(one).value == lower(other).value


def test_a_port_that_nobody_may_use_is_closed_at_the_pods_too() -> None:
    """The waypoint is let in only on target ports that it lets somebody use."""
    world = World().namespace("shop").service("shop/web", "http 80 -> 8080", "http 81 -> 8081").allow("a/b", "shop/web", "port 80 GET /")
    outcome = lower(world.program(), "patch")
    assert outcome.value is not None
    guard = next(one for one in outcome.value.manifests if one.name == "web-guard")
    assert guard.body["spec"]["rules"][1:] == [{"to": [{"operation": {"notPorts": ["8080"]}}]}]  # type: ignore[index]


def test_a_deny_on_pods_holds_at_the_waypoint_too() -> None:
    """A deny is never narrower than it reads: nobody comes to those pods by another address."""
    world = web().allow("a/b", "shop/web", "GET /").deny("a/b", "pods of shop/web", "port 8080")
    outcome = lower(world.program(), "patch")
    assert outcome.value is not None
    deny = next(one for one in outcome.value.manifests if one.name == "web-l7-deny")
    assert deny.body["spec"]["rules"] == [  # type: ignore[index]
        {"from": [{"source": {"serviceAccounts": ["a/b"]}}], "to": [{"operation": {"ports": ["80"]}}]}]
