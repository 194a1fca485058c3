"""RequestAuthentication (security.istio.io): content to record, refusing what schema or webhook refuse (istio-semantics 4.2, 6.2)."""

from collections.abc import Mapping

from meshwright.ir.inventory import Labels, Object
from meshwright.istio.kinds.authorization_policy import TOP, TargetRef, read_attachment
from meshwright.istio.plain import Refused, mapping, only, optional_list, text
from meshwright.record import NamedTuple


class JwtRule(NamedTuple):
    """Where tokens of one issuer are looked for; no place written: the header Authorization and the parameter access_token."""

    issuer: str
    audiences: tuple[str, ...]  # () = any
    headers: tuple[tuple[str, str], ...]  # name in lower case, what stands before the token
    parameters: tuple[str, ...]
    cookies: tuple[str, ...]
    forward: bool  # whether the next hop sees the token too
    lists: tuple[str, ...]  # claims beside scope and permission whose text is a list with blanks between


class RequestAuthentication(NamedTuple):
    id: str
    namespace: str
    name: str
    selector: Labels | None  # None: no selector; (): written, but without labels
    targets: tuple[TargetRef, ...]
    rules: tuple[JwtRule, ...]


_SPEC = frozenset({"selector", "targetRef", "targetRefs", "jwtRules"})
_RULE = frozenset({"issuer", "audiences", "jwksUri", "jwks_uri", "jwks", "fromHeaders", "fromParams", "fromCookies",
                   "outputPayloadToHeader", "forwardOriginalToken", "outputClaimToHeaders", "timeout", "spaceDelimitedClaims"})


def read_request_authentication(found: Object) -> RequestAuthentication:
    """The object as written; raises Refused."""
    only(found.content, TOP, found.kind)
    raw = found.content.get("spec")
    spec = {} if raw is None else mapping(raw, "spec")
    only(spec, _SPEC, "spec")
    selector, targets = read_attachment(spec)
    rules = tuple([_rule(mapping(item, "spec.jwtRules[]")) for item in optional_list(spec, "jwtRules", "spec")])
    return RequestAuthentication(found.id, found.namespace, found.name, selector, targets, rules)


def _rule(raw: Mapping[str, object]) -> JwtRule:
    only(raw, _RULE, "spec.jwtRules[]")
    issuer = text(raw, "issuer", "spec.jwtRules[]", "")
    if not issuer:
        raise Refused("`spec.jwtRules[].issuer` must not be empty")
    uri = raw.get("jwksUri") or raw.get("jwks_uri")
    if uri and raw.get("jwks"):
        raise Refused("`spec.jwtRules[]` has both `jwksUri` and `jwks`")
    headers = []
    for item in optional_list(raw, "fromHeaders", "spec.jwtRules[]"):
        header = mapping(item, "fromHeaders[]")
        only(header, frozenset({"name", "prefix"}), "fromHeaders[]")
        name = text(header, "name", "fromHeaders[]", "")
        if not name:
            raise Refused("`spec.jwtRules[].fromHeaders[].name` must not be empty")
        headers.append((name.lower(), text(header, "prefix", "fromHeaders[]", "")))
    forward = raw.get("forwardOriginalToken")
    if forward is not None and type(forward) is not bool:
        raise Refused("`spec.jwtRules[].forwardOriginalToken` must be a boolean")
    return JwtRule(issuer, _texts(raw, "audiences"), tuple(headers), _texts(raw, "fromParams"), _texts(raw, "fromCookies"), bool(forward),
                   _texts(raw, "spaceDelimitedClaims"))


def _texts(raw: Mapping[str, object], key: str) -> tuple[str, ...]:
    found = []
    for value in optional_list(raw, key, "spec.jwtRules[]"):
        if type(value) is not str or not value:
            raise Refused(f"`spec.jwtRules[].{key}` must hold strings that are not empty")
        found.append(value)
    return tuple(found)
