"""What the policies of one proxy decide together: DENY first, then ALLOW (istio-semantics 1.1, 2.2)."""

from collections.abc import Iterable
from typing import Literal

from meshwright.access.expr import EVERYTHING, Expr, any_of, both, negate
from meshwright.record import NamedTuple


class Compiled(NamedTuple):
    """One policy as one engine understands it.

    ``requests`` is an upper bound of what an ALLOW matches and a lower bound of what a DENY matches; it is exact when
    ``doubts`` is empty.  A "SHADE" matches nothing itself: the policy can only refuse more, and nobody knows what.
    """

    id: str
    action: Literal["ALLOW", "DENY", "SHADE"]
    requests: Expr
    doubts: tuple[str, ...]


class Verdict(NamedTuple):
    """DENY part, ALLOW part (everything when no ALLOW policy applies), who took part, and why it may be wrong."""

    denied: Expr
    allowed: Expr
    objects: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def admitted(self) -> Expr:
        return both(negate(self.denied), self.allowed)

    @property
    def sealed(self) -> Expr:
        """What still gets in after anybody added any ALLOW."""
        return negate(self.denied)


def judge(policies: Iterable[Compiled]) -> Verdict:
    """The verdict of the policies that apply to one proxy."""
    denies: list[Expr] = []
    allows: list[Expr] | None = None
    objects: list[str] = []
    unknown: list[str] = []
    for policy in policies:
        if policy.action == "DENY":
            denies.append(policy.requests)
        elif policy.action == "ALLOW":
            allows = [] if allows is None else allows
            allows.append(policy.requests)
        objects.append(policy.id)
        unknown.extend(policy.doubts)
    return Verdict(any_of(denies), EVERYTHING if allows is None else any_of(allows), tuple(objects), tuple(unknown))
