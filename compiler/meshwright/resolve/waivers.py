"""Waivers: whose findings, where, and who answers for it."""

from meshwright.diagnostics import Diagnostic, did_you_mean, error
from meshwright.ir import intent, syntax
from meshwright.resolve.collect import qualify
from meshwright.resolve.headers import Desk, refuse_stranger
from meshwright.resolve.later import not_yet

KINDS = ("service", "gateway", "namespace")


def waivers(desks: tuple[Desk, ...], spaces: tuple[intent.Namespace, ...], found: list[Diagnostic]) -> tuple[intent.Waiver, ...]:
    """Every `waive` of a guardrail, in order of (path, place).

    A file waives only what it may speak for; by the id of a node, which may be about any namespace, only files that may speak for all.
    Diagnostics: MW0206 it may not, MW0203 a bare name without home, MW0219 no such kind or nobody who answers, MW0211 codes.
    """
    owners = {space.name: space.owner for space in spaces}
    made = []
    for desk in desks:
        for each in desk.module.statements:
            if isinstance(each, syntax.WaiveStatement):
                waiver = _waiver(desk, each, owners, found)
                if waiver is not None:
                    made.append(waiver)
    return tuple(made)


def _waiver(desk: Desk, each: syntax.WaiveStatement, owners: dict[str, str], found: list[Diagnostic]) -> intent.Waiver | None:
    if "/" not in each.finding.text:
        found.append(not_yet(f"`waive {each.finding.text}`", each.finding.span, "waive findings of guardrails, `\"pack/name\"`"))
        return None
    subject = _subject(desk, each, found)
    if subject is None:
        return None
    text, namespace = subject
    if refuse_stranger(desk, namespace, f"it waives a finding about {text}", each.span, found):
        return None
    owner = each.owner.text if each.owner is not None else owners.get(namespace or desk.home, "")
    if not owner.strip():
        found.append(error("MW0219", "nobody answers for this waiver", each.span, label="no owner",
                           notes=("the namespace it is about has no `owner` either",),
                           help=('write `owner "team@example.com"` before `until`',)))
        return None
    return intent.Waiver(each.finding.text, text, owner, each.until.text, each.because.text, False, each.span)


def _subject(desk: Desk, each: syntax.WaiveStatement, found: list[Diagnostic]) -> tuple[str, str] | None:
    """The id of the node, and its namespace; "" = it may be any."""
    if each.kind is None or not isinstance(each.subject, syntax.Name):
        return each.subject.text, ""
    kind = each.kind.text
    if kind not in KINDS:
        near = did_you_mean(kind, KINDS)
        help = f"did you mean `{near[0]}`?" if near else "name a service, a gateway, a namespace, or the id of a node in quotes"
        found.append(error("MW0219", f"nothing can be waived on a `{kind}`", each.kind.span, label="no such kind", help=(help,)))
        return None
    if kind == "namespace":
        return f"namespace {each.subject.text}", each.subject.text
    name = qualify(desk.home, each.subject, found)
    return None if name is None else (f"{kind} {name}", name.partition("/")[0])
