"""Two real applications, from their own YAML to a published, proved tree: what they call gets in, and nothing else does."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.conftest import ROOT
from tests.e2e.applications import codes, commit_all, follow_advice, meshwright, project
from tests.reference.cluster import CONTROLLERS, Cluster, account_of
from tests.support.istiod import Istiod
from tests.support.kubectl import kubectl
from tests.support.real_cluster import RealCluster
from tests.support.taken import not_taken

BOUTIQUE = ("adservice", "cartservice", "checkoutservice", "currencyservice", "emailservice", "frontend", "loadgenerator",
            "paymentservice", "productcatalogservice", "recommendationservice", "shippingservice")
ADDRESS = re.compile(r"([a-z0-9-]+):(\d+)")

Request = tuple[str, str]  # method and path; "" and "" at a port that is no HTTP
# One request for each door that the sources open; which door a caller has, the table below says.
PROBES: dict[str, tuple[Request, ...]] = {
    "boutique/adservice": (("POST", "/hipstershop.AdService/GetAds"),),
    "boutique/cartservice": tuple(("POST", f"/hipstershop.CartService/{name}") for name in ("AddItem", "GetCart", "EmptyCart")),
    "boutique/checkoutservice": (("POST", "/hipstershop.CheckoutService/PlaceOrder"),),
    "boutique/currencyservice": tuple(("POST", f"/hipstershop.CurrencyService/{name}") for name in ("GetSupportedCurrencies", "Convert")),
    "boutique/emailservice": (("POST", "/hipstershop.EmailService/SendOrderConfirmation"),),
    "boutique/frontend": (("GET", "/"), ("GET", "/product/7"), ("POST", "/cart"), ("POST", "/cart/checkout"), ("POST", "/setCurrency")),
    "boutique/frontend-external": (("GET", "/"), ("POST", "/cart")),
    "boutique/paymentservice": (("POST", "/hipstershop.PaymentService/Charge"),),
    "boutique/productcatalogservice": tuple(("POST", f"/hipstershop.ProductCatalogService/{name}") for name in ("ListProducts", "GetProduct", "SearchProducts")),
    "boutique/recommendationservice": (("POST", "/hipstershop.RecommendationService/ListRecommendations"),),
    "boutique/redis-cart": (("", ""),),
    "boutique/shippingservice": tuple(("POST", f"/hipstershop.ShippingService/{name}") for name in ("GetQuote", "ShipOrder")),
    "bookinfo/details": (("GET", "/details/0"),),
    "bookinfo/productpage": (("GET", "/productpage"), ("POST", "/login"), ("GET", "/static/bootstrap.css")),
    "bookinfo/ratings": (("GET", "/ratings/0"),),
    "bookinfo/reviews": (("GET", "/reviews/0"),),
}
# (caller, service) -> the requests of PROBES that it really makes; a pair that is not here makes all of them.
SOME: dict[tuple[str, str], tuple[Request, ...]] = {
    ("checkoutservice", "productcatalogservice"): (("POST", "/hipstershop.ProductCatalogService/GetProduct"),),
    ("checkoutservice", "cartservice"): tuple(("POST", f"/hipstershop.CartService/{name}") for name in ("GetCart", "EmptyCart")),
    ("checkoutservice", "currencyservice"): (("POST", "/hipstershop.CurrencyService/Convert"),),
    ("frontend", "shippingservice"): (("POST", "/hipstershop.ShippingService/GetQuote"),),
    ("recommendationservice", "productcatalogservice"): (("POST", "/hipstershop.ProductCatalogService/ListProducts"),),
}


class Application(NamedTuple):
    sources: str
    files: tuple[str, ...]  # in the corpora
    gateway: str
    host: str
    entry: str  # the service that the gateway's clients reach
    calls: frozenset[tuple[str, str]] | None  # None: as the environment variables of the YAML say
    elsewhere: frozenset[str]  # addresses in the YAML that no Service of it has


APPLICATIONS = {
    "boutique": Application("online_boutique", tuple(f"online-boutique/kubernetes-manifests/{name}.yaml" for name in BOUTIQUE), "boutique/public",
                            "shop.example.com", "frontend", None, frozenset({"shoppingassistantservice"})),
    # Its programs have the addresses built in.
    "bookinfo": Application("bookinfo", ("bookinfo/platform/kube/bookinfo.yaml", "bookinfo/platform/kube/bookinfo-versions.yaml"),
                            "bookinfo/bookinfo-gateway", "bookinfo.example.com", "productpage",
                            frozenset({("productpage", "details"), ("productpage", "reviews"), ("reviews", "ratings")}), frozenset()),
}


class Published(NamedTuple):
    name: str
    root: Path
    tree: Path  # a checkout of what was pushed
    owned: list[dict[str, Any]]
    cluster: Cluster
    document: dict[str, Any]  # of `prove --table`
    findings: set[tuple[str, str]]  # code and severity, of every check on the way


@pytest.fixture(scope="module", params=sorted(APPLICATIONS))
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """From the application's YAML to the GitOps repository, as its owners would: the labels that are missing are set as advised."""
    corpora: Path = request.getfixturevalue("corpora")
    name, application = request.param, APPLICATIONS[request.param]
    tmp = tmp_path_factory.mktemp(name)
    root = project(tmp, ROOT / "tests/e2e" / application.sources, [corpora / file for file in application.files], name)
    findings: set[tuple[str, str]] = set()
    for round_ in range(4):  # enrolment first, then bindings: each run says all that it can know
        code, document, stderr = meshwright("check", cwd=root)
        findings |= {(found["code"], found["severity"]) for found in document["diagnostics"]}
        assert (code == 1) if round_ == 0 else True, stderr
        if code == 0:
            break
        assert follow_advice(root, document) > 0, document["diagnostics"]
    assert code == 0, document["diagnostics"]
    commit_all(root)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp / "gitops.git")], check=True)
    code, document, stderr = meshwright("publish", cwd=root)
    assert code == 0, (document, stderr)
    subprocess.run(["git", "clone", "-q", str(tmp / "gitops.git"), str(tmp / "checkout")], check=True, capture_output=True)
    tree = tmp / "checkout/clusters/test/mesh"
    code, document, stderr = meshwright("prove", "--table", "--manifests", str(tree), cwd=root)
    assert code == 0, (document, stderr)
    owned = list(_objects(root / "k8s", name))
    return Published(name, root, tree, owned, Cluster(owned, list(_objects(tree, ""))), document, findings)


