"""All objects of a mesh, sorted by what the model does with them; refused ones become diagnostics."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from meshwright.diagnostics import Diagnostic, error
from meshwright.ir.inventory import Object
from meshwright.istio.doubts import Doubts, doubt
from meshwright.istio.kinds.authorization_policy import Policy, read_policy
from meshwright.istio.kinds.gateway import Gateway, read_gateway
from meshwright.istio.kinds.http_route import Grant, HttpRoute, read_grants, read_route
from meshwright.istio.kinds.peer_authentication import PeerAuthentication, read_peer_authentication
from meshwright.istio.plain import Refused, metadata_labels

T = TypeVar("T")


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


def read_objects(objects: Iterable[Object], root: str) -> Objects:
    """Read every object once; two different ones of one id, and refused ones, are errors (MW0450, MW0451)."""
    read = Objects([], [], [], [], [], {}, {}, Doubts(), [])
    seen: dict[tuple[str, str], Object] = {}
    for found in objects:
        group = found.api_version.rpartition("/")[0]
        key = (group, found.id)
        other = seen.setdefault(key, found)
        if other is not found:
            if other.content != found.content:
                read.diagnostics.append(_conflict(found, other))
            continue
        _sort(found, group, read, root)
    return read


def _sort(found: Object, group: str, read: Objects, root: str) -> None:
    kind = found.kind
    if group == "security.istio.io" and kind == "AuthorizationPolicy":
        _accept(found, read_policy, read.policies, read)
        _revision(found, read)
    elif group == "security.istio.io" and kind == "PeerAuthentication":
        _accept(found, read_peer_authentication, read.peers, read)
        _revision(found, read)
    elif group == "gateway.networking.k8s.io" and kind == "Gateway":
        _accept(found, read_gateway, read.gateways, read)
    elif group == "gateway.networking.k8s.io" and kind == "HTTPRoute":
        _accept(found, read_route, read.routes, read)
    elif group == "gateway.networking.k8s.io" and kind == "ReferenceGrant":
        grants: list[tuple[Grant, ...]] = []
        _accept(found, read_grants, grants, read)
        read.grants.extend([grant for some in grants for grant in some])
    elif group == "" and kind in ("Namespace", "Service"):
        read.overlays[(kind, found.namespace, found.name)] = dict(metadata_labels(found.content))
        if kind == "Service" and found.content.get("spec"):
            read.doubts.namespace(found.namespace, f"{found.id}: the tree changes more than labels of a Service")
    else:
        if group == "gateway.networking.k8s.io" and kind == "GatewayClass":
            read.class_labels[found.name] = dict(metadata_labels(found.content))
        doubt(found, read.doubts, root)


def _accept(found: Object, reader: Callable[[Object], T], into: list[T], read: Objects) -> None:
    try:
        into.append(reader(found))
    except Refused as refused:
        read.diagnostics.append(error(
            "MW0450", f"{found.id} would be refused: {refused}", found.span, label="the API server or Istio's webhook refuses this object",
            notes=("a refused object never takes effect, and it holds back what is applied together with it",),
            help=("correct or remove the object",)))


def _revision(found: Object, read: Objects) -> None:
    revision = metadata_labels(found.content).get("istio.io/rev", "default")
    if revision != "default":
        read.doubts.everywhere(f"{found.id}: whether the revision `{revision}` is the one in use is not known")


def _conflict(found: Object, other: Object) -> Diagnostic:
    from meshwright.diagnostics import Label

    return error("MW0451", f"two different objects are called {found.id}", found.span, label="one of them",
                 others=(Label(other.span, "the other one"),),
                 notes=("whichever is applied last wins, so what the mesh does depends on an order that nobody wrote down",),
                 help=("rename or remove one of them",))
