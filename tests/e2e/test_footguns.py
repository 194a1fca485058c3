"""Every known way to get Istio wrong (ambient): it cannot be written, is refused with a code, or the proof answers it rightly.

Numbers are those of the list in istio-semantics 9.  In a tree of somebody else a footgun is judged on the objects: the proof and
the slow reference evaluator must agree.  In our sources most cannot be said at all.

Not applicable in this version, each refused as "not in this version" (MW0211, below): 15, 37, 38 tokens (`issuer`), 34 egress (`egress`),
35 certificates of clients (`client-certificate`).  There is no word at all for 11 `spiffe://`, 12 trust domains in names, 14 negative
allows, 23 addresses of mesh clients, 24 external authorizers, 40 dry runs.
Not of the manifests: 28 (a webhook called by the kube-apiserver) is a grant to `unidentified`; 33 is here only as "counts for nothing".
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.reference.istio import NotJudged
from tests.reference.mesh import disagreements
from tests.support.mutants import judge
from tests.support.proved import Documents, compiled, documents_of
from tests.support.replay import replay
from tests.support.sources import app, deployment, namespace, run, service
from tests.support.worlds import World, shop
from tests.unit.lower import cases

Edit = Callable[[Documents], Documents | None]
SECURITY, API, NETWORKING = "security.istio.io/v1", "gateway.networking.k8s.io/v1", "networking.istio.io/v1"


def named(documents: Documents, name: str, kind: str = "AuthorizationPolicy") -> dict[str, Any]:
    (found,) = (one for one in documents if one["kind"] == kind and f"{one['metadata'].get('namespace', '')}/{one['metadata']['name']}" == name)
    return found


def without(*names: str, kind: str = "AuthorizationPolicy") -> Edit:
    return lambda documents: [one for one in documents if one["kind"] != kind or f"{one['metadata'].get('namespace', '')}/{one['metadata']['name']}" not in names]


def changed(name: str, change: Callable[[dict[str, Any]], object], kind: str = "AuthorizationPolicy") -> Edit:
    """``change`` gets the spec of one object."""

    def edit(documents: Documents) -> None:
        change(named(documents, name, kind)["spec"])

    return edit


def added(kind: str, where: str, spec: Any, version: str = SECURITY, name: str = "foreign", labels: dict[str, str] | None = None) -> Edit:
    one = {"apiVersion": version, "kind": kind, "metadata": {"name": name, **({"namespace": where} if where else {}), **({"labels": labels} if labels else {})}}
    return lambda documents: [*documents, one if spec is None else {**one, "spec": spec}]


def both(*edits: Edit) -> Edit:
    def edit(documents: Documents) -> Documents:
        for one in edits:
            documents = one(documents) or documents
        return documents

    return edit


def selecting(spec: dict[str, Any], name: str) -> None:
    del spec["targetRefs"]
    spec["selector"] = {"matchLabels": {"app": name}}


def source(spec: dict[str, Any], **fields: list[str]) -> None:
    for rule in spec["rules"]:
        for one in rule["from"]:
            one["source"] = dict(fields)


def operation(spec: dict[str, Any], **fields: list[str]) -> None:
    for rule in spec["rules"]:
        for one in rule["to"]:
            one["operation"].update(fields)


def annotated(name: str, annotations: dict[str, str]) -> Edit:
    def edit(documents: Documents) -> None:
        named(documents, name)["metadata"]["annotations"] = annotations

    return edit


def parent(name: str) -> list[dict[str, str]]:
    return [{"group": "", "kind": "Service", "name": name, "namespace": "shop"}]


# number and name -> world, what somebody writes, obligations that must not hold: none = the proof holds, "unknown" = it says so
TREES: dict[str, tuple[Callable[[], World], Edit, set[str]]] = {
    "01 L7 DENY without a waypoint": (shop, changed("shop/web-l7-deny", lambda spec: selecting(spec, "web")), {"sound"}),
    "01 L7 DENY more, without effect": (shop, added("AuthorizationPolicy", "shop", {
        "action": "DENY", "selector": {"matchLabels": {"app": "orders"}}, "rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]}), set()),
    "02 L7 ALLOW without a waypoint": (shop, changed("shop/orders-l7-allow", lambda spec: selecting(spec, "orders")), {"complete"}),
    "03 a waypoint before L4 rules": (shop, added("Service", "shop", None, "v1", "postgres", {"istio.io/use-waypoint": "waypoint"}), {"complete"}),
    "04 a waypoint is no boundary": (shop, without("shop/orders-guard", "shop/orders-allow", "shop/mesh-baseline"), {"sound", "sealed"}),
    "04 its guard is only an ALLOW": (shop, without("shop/orders-guard"), {"sealed"}),
    "05 a misspelt waypoint": (shop, added("Service", "shop", None, "v1", "orders", {"istio.io/use-waypoint": "waypiont"}), {"complete"}),
    "06 an object's label beats the namespace's": (shop, both(
        added("Namespace", "", None, "v1", "shop", {"istio.io/use-waypoint": "waypoint"}),
        added("Service", "shop", None, "v1", "orders", {"istio.io/use-waypoint": "gone"})), {"complete"}),
    "07 a shared waypoint that admits nobody": (cases.placements, changed(
        "infra/shared", lambda spec: spec["listeners"][0].pop("allowedRoutes"), "Gateway"), {"complete"}),
    "07 a policy away from its service": (shop, lambda documents: named(documents, "shop/orders-l7-allow")["metadata"].update(namespace="ops"), {"complete"}),
    "08 a default deny that waypoints ignore": (shop, changed("shop/waypoint-default-deny", lambda spec: spec.pop("targetRefs")), {"sound"}),
    "09 an ALLOW in the root namespace": (shop, added("AuthorizationPolicy", "istio-system", {"rules": [{}]}), {"sound"}),
    "10 an empty selector": (shop, changed("shop/mesh-baseline", lambda spec: spec.update(selector={})), {"sound"}),
    "11 spiffe:// in a principal": (shop, changed("shop/postgres-allow", lambda spec: source(spec, principals=["spiffe://cluster.local/ns/shop/sa/ledger"])), {"complete"}),
    "11 spiffe:// in a DENY": (shop, both(without("shop/mesh-baseline", "shop/postgres-allow"), changed(
        "shop/postgres-guard", lambda spec: spec.update(rules=[{"from": [{"source": {"principals": ["spiffe://*"]}}]}]))), {"sound", "sealed"}),
    "12 another trust domain": (shop, changed("shop/postgres-allow", lambda spec: source(spec, principals=["example.org/ns/shop/sa/ledger"])), {"complete"}),
    "12 a principal of another trust domain left out": (cases.any_workload, changed("shop/status-l7-deny", lambda spec: [
        one["source"]["notPrincipals"].append("example.org/ns/edge/sa/public-istio") for rule in spec["rules"] for one in rule["from"]]), set()),
    "13 trustDomains at ztunnel": (shop, both(without("shop/postgres-guard"), changed(
        "shop/postgres-allow", lambda spec: source(spec, namespaces=["shop"], trustDomains=["example.org"]))), {"sound"}),
    "14 a negative match lets plaintext in": (shop, both(without("shop/postgres-guard", "shop/mesh-strict"), without("shop/mesh-strict", kind="PeerAuthentication"), changed(
        "shop/postgres-allow", lambda spec: source(spec, notNamespaces=["lab"]))), {"sound", "transport"}),
    "15 RequestAuthentication alone": (shop, added("RequestAuthentication", "shop", {"targetRefs": [{"kind": "Service", "name": "orders"}], "jwtRules": [{"issuer": "x"}]}), set()),  # it asks nobody for a token
    "16 RequestAuthentication by selector": (shop, added("RequestAuthentication", "shop", {"selector": {"matchLabels": {"app": "orders"}}}), set()),
    "16 a route without a waypoint": (shop, added("HTTPRoute", "shop", {"parentRefs": parent("postgres"), "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}, API), set()),
    "17 hosts without a port": (shop, changed("shop/orders-l7-allow", lambda spec: operation(spec, hosts=["orders.shop"])), {"complete"}),
    "18 a prefix of text": (shop, changed("shop/orders-l7-allow", lambda spec: operation(spec, paths=["/v1/orders*"])), {"sound"}),
    "18 a prefix without its root": (shop, changed("shop/web-l7-deny", lambda spec: operation(spec, paths=["/debug/*"])), {"sound"}),
    "19 a star in the middle": (shop, changed("shop/orders-l7-allow", lambda spec: operation(spec, paths=["/v1/*/x"])), {"complete"}),
    "20 DENY with HTTP fields on TCP": (shop, added("AuthorizationPolicy", "shop", {
        "action": "DENY", "selector": {"matchLabels": {"app": "postgres"}}, "rules": [{"to": [{"operation": {"ports": ["5432"], "methods": ["GET"]}}]}]}), {"complete"}),
    "22 a service port at ztunnel": (shop, changed("shop/web-allow", lambda spec: operation(spec, ports=["80"])), {"complete"}),
    "23 addresses at a waypoint": (shop, changed("shop/orders-l7-allow", lambda spec: [one["source"].update(ipBlocks=["10.0.0.0/8"]) for rule in spec["rules"] for one in rule["from"]]),
                                   {"unknown"}),
    "23 forwarded addresses at a waypoint": (shop, changed(
        "shop/orders-l7-allow", lambda spec: [one["source"].update(remoteIpBlocks=["10.0.0.0/8"]) for rule in spec["rules"] for one in rule["from"]]), {"complete"}),
    "24 CUSTOM by selector": (shop, both(without("shop/postgres-guard"), added("AuthorizationPolicy", "shop", {
        "action": "CUSTOM", "provider": {"name": "x"}, "selector": {"matchLabels": {"app": "postgres"}}, "rules": [{}]})), {"sealed"}),
    "24 CUSTOM at a waypoint": (shop, added("AuthorizationPolicy", "shop", {
        "action": "CUSTOM", "provider": {"name": "x"}, "targetRefs": [{"kind": "Service", "name": "orders", "group": ""}], "rules": [{}]}), {"unknown"}),
    "25 the gateway passes the waypoint by": (shop, added("Service", "shop", None, "v1", "web", {"istio.io/ingress-use-waypoint": "false"}), {"complete"}),
    "28 plaintext where it is refused": (cases.unidentified, without("shop/web-mtls", kind="PeerAuthentication"), {"complete", "transport"}),
    "29 a mode that is not set": (shop, changed("shop/mesh-strict", lambda spec: spec.update(mtls={"mode": "UNSET"}), "PeerAuthentication"), {"transport"}),
    "29 DISABLE is PERMISSIVE": (shop, changed("shop/mesh-strict", lambda spec: spec.update(mtls={"mode": "DISABLE"}), "PeerAuthentication"), {"transport"}),
    "30 a VirtualService beside": (shop, added("VirtualService", "shop", {"hosts": ["orders"], "http": [{"route": [{"destination": {"host": "web"}}]}]}, NETWORKING), {"unknown"}),
    "31 a route of a consumer": (shop, added("HTTPRoute", "ops", {"parentRefs": parent("orders"), "rules": [{"backendRefs": [{"name": "web", "namespace": "shop", "port": 80}]}]}, API), set()),
    "31 a route of the producer is a grant": (shop, added("HTTPRoute", "shop", {"parentRefs": parent("orders"), "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}, API),
                                              {"sound", "complete"}),
    "32 a DestinationRule with TLS": (shop, added("DestinationRule", "shop", {"host": "orders", "trafficPolicy": {"tls": {"mode": "DISABLE"}}}, NETWORKING), {"unknown"}),
    "33 a Sidecar isolates nobody": (shop, both(without("shop/mesh-baseline"), added("Sidecar", "shop", {"egress": [{"hosts": ["./*"]}]}, NETWORKING)), {"sound"}),
    "36 a certificate that nobody granted": (cases.gateways, lambda documents: [one for one in documents if one["kind"] != "ReferenceGrant" or one["metadata"]["namespace"] != "certs"],
                                             {"unknown"}),
    "40 a dry run": (shop, annotated("shop/orders-guard", {"istio.io/dry-run": "true"}), {"sealed"}),
    "a namespace taken out of the mesh": (shop, added("Namespace", "", None, "v1", "shop", {"istio.io/dataplane-mode": "none"}), {"covered"}),
    "sidecars injected beside": (shop, added("Namespace", "", None, "v1", "shop", {"istio-injection": "enabled"}), {"covered"}),
    "another revision reads it": (shop, lambda documents: named(documents, "shop/waypoint", "Gateway")["metadata"].update(labels={"istio.io/rev": "canary"}), {"unknown"}),
    "a version that no cluster serves": (shop, lambda documents: named(documents, "shop/orders-guard").update(apiVersion="security.istio.io/v3"), {"refused"}),
    "a label that no cluster takes": (shop, lambda documents: named(documents, "shop/orders-guard")["metadata"].update(labels={"team": "a b"}), {"refused"}),
    "an owner that is gone": (shop, lambda documents: named(documents, "shop/orders-guard")["metadata"].update(ownerReferences=[{"name": "x"}]), {"unknown"}),
    "endpoints by hand": (shop, added("EndpointSlice", "shop", None, "discovery.k8s.io/v1"), {"unknown"}),
    "a gateway of a class of one's own": (shop, both(
        added("GatewayClass", "", {"controllerName": "istio.io/gateway-controller"}, API, "mine"),
        added("Gateway", "edge", {"gatewayClassName": "mine", "listeners": [{"name": "a", "port": 80, "protocol": "HTTP"}]}, API),
        added("HTTPRoute", "edge", {"parentRefs": [{"name": "foreign"}], "rules": [{"backendRefs": [{"name": "web", "namespace": "shop", "port": 80}]}]}, API)), {"unknown"}),
    "a waypoint of a class of one's own": (shop, both(
        added("Gateway", "shop", {"gatewayClassName": "mine", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}, API),
        added("Service", "shop", None, "v1", "postgres", {"istio.io/use-waypoint": "foreign"})), {"unknown"}),
    "an ALLOW for a ServiceEntry over pods": (shop, both(
        added("ServiceEntry", "elsewhere", {"hosts": ["x.example.org"], "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}], "resolution": "STATIC",
                                            "endpoints": [{"address": "10.1.2.3"}]}, NETWORKING),
        added("AuthorizationPolicy", "elsewhere", {"targetRefs": [{"group": "networking.istio.io", "kind": "ServiceEntry", "name": "foreign"}], "rules": [{}]})), {"unknown"}),
    "an ALLOW for a name outside": (shop, both(
        added("ServiceEntry", "elsewhere", {"hosts": ["x.example.org"], "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}], "resolution": "DNS"}, NETWORKING),
        added("AuthorizationPolicy", "elsewhere", {"targetRefs": [{"group": "networking.istio.io", "kind": "ServiceEntry", "name": "foreign"}], "rules": [{}]})), set()),
    "a second gateway to the same service": (shop, both(
        added("Gateway", "shop", {"gatewayClassName": "istio", "listeners": [{"name": "a", "port": 80, "protocol": "HTTP"}]}, API),
        added("HTTPRoute", "shop", {"parentRefs": [{"name": "foreign"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}, API)), set()),
}


@pytest.mark.parametrize("name", TREES)
def test_in_a_tree_of_somebody_else(name: str) -> None:
    world, edit, expected = TREES[name]
    program, tree = compiled(world())
    documents = documents_of(tree)
    documents = edit(documents) or documents
    judged = judge(program, documents)
    if expected & {"unknown", "refused"}:
        assert {judged.answer} == expected
        return
    assert judged.proved is not None
    wrong = {verdict.obligation for verdict in judged.proved.proof.verdicts if verdict.status != "holds"}
    assert expected <= wrong and bool(wrong) == bool(expected), wrong
    try:
        assert (next(disagreements(program, documents), None) is not None) == bool(expected)
    except NotJudged as reason:
        assert not {"sound", "sealed"} & expected, reason  # what opens something is never left to one opinion
    with suppress(NotJudged):
        replay(judged.proved)


SHOP = namespace() + app("web") + app("orders") + app("ledger", "grpc=grpc:9090") + app("postgres", "db=tcp:5432")
HEAD = "in shop\nmesh { istio 1.30 }\nnamespace shop { enforce yes }\n"

# what somebody writes in our language, the inventory, the code
SOURCES: dict[str, tuple[str, str, str]] = {
    "02 HTTP where no waypoint may be": ('namespace shop { enforce yes; waypoint none }\nallow web -> orders { GET "/a" }', SHOP, "MW0331"),
    "11 spiffe:// as a name": ("allow spiffe://cluster.local/ns/shop/sa/web -> orders", SHOP, "MW0101"),
    "14 a negative allow": ("allow not web -> orders", SHOP, "MW0101"),
    "17 a host inside the mesh": ('allow web -> orders { host "a.example.com" GET "/a" }', SHOP, "MW0101"),
    "18 text prefix": ('allow web -> orders { GET "/admin*" }', SHOP, "MW0114"),
    "18 encoded": ('deny web -> orders { path "/%61dmin/**" }', SHOP, "MW0313"),
    "19 star in the middle": ('allow web -> orders { GET "/a/*/b" }', SHOP, "MW0114"),
    "20 HTTP terms on TCP": ('allow ledger -> postgres { GET "/" }', SHOP, "MW0302"),
    "21 a protocol that nobody declared": ("allow web -> plain", SHOP + service("plain", ":80") + deployment("plain"), "MW0301"),
    "23 addresses of mesh clients": ('allow unidentified from 10.0.0.0/8 -> orders { GET "/a" }', SHOP, "MW0314"),
    "26 a headless service by its address": ('allow web -> peers', SHOP + service("peers", "http=http:80", spec="clusterIP: None, ") + deployment("peers"), "MW0303"),
    "27 a caller with a sidecar": ('allow ops/job -> orders { GET "/a" }', SHOP + namespace("ops", istio_injection="enabled").replace("istio_injection", "istio-injection")
                                   + deployment("job", ns="ops"), "MW0309"),
    "34 egress": ('egress through edge/out -> stripe', SHOP, "MW0211"),
    "39 per-caller rules on TCP behind a waypoint": ("allow web -> orders { port http GET \"/a\" }\nallow ledger -> orders { port feed }",
                                                     namespace() + app("web") + app("ledger", "grpc=grpc:9090") + service("orders", "http=http:80", "feed=tcp:9000")
                                                     + deployment("orders"), "MW0317"),
    "41 metacharacters in a name": ("allow web.* -> orders", SHOP, "MW0101"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_in_our_sources_it_is_refused(name: str) -> None:
    text, kubernetes, code = SOURCES[name]
    head = HEAD if "namespace shop {" not in text else HEAD.replace("namespace shop { enforce yes }\n", "")
    result = run(head + text + "\n", kubernetes)
    assert code in [found.code for found in result.diagnostics if found.severity == "error"], [(found.code, found.message) for found in result.diagnostics]
