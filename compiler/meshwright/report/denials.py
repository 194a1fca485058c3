"""Denials of a log with what is behind each, as text and as JSON values.  What stands in the log is shown escaped."""

from collections.abc import Sequence

from meshwright.ir.denial import Denial, Log, Mapped
from meshwright.report.explanation import Places, explanation_json, flip_text

MOST_RULES = 8


def denials_text(log: Log, mapped: Sequence[Mapped], places: Places) -> str:
    """Each denial once, in order of its first line; then what else was in the log."""
    lines: list[str] = []
    for one in mapped:
        lines += [*_denial(one, places), ""]
    counted = sum(one.times for one in log.denials)
    lines.append(f"{_count(log.lines, 'line')}: {_count(counted, 'denial')}, {len(log.denials)} different, {log.allowed} that passed, "
                 f"{_count(log.unknown, 'line')} that say nothing known")
    if log.more:
        lines.append(f"{log.more} further denials are not shown: ask again with a shorter log")
    lines += [f"  not known, line {number}: {text}" for number, text in log.examples]
    return places.finished(lines)


def denials_json(log: Log, mapped: Sequence[Mapped], places: Places) -> dict[str, object]:
    """The same as values of JSON."""

    def rule(number: int) -> dict[str, object]:
        text, span = places.rules[number]
        return {"text": text, "place": places.locate(span)}

    def one(found: Mapped) -> dict[str, object]:
        denial = found.logged.denial
        span = places.objects.get(found.object)
        return {"line": found.logged.line, "times": found.logged.times, "proxy": denial.proxy, "kind": denial.kind, "policy": denial.policy,
                "rule": denial.rule if denial.rule >= 0 else None, "reason": denial.reason, "principal": denial.principal,
                "source_ip": denial.source_ip, "service": denial.service, "workload": denial.workload, "port": denial.port,
                "method": denial.method, "path": denial.path, "host": denial.host, "object": found.object, "known": found.known,
                "place": places.locate(span) if span is not None else "", "rules": [rule(number) for number in found.rules],
                "allows": [rule(number) for number in found.allows],
                "explanation": explanation_json(found.explanation, places) if found.explanation is not None else None}

    return {"lines": log.lines, "denials": [one(found) for found in mapped], "allowed": log.allowed, "more": log.more,
            "unknown": {"lines": log.unknown, "examples": [{"line": number, "text": text} for number, text in log.examples]}}


def _denial(found: Mapped, places: Places) -> list[str]:
    denial, told = found.logged.denial, found.explanation
    times = f", {found.logged.times} times" if found.logged.times > 1 else ""
    lines = [f"line {found.logged.line}{times}: {_request(denial)}", f"  {_why(found)}"]
    span = places.objects.get(found.object)
    if span is not None:
        lines.append(f"    {places.locate(span)}")
    routes = told.routes if told is not None else ()
    rules = found.rules or tuple(seen.rule for route in routes for seen in route.rules if seen.effect == "deny")
    for number in rules[:MOST_RULES]:
        text, place = places.rules[number]
        lines += [f"  which is rule {places.locate(place)}", f"    {text}"]
    if not rules and found.allows and denial.kind in ("rule", "no-allow", "strict"):
        lines.append("  no rule of the sources allows it; there they allow" if told is not None else "  there the sources allow")
        for number in found.allows[:MOST_RULES]:
            text, place = places.rules[number]
            lines += [f"    {places.locate(place)}", f"      {text}"]
        if len(found.allows) > MOST_RULES:
            lines.append(f"    and {len(found.allows) - MOST_RULES} more")
    elif not rules and told is not None and told.extent == "none":
        lines.append("  no rule of the sources allows it")
    if told is not None and told.extent == "all":
        lines.append("  the sources and manifests here allow this request: what the proxy runs is older, or made of other ones")
    elif told is not None:
        lines += flip_text(told)
    return lines


def _request(denial: Denial) -> str:
    who = denial.principal or (f"a peer at {denial.source_ip}" if denial.source_ip else "somebody whom the line does not name")
    what = f"{denial.method} {denial.path}" if denial.method else "a connection"
    where = denial.service or denial.workload or denial.host
    port = f" port {denial.port}" if denial.port else ""
    return f"{what} from {who}" + (f" to {where}{port}" if where else "")


def _why(found: Mapped) -> str:
    denial, proxy = found.logged.denial, "ztunnel" if found.logged.denial.proxy == "ztunnel" else "Envoy"
    name = f"`{found.object}`" if found.object else "`none`"
    rule = f"rule {denial.rule + 1} of " if denial.rule >= 0 else ""
    unknown = "" if found.known or not found.object else ", which is not among the manifests that were read"
    why = {
        "rule": f"{proxy} refused it: {rule}{name}{unknown}",
        "no-allow": f"{proxy} refused it: ALLOW policies apply there, and none of them allows it",
        "strict": f"{proxy} refused it: mTLS is STRICT there, and the peer showed no certificate",
        "dry-run": f"{proxy} would refuse it (dry run): {rule}{name}{unknown}",
        "authorizer": f"{proxy} refused it: {denial.reason or f'the external authorizer of {name} refused'}",
        "token": f"{proxy} answered 401: {denial.reason or 'the token is missing or not good'}",
        "closed": f"{proxy} closed the connection: {denial.reason}",
        "elsewhere": "the ztunnel of the destination refused it: its own log says why",
    }
    return why[denial.kind]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
