"""Tokens at a proxy: which are refused, and what is known of a request without one (istio-semantics 1.6, 4.2).

An accepted token is one whose issuer a rule names, with an audience that this rule wants; keys and expiry are not modelled: a
token here is always validly signed.  A request without a token passes, and has no claims.
"""

from collections.abc import Sequence

from meshwright.access.expr import NOTHING, Expr, all_of, any_of, both, match, negate
from meshwright.istio.kinds.request_authentication import JwtRule, RequestAuthentication

TOKEN = match("claim:iss", "given")


class Tokens:
    """The rules of every RequestAuthentication that one proxy has."""

    __slots__ = ("objects", "rules")

    def __init__(self, applied: Sequence[RequestAuthentication]) -> None:
        self.rules: tuple[JwtRule, ...] = tuple([rule for one in applied for rule in one.rules])
        self.objects: tuple[str, ...] = tuple([one.id for one in applied])

    def refused(self) -> Expr:
        """Requests with a token that no rule accepts; every token has an issuer."""
        return both(TOKEN, negate(any_of([accepts(rule) for rule in self.rules])))


def accepts(rule: JwtRule) -> Expr:
    """Tokens of the rule's issuer, with one of its audiences where it wants any."""
    issuer = match("claim:iss", "exact", rule.issuer)
    if not rule.audiences:
        return issuer
    return both(issuer, any_of([match("claim:aud", "exact", text) for audience in rule.audiences for text in spellings(audience)]))


def spellings(audience: str) -> tuple[str, ...]:
    """What counts as one audience: without a scheme of HTTP in front and without one slash behind they are the same."""
    bare = plain_audience(audience)
    return tuple([f"{scheme}{bare}{slash}" for scheme in ("", "http://", "https://") for slash in ("", "/")]) if bare else (audience,)


def plain_audience(audience: str) -> str:
    """An audience as it is compared."""
    for scheme in ("http://", "https://"):
        if audience.startswith(scheme):
            audience = audience[len(scheme):]
            break
    return audience.removesuffix("/")


def without_token(expr: Expr) -> Expr:
    """``expr`` where nobody reads tokens: no claim is known."""
    if expr.op == "match":
        return NOTHING if expr.dimension is not None and expr.dimension.startswith("claim:") else expr
    if expr.op == "not":
        return negate(without_token(expr.args[0]))
    if expr.op in ("and", "or"):
        join = all_of if expr.op == "and" else any_of
        return join([without_token(arg) for arg in expr.args])
    return expr
