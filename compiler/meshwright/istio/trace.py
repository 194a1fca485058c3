"""One concrete request, proxy by proxy: what each decides, by which policy and which rule of it.

The same policies, attachments and engines as ``model``, asked about one value at a time, so that the answer names its reason.
"""

from collections.abc import Sequence
from typing import Literal

from meshwright.access.expr import DIMENSIONS, Expr, any_of
from meshwright.access.reach import Behind, Way
from meshwright.access.request import Witness, evaluate, fix
from meshwright.ir.denial import Denial
from meshwright.ir.explanation import Hop
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Inventory, Object, Workload
from meshwright.istio.attachment import Engine, Policies
from meshwright.istio.engines import envoy_http, ztunnel
from meshwright.istio.hops import Known, attributes, settle
from meshwright.istio.kinds.authorization_policy import Policy, Rule
from meshwright.istio.model import world_of
from meshwright.istio.paths import HTTP_PROTOCOLS, World
from meshwright.istio.reading import read_objects
from meshwright.istio.sidecars import http_ports
from meshwright.istio.terms import Scope
from meshwright.istio.verdict import Verdict
from meshwright.record import NamedTuple


class Asked(NamedTuple):
    """A request on one way to a workload.  The port of ``request`` is the target port for the kinds pod and plaintext."""

    destination: str  # workload id
    way: Way
    request: Witness


def trace(objects: tuple[Object, ...], inventory: Inventory, mesh: Mesh, asked: Sequence[Asked]) -> tuple[tuple[Hop, ...], ...]:
    """For each request the proxies that it meets, up to the first that refuses it; () where the mesh does not see it.

    ``objects`` are those that ``model`` took without an error.
    """
    given = sorted([*objects, *inventory.foreign], key=lambda one: (one.namespace, one.kind, one.name))
    read = read_objects(given, mesh.root_namespace)
    tracer = _Tracer(world_of(read, inventory, mesh), {policy.id: policy for policy in read.policies}, mesh, inventory.workloads)
    workloads = {workload.id: workload for workload in inventory.workloads}
    return tuple(tracer.hops(one, workloads[one.destination]) if one.destination in workloads else () for one in asked)


def policies_behind(objects: tuple[Object, ...], inventory: Inventory, mesh: Mesh, denials: Sequence[Denial]) -> tuple[Behind | None, ...]:
    """For each denial the rule that it names, as the proxy understands it; None where it names no policy of the mesh."""
    given = sorted([*objects, *inventory.foreign], key=lambda one: (one.namespace, one.kind, one.name))
    read = read_objects(given, mesh.root_namespace)
    policies = {f"{policy.namespace}/{policy.name}": policy for policy in read.policies}
    tracer = _Tracer(world_of(read, inventory, mesh), {policy.id: policy for policy in read.policies}, mesh, inventory.workloads)
    return tuple(tracer.behind(policies[one.policy], one) if one.policy in policies else None for one in denials)


