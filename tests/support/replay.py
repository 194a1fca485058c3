"""Every witness of a proof, asked again of the reference evaluator: it must see what the proof says it saw."""

from typing import Any

from meshwright.access.reach import Way
from meshwright.ir.intent import Program
from meshwright.ir.proof import Verdict
from meshwright.prove.destination import way_text
from tests.reference import istio
from tests.reference.gateways import Gateways, Http
from tests.reference.intent import Ask, allowed
from tests.support.proved import Documents, Proved

ACCOUNTS = ("gateway.istio.io/service-account", "gateway.istio.io/name-override")
Attributes = tuple[tuple[str, Any], ...]
ANYBODY = {"action": "ALLOW", "rules": [{}]}


def replay(proved: Proved) -> int:
    """Asserts that each failing verdict is what it claims; the number of verdicts replayed."""
    replayed = 0
    for verdict in proved.proof.verdicts:
        if verdict.status == "fails" and verdict.request is not None and verdict.obligation != "invariant":
            _replay(proved, verdict)
            replayed += 1
    return replayed


def _replay(proved: Proved, verdict: Verdict) -> None:
    (reach,) = (one for one in proved.reach if one.destination == verdict.destination)
    request = verdict.request
    assert request is not None
    namespace = reach.namespace
    labels = dict(next((one.labels for one in proved.program.inventory.workloads if one.id == reach.destination), ()))
    if reach.kind == "other-pods":
        labels = dict(pair.split("=") for pair in reach.destination.removeprefix(f"other pods {namespace}").strip().split(",") if pair)
    documents = istio.effective([*proved.documents, *(dict(one.content) for one in proved.program.inventory.foreign)])
    if verdict.obligation == "transport":
        refused = istio.plaintext_refused(documents, "istio-system", namespace, labels, request.port)
        pods = next((one.id for one in proved.program.pod_sets if reach.destination in one.workloads), "")
        grants = [grant.source.cidrs for grant in proved.program.grants if grant.source.kind == "unidentified"]
        places = ["203.0.113.7", *(block.split("/")[0] for blocks in grants for block in blocks)]
        asked = any(allowed(proved.program, Ask("plaintext", pods, "", 0, request.port, "", 0, "", place, *request[3:6])) for place in places)
        assert refused == asked
        return
    way = next(one for one in reach.ways if way_text(one) == verdict.way)
    pods = next((one.id for one in proved.program.pod_sets if reach.destination in one.workloads), "")
    target = way.target or request.port
    ask = Ask(way.kind, pods, way.service, way.port or (request.port if way.kind == "unlisted-service" else 0), target, way.gateway, way.listener, *request[:2], *request[3:6])
    if way.kind == "gateway" and any(key in ACCOUNTS for one in documents if one["kind"] == "Gateway"
                                     for key in one["metadata"].get("annotations") or {}):
        raise istio.NotJudged("a gateway under another account than the intent knows")
    if way.kind in ("service", "mesh-route") and any(ref.get("kind") == "Service" for one in documents if one["kind"] == "HTTPRoute"
                                                    for ref in istio.spec(one).get("parentRefs") or ()):
        raise istio.NotJudged("what a waypoint forwards by a route")
    if verdict.obligation == "sealed":
        documents = documents + _opened(proved.program, documents)
    # A service that nobody declared may map any port to any target port: one that lets the request in is enough.
    known = {port.target for service in proved.program.services for port in service.ports} | {request.port}
    targets = sorted(known) if way.kind == "unlisted-service" and not way.target else (target,)
    passes = any(let_in(documents, way, namespace, labels, ask._replace(target=number), request.attributes) for number in targets)
    meant = allowed(proved.program, ask)
    assert (passes, meant) == ((False, True) if verdict.obligation == "complete" else (True, False)), (verdict, passes, meant)


def _opened(program: Program, documents: Documents) -> Documents:
    """The ALLOWs that anybody may add: for the mesh's pods, and for each Service at its waypoint."""
    found: Documents = [{"kind": "AuthorizationPolicy", "metadata": {"namespace": "istio-system", "name": "everybody"}, "spec": ANYBODY}]
    for service in program.services:
        found.append({"kind": "AuthorizationPolicy", "metadata": {"namespace": service.namespace, "name": "everybody"},
                      "spec": {**ANYBODY, "targetRefs": [{"group": "", "kind": "Service", "name": service.name}]}})
    return found


def let_in(documents: Documents, way: Way, namespace: str, labels: dict[str, str], ask: Ask, attributes: Attributes = ()) -> bool:
    """Proxy by proxy: each dials the next one with its own identity."""
    principal, passed = ask.principal, True
    for proxy in way.by:
        kind, _, name = proxy.partition(" ")
        if kind == "gateway":
            (gateway,) = (one for one in documents if one["kind"] == "Gateway" and f"{one['metadata']['namespace']}/{one['metadata']['name']}" == name)
            backends = Gateways(documents, {}).backends(gateway, ask.listener, Http(ask.method, ask.path, ask.host), {
                name[7:]: value for name, value in attributes if name.startswith("header:")})
            passed = passed and f"{ask.service}:{ask.port}" in backends and istio.gateway(documents, "istio-system", name, istio.Call(
                "", ask.source_ip, ask.listener, ask.method, ask.path, ask.host, attributes), istio.gateway_pod_labels(gateway))
        elif kind == "waypoint":
            passed = passed and istio.waypoint(documents, "istio-system", name, ask.service, istio.Call(
                principal, ask.source_ip, ask.port, ask.method, ask.path, ask.host, attributes))
            made = [istio.proxy_account(one) for one in documents if one["kind"] == "Gateway" and f"{one['metadata']['namespace']}/{one['metadata']['name']}" == name]
            principal = f"cluster.local/ns/{(made or [name])[0].replace('/', '/sa/')}"
        else:
            passed = passed and istio.ztunnel(documents, "istio-system", namespace, labels, istio.Call(
                principal, ask.source_ip, ask.target, ask.method, ask.path, ask.host, attributes))
    return passed
