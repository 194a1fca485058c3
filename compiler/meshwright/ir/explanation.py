"""One question about the mesh and its answer: ``cli`` reads the question, ``prove`` and ``istio`` answer, ``report`` shows it."""

from typing import Literal

from meshwright.ir.proof import Request
from meshwright.record import NamedTuple

Via = Literal["", "service", "pod", "gateway", "plaintext"]
# all: every request that was asked about · none: not one · some: it depends on what was left open · unknown: the model is not sure
Extent = Literal["all", "some", "none", "unknown"]


class Question(NamedTuple):
    """What a user typed; "" and () leave open."""

    source: str
    target: str
    method: str = ""
    path: str = ""  # without its query
    host: str = ""
    headers: tuple[tuple[str, str], ...] = ()  # name in lower case, value
    claims: tuple[tuple[str, str], ...] = ()
    port: str = ""  # number or name, at the service's address
    via: str = ""  # one of Via, or the id of a gateway
    source_ip: str = ""


class Hop(NamedTuple):
    """What one proxy makes of one request, and by which object."""

    proxy: str  # "gateway edge/public", "waypoint shop/waypoint", "ztunnel"
    peer: str  # the identity it sees; "" = none
    decision: Literal["allow", "deny", "unknown"]
    reason: str  # in words
    object: str  # id of the object that decided; "" = none did, or what counts is that none matched
    rule: int  # index into its `spec.rules`; -1 = no rule of it
    applied: tuple[str, ...]  # ids of every policy that this proxy asks


class Seen(NamedTuple):
    """One rule of the sources that meets the request."""

    rule: int  # index into Program.rules
    effect: Literal["allow", "deny"]


class Route(NamedTuple):
    """One way by which what was asked could get there, and what happens on it.

    ``extent`` is what the manifests let in, ``intended`` what the sources allow; they differ only where the proof fails.
    """

    destination: str  # workload id
    kind: str  # as access.reach.WayKind
    text: str  # in words
    declared: bool  # the way that callers of this kind take
    service: str
    port: int  # of the request: at the service's address, or the target port
    listener: int
    gateway: str
    extent: Extent
    intended: Extent
    let_in: Request | None  # an example that gets in; None: there is none
    refused: Request | None
    hops: tuple[Hop, ...]  # of ``refused`` when nothing gets in, else of ``let_in``
    rules: tuple[Seen, ...]  # that meet that request, allow and deny
    near: tuple[int, ...]  # where none allows it: rules for the same caller and place with other doors
    doubts: tuple[str, ...]  # why the model is not sure


class Change(NamedTuple):
    """An edit of the sources that turns the answer round."""

    action: Literal["add", "remove"]
    path: str
    line: int  # of what is removed; 0 for what is added at the end
    text: str
    start: int = 0  # code points of what is removed
    end: int = 0


class Flip(NamedTuple):
    """The smallest change of intent that turns the answer round, tried by compiling it."""

    to: Literal["allow", "deny"]
    changes: tuple[Change, ...]
    objections: tuple[str, ...]  # errors that the changed sources have and the present ones have not; () = it compiles and is proved
    turns: bool  # whether the answer really is another one then


class Explanation(NamedTuple):
    """The whole answer."""

    source: str  # as understood: "shop/web", "clients of edge/public", "a peer without mesh identity"
    target: str  # "shop/orders", "pods of shop/kafka"
    request: str  # "GET /v1/orders/7", "any request"
    extent: Extent  # on the declared ways
    routes: tuple[Route, ...]
    notes: tuple[str, ...]  # what was understood beyond the words
    flip: Flip | None = None
    advice: str = ""  # what to do where no change of the sources helps
