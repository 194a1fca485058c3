"""Questions about two sets of requests, in layers: as written, then by boxes, then by a solver, then "unknown"."""

from collections.abc import Sequence

from meshwright.access.boxes import Rename, Space, find
from meshwright.access.canonical import canonical, includes
from meshwright.access.expr import NOTHING, Expr
from meshwright.access.request import Witness
from meshwright.access.universe import TooMany
from meshwright.record import NamedTuple

BUDGET = 50_000  # steps on boxes; a policy as people write it takes some hundreds


class Unknown(NamedTuple):
    """No answer, and why: never to be taken for "no difference"."""

    reason: str


def difference_witness(left: Expr, right: Expr, budget: int = BUDGET) -> Witness | Unknown | None:
    """A request in ``left`` and not in ``right``; None when there is none: ``left`` is a subset of ``right``.

    Beyond ``budget`` steps a solver goes on.  Unknown when that gives up too,
    and for patterns that have no meaning (a CIDR that cannot be read).
    """
    if left.op == "false" or right.op == "true":
        return None
    try:
        if includes(canonical(right), canonical(left)):
            return None
        return find(left, right, budget)
    except (TooMany, ValueError, RecursionError) as reason:
        return _unknown(reason)


def differences(pairs: Sequence[tuple[Expr, Expr]], rename: Rename | None = None, budget: int = BUDGET) -> list[Witness | Unknown | None]:
    """``difference_witness`` of each pair, at less cost where the pairs speak of the same values.

    ``rename`` says which patterns over principal mean the same to the asker; answers are then about such principals only.
    """
    try:
        space = Space([expr for pair in pairs for expr in pair], budget, rename)
    except (TooMany, ValueError, RecursionError) as reason:
        if len(pairs) == 1:
            return [_unknown(reason)]
        return [answer for pair in pairs for answer in differences([pair], rename, budget)]  # one bad pair spoils no other
    found: list[Witness | Unknown | None] = []
    for left, right in pairs:
        try:
            found.append(space.difference(left, right))
        except (TooMany, RecursionError) as reason:
            found.append(_unknown(reason))
    return found


def is_empty(expr: Expr, budget: int = BUDGET) -> bool | Unknown:
    """Whether no request is a member."""
    return _no_witness(difference_witness(expr, NOTHING, budget))


def subset(left: Expr, right: Expr, budget: int = BUDGET) -> bool | Unknown:
    """Whether every member of ``left`` is one of ``right``."""
    return _no_witness(difference_witness(left, right, budget))


def equal(left: Expr, right: Expr, budget: int = BUDGET) -> bool | Unknown:
    """Whether both have the same members."""
    one_way = subset(left, right, budget)
    return subset(right, left, budget) if one_way is True else one_way


def _unknown(reason: Exception) -> Unknown:
    if isinstance(reason, TooMany):
        return Unknown(f"too many {reason} to decide")
    return Unknown("nested too deeply to decide" if isinstance(reason, RecursionError) else str(reason))


def _no_witness(found: Witness | Unknown | None) -> bool | Unknown:
    return found if isinstance(found, Unknown) else found is None
