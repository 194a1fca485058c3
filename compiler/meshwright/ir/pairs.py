"""Who gets where, by what the manifests let in: ``prove`` makes it, ``report`` and ``cli`` show it."""

from typing import Literal

from meshwright.record import NamedTuple


class Pair(NamedTuple):
    """One caller that gets in at one place at all."""

    source: str  # "shop/web", "clients of edge/public port 443", "any other identity", "without identity"
    target: str  # "shop/orders port 8080", "pods of shop/web port 9102", "pods of shop/web any other port"
    way: Literal["service", "pod", "gateway", "plaintext", "other-service", "mesh-route"]
    extent: Literal["all", "some", "unknown"]  # of requests; unknown: nobody can tell within the budget


class Open(NamedTuple):
    """A workload that lets in callers whom nobody named."""

    workload: str  # id
    to: Literal["anybody", "any identity", "without identity", "unknown"]
    reason: str


class Pairs(NamedTuple):
    """Every pair that is not listed gets nowhere."""

    pairs: tuple[Pair, ...]  # sorted by target and source
    unprotected: tuple[Open, ...]  # sorted by workload
    callers: int  # that were asked for
    workloads: int  # that were asked about
