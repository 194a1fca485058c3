"""What a model of a mesh answers: for one destination, by every way a request can come, which requests get in."""

from typing import Literal

from meshwright.access.expr import NOTHING, Expr
from meshwright.record import NamedTuple

# service          a client of the mesh dials the service's address; passes the waypoint if one is bound and ready
# without-waypoint the same while the bound waypoint is not ready, absent, or refuses the binding: straight to the pod
# pod              a client of the mesh (ambient or sidecar) dials the pod's address, or a headless name
# plaintext        a client outside the mesh, no identity, dials pod or service address
# gateway          through a listener and a route of a gateway (and the waypoint, if the binding says so)
# other-service    the address of another Service on the same pods, through that one's waypoint
# mesh-route       a route or mirror of another Service that names this one as backend
# unlisted-service a Service that nobody declared, bound to the waypoint tomorrow
WayKind = Literal["service", "without-waypoint", "pod", "plaintext", "gateway", "other-service", "mesh-route", "unlisted-service"]


class Way(NamedTuple):
    """One way to the pods of a destination.

    ``admitted`` and ``sealed`` are over principal, source_ip, method, path, host as the destination's caller has them,
    and over ``port`` exactly for the kinds pod, plaintext (the target port there); other kinds have it fixed.
    For kind gateway the caller is a client of the listener: the dimension principal does not occur.
    Ways of clients of the mesh hold only requests with an identity, plaintext ways only such without one.
    For kind mesh-route ``service`` and ``port`` are those of the backend.  For kind unlisted-service they are "" and 0, except for a
    Service without a selector that is bound to the waypoint.
    """

    kind: WayKind
    service: str  # service id the client dials, or a gateway routes to; "" for pod and plaintext
    port: int  # port at that service; 0 for pod and plaintext
    target: int  # target port at the pods; 0 = see dimension port
    gateway: str  # "ns/name", only for kind gateway
    listener: int  # listener port there, else 0
    admitted: Expr  # what the objects let in
    sealed: Expr  # what they would let in at most if anybody added any ALLOW policy anywhere
    by: tuple[str, ...]  # the proxies asked, in order: "gateway edge/public", "waypoint shop/waypoint", "ztunnel"
    objects: tuple[str, ...]  # ids of the objects that took part ("AuthorizationPolicy shop/orders-guard")
    tokens: Expr = NOTHING  # requests with a token that a proxy refuses, whatever they ask for: nobody loses them by a policy


class Reach(NamedTuple):
    """All ways to one destination."""

    destination: str  # workload id, "other pods shop" (any pod nobody listed), "gateway edge/public"
    namespace: str
    kind: Literal["workload", "other-pods", "waypoint", "gateway"]
    captured: bool  # False: the mesh does not see traffic to it; everything gets in
    ways: tuple[Way, ...]
    plaintext: Expr  # over port: where the mTLS mode in effect accepts a peer without identity
    unknown: tuple[str, ...]  # reasons why the answer may be wrong; () = the model knows every object in reach


class Behind(NamedTuple):
    """One rule of a policy, as the proxy that has it understands it."""

    id: str  # of the policy
    requests: Expr | None  # what the rule matches at that proxy; None: the policy has no such rule
    services: tuple[str, ...]  # ids that it is attached to, by targetRefs
    workloads: tuple[str, ...]  # ids that it selects
