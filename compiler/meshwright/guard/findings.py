"""Values of entry rules to findings and diagnostics: strict, because a value nobody understands must not pass."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.guard.answer import Answer, Entry, Pack
from meshwright.ir.verdicts import GuardFinding, PackUsed, Verdicts
from meshwright.source import Span

_SEVERITIES: tuple[Literal["error", "warning", "info"], ...] = ("error", "warning", "info")


def judge(engine: str, packs: tuple[Pack, ...], answer: Answer, places: Mapping[str, Span | None]) -> Outcome[Verdicts]:
    """Findings of all entries.  Diagnostics: MW0501, or MW0584 a pack without an entry rule, MW0591 a value that is no set of findings."""
    problems = [no_entries(pack) for pack in packs if not any(entry.pack == pack.name for entry in answer.entries)]
    found: list[tuple[GuardFinding, Diagnostic]] = []
    for entry, value in zip(answer.entries, answer.values, strict=True):
        result = _read(entry, value, places)
        if isinstance(result, Diagnostic):
            problems.append(result)
        else:
            found += result
    if problems:
        return Outcome(None, tuple(problems))
    found.sort(key=lambda pair: _order(pair[0]))
    used = tuple(PackUsed(pack.name, pack.digest, sum(entry.pack == pack.name for entry in answer.entries)) for pack in packs)
    verdicts = Verdicts(engine, answer.version, len(answer.entries), used, tuple(finding for finding, _ in found))
    return Outcome(verdicts, (*(said for _, said in found), *answer.warnings))


def _read(entry: Entry, value: str | None, places: Mapping[str, Span | None]) -> list[tuple[GuardFinding, Diagnostic]] | Diagnostic:
    if value is None:
        return _wrong(entry, "is undefined")
    items = json.loads(value)
    if not isinstance(items, list):
        return _wrong(entry, f"answered with {_kind(items)}")
    result = []
    for item in items:
        body: dict[str, Any] = {"msg": item} if isinstance(item, str) else item
        if not isinstance(body, dict) or not isinstance(body.get("msg"), str) or not body["msg"].strip():
            return _wrong(entry, f"has an element that is {_kind(item)}" + (" without a text `msg`" if isinstance(item, dict) else ""))
        severity = body.get("severity", entry.severity)
        node = body.get("node", "")
        if severity not in _SEVERITIES:
            return _wrong(entry, "has a finding whose `severity` is none of error, warning, info")
        if not isinstance(node, str):
            return _wrong(entry, "has a finding whose `node` is not the `id` of a node")
        fix = body.get("fix", "")
        result.append(_finding(entry, body["msg"], severity, node, fix if isinstance(fix, str) else "", places))
    return result


def judge_one(entry: Entry, value: str | None) -> list[tuple[GuardFinding, Diagnostic]] | Diagnostic:
    """Findings of one value without places; MW0591 when it is no set of findings."""
    return _read(entry, value, {})


def _finding(
    entry: Entry, message: str, severity: Literal["error", "warning", "info"], node: str, fix: str, places: Mapping[str, Span | None]
) -> tuple[GuardFinding, Diagnostic]:
    span, located = places.get(node), node
    if node not in places:
        span, located = _only_named(message, places)
    notes = [entry.title] if entry.title and entry.title != message else []
    if span is None:
        notes.append(f"the finding names no place in the sources; the guardrail stands at {entry.path}:{entry.line}")
    helps = tuple(text for text in (fix, entry.description, *(f"see {link}" for link in entry.related)) if text)
    said = Diagnostic("MW0501", severity, f"guardrail `{entry.id}`: {message}", span, "", (), tuple(notes), helps)
    return GuardFinding(entry.id, severity, message, located, span), said


def _only_named(message: str, places: Mapping[str, Span | None]) -> tuple[Span | None, str]:
    """The place of the only service whose id stands in the message, for conftest-style findings that name no node."""
    named = [name for name in places if name.startswith("service ") and name[len("service ") :] in message]
    return (places[named[0]], named[0]) if len(named) == 1 else (None, "")


def _wrong(entry: Entry, what: str) -> Diagnostic:
    return error(
        "MW0591",
        f"guardrail `{entry.id}`: the rule `{entry.rule}` {what}",
        notes=(f"it stands at {entry.path}:{entry.line}; whether it found something cannot be known",),
        help=(f'make it a set of findings: `{entry.rule} contains {{"msg": …, "node": …}} if {{ … }}`',),
    )


def no_entries(pack: Pack) -> Diagnostic:
    return error(
        "MW0584",
        f"the guardrail pack `{pack.name}` has no entry rule",
        notes=("a pack without `deny`, `warn` or `violation` would pass everything",),
        help=("name the rules that answer with findings `deny`, `warn` or `violation`, or with a suffix: `deny_public`",),
    )


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if value is None:
        return "null"
    return {dict: "an object", list: "an array", str: "text", int: "a number", float: "a number"}.get(type(value), "something else")


def _order(finding: GuardFinding) -> tuple[str, int, str, str, str]:
    return (
        finding.span.path if finding.span else "",
        finding.span.start if finding.span else -1,
        finding.guardrail,
        finding.message,
        finding.node,
    )
