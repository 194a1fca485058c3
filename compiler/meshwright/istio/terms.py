"""Values of policy fields as sets of requests: the string forms of istio-semantics 1.4 and 1.5.

A ``Term`` never holds more than the values say; ``exact`` tells whether it holds all of it.  An engine that needs an
upper bound takes everything for an inexact term of an ALLOW, and nothing more than the term for one of a DENY.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from meshwright.access.expr import EVERYTHING, NOTHING, Dimension, Expr, all_of, any_of, both, negate
from meshwright.access.expr import match as new_match
from meshwright.record import NamedTuple

# The same port, method or account occurs in many policies; one object each makes comparing quick too.
match = lru_cache(maxsize=65536)(new_match)


class Term(NamedTuple):
    expr: Expr
    exact: bool


class Elements:
    """What is known of the elements of one table for connections to one port, whatever the namespace."""

    __slots__ = ("fields", "read")

    def __init__(self) -> None:
        # By id of the values, which are kept alive in it: what ``conjunction`` makes of them.
        self.read: dict[int, tuple[Expr, tuple[str, ...], Values]] = {}
        # By field, then by its values: its part, and whether that is exact.
        self.fields: dict[str, dict[object, tuple[Expr, bool]]] = {}


class Scope(NamedTuple):
    """What the meaning of a value depends on, and what is known already of the values asked about this port."""

    namespace: str  # of the policy: a service account without one is in it
    trust_domain: str
    known: "dict[tuple[int, bool], Elements] | None" = None  # by id of the table, upper
    port: int = 0  # the port of all connections that are asked about; 0: it stays a dimension
    aliases: tuple[str, ...] = ()  # of the trust domain
    minor: int = 31  # the oldest Istio 1.x that the answer is for


Values = Mapping[str, Sequence[str]]
Read = Callable[[Sequence[str], Scope], Term]
Table = Mapping[str, tuple[Read | None, bool]]  # field -> how to read its values (None: no dimension has it), negated

# A term whose attribute is no dimension: no request is known to match it.
NOT_KNOWN = Term(NOTHING, False)


def table(fields: Mapping[str, Read | None]) -> Table:
    """The table of positive fields and, derived, of their ``not`` twins."""
    found = {name: (read, False) for name, read in fields.items()}
    found.update({"not" + name[0].upper() + name[1:]: (read, True) for name, read in fields.items()})
    return found


def elements(fields: Table, scope: Scope, upper: bool) -> Elements:
    """What is known of the elements of a table, to be asked for ``conjunction`` of many."""
    if scope.known is None:
        return Elements()
    key = (id(fields), upper)
    found = scope.known.get(key)
    if found is None:
        found = scope.known[key] = Elements()
    return found


def conjunction(values: Values, fields: Table, scope: Scope, upper: bool, known: Elements) -> tuple[Expr, tuple[str, ...], Values]:
    """AND over the fields of one source or operation, the fields whose part is only an upper (or lower) bound, and the values.

    Equal values that are one object give one expression.
    """
    found = known.read.get(id(values))
    if found is not None:
        return found
    parts: list[Expr] = []
    doubts: tuple[str, ...] = ()
    for field, given in values.items():
        one: object = given[0] if len(given) == 1 else tuple(given)
        seen = known.fields.get(field)
        if seen is None:
            seen = known.fields[field] = {}
        part, exact = seen.get(one) or _part(field, given, fields, scope, upper, seen)
        if not exact:
            doubts += (field,)
        if part is not EVERYTHING:  # the port that everybody asks for
            parts.append(part)
    found = parts[0] if len(parts) == 1 else both(*parts), doubts, values
    if _is_absolute(values):
        known.read[id(values)] = found
    return found


def _part(field: str, given: Sequence[str], fields: Table, scope: Scope, upper: bool,
          seen: dict[object, tuple[Expr, bool]]) -> tuple[Expr, bool]:
    """What one field says; the same values occur again and again."""
    read, negated = fields[field]
    key: object = given[0] if len(given) == 1 else tuple(given)
    if read is service_accounts and not _are_absolute(given):
        key = (None, scope.namespace, *given)  # no value is None
    found = seen.get(key)
    if found is None:
        term = NOT_KNOWN if read is None else read(given, scope)
        found = seen[key] = bound(term, negated, upper), term.exact
    return found


def _is_absolute(values: Values) -> bool:
    """Whether they mean the same in every namespace."""
    return ("serviceAccounts" not in values or _are_absolute(values["serviceAccounts"])) and (
        "notServiceAccounts" not in values or _are_absolute(values["notServiceAccounts"]))


def _are_absolute(accounts: Sequence[str]) -> bool:
    return "/" in accounts[0] if len(accounts) == 1 else all("/" in account for account in accounts)


def bound(term: Term, negated: bool, upper: bool) -> Expr:
    """A set that contains (``upper``) or is contained in what the term, or its negation, really means."""
    if term.exact:
        return negate(term.expr) if negated else term.expr
    if negated:
        return negate(term.expr) if upper else NOTHING
    return EVERYTHING if upper else term.expr


def doubts_of(policy: str, fields: Sequence[str]) -> tuple[str, ...]:
    """Doubts about some fields of a policy, in words."""
    return tuple([f"{policy}: `{field}` means nothing before Istio 1.31, which this is for too" if "rustDomain" in field else
                  f"{policy}: `{field}` is not modelled" for field in dict.fromkeys(fields)])


def _union(found: list[Expr]) -> Expr:
    return found[0] if len(found) == 1 else any_of(found)


def strings(dimension: Dimension, values: Sequence[str], *, ignore_case: bool = False) -> Expr:
    """``*`` presence, ``*x`` suffix, ``x*`` prefix, else exact; a leading star wins; ``*`` elsewhere is literal."""
    return _union([_string(dimension, value, ignore_case) for value in values])


def _string(dimension: Dimension, value: str, ignore_case: bool) -> Expr:
    if value == "*":
        return match(dimension, "present")
    if value.startswith("*"):
        return match(dimension, "isuffix" if ignore_case else "suffix", value[1:])
    if value.endswith("*"):
        return match(dimension, "iprefix" if ignore_case else "prefix", value[:-1])
    return match(dimension, "iexact" if ignore_case else "exact", value)


def _principal(value: str) -> Expr:
    # The scheme is no part of what is compared: a value that writes it matches nobody (istio-semantics 9.11).
    if value.startswith("spiffe:"):
        return NOTHING
    return _string("principal", value, False)


def principals_as_written(values: Sequence[str], scope: Scope) -> Term:
    """ztunnel: no trust-domain aliases (istio-semantics 2.4)."""
    return Term(_union([_principal(value) for value in values]), True)


def principals_expanded(values: Sequence[str], scope: Scope) -> Term:
    """Envoy: the trust domain, its aliases and ``cluster.local`` stand for each other, in values of five parts (istio-semantics 1.9)."""
    found = []
    domains = (scope.trust_domain, *scope.aliases)
    for value in values:
        domain, *rest = value.split("/")
        if len(rest) != 4 or domain == "*" or not (domain == "cluster.local" or _stands_for(domain, domains)):
            found.append(_principal(value))
            continue
        for one in dict.fromkeys([domain if domain[:1] == "*" and own.endswith(domain[1:]) else own for own in domains]):
            found.append(_principal("/".join([one, *rest])))
    return Term(_union(found), True)


def _stands_for(domain: str, domains: tuple[str, ...]) -> bool:
    """Whether a written trust domain, maybe with a star at one end, is one of these."""
    return any(own == domain or (domain[-1:] == "*" and own.startswith(domain[:-1])) or (domain[:1] == "*" and own.endswith(domain[1:]))
                for own in domains)


def namespaces(values: Sequence[str], scope: Scope) -> Term:
    """Envoy: each ``*`` is any text, slashes too, in a search for ``/ns/<value>/`` anywhere in the identity (istio-semantics 1.5)."""
    found = []
    for value in values:
        if value == "*":
            found.append(match("principal", "present"))
        elif "*" in value or "/" in value or value == "sa":  # a namespace called "ns" is followed by "/sa/"
            found.append(match("principal", "glob", f"**/ns/{value.replace('*', '**')}/**"))
        else:
            found.append(match("principal", "namespace", value))
    return Term(_union(found), True)


def namespaces_literal_inside(values: Sequence[str], scope: Scope) -> Term:
    """ztunnel: only the first or last ``*`` is special; one inside is literal and matches no namespace."""
    found = []
    for value in values:
        if value == "*":
            found.append(match("principal", "present"))
        elif value.startswith("*"):
            found.append(NOTHING if "*" in value[1:] else match("principal", "glob", f"*/ns/*{value[1:]}/sa/*"))
        elif value.endswith("*"):
            found.append(NOTHING if "*" in value[:-1] else match("principal", "glob", f"*/ns/{value}/sa/*"))
        else:
            found.append(match("principal", "namespace", value))
    return Term(_union(found), True)


def service_accounts(values: Sequence[str], scope: Scope) -> Term:
    """``ns/sa``, or ``sa`` in the policy's namespace; any trust domain; no wildcards."""
    return Term(_union([match("principal", "account", value if "/" in value else f"{scope.namespace}/{value}") for value in values]), True)


