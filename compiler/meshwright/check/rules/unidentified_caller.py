"""MW0314: callers without identity, only by address, port and reason."""

from collections.abc import Iterator

from meshwright.access.ipv4 import ipv4, ipv4_block
from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir import resolved, syntax


def unidentified_caller(facts: Facts) -> Iterator[Diagnostic]:
    for rule, term in facts.unnamed_terms:
        if term.kind == "unidentified":
            yield from _judge(rule, term)


def _judge(rule: resolved.Rule, term: resolved.Source) -> Iterator[Diagnostic]:
    if rule.effect == "allow" and not rule.because:
        yield error(
            "MW0314",
            "callers without identity are let in without a reason",
            rule.span,
            label="needs `because`",
            notes=("this opens a port to whoever holds an address: an exception that its readers must be able to judge",),
            help=('add `because "…"`, and `until <date>` if it will end',),
        )
    for target in rule.targets:
        if not target.kind.startswith("pods"):
            yield error(
                "MW0314",
                f"callers without identity reach pods, not `{target.text}`",
                target.span,
                label="an address behind a waypoint",
                notes=("a caller outside the mesh dials pods in plain text and passes no waypoint",),
                help=(
                    f"write `pods of {target.text}` with a target port"
                    if target.kind == "service"
                    else "name the pods: `pods of <service>`",
                ),
            )
    if rule.effect == "allow" and (rule.doors is None or any(door.port is None for door in rule.doors)):
        yield error(
            "MW0314",
            "callers without identity are let in at every port",
            rule.span,
            label="names no port",
            notes=("plain text is accepted on the ports of such a rule, and only there",),
            help=("name the port: `{ port <name> }`",),
        )
    for cidr in term.cidrs:
        reason = _bad_cidr(cidr)
        if reason:
            yield error("MW0314", f"`{cidr.text}` is not a range of addresses", cidr.span, label=reason)


def _bad_cidr(cidr: syntax.Cidr) -> str:
    block = ipv4_block(cidr.text)
    if block is not None and block[0] == ipv4(cidr.text.partition("/")[0]):
        return ""
    from ipaddress import ip_network  # only few programs need it

    try:
        ip_network(cidr.text)
    except ValueError as problem:
        return "bits are set after the prefix" if "host bits" in str(problem) else "neither IPv4 nor IPv6"
    return ""
