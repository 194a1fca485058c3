"""From a checked program to the bundle of objects that means the same."""

from collections.abc import Iterable

from meshwright.diagnostics import Diagnostic, Outcome
from meshwright.ir import capability
from meshwright.ir.intent import PodSet, Program
from meshwright.ir.inventory import Labels, Object, Workload
from meshwright.ir.manifest import Bundle, Manifest
from meshwright.lower import refuse
from meshwright.lower.gateways import lower_gateways, refuse_listener_sources
from meshwright.lower.labels import Mode, lower_labels
from meshwright.lower.plan import Plan, plan, waypoint_identity
from meshwright.lower.pods import lower_pods
from meshwright.lower.services import lower_service
from meshwright.lower.spaces import lower_namespace, lower_waypoints

MOST_RULES = 512  # of a policy, and sources of a rule (CRD schema)
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"  # label of the pods of a Gateway API gateway


def lower(program: Program, labels: Mode = "external") -> Outcome[Bundle]:
    """The objects that make governed namespaces of ``program`` behave as written, and the labels that they rely on.

    ``labels`` says who sets labels on Namespaces and Services: `external` (verified in the inventory), `own` (labels-only objects
    in the bundle) or `patch` (Bundle.components).  What cannot be said exactly is an error (MW06xx) and there is no bundle.
    The recipe and its evidence: docs/lowering.md.
    """
    if program.mesh.istio not in capability.MINORS:
        return Outcome(None, (refuse.unsupported_version(program.mesh),))
    found: list[Diagnostic] = []
    index = plan(program)
    if not _lowerable(index, found):
        return Outcome(None, tuple(found))

    manifests: list[Manifest] = []
    for space in program.namespaces:
        if space.name in index.governed:
            manifests.extend(lower_namespace(index, space, found))
    manifests.extend(lower_waypoints(index, index.waypoints, found))
    for service in index.waypoints:
        manifests.extend(lower_service(index, index.services[service], found))
    for pods in index.pod_sets.values():
        manifests.extend(lower_pods(index, pods, found))
    manifests.extend(lower_gateways(index, found))
    labelled = lower_labels(index, labels, found)
    manifests.extend(labelled.manifests)
    manifests.sort(key=_order)
    _refuse_name_clashes(manifests, program.inventory.foreign, found)
    _refuse_oversize(manifests, index.phrases.longest, found)

    if any(one.severity == "error" for one in found):
        return Outcome(None, _once(found))
    components = tuple(sorted(labelled.components, key=_order))
    return Outcome(Bundle(tuple(manifests), labelled.wanted, components), _once(found))


def _lowerable(index: Plan, found: list[Diagnostic]) -> bool:
    """Whether the parts below can work at all; mistakes that leave them nothing to stand on are found here."""
    _refuse_unplaced(index, found)
    _refuse_services_without_pods(index, found)
    _refuse_overlaps(index, found)
    _refuse_taken_names(index, found)
    _refuse_proxy_accounts(index, found)
    refuse_listener_sources(index, found)
    return not found


def _refuse_unplaced(index: Plan, found: list[Diagnostic]) -> None:
    placements = {space.name: space.placement for space in index.program.namespaces}
    done = {name for name in index.waypoints if not index.services[name].headless}
    for grant in index.program.grants:
        name = grant.target.id
        if grant.http is None or name in done or grant.target.kind != "service" or name.partition("/")[0] not in index.governed:
            continue
        done.add(name)
        service = index.services[name]
        if service.headless:
            found.append(refuse.http_at_headless(index, grant, service))
        elif name not in index.waypoints:
            several = placements[service.namespace].kind == "service-account"
            found.append(refuse.no_waypoint(index, service, grant, several))


def _refuse_services_without_pods(index: Plan, found: list[Diagnostic]) -> None:
    judged: set[str] = set()
    for (name, _), grants in index.at_service.items():
        service = index.services[name]
        if not service.pod_sets and service.namespace in index.governed and name not in judged:
            judged.add(name)
            found.append(refuse.service_without_pods(service, index.program.rules[grants[0].rule].span))


def _refuse_overlaps(index: Plan, found: list[Diagnostic]) -> None:
    by_label: dict[tuple[str, tuple[str, str]], list[PodSet]] = {}
    for pods in index.pod_sets.values():
        if not pods.selector:
            raise ValueError(f"pod set {pods.id} has an empty selector")
        by_label.setdefault((pods.namespace, pods.selector[0]), []).append(pods)
    for workload in index.program.inventory.workloads:
        if workload.namespace not in index.governed:
            continue
        inside = [pods for label in workload.labels for pods in by_label.get((workload.namespace, label), ())
                  if _selects(pods.selector, workload.labels)]
        if len(inside) > 1:
            one, other = sorted(inside, key=lambda pods: pods.id)[:2]
            found.append(refuse.pod_sets_overlap(workload.id, one, other, workload.span))