def trust_domains(values: Sequence[str], scope: Scope) -> Term:
    """A trust domain has no slash, so an exact one is a prefix of principals; one of the mesh's stands for all of them."""
    found = []
    domains = (scope.trust_domain, *scope.aliases)
    for value in values:
        if value == "*":
            found.append(match("principal", "present"))
        elif value.startswith("*"):
            found.append(match("principal", "glob", f"{value}/**"))
        elif value.endswith("*"):
            found.append(match("principal", "prefix", value[:-1]))
        else:
            found.extend([match("principal", "prefix", f"{name}/") for name in (domains if value in domains else (value,))])
    return Term(_union(found), scope.minor >= 31)  # an older API server drops the field, and what is left means something else


def addresses(values: Sequence[str], scope: Scope) -> Term:
    """The peer of the connection, by address or CIDR."""
    return _addresses("source_ip", values)


def remote_addresses(values: Sequence[str], scope: Scope) -> Term:
    """Who sent the request, as far as X-Forwarded-For tells."""
    return _addresses("remote_ip", values)


def destination_addresses(values: Sequence[str], scope: Scope) -> Term:
    """Where the connection arrives."""
    return _addresses("destination_ip", values)


def _addresses(dimension: Dimension, values: Sequence[str]) -> Term:
    """Whether a mapped IPv4 address equals the plain one is not recorded anywhere."""
    return Term(_union([match(dimension, "cidr", value if "/" in value else f"{value}/{128 if ':' in value else 32}")
                        for value in values]), not any(value[:7].lower() == "::ffff:" for value in values))


