"""Every refusal of this room: what cannot be said exactly, why it matters, and the nearest thing that can.

Most of what Istio cannot say is refused by `check` already, with a code of its own.  Lowering does not rely on that: whatever
would come out inexact is refused here again, as MW0601.
"""

from collections.abc import Sequence

from meshwright.diagnostics import Diagnostic, Label, error, info, warning
from meshwright.ir import capability, inventory
from meshwright.ir.intent import Gateway, Grant, Listener, Mesh, Namespace, PathPattern, PodSet, Port, Route, Service
from meshwright.ir.manifest import Manifest
from meshwright.lower.plan import Plan
from meshwright.source import Span

MOST_SHOWN = 8  # places in one diagnostic

Subject = inventory.Namespace | inventory.Service | None  # whose label it is; None: not in the inventory


def _span(plan: Plan, grant: Grant) -> Span:
    return plan.program.rules[grant.rule].span


# --- the mesh and its namespaces ---------------------------------------------------------------------------------------


def unsupported_version(mesh: Mesh) -> Diagnostic:
    known = ", ".join(f"{major}.{minor}" for major, minor in capability.MINORS)
    return error("MW0601", f"istio {mesh.istio[0]}.{mesh.istio[1]} is not in the capability matrix", mesh.span,
                 notes=["each field is written only for versions where its meaning was checked for every proxy that reads it"],
                 help=[f"set `istio` to one of {known}"])


def root_namespace(space: Namespace) -> Diagnostic:
    return error("MW0602", f"namespace `{space.name}` is the root namespace and cannot be governed", space.span,
                 notes=["a policy without a selector in the root namespace applies to the whole mesh: the deny for undeclared pods would "
                        "reach every namespace"],
                 help=[f"say `namespace {space.name} {{ enforce no because \"root namespace\" }}`, or leave it out"])


def foreign_gateway(space: Namespace, other: inventory.Object) -> Diagnostic:
    return error("MW0603", f"{other.kind} `{other.name}` in governed namespace `{space.name}` is not declared", other.span,
                 label="would be shut", others=[Label(space.span, "governed here")] if space.span else [],
                 notes=["the namespace gets an ALLOW without rules, which Istio applies to its gateways too: every request would be 403"],
                 help=[f"declare it with `gateway {space.name}/{other.name}`, move it to another namespace, "
                       f"or say `namespace {space.name} {{ enforce no }}`"])


def pod_sets_overlap(workload: str, one: PodSet, other: PodSet, span: Span | None) -> Diagnostic:
    return error("MW0601", f"workload `{workload}` is in two pod sets, `{one.id}` and `{other.id}`", span,
                 notes=["each pod set has its own guard, and a pod under two guards is reached by callers of both only"],
                 help=["give the pods labels that tell the sets apart, or let one selector cover exactly the pods of the other"])


def too_many(subject: str, what: str, count: int, limit: int, span: Span | None) -> Diagnostic:
    return error("MW0604", f"{subject} needs {count} {what}, and the schema takes {limit}", span,
                 notes=["the API server refuses the object as a whole"],
                 help=["group sources or doors so that more of them are alike, or split the service or gateway"])


# --- names -------------------------------------------------------------------------------------------------------------


def name_taken(name: str, user: str, holder: str, span: Span | None, rename: str) -> Diagnostic:
    return error("MW0601", f"{user} needs the name `{name}`, which {holder} already has", span, label="taken by this",
                 notes=["Istio gives the proxy a Deployment, a Service and a service account of that name: they would mix with what "
                        "is there"],
                 help=[rename])


def output_name_twice(one: Manifest, other: Manifest) -> Diagnostic:
    return error("MW0605", f"two objects would be named `{one.id}`: for `{one.policy}` and for `{other.policy}`",
                 (one.provenance or other.provenance or (None,))[0],
                 others=[Label(span, "the other one comes from here") for span in other.provenance[:1]],
                 notes=["one of them would overwrite the other"], help=["rename one of the two"])