class _Tracer:
    def __init__(self, world: World, policies: dict[str, Policy], mesh: Mesh, workloads: tuple[Workload, ...]) -> None:
        self._world = world
        self._policies = policies
        self._mesh = mesh
        self._workloads = workloads

    def hops(self, asked: Asked, workload: Workload) -> tuple[Hop, ...]:
        way, request = asked.way, asked.request
        policies: Policies = self._world.policies
        if way.kind == "plaintext":
            request = request._replace(principal="")
        elif way.kind == "mesh-route":  # the way does not say whose route it is
            decision: Literal["allow", "deny"] = "allow" if evaluate(way.admitted, request) else "deny"
            applied = tuple(name for name in way.objects if name in self._policies)
            why = "as the policies of the service say whose route leads here"
            return (Hop(way.by[0], request.principal, decision, why, "", -1, applied),)
        first = request
        found: list[Hop] = []
        for place, proxy in enumerate(way.by):
            kind, _, name = proxy.partition(" ")
            namespace, _, own = name.partition("/")
            if kind == "gateway":
                gateway = self._world.gateways[name]
                request = request._replace(principal="", port=way.listener)
                hop = self._routed(way, request, proxy) or self._judged(
                    proxy, request, envoy_http.compile_policy, policies.envoy(namespace, gateway.pod_labels, own), place)
                following = gateway.principal(self._mesh.trust_domain)
            elif kind == "waypoint":
                hop = self._waypoint(way, request._replace(port=way.port or request.port), proxy, place)
                following = self._world.bindings.waypoints[(namespace, own)].principal(self._mesh.trust_domain)
            elif kind == "sidecar":
                hop = self._sidecar(workload, request._replace(port=way.target or request.port), proxy, place)
                following = ""
            else:
                target = way.target or request.port
                hop = self._ztunnel(workload, request._replace(port=target), place)
                following = ""
            found.append(hop)
            if hop.decision != "allow":
                break
            request = request._replace(principal=following)
        if found and found[-1].decision == "allow" and not evaluate(way.admitted, first):
            found.append(Hop(way.by[0], first.principal, "deny", "its routes send this request elsewhere", "", -1, way.objects))
        return tuple(found)

    def _routed(self, way: Way, request: Witness, proxy: str) -> Hop | None:
        """A refusal where no route of the gateway leads there."""
        for edge in self._world.at_gateways.get(way.service, ()):
            if (edge.source, edge.port, edge.backend.port) == (way.gateway, way.listener, way.port) and evaluate(edge.requests, request):
                return None
        return Hop(proxy, "", "deny", f"no route of it sends this request to {way.service} port {way.port}", "", -1, ())

    def _waypoint(self, way: Way, request: Witness, proxy: str, place: int) -> Hop:
        namespace, _, own = proxy.partition(" ")[2].partition("/")
        service = self._world.services.get(way.service)
        http = service is None or any(port.number == way.port and port.protocol in HTTP_PROTOCOLS for port in service.ports)
        name = (service.namespace, service.name) if service is not None else None
        verdict = self._world.policies.waypoint(namespace, own, name, http)
        if not http:
            return Hop(proxy, request.principal, "allow", "it opens a TCP connection before it judges it", "", -1, verdict.objects)
        return self._judged(proxy, request, envoy_http.compile_policy, verdict, place)

    def _sidecar(self, workload: Workload, request: Witness, proxy: str, place: int) -> Hop:
        labels = dict(workload.labels)
        verdict = self._world.policies.envoy(workload.namespace, labels)
        modes = self._world.policies.modes(workload.namespace, labels)
        if not request.principal and evaluate(modes.strict, request):
            strict = modes.objects[-1] if modes.objects else ""
            return Hop(proxy, "", "deny", "mTLS is STRICT here, and the peer shows no certificate", strict, -1, verdict.objects)
        services = [service for service in self._world.services.values() if workload.id in service.workloads]
        if not http_ports(workload, services).get(request.port):
            return Hop(proxy, request.principal, "allow", "it opens a TCP connection before it judges it", "", -1, verdict.objects)
        return self._judged(proxy, request, envoy_http.compile_policy, verdict, place)

    def _ztunnel(self, workload: Workload, request: Witness, place: int) -> Hop:
        if request.port in workload.excluded_inbound:
            return Hop("ztunnel", request.principal, "allow", f"an annotation takes port {request.port} out of capture", "", -1, ())
        labels = dict(workload.labels)
        verdict = self._world.policies.ztunnel(workload.namespace, labels)
        plaintext = self._world.policies.plaintext(workload.namespace, labels)
        if not request.principal and evaluate(plaintext.refused, request):
            strict = plaintext.objects[-1] if plaintext.objects else ""
            return Hop("ztunnel", "", "deny", "mTLS is STRICT here, and the peer shows no certificate", strict, -1, verdict.objects)
        return self._judged("ztunnel", request, ztunnel.compile_policy, verdict, place)

    def _judged(self, proxy: str, request: Witness, engine: Engine, verdict: Verdict, place: int) -> Hop:
        """The token, then DENY, then ALLOW; among several the first by name, as the proxies report them."""
        policies = [self._policies[name] for name in sorted(set(verdict.objects)) if name in self._policies]
        names = tuple(policy.id for policy in policies)

        def hop(decision: Literal["allow", "deny", "unknown"], reason: str, object: str = "", rule: int = -1) -> Hop:
            return Hop(proxy, request.principal, decision, reason, object, rule, names)

        reading = [name for name in verdict.objects if name.startswith("RequestAuthentication ")]
        if reading and evaluate(verdict.tokens, request):
            return hop("deny", "its token is of no issuer and audience that are accepted here", reading[0])
        if not reading:  # nobody looks at a token here
            request = request._replace(attributes=tuple([one for one in request.attributes if not one[0].startswith("claim:")]))
        # Behind another proxy the address of the peer is that proxy's, which nobody knows.
        dimensions = DIMENSIONS if place == 0 else tuple(one for one in DIMENSIONS if one != "source_ip")
        known: Known = {dimension: request.value(dimension) for dimension in dimensions}
        unsure = ""
        for action in ("DENY", "ALLOW"):
            for policy in policies:
                for number, (requests, doubts) in enumerate(self._rules(policy, action, engine)):
                    rest = settle(requests, known)
                    for name in attributes(rest):
                        rest = fix(rest, name, request.value(name))
                    left = rest.op
                    if left == "true" and action == "DENY":
                        return hop("deny", f"rule {number + 1} of it denies this", policy.id, number)
                    if left not in ("true", "false"):
                        unsure = unsure or f"{policy.id} asks for the address of a proxy, which is not known"
                    elif doubts and (left == "true" or action == "DENY"):
                        unsure = unsure or doubts[0]
                    elif left == "true" and not unsure:
                        return hop("allow", f"rule {number + 1} of it allows this", policy.id, number)
        if unsure or any(policy.action == "CUSTOM" and not policy.dry_run for policy in policies):
            return hop("unknown", unsure or "what an external authorizer says is not known")
        allows = [policy.id for policy in policies if policy.action == "ALLOW"]
        if allows:
            return hop("deny", "ALLOW policies apply here, and none of them allows this", allows[0] if len(allows) == 1 else "")
        return hop("allow", "no ALLOW policy applies here, so what nothing denies gets in")

    def behind(self, policy: Policy, denial: Denial) -> Behind:
        """One rule of a policy (every rule where the log names none), and what it is attached to."""
        engine = ztunnel.compile_policy if denial.proxy == "ztunnel" else envoy_http.compile_policy
        rules = [requests for requests, _ in self._rules(policy, policy.action, engine)]
        requests = any_of(rules) if denial.rule < 0 else rules[denial.rule] if denial.rule < len(rules) else None
        services = tuple(f"{policy.namespace}/{target.name}" for target in policy.targets if target.kind == "Service")
        root = policy.namespace == self._mesh.root_namespace
        selected = tuple(one.id for one in self._workloads if not policy.targets and (root or one.namespace == policy.namespace)
                         and set(policy.selector or ()) <= set(one.labels))
        return Behind(policy.id, requests, services, selected)

    def _rules(self, policy: Policy, action: str, engine: Engine) -> list[tuple[Expr, tuple[str, ...]]]:
        """What each rule of a policy matches at this engine, in order; () for a policy of another action."""
        if policy.action != action:
            return []
        found = []
        scope = Scope(policy.namespace, self._mesh.trust_domain)
        for rule in policy.rules:
            compiled = engine(_single(policy, rule), scope)
            if compiled is not None:
                found.append((compiled.requests, compiled.doubts))
        return found


def _single(policy: Policy, rule: Rule) -> Policy:
    return policy._replace(rules=(rule,))