def ports(values: Sequence[str], scope: Scope) -> Term:
    """Decimal, leading zeros ignored; no connection has port 0."""
    if scope.port:
        return Term(EVERYTHING if scope.port in map(int, values) else NOTHING, True)
    return Term(_union([match("port", "number", str(int(value))) for value in values if int(value)]), True)


def methods(values: Sequence[str], scope: Scope) -> Term:
    return Term(strings("method", values), True)


def hosts(values: Sequence[str], scope: Scope) -> Term:
    """The authority as sent, port included, case ignored."""
    return Term(strings("host", values, ignore_case=True), True)


def paths(values: Sequence[str], scope: Scope) -> Term:
    """String forms, or a template when an operator occurs (istio-semantics 1.5)."""
    return Term(_union([match("path", "template", value) if "{*}" in value or "{**}" in value else _string("path", value, False)
                        for value in values]), True)


def server_names(values: Sequence[str], scope: Scope) -> Term:
    """The server name of the handshake, which Envoy keeps in lower case; "" without one."""
    return Term(strings("sni", values), True)


def request_principals(values: Sequence[str], scope: Scope) -> Term:
    """``iss/sub`` of the accepted token, cut at the last slash; a star stands at one end (istio-semantics 1.5)."""
    found = []
    for value in values:
        issuer, slash, subject = value.rpartition("/")
        if value == "*":
            parts = match("claim:iss", "present"), match("claim:sub", "present")
        elif value.startswith("*"):
            parts = ((match("claim:iss", "present"), match("claim:sub", "suffix", value[1:])) if not slash else
                     (_string("claim:iss", issuer, False) if issuer == "*" else match("claim:iss", "suffix", issuer[1:]),
                      match("claim:sub", "exact", subject)))
        elif value.endswith("*"):
            parts = ((match("claim:iss", "prefix", value[:-1]), match("claim:sub", "present")) if not slash else
                     (match("claim:iss", "exact", issuer),
                      match("claim:sub", "present") if subject == "*" else match("claim:sub", "prefix", subject[:-1])))
        else:
            parts = match("claim:iss", "exact", issuer if slash else value), match("claim:sub", "exact", subject if slash else "")
        found.append(all_of(parts))
    return Term(_union(found), True)


def attribute(key: str) -> Read | None:
    """How to read the values of a condition on a header, a claim or metadata of a filter; None for other keys.

    A header's name ignores case; that of the host is the authority, as HTTP/2 has it.
    """
    if key.startswith("request.headers["):
        name = key[len("request.headers["):-1].lower()
        return _text_of({"host": "host", ":authority": "host", ":method": "method"}.get(name, f"header:{name}"))
    if key.startswith("request.auth.claims["):
        return _text_of(claim(claim_path(key[len("request.auth.claims"):])))
    if key.startswith("experimental.envoy.filters."):
        return _metadata(f"metadata:{key[len('experimental.'):]}")
    return None


def claim(path: Sequence[str]) -> Dimension:
    """The dimension of one claim; more than one name: a claim inside of objects."""
    return "claim:" + "/".join([name.replace("~", "~0").replace("/", "~1") for name in path])


def claim_path(text: str) -> tuple[str, ...]:
    """The names in ``[a][b]``; brackets that do not pair are part of one name."""
    inner = text[1:-1]
    names = inner.split("][")
    return (inner,) if any("[" in name or "]" in name for name in names) else tuple(names)


@lru_cache(maxsize=1024)
def _text_of(dimension: Dimension) -> Read:
    if dimension.startswith("header:"):
        return lambda values, scope: Term(_union([match(dimension, "given") if value == "*" else _string(dimension, value, False)
                                                  for value in values]), True)
    return lambda values, scope: Term(strings(dimension, values), True)


@lru_cache(maxsize=1024)
def _metadata(dimension: Dimension) -> Read:
    """A value in brackets is one that a list contains."""
    return lambda values, scope: Term(_union([
        _string(dimension + "[]", value.strip("[]"), False) if value[:1] == "[" and value[-1:] == "]" else _string(dimension, value, False)
        for value in values]), True)


audiences, presenter = _text_of("claim:aud"), _text_of("claim:azp")