def object_exists(one: Manifest, other: inventory.Object) -> Diagnostic:
    return error("MW0606", f"`{other.id}` of the foreign objects has the name of an object that is written for `{one.policy}`", other.span,
                 notes=["the next sync would overwrite it, and the proof would count both"],
                 help=["leave objects that Meshwright wrote out of `[inventory]`, or rename the foreign one"])


def runs_as_proxy(workload: inventory.Workload, proxy: str) -> Diagnostic:
    return error("MW0601", f"workload `{workload.id}` runs as the service account of {proxy}", workload.span,
                 notes=["pods accept connections of that account as requests that the proxy has judged: this workload could send any"],
                 help=["give the workload a service account of its own"])


def grant_to_proxy(plan: Plan, grant: Grant, proxy: str) -> Diagnostic:
    return error("MW0601", f"the rule names the service account of {proxy}", _span(plan, grant),
                 notes=["pods accept connections of that account as requests that the proxy has judged, whoever sent them"],
                 help=["name the callers themselves; for a gateway say `clients of <gateway>`"])


# --- waypoints ---------------------------------------------------------------------------------------------------------


def no_waypoint(plan: Plan, service: Service, grant: Grant, several: bool) -> Diagnostic:
    if several:
        accounts = ", ".join(f"`{one.account}`" for one in service.identities) or "none"
        return error("MW0601", f"service `{service.id}` has no single account to name its waypoint after", _span(plan, grant),
                     label="methods and paths are judged at a waypoint", others=[Label(service.span, f"accounts: {accounts}")],
                     notes=["`waypoint per service-account` places one waypoint for each account"],
                     help=["place it with `waypoint per service` or `waypoint per namespace`"])
    return error("MW0601", f"service `{service.id}` needs a waypoint, and namespace `{service.namespace}` says `waypoint none`",
                 _span(plan, grant), label="methods and paths are judged at a waypoint",
                 notes=["ztunnel sees identities and ports; it cannot read a method or a path"],
                 help=[f"say `waypoint per namespace` in `namespace {service.namespace}`, or drop the methods and paths"])


def waypoint_elsewhere(plan: Plan, waypoint: str, services: Sequence[str]) -> Diagnostic:
    namespace = waypoint.partition("/")[0]
    return error("MW0601", f"shared waypoint `{waypoint}` stands in namespace `{namespace}`, which is not governed",
                 plan.services[services[0]].span, label=f"and {len(services) - 1} more need it" if len(services) > 1 else "needs it",
                 notes=["a waypoint without a default deny of its own is open to every identity, for each Service that somebody binds "
                        "to it"],
                 help=[f"declare `namespace {namespace}` with `enforce yes`, or use a waypoint of the service's own namespace"])


def raw_port_behind_waypoint(plan: Plan, grant: Grant, service: Service, port: Port) -> Diagnostic:
    return error("MW0601", f"port {port.number} ({port.protocol}) of `{service.id}` would pass a waypoint", _span(plan, grant),
                 label=f"lets callers in on target port {port.target}",
                 others=[Label(service.span, "rules with methods or paths bind all its ports")],
                 notes=["a waypoint opens a TCP connection to the pod before it judges the caller: who is denied still reaches the "
                        "application and reads what it says first"],
                 help=[f"put port {port.number} into a Service of its own, without methods and paths, or grant `pods of {service.name}`"])


def raw_port_opened(service: Service, port: Port, waypoint: str) -> Diagnostic:
    return error("MW0601", f"waypoint `{waypoint}` may dial target port {port.target} of `{service.id}`, which is {port.protocol}",
                 service.span, label="its HTTP rules put the waypoint before all ports",
                 notes=["a waypoint opens a TCP connection to the pod before it judges the caller, so anybody who dials "
                        f"port {port.number} of the service reaches the application"],
                 help=[f"give port {port.number} a Service of its own, give the HTTP port another target port, "
                       "or name the callers of the pods one by one"])


