"""The policies of one proxy, ready for many requests, in the order in which it asks them (istio-semantics 1.1, 2.2; edge 9)."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from meshwright.access.expr import Dimension, Expr, Value
from meshwright.access.members import Members, Test
from meshwright.istio.kinds.authorization_policy import Policy
from meshwright.istio.terms import Scope
from meshwright.istio.tokens import Tokens, plain_audience
from meshwright.istio.verdict import broken
from meshwright.record import NamedTuple

Rules = Callable[[Policy, Scope, list[str]], list[tuple[int, Expr]]]
Named = tuple[str, Test]  # how the proxy calls a policy when it refuses for it


class Ruling(NamedTuple):
    """What one proxy decides.  ``by`` names the policy as the proxy's log does; ``status`` is 0 where there is no HTTP."""

    decision: str  # "allow", "deny", "unknown"
    by: str  # for "unknown": why
    status: int


class Custom(NamedTuple):
    """One rule of a CUSTOM policy; ``broken``: it refuses by itself."""

    name: str
    provider: str
    test: Test
    broken: bool


class Chain:
    """One proxy's policies over one kind of traffic."""

    __slots__ = ("_allows", "_customs", "_denies", "_http", "_members", "_unsure", "dimensions", "tokens")

    def __init__(self, members: Members, customs: Sequence[Custom], denies: Sequence[Named], allows: Sequence[Test] | None,
                 tokens: Tokens | None, http: bool, unsure: str = "") -> None:
        self._members, self._http, self._unsure = members, http, unsure
        self._customs, self._denies, self._allows = customs, denies, allows
        self.tokens = tokens
        self.dimensions: tuple[Dimension, ...] = tuple(sorted(members.dimensions()))

    def decide(self, request: Mapping[Dimension, Value], token: str, authorizers: Mapping[str, str]) -> Ruling:
        """``request`` holds ``dimensions``; ``token``: what the filter for tokens says against it, "" = nothing.

        ``authorizers``: the answer, "allow" or "deny", of each external authorizer that is known.
        """
        if self._unsure:
            return Ruling("unknown", self._unsure, 0)
        bits = self._members.bits(request)
        asked = ""
        for name, provider, test, refuses in self._customs:
            if test(bits):
                answer = "deny" if refuses else authorizers.get(provider, "")
                if answer == "deny":
                    return self._refuse(name) if refuses else Ruling("deny", "ext_authz_denied", 403 if self._http else 0)
                asked = asked or ("" if answer else provider)
        if token:
            return Ruling("deny", f"jwt_authn_access_denied{{{token}}}", 403 if token.startswith("Audiences") else 401)
        for name, test in self._denies:
            if test(bits):
                return self._refuse(name)
        if self._allows is not None and not any(test(bits) for test in self._allows):
            return self._refuse("none")
        if asked:
            return Ruling("unknown", f"what the external authorizer `{asked}` says", 0)
        return Ruling("allow", "allow", 200 if self._http else 0)

    def _refuse(self, name: str) -> Ruling:
        return Ruling("deny", f"rbac_access_denied_matched_policy[{name}]", 403 if self._http else 0)


class Ztunnel:
    """The policies of a workload at its ztunnel; ``strict`` is what peers without identity are refused by."""

    __slots__ = ("_allows", "_denies", "_members", "_unsure", "dimensions")

    def __init__(self, members: Members, denies: Sequence[Named], allows: Sequence[Test] | None, unsure: str = "") -> None:
        self._members, self._denies, self._allows, self._unsure = members, denies, allows, unsure
        self.dimensions: tuple[Dimension, ...] = tuple(sorted(members.dimensions()))

    def decide(self, request: Mapping[Dimension, Value]) -> Ruling:
        """Among several that refuse, ztunnel names any; here it is the first by name."""
        if self._unsure:
            return Ruling("unknown", self._unsure, 0)
        bits = self._members.bits(request)
        for name, test in self._denies:
            if test(bits):
                return Ruling("deny", f"deny:{name}", 0)
        if self._allows is not None and not any(test(bits) for test in self._allows):
            return Ruling("deny", "none", 0)
        return Ruling("allow", "allow", 0)