@pytest.fixture(scope="module", params=["reference", pytest.param("real", marks=pytest.mark.conformance)])
def judge(request: pytest.FixtureRequest, published: Published) -> Iterator[Cluster | RealCluster]:
    """Who says what gets in: the evaluator of tests/reference, or real istiod and real Envoys."""
    if request.param == "reference":
        yield published.cluster
        return
    request.getfixturevalue("envoy")
    with RealCluster(request.getfixturevalue("istiod"), [*published.owned, *published.cluster.documents]) as cluster:
        yield cluster


@pytest.mark.parametrize("name", sorted(APPLICATIONS))
def test_init_on_the_real_yaml_compiles_and_changes_nothing(name: str, corpora: Path, tmp_path: Path) -> None:
    """Then one namespace to `enforce yes`: refused with what is missing, never a tree that is half of it."""
    root = tmp_path / "source"
    (root / "manifests").mkdir(parents=True)
    for file in APPLICATIONS[name].files:
        shutil.copy(corpora / file, root / "manifests")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "gitops.git")], check=True)
    code, document, stderr = meshwright("init", cwd=root)
    assert code == 0, (document, stderr)
    settings, source = root / "meshwright.toml", root / "mesh/mesh.mesh"
    # The YAML names no namespace: the project file says where that leads.
    assert 'namespace = "default"' in settings.read_text()
    assert "namespace default { enforce no until " in source.read_text()
    settings.write_text(settings.read_text() + '[publish]\nremote = "../gitops.git"\n')
    commit_all(root)
    for command in ("check", "compile", "publish"):
        code, document, stderr = meshwright(command, cwd=root)
        assert code == 0, (document, stderr)
        assert not codes(document, "error") and document["result"]["default"]["proof"]["unprotected"] == ["default"]
    assert not (root / "deploy").exists()
    assert subprocess.run(["git", "-C", str(tmp_path / "gitops.git"), "for-each-ref"], check=True, capture_output=True).stdout == b""
    source.write_text(re.sub("enforce no .*", "enforce yes }", source.read_text()))
    code, document, _ = meshwright("compile", cwd=root)
    assert code == 1 and codes(document, "error") == ["MW0310"]
    assert not (root / "deploy").exists()
    (root / "manifests/namespace.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {istio.io/dataplane-mode: ambient}}\n")
    code, document, _ = meshwright("compile", cwd=root)
    # Nothing is allowed yet, so everything is closed, and that is proved.
    assert code == 0, document["diagnostics"]
    owned = list(_objects(root / "manifests", "default"))
    cluster = Cluster(owned, list(_objects(root / "deploy/mesh", "")))
    for id in cluster.pods:
        assert not cluster.dial_pod(account_of(cluster, id), id, 8080) and not cluster.dial_pod("", id, 8080)