def http_at_raw_port(plan: Plan, grant: Grant, port: Port) -> Diagnostic:
    return error("MW0601", f"methods and paths on port {port.number} of `{grant.target.id}`, which carries {port.protocol}",
                 _span(plan, grant),
                 notes=["no proxy reads requests there: the ALLOW would deny everything, a DENY would deny every connection"],
                 help=["declare the port as http, http2 or grpc if that is what it speaks, or drop methods and paths"])


def http_at_headless(plan: Plan, grant: Grant, service: Service) -> Diagnostic:
    return error("MW0601", f"methods and paths on headless service `{service.id}`", _span(plan, grant),
                 others=[Label(service.span, "headless")],
                 notes=["clients dial its pods, so no waypoint sees the request"],
                 help=[f"drop methods and paths and grant `pods of {service.name}`, or give the service an address"])


def http_at_pods(plan: Plan, grant: Grant) -> Diagnostic:
    return error("MW0601", f"methods and paths for the pods of `{grant.target.id}`", _span(plan, grant),
                 notes=["who dials a pod passes ztunnel only, which sees identities and ports"],
                 help=["grant the service instead of its pods, or drop methods and paths"])


def service_without_pods(service: Service, grant_span: Span) -> Diagnostic:
    return error("MW0601", f"service `{service.id}` has a rule and selects no pods", grant_span,
                 others=[Label(service.span, "no pods behind it")],
                 notes=["access is enforced at pods; whoever answers for this service would not be guarded"],
                 help=["correct the selector, or write the rules for the service that owns the pods"])


def mark_in_template(plan: Plan, grant: Grant, path: PathPattern, mark: str) -> Diagnostic:
    return error("MW0601", f"path `{path}`: `{mark}` cannot stand beside `{{id}}`", _span(plan, grant),
                 notes=["istiod refuses a path template with that character, and with it the whole policy"],
                 help=[f"percent-encode `{mark}` if clients do, or write a subtree: `\"/a/**\"`"])


def sidecar_caller(plan: Plan, grant: Grant, service: Service, workload: str) -> Diagnostic:
    return error("MW0601", f"`{workload}` has a sidecar and cannot call `{service.id}` through its waypoint", _span(plan, grant),
                 notes=["a sidecar dials the pod itself and never the waypoint, so the guard at the pods denies it"],
                 help=["move the caller to ambient, or grant it `pods of` the service without methods and paths"])


def without_identity_to_service(plan: Plan, grant: Grant) -> Diagnostic:
    return error("MW0601", f"callers without identity cannot be let in at service `{grant.target.id}`", _span(plan, grant),
                 notes=["plaintext reaches pods, past every waypoint"], help=["grant `pods of` the service, with its target port"])


def plaintext_everywhere(plan: Plan, grant: Grant) -> Diagnostic:
    return error("MW0601", f"callers without identity on every port of the pods of `{grant.target.id}`", _span(plan, grant),
                 notes=["mTLS is lifted port by port; without ports it would be lifted for good, also for ports of tomorrow"],
                 help=["name the ports: `{ port 9102 }`"])


# --- denies ------------------------------------------------------------------------------------------------------------


def deny_bypassed(plan: Plan, deny: Grant, pods: PodSet, port: int, grants: Sequence[Grant]) -> Diagnostic:
    direct = [grant for grant in grants if grant.effect == "allow" and grant.http is None
              and not (grant.target.kind == "service" and grant.target.id in plan.waypoints)]
    places = sorted({_span(plan, grant) for grant in direct})[:MOST_SHOWN]
    return error("MW0601", f"the deny on `{deny.target.id}` does not hold for callers that reach port {port} of its pods directly",
                 _span(plan, deny), label="judged at the waypoint only",
                 others=[Label(span, "reaches the pods without it") for span in places],
                 notes=["ztunnel judges who dials a pod, and cannot read a method or a path"],
                 help=[f"let the caller use the service address, give `{pods.id}` another port for it, or deny without methods and paths"])


