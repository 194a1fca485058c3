"""What AuthorizationPolicies decide about one concrete request: slow, short, one request at a time, from the documentation of Istio.

Knows only the fields that tests use, and refuses others.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple


class Request(NamedTuple):
    principal: str  # "cluster.local/ns/shop/sa/web", "" = no identity
    ip: str
    port: int
    method: str = ""  # "" = not known: this proxy reads no HTTP
    path: str = ""


def admits(specs: Iterable[Mapping[str, Any]], request: Request, denies: bool = True, allows: bool = True) -> bool:
    """DENY first; then any ALLOW, or no ALLOW at all.  ``denies``/``allows`` False: as if none of that kind existed."""
    specs = list(specs)
    if denies and any(spec["action"] == "DENY" and _matches(spec, request) for spec in specs):
        return False
    allowing = [spec for spec in specs if spec["action"] == "ALLOW"] if allows else []
    return not allowing or any(_matches(spec, request) for spec in allowing)


def _matches(spec: Mapping[str, Any], request: Request) -> bool:
    return any(
        ("from" not in rule or any(_source(one["source"], request) for one in rule["from"]))
        and ("to" not in rule or any(_operation(one["operation"], request) for one in rule["to"]))
        for rule in spec.get("rules", ()))


def _source(source: Mapping[str, Any], request: Request) -> bool:
    namespace, account = request.principal.split("/")[2::2] if request.principal else ("", "")
    tests = {
        "principals": lambda value: _text(value, request.principal),
        "namespaces": lambda value: value == namespace,
        "serviceAccounts": lambda value: bool(request.principal) and value == f"{namespace}/{account}",
        "ipBlocks": lambda value: ip_address(request.ip) in ip_network(value),
    }
    return _all(source, tests)


def _operation(operation: Mapping[str, Any], request: Request) -> bool:
    if {"methods", "paths"} & set(operation) and not request.method:
        raise ValueError("HTTP terms at a proxy that reads none")
    tests = {
        "ports": lambda value: value == str(request.port),
        "methods": lambda value: _text(value, request.method),
        "paths": lambda value: _path(value, request.path),
    }
    return _all(operation, tests)


def _all(fields: Mapping[str, Any], tests: Mapping[str, Any]) -> bool:
    for key, values in fields.items():
        negative = key.startswith("not")
        test = tests[key[3].lower() + key[4:] if negative else key]
        if any(test(value) for value in values) == negative:
            return False
    return True


def _text(pattern: str, value: str) -> bool:
    if pattern == "*":
        return value != ""
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def _path(pattern: str, path: str) -> bool:
    if "{" not in pattern:
        return _text(pattern, path)
    parts, wanted = path.split("/"), pattern.split("/")
    if wanted[-1] == "{**}":
        wanted = wanted[:-1]
        if len(parts) <= len(wanted):
            return False
        parts = parts[: len(wanted)]
    return len(parts) == len(wanted) and all(part if want == "{*}" else part == want for part, want in zip(parts, wanted, strict=True))