def envoy_chain(policies: Iterable[Policy], rules: Rules, scope: Callable[[str], Scope], tokens: Tokens | None,
                providers: tuple[str, ...] | None, http: bool) -> Chain:
    """The chain of an Envoy; policies that run dry or only audit are left out.  Rules are asked in the order of their names."""
    members = Members()
    doubts: list[str] = []
    denies: list[Named] = []
    allows: list[Test] | None = None
    customs: list[tuple[str, str, Test]] = []
    for policy in policies:
        if policy.dry_run or policy.action == "AUDIT":
            continue
        found = [(f"ns[{policy.namespace}]-policy[{policy.name}]-rule[{place}]", members.add(expr))
                 for place, expr in rules(policy, scope(policy.namespace), doubts)]
        if policy.action == "DENY":
            denies.extend(found)
        elif policy.action == "ALLOW":
            allows = [*(allows or ()), *[test for _, test in found]]
        else:
            customs.extend([(f"istio-ext-authz-{policy.provider}-{name}", policy.provider, test) for name, test in found])
    asked = [provider for _, provider, _ in customs]
    made = [Custom(f"{name}-deny-due-to-bad-CUSTOM-action" if refuses else name, provider, test, refuses)
            for name, provider, test in sorted(customs, key=lambda one: one[:2]) for refuses in [broken(provider, asked, providers)]]
    return Chain(members, made, sorted(denies, key=lambda one: one[0]), allows, tokens, http, _doubt(doubts))


def ztunnel_chain(policies: Iterable[Policy], rules: Rules, scope: Callable[[str], Scope], strict: tuple[str, Expr],
                  doubts: list[str]) -> Ztunnel:
    """Those that istiod sends, and what it converts PeerAuthentication to, by the name that it gives that."""
    members = Members()
    denies: list[Named] = []
    allows: list[Test] | None = None
    for policy in policies:
        if policy.targets or policy.dry_run or policy.action not in ("ALLOW", "DENY"):
            continue
        tests = [members.add(expr) for _, expr in rules(policy, scope(policy.namespace), doubts)]
        if policy.action == "DENY":
            denies.extend([(f"{policy.namespace}/{policy.name}", test) for test in tests])
        else:
            allows = [*(allows or ()), *tests]
    name, refused = strict
    if refused.op != "false":
        denies.append((name, members.add(refused)))
    return Ztunnel(members, sorted(denies, key=lambda one: one[0]), allows, _doubt(doubts))


def _doubt(doubts: list[str]) -> str:
    return f"{doubts[0]} is not modelled" if doubts and " " not in doubts[0] else doubts[0] if doubts else ""


def complaint(tokens: Tokens, claims: Mapping[Dimension, Value], place: str) -> str | None:
    """What the filter for tokens says of one with these claims at ``place``: "" accepted, None: nobody looks there.

    ``place``: "" the header Authorization, else "header:NAME", "param:NAME" or "cookie:NAME".
    """
    looking = [rule for rule in tokens.rules if _looks(rule.headers, rule.parameters, rule.cookies, place)]
    if not looking:
        return None
    issuer = claims.get("claim:iss")
    mine = [rule for rule in looking if rule.issuer == issuer]
    if not mine:
        return "Jwt_issuer_is_not_configured"
    given = {plain_audience(one) for one in claims.get("claim:aud") or ()}
    if any(not rule.audiences or not given.isdisjoint([plain_audience(one) for one in rule.audiences]) for rule in mine):
        return ""
    return "Audiences_in_Jwt_are_not_allowed"


def _looks(headers: tuple[tuple[str, str], ...], parameters: tuple[str, ...], cookies: tuple[str, ...], place: str) -> bool:
    if not headers and not parameters and not cookies:
        return place in ("", "param:access_token")
    kind, _, name = place.partition(":")
    if kind in ("", "header"):
        return any(one == (name.lower() or "authorization") for one, _ in headers)
    return name in (parameters if kind == "param" else cookies)
