"""All objects of a mesh, sorted by what the model does with them; refused ones become diagnostics."""

from collections.abc import Callable, Iterable, Mapping

from meshwright.diagnostics import Diagnostic, error
from meshwright.ir.inventory import Object
from meshwright.istio.doubts import Doubts, doubt, doubt_channel, doubt_unread, leads_to_addresses
from meshwright.istio.kinds.authorization_policy import Elements, Policy, read_policy
from meshwright.istio.kinds.gateway import Gateway, read_gateway
from meshwright.istio.kinds.http_route import Grant, HttpRoute, read_grants, read_route
from meshwright.istio.kinds.peer_authentication import PeerAuthentication, read_peer_authentication
from meshwright.istio.kinds.request_authentication import RequestAuthentication, read_request_authentication
from meshwright.istio.metadata import doubts_of
from meshwright.istio.plain import Refused, metadata_labels
from meshwright.istio.valid import Known, Wrong, refuse
from meshwright.record import NamedTuple
from meshwright.source import Span

Record = Policy | PeerAuthentication | RequestAuthentication | Gateway | HttpRoute | tuple[Grant, ...]
READERS: Mapping[tuple[str, str], Callable[[Object], Record]] = {
    ("security.istio.io", "AuthorizationPolicy"): read_policy,
    ("security.istio.io", "PeerAuthentication"): read_peer_authentication,
    ("security.istio.io", "RequestAuthentication"): read_request_authentication,
    ("gateway.networking.k8s.io", "Gateway"): read_gateway,
    ("gateway.networking.k8s.io", "HTTPRoute"): read_route,
    ("gateway.networking.k8s.io", "ReferenceGrant"): read_grants,
}


Locate = Callable[[Object, tuple[str | int, ...]], Span]  # an object and the place of a field in it → where that stands


class Objects(NamedTuple):
    policies: list[Policy]
    peers: list[PeerAuthentication]
    gateways: list[Gateway]
    routes: list[HttpRoute]
    grants: list[Grant]
    overlays: dict[tuple[str, str, str], dict[str, str]]  # kind Namespace or Service, namespace, name -> labels of the tree
    class_labels: dict[str, dict[str, str]]  # GatewayClass -> labels
    doubts: Doubts
    diagnostics: list[Diagnostic]
    controllers: dict[str, str]  # GatewayClass -> spec.controllerName
    tokens: list[RequestAuthentication]


def at_name(found: Object, place: tuple[str | int, ...]) -> Span:
    """Where nothing is known but the object."""
    return found.span


def read_objects(objects: Iterable[Object], root: str, locate: Locate = at_name) -> Objects:
    """Read every object once; two different ones of one id, and refused ones, are errors (MW0450, MW0451).

    ``locate`` finds the place of a field of an object in its file.
    """
    read = Objects([], [], [], [], [], {}, {}, Doubts(), [], {}, [])
    seen: dict[tuple[str, str], Object] = {}  # all that are read, alive
    known, taken = Elements({}, {}), Known()
    for found in objects:
        group = found.api_version.rpartition("/")[0]
        try:
            policy = refuse(found, taken)
        except Wrong as wrong:
            read.diagnostics.append(_refusal(found, wrong, locate(found, wrong.place) if wrong.place else found.span))
            continue
        other = seen.setdefault((group, found.id), found)
        if other is found:
            if policy is not None:
                read.policies.append(policy)
                continue
            if group == "gateway.networking.k8s.io":
                doubt_channel(found, read.doubts, root)
            _sort(found, group, read, root, known)
        elif other.content != found.content and not _same(found, other, group):
            read.diagnostics.append(_conflict(found, other))
    for policy in read.policies:
        if policy.targets and policy.action == "ALLOW":
            _entries(policy, seen, read.doubts)
    return read


def _entries(policy: Policy, seen: Mapping[tuple[str, str], Object], doubts: Doubts) -> None:
    """An ALLOW for a ServiceEntry opens it at whatever waypoint it is bound to, and one that is no name in DNS may lead to any pod."""
    for target in policy.targets:
        if target.kind != "ServiceEntry":
            continue
        entry = seen.get(("networking.istio.io", f"ServiceEntry {policy.namespace}/{target.name}"))
        if entry is not None and leads_to_addresses(entry):
            doubts.proxy("waypoint *", f"{policy.id}: where {entry.id} leads is not modelled")


def _same(found: Object, other: Object, group: str) -> bool:
    """Whether two objects mean the same: one of them may come from a cluster, with defaults and status filled in."""
    reader = READERS.get((group, found.kind))
    if reader is None:
        return found.content.get("spec") == other.content.get("spec") and metadata_labels(found.content) == metadata_labels(other.content)
    try:
        return reader(found) == reader(other)
    except Refused:
        return False


def _sort(found: Object, group: str, read: Objects, root: str, known: Elements) -> None:
    kind = found.kind
    reader = READERS.get((group, kind))
    plain = group == "" and kind in ("Namespace", "Service")
    try:
        record = None if reader is None else read_policy(found, known) if reader is read_policy else reader(found)
    except Refused as refused:
        doubt_unread(found, read.doubts, root, str(refused))  # it gets in, whatever the reader misses
        return
    if record is not None:
        for reason in doubts_of(found):
            read.doubts.everywhere(reason)
        if isinstance(record, Policy):
            read.policies.append(record)
        elif isinstance(record, PeerAuthentication):
            read.peers.append(record)
        elif isinstance(record, RequestAuthentication):
            read.tokens.append(record)
        elif isinstance(record, Gateway):
            read.gateways.append(record)
        elif isinstance(record, HttpRoute):
            read.routes.append(record)
        else:
            read.grants.extend(record)
    elif plain:
        read.overlays[(kind, found.namespace, found.name)] = dict(metadata_labels(found.content))
        if kind == "Service" and found.content.get("spec"):
            read.doubts.namespace(found.namespace, f"{found.id}: the tree changes more than labels of a Service")
    else:
        if group == "gateway.networking.k8s.io" and kind == "GatewayClass":
            read.class_labels[found.name] = dict(metadata_labels(found.content))
            spec = found.content.get("spec")
            read.controllers[found.name] = str(spec.get("controllerName", "")) if isinstance(spec, Mapping) else ""
        doubt(found, read.doubts, root)


def _refusal(found: Object, refused: Refused, span: Span) -> Diagnostic:
    return error("MW0450", f"{_called(found)} would be refused: {refused}", span,
                 label="the API server or Istio's webhook refuses this object",
                 notes=("a refused object never takes effect, and it holds back what is applied together with it",),
                 help=("correct or remove the object",))


def _called(found: Object) -> str:
    return f"{found.kind} `{found.id.partition(' ')[2]}`"


def _conflict(found: Object, other: Object) -> Diagnostic:
    from meshwright.diagnostics import Label

    return error("MW0451", f"two different objects are called {_called(found)}", found.span, label="one of them",
                 others=(Label(other.span, "the other one"),),
                 notes=("whichever is applied last wins, so what the mesh does depends on an order that nobody wrote down",),
                 help=("rename or remove one of them",))
