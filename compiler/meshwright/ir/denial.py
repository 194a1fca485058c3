"""Denials that proxies logged: ``report`` reads them from a log, ``istio`` and ``prove`` find what is behind them, ``report`` shows it."""

from typing import Literal

from meshwright.ir.explanation import Explanation
from meshwright.record import NamedTuple

# rule        a rule of a policy matched: `policy` and, from Envoy, `rule`
# no-allow    ALLOW policies apply, and none matched
# strict      mTLS is STRICT, and the peer showed no certificate
# dry-run     a policy that is only tried would have denied
# authorizer  an external authorizer refused, or did not answer
# token       no token, or one that is not good
# closed      a connection that was open was closed: policies changed, or its certificate was revoked
# elsewhere   this is the client's side: the destination's ztunnel refused, and its log says why
Kind = Literal["rule", "no-allow", "strict", "dry-run", "authorizer", "token", "closed", "elsewhere"]


class Denial(NamedTuple):
    """What one line says; "" and 0 = it does not say."""

    proxy: Literal["envoy", "ztunnel"]
    kind: Kind
    policy: str = ""  # "namespace/name"
    rule: int = -1  # index into its `spec.rules`
    reason: str = ""  # as logged, where there is no policy
    principal: str = ""  # "cluster.local/ns/shop/sa/web"
    source_ip: str = ""
    service: str = ""  # id
    workload: str = ""  # "namespace/pod"
    port: int = 0  # at the service for Envoy, at the pod for ztunnel
    method: str = ""
    path: str = ""  # without its query
    host: str = ""


class Logged(NamedTuple):
    """Equal denials of one log."""

    denial: Denial
    line: int  # of the first, from 1
    times: int


class Log(NamedTuple):
    """What was read: the rest of the lines is counted, and some are shown."""

    lines: int
    denials: tuple[Logged, ...]  # in order of the first line
    allowed: int  # lines that say that something passed the policies
    unknown: int  # lines that say nothing that is known
    examples: tuple[tuple[int, str], ...]  # of unknown lines: number and text
    more: int  # distinct denials beyond those in ``denials``


class Mapped(NamedTuple):
    """A denial and what is behind it."""

    logged: Logged
    object: str  # id of the policy; "" = none is named
    known: bool  # False: no such object in the tree
    rules: tuple[int, ...]  # rules of the sources that it says: denies
    allows: tuple[int, ...]  # where it refuses whoever no rule allows: the rules that allow something there
    explanation: Explanation | None  # of the request, where the line says enough of it