def deny_of_some_pods(plan: Plan, deny: Grant, service: Service, port: int) -> Diagnostic:
    return error("MW0601", f"the deny on `{deny.target.id}` covers some of the pods behind port {port} of `{service.id}` only",
                 _span(plan, deny),
                 others=[Label(service.span, "selects other pods as well")],
                 notes=["the waypoint judges a request before it chooses the pod, so it cannot deny for some of the pods"],
                 help=[f"deny on `{service.id}` too, or let the two services select the same pods"])


# --- gateways ----------------------------------------------------------------------------------------------------------


def gateway_elsewhere(gateway: Gateway, span: Span) -> Diagnostic:
    return error("MW0601", f"gateway `{gateway.id}` stands in namespace `{gateway.namespace}`, which is not governed", span,
                 others=[Label(gateway.span, "declared here")],
                 notes=["nothing is written for that namespace, so neither the gateway nor its routes would exist"],
                 help=[f"declare `namespace {gateway.namespace}` with `enforce yes`"])


def grant_elsewhere(owner: str, kind: str, name: str, gateways: str, span: Span) -> Diagnostic:
    what = "certificate" if kind == "Secret" else "service"
    return error("MW0607", f"{what} `{owner}/{name}` is used from namespace `{gateways}`, and `{owner}` is not governed", span,
                 notes=[f"that takes a ReferenceGrant in `{owner}`, and nothing is written for a namespace that is not governed"],
                 help=[f"govern `{owner}`, or move the {what} to `{gateways}`"])


def gateway_in_bound_namespace(gateway: Gateway, space: inventory.Namespace) -> Diagnostic:
    return error("MW0611", f"namespace `{space.name}` binds all its Services to a waypoint, that of gateway `{gateway.id}` too", space.span,
                 others=[Label(gateway.span, "this gateway")],
                 notes=["Istio makes the gateway's own Service, so nobody can label it `none`, and requests to it would pass the waypoint"],
                 help=[f"run `kubectl label namespace {space.name} istio.io/use-waypoint-` and bind Services one by one"])


def listener_not_seen(plan: Plan, grant: Grant, gateway: Gateway, other: Listener) -> Diagnostic:
    return error("MW0601", f"`clients of {gateway.id} port {grant.source.port}` cannot be told from those of port {other.port}",
                 _span(plan, grant),
                 others=[Label(other.span, f"sends requests to `{grant.target.id}` too")],
                 notes=["the gateway hides the listener: behind it there is one identity for all of them"],
                 help=["leave out the port, redirect the other listener, give it other hosts, or use a second gateway"])


def host_not_served(gateway: Gateway, route: Route) -> Diagnostic:
    return error("MW0601", f"no listener of gateway `{gateway.id}` serves {', '.join(f'`{host}`' for host in route.hosts) or 'this route'}",
                 route.span, others=[Label(gateway.span, "its listeners")], notes=["the route would never be used"],
                 help=["name a host of a listener that does not redirect"])


def route_twice(gateway: Gateway, host: str, first: Route, second: Route) -> Diagnostic:
    return error("MW0601", f"path `{second.path}` of host `{host or '*'}` at `{gateway.id}` goes to two services", second.span,
                 label=f"to `{second.service}`", others=[Label(first.span, f"to `{first.service}`")],
                 notes=["which one gets the request would depend on the age of objects"], help=["keep one of the two"])


def route_path(gateway: Gateway, route: Route, part: str) -> Diagnostic:
    return error("MW0601", f"path `{route.path}` at gateway `{gateway.id}`: an HTTPRoute cannot hold `{part}`", route.span,
                 notes=["the API server refuses the route, with every other path of its host"],
                 help=["route a path above it, and let the rules of the service judge the rest"])