def test_a_second_publish_makes_no_commit(published: Published, count_cases: Callable[[str, int], None]) -> None:
    code, document, stderr = meshwright("publish", cwd=published.root)
    assert code == 0, stderr
    assert document["result"]["default"]["output"]["unchanged"]
    assert published.document["result"]["default"]["proof"]["holds"]
    count_cases(f"{published.name} files published", sum(path.is_file() for path in published.tree.rglob("*")))


def test_the_access_table_has_the_calls_of_the_yaml_and_no_others(published: Published) -> None:
    application, calls = APPLICATIONS[published.name], _calls(published)
    rows = published.document["result"]["default"]["access"]
    accounts = {name: account_of(published.cluster, id) for name, id in _workloads(published).items()}
    wanted = {(accounts[caller], f"{published.name}/{target}") for caller, target in calls}
    wanted.add((f"clients of {application.gateway}", f"{published.name}/{application.entry}"))
    assert {(row["source"], row["target"].split()[0]) for row in rows if row["effect"] == "allow"} == wanted
    assert all(" port " in row["target"] and not row["target"].startswith("pods") for row in rows)


def test_every_real_call_gets_in_and_every_other_one_is_refused(published: Published, judge: Cluster | RealCluster,
                                                               count_cases: Callable[[str, int], None]) -> None:
    """On the published bytes, every workload to every service, door by door."""
    calls, cluster = _calls(published), published.cluster
    judged = 0
    for caller, id in _workloads(published).items():
        account = account_of(cluster, id)
        for service in cluster.services.values():
            target = service["metadata"]["name"]
            key = f"{published.name}/{target}"
            # A Service for one version of a program: nobody calls it, and it must be as closed as the one over all versions.
            probes = PROBES.get(key) or PROBES[f"{published.name}/{target.rpartition('-')[0]}"]
            real = SOME.get((caller, target), PROBES.get(key, ())) if (caller, target) in calls else ()
            for port in service["spec"]["ports"]:
                for method, path in (*probes, *(() if ("", "") in probes else (("DELETE", "/admin"), ("GET", "/nobody/asks")))):
                    # The load generator may look at every page; only the two invented requests show that.
                    expected = (method, path) in real or (caller == "loadgenerator" and target == "frontend" and method == "GET")
                    assert judge.dial(account, key, port["port"], method, path) == expected, (caller, key, method, path)
                    judged += 1
        for other, (_, _, _, named) in cluster.pods.items():
            for port in {*named.values(), 22, 8080}:
                redis = caller == "cartservice" and other.endswith("/redis-cart") and port == 6379
                assert judge.dial_pod(account, other, port) == redis, (caller, other, port)
                assert not judge.dial_pod("", other, port)
                judged += 2
    real = "" if judge is cluster else ", by real istiod and Envoy"
    count_cases(f"{published.name} requests on published bytes{real}", judged)


