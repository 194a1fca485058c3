"""Sources, doors and hosts of the intent as sets of requests."""

from collections.abc import Iterable
from functools import lru_cache

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, all_of, any_of, both, either, match, negate
from meshwright.ir.intent import Gateway, Grant, Http, PathPattern, Source

ANY_IDENTITY = match("principal", "present")
NO_IDENTITY = match("principal", "exact", "")


def source_term(source: Source, trust_domain: str, gateways: tuple[Gateway, ...]) -> Expr:
    """Who asks, over principal and source_ip.  A gateway stands for its clients: its proxies dial with its own identity."""
    if source.kind == "identity" and source.identity is not None:
        return match("principal", "exact", source.identity.principal(trust_domain))
    if source.kind == "any-workload":
        return all_of([ANY_IDENTITY, *(negate(gateway_term(gateway, trust_domain)) for gateway in gateways)])
    if source.kind == "namespace":
        return match("principal", "prefix", f"{trust_domain}/ns/{source.namespace}/")
    if source.kind == "unidentified":
        return both(NO_IDENTITY, any_of(match("source_ip", "cidr", text) for text in source.cidrs) if source.cidrs else EVERYTHING)
    if source.kind == "gateway":
        return any_of(gateway_term(gateway, trust_domain) for gateway in gateways if gateway.id == source.gateway)
    if source.kind == "any-gateway":
        return any_of(gateway_term(gateway, trust_domain) for gateway in gateways)
    return EVERYTHING if source.kind == "anyone" else NOTHING


def gateway_term(gateway: Gateway, trust_domain: str) -> Expr:
    """The identity of a gateway's proxies."""
    return match("principal", "exact", gateway.identity.principal(trust_domain))


def http_term(http: Http | None) -> Expr:
    """One door, over method and path; everything when there are no HTTP terms."""
    if http is None:
        return EVERYTHING
    return both(_methods_term(http.methods), path_term(http.path))


def door_term(grant: Grant) -> Expr:
    """The door of a grant.  A deny with `{id}` also holds for the paths at its place whose characters no template takes."""
    http = grant.http
    if grant.effect == "allow" or http is None or None not in http.path.segments:
        return http_term(http)
    return either(http_term(http), both(_methods_term(http.methods), _unseen_term(http.path)))


@lru_cache(maxsize=1024)
def _unseen_term(path: PathPattern) -> Expr:
    """Paths that begin as ``path`` does before its first `{id}`, with a character that Envoy's templates do not take."""
    above = "".join([f"/{part}" for part in path.segments[: path.segments.index(None)]])
    return both(match("path", "prefix", f"{above}/"), negate(match("path", "template", "/{**}")))


@lru_cache(maxsize=1024)
def _methods_term(methods: tuple[str, ...]) -> Expr:
    return any_of([match("method", "exact", method) for method in methods]) if methods else EVERYTHING


@lru_cache(maxsize=4096)
def path_term(path: PathPattern) -> Expr:
    """A path of the language: a subtree is the path itself and everything below it."""
    if None in path.segments:
        text = "".join("/" + ("{*}" if part is None else part) for part in path.segments)
        one = match("path", "template", text)
        return either(one, match("path", "template", text + "/{**}")) if path.subtree else one
    text = "/" + "/".join(path.segments) if path.segments else ""  # type: ignore[arg-type]  # None is not among them
    if not path.subtree:
        return match("path", "exact", text or "/")
    return either(match("path", "exact", text), match("path", "prefix", text + "/")) if text else EVERYTHING


def hosts_term(hosts: Iterable[str]) -> Expr:
    """Host headers that name one of the hosts, with any port or none, in any case."""
    return any_of(match("host", "wildcard", host[1:]) if host.startswith("*.") else
                  either(match("host", "iexact", host), match("host", "iprefix", host + ":")) for host in hosts)


def forget() -> None:
    """Drop what was remembered (benchmarks measure the cold case)."""
    _methods_term.cache_clear()
    path_term.cache_clear()
    _unseen_term.cache_clear()
