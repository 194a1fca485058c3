"""What a change of the sources opens and closes: ``prove`` makes it, ``report`` and ``cli`` show it."""

from typing import Literal

from meshwright.ir.proof import Request
from meshwright.record import NamedTuple
from meshwright.source import Span


class Change(NamedTuple):
    """One rule, or one namespace, that lets in what was not let in before (``opens``), or did and no longer does (``closes``).

    Every request whose answer differs is in at least one change; each change has one as its witness.
    """

    effect: Literal["opens", "closes"]
    source: str  # "shop/web", "clients of edge/public", "any workload", "anyone"
    target: str  # "shop/orders port 80", "pods of shop/kafka port 9102", "namespace shop"
    door: str  # "GET /v1/orders/{id}", "everything"
    whole: bool  # False: only some of these requests change, others are as before
    because: str  # "a new rule", "a deny that is gone", ...
    request: Request | None  # the witness; None for a whole namespace
    public: bool  # callers without an identity of the mesh: clients of a gateway, `unidentified`, a namespace without rules
    rule: str  # of the side that has it: "allow web -> orders"; "" for a namespace
    span: Span | None  # of that rule, in that side's file


class Changes(NamedTuple):
    """Every change of one environment, opened ones first, then by target, source and door."""

    environment: str
    changes: tuple[Change, ...]
    compared: int  # ways to destinations that were compared

    @property
    def opened(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.effect == "opens")

    @property
    def closed(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.effect == "closes")
