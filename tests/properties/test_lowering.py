"""Random small meshes, lowered, and asked concrete requests: the objects decide as the rules read, alone and together.

The meaning of the rules is spelled out here once more, one request at a time, with nothing taken from lowering.
"""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.support.verdicts import Request, admits
from tests.support.worlds import World

from meshwright import pipeline
from meshwright.ir.intent import Grant, Http, Program, Service, Source
from meshwright.ir.manifest import Bundle
from meshwright.lower import lower
from meshwright.render import render

CALLERS = ("shop/web", "shop/job", "ops/agent", "edge/public-istio", "edge/inside-istio", "lab/x")
PRINCIPALS = ("", *(f"cluster.local/ns/{one.replace('/', '/sa/')}" for one in CALLERS))
ADDRESSES = ("10.0.0.1", "10.0.0.200", "192.168.0.1")
PATHS = ("/", "/a", "/a/", "/ab", "/a/b", "/a/b/c", "/b", "/v/1", "/v/1/x", "/v//x", "/v/[1]", "/v/1/x]", "/[")
METHODS = ("GET", "POST")

anybody = ("any workload", "anyone", "clients of edge/public", "clients of any gateway", "namespace shop", "namespace edge", "namespace ops",
           "shop/web", "shop/job", "ops/agent", "lab/x")
unidentified = ("unidentified", "unidentified 10.0.0.0/24", "unidentified 10.0.0.128/25")
http_doors = ("", "GET /a", "GET, POST /a/**", "/v/{id}", "POST /v/{id}/**", "/**", "GET /b", "port 80", "port 81 GET /a")


@st.composite
def worlds(draw: st.DrawFn, plaintext: bool = True) -> World:
    world = World().namespace("shop").namespace("edge", waypoint="none")
    world.gateway("edge/public", "http 80").gateway("edge/inside", "http 80")
    world.service("shop/api", "http 80 -> 8080", "http 81 -> 8081").service("shop/db", "tcp 5432", "http 80 -> 9000")
    if draw(st.booleans()):
        world.service("shop/admin", "http 80 -> 8080", "http 82 -> 8082", pods=draw(st.sampled_from(("shop/api", "shop/api shop/db"))))
    # without HTTP terms, or with: each service is judged by ztunnel in some worlds and by the waypoint in others
    doors = {name: draw(st.sampled_from((("",), http_doors))) for name in world.services}
    doors["shop/db"] = ("", "port 5432", "port 80")
    for _ in range(draw(st.integers(1, 7))):
        effect = draw(st.sampled_from(("allow", "allow", "deny")))
        if draw(st.booleans()):
            target = draw(st.sampled_from(sorted(world.services)))
            door = draw(st.sampled_from(doors[target]))
            sources = anybody
        else:
            target = "pods of " + draw(st.sampled_from(sorted(world.pod_sets)))
            door = draw(st.sampled_from(("port 8080", "port 9000", "port 9102", "")))
            sources = anybody + (unidentified if plaintext else ())
        source = draw(st.sampled_from(sources))
        if effect == "allow" and (source == "anyone" or (source in unidentified and not door)):
            continue
        if door.startswith("port") and "pods" not in target and int(door.split()[1]) not in {port.number for port in world.services[target].ports}:
            continue
        world._rule(effect, source, target, (door,))
    return world


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(worlds())
def test_pods_let_in_exactly_who_may_reach_them_directly(world: World) -> None:
    program, bundle = _lowered(world)
    for pods in program.pod_sets:
        specs = _of_pods(bundle, pods.name)
        ports = {grant.target.port for grant in program.grants} | {port.target for service in program.services for port in service.ports} | {1}
        for port in sorted(ports - {0}):
            for principal in PRINCIPALS:
                for address in ADDRESSES:
                    request = Request(principal, address, port)
                    meant = _direct(program, pods.id, request)
                    said = admits(specs, request), admits(specs, request, denies=False), admits(specs, request, allows=False)
                    assert said == (meant, meant, meant), (pods.id, request)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(worlds())
def test_a_waypoint_lets_in_exactly_what_may_reach_its_services(world: World) -> None:
    program, bundle = _lowered(world)
    behind = {wanted.name for wanted in bundle.wanted if wanted.kind == "Service" and wanted.key == "istio.io/use-waypoint"}
    for service in program.services:
        if service.name not in behind:
            continue
        specs = [_spec(one) for one in bundle.manifests if one.name in (f"{service.name}-l7-allow", f"{service.name}-l7-deny", f"{service.name}-l7-fence")]
        for port in service.ports:
            for principal in PRINCIPALS[1:]:
                some = False
                for path in PATHS:
                    for method in METHODS:
                        request = Request(principal, "10.0.0.1", port.number, method, path)
                        meant = _at_service(program, service, request, port.target)
                        assert admits(specs, request) == meant, (service.id, request)
                        some = some or meant
                        if not _granted(program, service, request):  # the fence alone keeps out who has no grant on the port
                            assert not admits(specs, request, allows=False), (service.id, request)
                if some:  # and the pods accept the waypoint there
                    for pods in service.pod_sets:
                        assert admits(_of_pods(bundle, pods.partition("/")[2]), Request("cluster.local/ns/shop/sa/waypoint", "10.0.0.9", port.target))


