"""Values of policy fields as sets of requests: the string forms of istio-semantics 1.4 and 1.5.

A ``Term`` never holds more than the values say; ``exact`` tells whether it holds all of it.  An engine that needs an
upper bound takes everything for an inexact term of an ALLOW, and nothing more than the term for one of a DENY.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from meshwright.access.expr import EVERYTHING, NOTHING, Dimension, Expr, all_of, any_of, negate
from meshwright.access.expr import match as new_match
from meshwright.record import NamedTuple

# The same port, method or account occurs in many policies; one object each makes comparing quick too.
match = lru_cache(maxsize=65536)(new_match)


class Term(NamedTuple):
    expr: Expr
    exact: bool


class Scope(NamedTuple):
    """What the meaning of a value depends on, and what is known already of the values asked about this port, whatever the namespace."""

    namespace: str  # of the policy: a service account without one is in it
    trust_domain: str
    known: "Known | None" = None
    read: "dict[tuple[object, ...], Term] | None" = None  # by reader, namespace where it counts, and the values
    port: int = 0  # the port of all connections that are asked about; 0: it stays a dimension


Read = Callable[[Sequence[str], Scope], Term]
Table = Mapping[str, tuple[Read | None, bool]]  # field -> how to read its values (None: no dimension has it), negated
# ids of values and table, upper -> the values, alive so that nothing else gets their id, and what ``conjunction`` makes of them
Known = dict[tuple[int, int, bool], tuple[object, tuple[Expr, tuple[str, ...]]]]

# A term whose attribute is no dimension: no request is known to match it.
NOT_KNOWN = Term(NOTHING, False)


def table(fields: Mapping[str, Read | None]) -> Table:
    """The table of positive fields and, derived, of their ``not`` twins."""
    both = {name: (read, False) for name, read in fields.items()}
    both.update({"not" + name[0].upper() + name[1:]: (read, True) for name, read in fields.items()})
    return both


def conjunction(values: Mapping[str, Sequence[str]], fields: Table, scope: Scope, upper: bool) -> tuple[Expr, tuple[str, ...]]:
    """AND over the fields of one source or operation, and the fields whose part is only an upper (or lower) bound.

    Equal values that are one object give one expression.
    """
    key = (id(values), id(fields), upper)
    known = scope.known.get(key) if scope.known is not None else None
    if known is not None:
        return known[1]
    parts: list[Expr] = []
    doubts: tuple[str, ...] = ()
    for field, given in values.items():
        read, negated = fields[field]
        term = NOT_KNOWN if read is None else _term(read, given, scope)
        if term.exact:
            parts.append(negate(term.expr) if negated else term.expr)
        else:
            doubts += (field,)
            parts.append(bound(term, negated, upper))
    found = parts[0] if len(parts) == 1 else all_of(parts), doubts
    if scope.known is not None and _is_absolute(values):
        scope.known[key] = (values, found)
    return found


def _term(read: Read, values: Sequence[str], scope: Scope) -> Term:
    """What one field says; the same values occur again and again."""
    if scope.read is None:
        return read(values, scope)
    key = (read, scope.namespace if read is service_accounts and not _are_absolute(values) else "", *values)
    found = scope.read.get(key)
    if found is None:
        found = scope.read[key] = read(values, scope)
    return found


def _is_absolute(values: Mapping[str, Sequence[str]]) -> bool:
    """Whether they mean the same in every namespace."""
    return all(_are_absolute(values[field]) for field in ("serviceAccounts", "notServiceAccounts") if field in values)


def _are_absolute(accounts: Sequence[str]) -> bool:
    return "/" in accounts[0] if len(accounts) == 1 else all("/" in account for account in accounts)


def bound(term: Term, negated: bool, upper: bool) -> Expr:
    """A set that contains (``upper``) or is contained in what the term, or its negation, really means."""
    if term.exact:
        return negate(term.expr) if negated else term.expr
    if negated:
        return negate(term.expr) if upper else NOTHING
    return EVERYTHING if upper else term.expr


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
    """Envoy: ``cluster.local`` stands for the mesh's trust domain, in values of five parts (istio-semantics 1.9)."""
    found = []
    for value in values:
        parts = value.split("/")
        if len(parts) == 5 and parts[0] == "cluster.local":
            value = "/".join([scope.trust_domain, *parts[1:]])
        found.append(_principal(value))
    return Term(_union(found), True)


def namespaces(values: Sequence[str], scope: Scope) -> Term:
    """``*`` is any identity; other wildcards are parts of a namespace's name, which no pattern has."""
    return Term(_union([match("principal", "present") if value == "*" else match("principal", "namespace", value)
                        for value in values if value == "*" or "*" not in value]),
                all(value == "*" or "*" not in value for value in values))


def namespaces_literal_inside(values: Sequence[str], scope: Scope) -> Term:
    """ztunnel: only the first and last ``*`` are special; one inside is literal and matches no namespace."""
    found = []
    for value in values:
        if value == "*":
            found.append(match("principal", "present"))
        elif value.startswith("*") or value.endswith("*"):
            return Term(namespaces(values, scope).expr, False)
        else:
            found.append(match("principal", "namespace", value))
    return Term(_union(found), True)


def service_accounts(values: Sequence[str], scope: Scope) -> Term:
    """``ns/sa``, or ``sa`` in the policy's namespace; any trust domain; no wildcards."""
    return Term(_union([match("principal", "account", value if "/" in value else f"{scope.namespace}/{value}") for value in values]), True)


def trust_domains(values: Sequence[str], scope: Scope) -> Term:
    """A trust domain has no slash, so an exact one is a prefix of principals; a suffix of one is no pattern."""
    found = []
    for value in values:
        if value == "*":
            found.append(match("principal", "present"))
        elif value.startswith("*"):
            return NOT_KNOWN
        else:
            name = scope.trust_domain if value == "cluster.local" else value
            found.append(match("principal", "prefix", name[:-1] if name.endswith("*") else name + "/"))
    return Term(_union(found), True)


def addresses(values: Sequence[str], scope: Scope) -> Term:
    """The peer of the connection, by address or CIDR.  Whether a mapped IPv4 address equals the plain one is not recorded anywhere."""
    return Term(_union([match("source_ip", "cidr", value if "/" in value else f"{value}/{128 if ':' in value else 32}")
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