def _selects(selector: Labels, labels: Labels) -> bool:
    return all(pair in labels for pair in selector)


def _refuse_taken_names(index: Plan, found: list[Diagnostic]) -> None:
    """A waypoint and a gateway bring a Deployment, a Service and a service account of their own."""
    names = _proxy_names(index)
    inventory = index.program.inventory
    deployed = {(workload.namespace, workload.name) for workload in inventory.workloads if _is_proxy(workload)}
    for service in inventory.services:
        user = names.get((service.namespace, service.name))
        if user and (service.namespace, service.name) not in deployed and GATEWAY_NAME not in dict(service.selector or ()):
            found.append(refuse.name_taken(service.name, user[0], f"service `{service.id}`", service.span, user[1]))
    for account in inventory.service_accounts:
        user = names.get((account.namespace, account.name))
        if user and (account.namespace, account.name) not in deployed:
            holder = f"service account `{account.namespace}/{account.name}`"
            found.append(refuse.name_taken(account.name, user[0], holder, account.span, user[1]))
    for workload in inventory.workloads:
        user = names.get((workload.namespace, workload.name))
        if user and workload.kind == "Deployment" and not _is_proxy(workload):
            found.append(refuse.name_taken(workload.name, user[0], f"workload `{workload.id}`", workload.span, user[1]))


def _proxy_names(index: Plan) -> dict[tuple[str, str], tuple[str, str]]:
    """(namespace, name of the proxy's objects) -> who needs it, what to do when it is taken."""
    names: dict[tuple[str, str], tuple[str, str]] = {}
    for waypoint in index.waypoints.values():
        namespace, _, name = waypoint.partition("/")
        names[namespace, name] = (f"waypoint `{waypoint}`",
                                  "rename it, or place the waypoint otherwise: `waypoint per service`, or a shared one")
    for gateway in index.program.gateways:
        if gateway.namespace in index.governed:
            names[gateway.namespace, gateway.identity.account] = (f"gateway `{gateway.id}`", "rename it, or rename the gateway")
    return names


def _is_proxy(workload: Workload) -> bool:
    return any(key == GATEWAY_NAME for key, _ in workload.labels)


def _refuse_proxy_accounts(index: Plan, found: list[Diagnostic]) -> None:
    proxies = {waypoint_identity(waypoint): f"waypoint `{waypoint}`" for waypoint in index.waypoints.values()}
    proxies.update((gateway.identity, f"gateway `{gateway.id}`") for gateway in index.program.gateways)
    for workload in index.program.inventory.workloads:
        if workload.identity in proxies and not _is_proxy(workload):
            found.append(refuse.runs_as_proxy(workload, proxies[workload.identity]))
    judged: set[int] = set()
    for grant in index.program.grants:
        identity = grant.source.identity
        if identity in proxies and grant.source.kind == "identity" and grant.rule not in judged:
            judged.add(grant.rule)
            found.append(refuse.grant_to_proxy(index, grant, proxies[identity]))


def _refuse_name_clashes(manifests: list[Manifest], foreign: Iterable[Object], found: list[Diagnostic]) -> None:
    theirs = {(other.kind, other.namespace, other.name): other for other in foreign}
    ours: dict[tuple[str, str, str], Manifest] = {}
    for one in manifests:
        key = (one.kind, one.namespace, one.name)
        first = ours.setdefault(key, one)
        if first is not one:
            found.append(refuse.output_name_twice(first, one))
        elif key in theirs:
            found.append(refuse.object_exists(one, theirs[key]))


def _refuse_oversize(manifests: list[Manifest], longest: int, found: list[Diagnostic]) -> None:
    for one in manifests:
        if one.kind != "AuthorizationPolicy":
            continue
        rules = one.body["spec"].get("rules", ())  # type: ignore[attr-defined]
        if len(rules) > MOST_RULES:
            found.append(refuse.too_many(f"`{one.policy}`", "rules", len(rules), MOST_RULES, (*one.provenance, None)[0]))
        for rule in rules if longest > MOST_RULES else ():
            sources = rule.get("from", ())
            if len(sources) > MOST_RULES:
                found.append(refuse.too_many(f"`{one.policy}`", "sources in one rule", len(sources), MOST_RULES,
                                             (*one.provenance, None)[0]))


def _order(one: Manifest) -> tuple[str, str, str]:
    return one.namespace, one.kind, one.name


def _once(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Services that share pods find the same mistake twice."""
    return tuple(dict.fromkeys(found))