def test_the_gateway_lets_its_clients_to_the_entry_and_nowhere_else(published: Published, judge: Cluster | RealCluster) -> None:
    application, cluster = APPLICATIONS[published.name], published.cluster
    entry = f"{published.name}/{application.entry}"
    for method, path in PROBES[entry]:
        assert judge.enter(application.gateway, 80, application.host, method, path).rpartition(":")[0] == entry
        assert judge.enter(application.gateway, 80, "other.example.com", method, path) == ""
    for method, path in (("DELETE", "/cart"), ("GET", "/api/v1/products/internal/x"), ("POST", "/hipstershop.PaymentService/Charge")):
        assert judge.enter(application.gateway, 80, application.host, method, path) == ""
    for service in cluster.services.values():
        key, port = f"{published.name}/{service['metadata']['name']}", service["spec"]["ports"][0]["port"]
        if key != entry:
            assert not judge.dial(f"{application.gateway}-istio", key, port, "GET", "/"), key


def test_kustomize_builds_the_published_tree(published: Published) -> None:
    program = kubectl()
    if program is None:
        pytest.skip("no kubectl on this machine, and the package index gives none that runs here")
    done = subprocess.run([program, "kustomize", str(published.tree)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    built = [one for one in yaml.safe_load_all(done.stdout) if one]
    listed = yaml.safe_load((published.tree / "kustomization.yaml").read_text())["resources"]
    assert sorted(_key(one) for one in built) == sorted(_key(one) for one in published.cluster.documents)
    assert len(built) == len(listed)


@pytest.mark.conformance
def test_istiod_takes_the_published_tree(published: Published, istiod: Istiod, count_cases: Callable[[str, int], None]) -> None:
    """Beside the application's own objects: no refusal, no warning, every condition as it should be."""
    tree = [one for one in _objects(published.tree, "") if one["kind"] != "Kustomization"]
    assert not_taken(istiod, [*published.owned, *tree]) == []
    count_cases("published objects before istiod", len(tree))


def test_oddities_of_the_boutique_are_findings(published: Published, tmp_path: Path) -> None:
    if published.name != "boutique":
        assert not {code for code, severity in published.findings} & {"MW0306", "MW0312"}
        return
    # A LoadBalancer Service stands over the frontend's pods, and no gateway stands for it.
    assert "MW0312" in {code for code, _ in published.findings}
    found = next(found for found in published.document["diagnostics"] if found["code"] == "MW0312")
    assert "frontend-external" in found["message"]
    # redis runs as `default`: whoever else runs as it would be let in too.
    source = published.root / "mesh/boutique.mesh"
    text = source.read_text()
    try:
        source.write_text(text + "allow redis-cart -> emailservice\n")
        code, document, _ = meshwright("check", cwd=published.root)
    finally:
        source.write_text(text)
    assert code == 1
    assert codes(document, "error") == ["MW0306"]


def _calls(published: Published) -> frozenset[tuple[str, str]]:
    """Caller and service, from the YAML: environment variables `*_ADDR` are host:port."""
    application = APPLICATIONS[published.name]
    if application.calls is not None:
        return application.calls
    services = {one["metadata"]["name"]: {port["port"] for port in one["spec"]["ports"]} for one in published.cluster.services.values()}
    found, elsewhere = set(), set()
    for one in published.owned:
        if one["kind"] in CONTROLLERS:
            spec = one["spec"]["template"]["spec"]
            for variable in (each for part in (*spec["containers"], *spec.get("initContainers", ())) for each in part.get("env", ())):
                address = ADDRESS.fullmatch(str(variable.get("value", "")))
                if variable["name"].endswith("_ADDR") and address is not None:
                    if address[1] in services:
                        assert int(address[2]) in services[address[1]]
                        found.add((one["metadata"]["name"], address[1]))
                    else:
                        elsewhere.add(address[1])
    assert elsewhere == application.elsewhere
    assert len(found) > 10
    return frozenset(found)


def _workloads(published: Published) -> dict[str, str]:
    """Name of the program -> one workload of it; bookinfo's `reviews` are three Deployments of one account."""
    return {re.sub(r"-v\d$", "", id.split("/")[2]): id for id in published.cluster.pods}


def _objects(folder: Path, namespace: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.yaml")):
        for one in yaml.safe_load_all(path.read_text()):
            if one:
                if namespace and one["kind"] != "Namespace":
                    one["metadata"].setdefault("namespace", namespace)
                yield one


def _key(one: dict[str, Any]) -> tuple[str, str, str]:
    return one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]