def redirect_to_nowhere(gateway: Gateway, listener: Listener, ports: Sequence[int]) -> Diagnostic:
    why = f"https is on ports {', '.join(map(str, ports))}" if ports else "it has no https listener"
    return error("MW0601", f"listener `{listener.name}` of gateway `{gateway.id}` redirects to https, but {why}", listener.span,
                 notes=["a redirect to https goes to port 443"], help=["add an https listener on 443, or drop the redirect"])


# --- labels ------------------------------------------------------------------------------------------------------------


def labels_missing(kind: str, namespace: str, lacking: tuple[tuple[str, str], ...],
                   objects: Sequence[tuple[str, bool, Subject]]) -> Diagnostic:
    names = [name for name, _, _ in objects]
    text = " ".join(f"{key}={value}" for key, value in lacking)
    where = f" -n {namespace}" if namespace else ""
    force = " --overwrite" if any(overwrite for _, overwrite, _ in objects) else ""
    spans = [subject.span for _, _, subject in objects if subject is not None and subject.span is not None]
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    shown = ", ".join(f"`{name}`" for name in names[:MOST_SHOWN]) + more
    subject = f"{kind.lower()} {shown}" + (f" in `{namespace}`" if namespace else "")
    if kind == "Namespace":
        note = "pods that are not enrolled are open to everyone as far as the mesh is concerned"
    elif lacking == (("istio.io/use-waypoint", "none"),):
        note = "its callers are judged by ztunnel, and behind a waypoint ztunnel sees the waypoint instead of them"
    else:
        note = "requests that do not pass the waypoint are denied at the pods"
    labels = " and ".join(f"`{key}: {value}`" for key, value in lacking)
    return error("MW0610", f"{subject} lacks the label{'s' if len(lacking) > 1 else ''} {labels}", spans[0] if spans else None,
                 others=[Label(span, "here too") for span in spans[1:MOST_SHOWN]], notes=[note],
                 help=[f"run `kubectl label {kind.lower()}{where} {' '.join(names)} {text}{force}` and read the inventory again",
                       "or set `[output] labels = \"patch\"` to get a kustomize component for the repository that owns it"])


def labels_not_verified(objects: int) -> Diagnostic:
    return info("MW0612", f"labels on {objects} objects of other owners are not verified", None,
                notes=["the output holds once the patches in the component are applied; until then requests are denied at the pods, "
                       "and pods of a namespace that is not enrolled are open"],
                help=["apply the component in the repository that owns these objects"])


def service_not_there(namespace: str, name: str, subject: Subject) -> Diagnostic:
    return error("MW0613", f"labels of service `{namespace}/{name}` cannot be owned: the inventory has no such Service",
                 subject.span if subject else None,
                 notes=["an object with labels only is refused when it would create the Service, and holds back the whole sync"],
                 help=["add the Service to the inventory, or set `[output] labels = \"patch\"`"])


def owned_elsewhere(kind: str, namespace: str, name: str, owner: str, subject: Subject) -> Diagnostic:
    what = f"{kind.lower()} `{namespace}/{name}`" if namespace else f"{kind.lower()} `{name}`"
    return error("MW0613", f"labels of {what} cannot be owned: {owner} applies it", subject.span if subject else None,
                 notes=["two appliers of one object take turns at removing each other's labels, or one of them is refused for ever"],
                 help=["set `[output] labels = \"patch\"` and apply the component in the repository that owns it"])


def owner_unknown(namespace: str, name: str, subject: Subject) -> Diagnostic:
    return warning("MW0614", f"nothing tells who applies service `{namespace}/{name}`", subject.span if subject else None,
                   notes=["if the tool that syncs this output applies the Service as well, it refuses ours for ever"],
                   help=["set `[output] labels = \"patch\"` unless another tool applies it"])