# Left out: plaintext callers.  Where all of them are denied again, the proof asks for an mTLS exception that nobody needs.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(worlds(plaintext=False))
def test_the_proof_agrees(world: World) -> None:
    program, bundle = _lowered(world)
    for wanted in bundle.wanted:
        if wanted.kind == "Service":
            own = world.read[f"{wanted.namespace}/{wanted.name}"]
            world.read[own.id] = own._replace(labels=tuple(sorted((*own.labels, (wanted.key, wanted.value)))))
    program = world.program()
    outcome = lower(program)
    assert outcome.value is not None, outcome.diagnostics
    tree = render(outcome.value, "plain").value
    assert tree is not None
    proof = pipeline.prove_tree(program, tree)
    assert [(one.code, one.message) for one in proof.diagnostics if one.severity == "error"] == []


def _lowered(world: World) -> tuple[Program, Bundle]:
    program = world.program()
    outcome = lower(program, "patch")
    assume(outcome.value is not None)  # refused: nothing to compare
    assert outcome.value is not None
    return program, outcome.value


def _of_pods(bundle: Bundle, name: str) -> list[Any]:
    return [_spec(one) for one in bundle.manifests if one.name in (f"{name}-guard", f"{name}-allow") and one.kind == "AuthorizationPolicy"]


def _spec(one: Any) -> Any:
    return one.body["spec"]


def _is(source: Source, request: Request) -> bool:
    namespace, account = request.principal.split("/")[2::2] if request.principal else ("", "")
    gateway = namespace == "edge" and account in ("public-istio", "inside-istio")
    if source.kind == "anyone":
        return True
    if source.kind == "unidentified":
        inside = {"10.0.0.0/24": ("10.0.0.1", "10.0.0.200"), "10.0.0.128/25": ("10.0.0.200",)}
        return not request.principal and (not source.cidrs or any(request.ip in inside[cidr] for cidr in source.cidrs))
    if not request.principal:
        return False
    if source.kind == "any-workload":
        return not gateway
    if source.kind == "namespace":
        return namespace == source.namespace
    if source.kind == "gateway":
        return (namespace, account) == ("edge", source.gateway.partition("/")[2] + "-istio")
    if source.kind == "any-gateway":
        return gateway
    return source.identity == (namespace, account)


def _direct(program: Program, pods: str, request: Request) -> bool:
    """By pod address; a caller of a service without HTTP rules may do that as well, ztunnel cannot tell."""
    l7 = {grant.target.id for grant in program.grants if grant.http is not None}
    at_port = {(service.id, port.number) for service in program.services if pods in service.pod_sets
               for port in service.ports if port.target == request.port}

    def about(grant: Grant) -> bool:
        if grant.target.kind == "pods":
            return grant.target.id == pods and grant.target.port in (0, request.port)
        return (grant.target.id, grant.target.port) in at_port and (grant.effect == "deny" or grant.target.id not in l7)

    matching = [grant for grant in program.grants if about(grant) and grant.http is None and _is(grant.source, request)]
    return any(grant.effect == "allow" for grant in matching) and not any(grant.effect == "deny" for grant in matching)


def _at_service(program: Program, service: Service, request: Request, target: int) -> bool:
    same_pods = {(other.id, port.number) for other in program.services if set(other.pod_sets) & set(service.pod_sets)
                 for port in other.ports if port.target == target}

    def matches(grant: Grant) -> bool:
        return _is(grant.source, request) and (grant.http is None or _http(grant.http, request))

    return any(grant.effect == "allow" and matches(grant) and grant.target == ("service", service.id, request.port) for grant in program.grants) \
        and not any(grant.effect == "deny" and matches(grant) and (
            grant.target[1:] in same_pods if grant.target.kind == "service"
            else grant.target.id in service.pod_sets and grant.target.port in (0, target)) for grant in program.grants)


def _granted(program: Program, service: Service, request: Request) -> bool:
    return any(grant.effect == "allow" and grant.target == ("service", service.id, request.port) and _is(grant.source, request) for grant in program.grants)


def _http(http: Http, request: Request) -> bool:
    parts, wanted = request.path.split("/")[1:], list(http.path.segments)
    if request.path == "/":
        parts = [] if not wanted else [""]
    if http.methods and request.method not in http.methods:
        return False
    if len(parts) < len(wanted) or (len(parts) > len(wanted) and not http.path.subtree):
        return False
    return all(part != "" if want is None else part == want for part, want in zip(parts, wanted, strict=False))
