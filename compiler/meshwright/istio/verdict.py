"""What the policies of one proxy decide together: DENY first, then ALLOW (istio-semantics 1.1, 2.2)."""

from collections.abc import Iterable

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, any_of, both, either, match, negate
from meshwright.istio.kinds.authorization_policy import Action
from meshwright.istio.tokens import Tokens, without_token
from meshwright.record import NamedTuple


class Compiled(NamedTuple):
    """One policy as one engine understands it.

    ``requests`` is an upper bound of what an ALLOW matches and a lower bound of what another policy matches; it is exact when
    ``doubts`` is empty.
    """

    id: str
    action: Action
    requests: Expr
    doubts: tuple[str, ...]
    provider: str = ""  # of a CUSTOM: who is asked
    token: bool = False  # whether ``requests`` depend on a token


class Verdict(NamedTuple):
    """DENY part, ALLOW part (everything when no ALLOW policy applies), who took part, and why it may be wrong.

    ``tokens``: what of the DENY part is refused for its token, whoever asks for what.
    """

    denied: Expr
    allowed: Expr
    objects: tuple[str, ...]
    unknown: tuple[str, ...]
    tokens: Expr = NOTHING

    @property
    def admitted(self) -> Expr:
        return both(negate(self.denied), self.allowed)

    @property
    def sealed(self) -> Expr:
        """What still gets in after anybody added any ALLOW."""
        return negate(self.denied)


def judge(policies: Iterable[Compiled], tokens: Tokens | None = None, providers: tuple[str, ...] | None = None) -> Verdict:
    """The verdict of the policies that apply to one proxy.

    ``tokens``: what is required of a token there; None: nobody reads one, so that nothing is known of it.
    ``providers``: the external authorizers that there are; None: not known.
    """
    denies: list[Expr] = []
    allows: list[Expr] | None = None
    customs: list[Compiled] = []
    objects: list[str] = []
    unknown: list[str] = []
    token = False
    for policy in policies:
        if policy.action == "DENY":
            denies.append(policy.requests)
        elif policy.action == "ALLOW":
            allows = [] if allows is None else allows
            allows.append(policy.requests)
        else:
            customs.append(policy)
        objects.append(policy.id)
        unknown.extend(policy.doubts)
        token = token or policy.token
    denies.extend(_refused_by_others(customs, providers))
    denied, allowed = any_of(denies), EVERYTHING if allows is None else any_of(allows)
    refused = NOTHING
    if tokens is not None:
        refused = tokens.refused()
        denied = either(denied, refused)
        objects.extend(tokens.objects)
    elif token:
        denied, allowed = without_token(denied), without_token(allowed)
    return Verdict(denied, allowed, tuple(objects), tuple(unknown), refused)


def broken(provider: str, asked: Iterable[str], providers: tuple[str, ...] | None) -> bool:
    """Whether a CUSTOM refuses what it selects: its provider does not exist, or is not the only one asked at the proxy (1.10)."""
    return len(set(asked)) > 1 or (providers is not None and provider not in providers)


def _refused_by_others(customs: list[Compiled], providers: tuple[str, ...] | None) -> Iterable[Expr]:
    """What somebody else refuses: opaque, one answer for all that is asked, except where the configuration refuses by itself."""
    for policy in customs:
        if broken(policy.provider, [one.provider for one in customs], providers):
            yield policy.requests
        else:
            yield both(policy.requests, match(f"asked:{policy.provider}", "exact", "deny"))
