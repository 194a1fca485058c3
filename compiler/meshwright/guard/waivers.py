"""Findings that somebody answers for: hidden as long as the waiver lasts, listed for ever; and waivers that are wrong themselves."""

from collections.abc import Iterable

from meshwright.diagnostics import Diagnostic, Outcome, did_you_mean, error, warning
from meshwright.guard.documents import rule_ids
from meshwright.guard.edges import edge_ids
from meshwright.guard.inventory import inventory_owners
from meshwright.ir.intent import Program, Waiver
from meshwright.ir.verdicts import GuardFinding, Verdicts, Waived

BROAD = 3  # a waiver that hides findings at more nodes than this should be several


def apply_waivers(program: Program, judged: Outcome[Verdicts], guardrails: Iterable[str]) -> Outcome[Verdicts]:
    """``judged`` without the findings that a waiver of the program covers.

    ``guardrails``: ids of all that were asked.  Diagnostics: those of ``judged``, MW0512 in the place of a waived finding; MW0508 an
    expired waiver, which hides nothing; MW0509 one that hides nothing else; MW0510 one that hides too much.
    """
    if judged.value is None or not program.waivers:
        return judged
    subjects = _subjects(program)
    hides: list[list[GuardFinding]] = [[] for _ in program.waivers]
    kept: list[tuple[GuardFinding, Diagnostic]] = []
    said: list[Diagnostic] = []
    count = len(judged.value.findings)
    for finding, diagnostic in zip(judged.value.findings, judged.diagnostics[:count], strict=True):
        covering = [number for number, waiver in enumerate(program.waivers) if _covers(waiver, finding, subjects)]
        for number in covering:
            hides[number].append(finding)
        lasting = [program.waivers[number] for number in covering if not program.waivers[number].expired]
        if lasting:
            said.append(_waived(diagnostic, lasting[0]))
        else:
            kept.append((finding, diagnostic))
            said.append(diagnostic)
    known = sorted(guardrails)
    wrong = [each for waiver, hidden in zip(program.waivers, hides, strict=True) for each in _judge(waiver, hidden, known)]
    listed = tuple(
        Waived(waiver.guardrail, waiver.subject, waiver.owner, waiver.until, waiver.because, waiver.expired, len(hidden))
        for waiver, hidden in zip(program.waivers, hides, strict=True)
    )
    verdicts = judged.value._replace(findings=tuple(finding for finding, _ in kept), waivers=listed)
    return Outcome(verdicts, (*said, *wrong, *judged.diagnostics[count:]))


def _covers(waiver: Waiver, finding: GuardFinding, subjects: dict[str, set[str]]) -> bool:
    return waiver.guardrail == finding.guardrail and (waiver.subject == finding.node or waiver.subject in subjects.get(finding.node, ()))


def _waived(said: Diagnostic, waiver: Waiver) -> Diagnostic:
    notes = (f"`{waiver.owner}` answers for it until {waiver.until}: {waiver.because}", *said.notes)
    return said._replace(code="MW0512", severity="info", message=f"waived: {said.message}", notes=notes)


def _judge(waiver: Waiver, hidden: list[GuardFinding], guardrails: list[str]) -> list[Diagnostic]:
    nodes = {finding.node for finding in hidden}
    about = f"the waiver for `{waiver.guardrail}` on {waiver.subject}"
    if waiver.expired:
        back = f"it hides nothing any more, findings of it here: {len(hidden)}"
        return [error("MW0508", f"{about} ended on {waiver.until}", waiver.span, label="in the past",
                      notes=(f"`{waiver.owner}` answered for it: {waiver.because}", back),
                      help=("repair what it hid and take it out, or have another day approved",))]
    if not hidden:
        near = did_you_mean(waiver.guardrail, guardrails) if waiver.guardrail not in guardrails else ()
        asked = waiver.guardrail in guardrails
        why = "it would hide the next mistake of this kind there" if asked else "no guardrail of this name was asked"
        return [warning("MW0509", f"{about} hides nothing", waiver.span, label="unused", notes=(why,),
                        help=(f"did you mean `{near[0]}`?" if near else "take it out",))]
    if len(nodes) > BROAD:
        return [warning("MW0510", f"{about} hides findings at {len(nodes)} places", waiver.span, label="too broad",
                        notes=tuple(sorted(nodes)[:5]), help=("write one waiver for each service or gateway that needs it",))]
    return []


def _subjects(program: Program) -> dict[str, set[str]]:
    """Id of a node -> services, gateways and namespaces that it belongs to; a rule belongs to what all of its grants are about."""
    found: dict[str, set[str]] = {}

    def belongs(node: str, *subjects: str) -> None:
        found.setdefault(node, set()).update(subjects)

    for service in program.services:
        belongs(f"service {service.id}", f"namespace {service.namespace}")
        for port in service.ports:
            belongs(f"port {service.id}:{port.number}", f"service {service.id}", f"namespace {service.namespace}")
    for pods in program.pod_sets:
        belongs(f"pods {pods.id}", f"namespace {pods.namespace}", *(f"service {name}" for name in pods.services))
    for gateway in program.gateways:
        belongs(f"gateway {gateway.id}", f"namespace {gateway.namespace}")
        for listener in gateway.listeners:
            belongs(f"listener {gateway.id}/{listener.name}", f"gateway {gateway.id}", f"namespace {gateway.namespace}")
    rules = rule_ids(program)
    of_rule: dict[str, set[str]] = {}
    for grant, edge in zip(program.grants, edge_ids(list(program.grants)), strict=True):
        subjects = {f"service {grant.target.id}", f"namespace {grant.target.id.partition('/')[0]}"}
        if grant.source.gateway:
            subjects.add(f"gateway {grant.source.gateway}")
        belongs(edge, *subjects)
        rule = rules[grant.rule]
        of_rule[rule] = of_rule[rule] & subjects if rule in of_rule else subjects
    for rule, common in of_rule.items():
        belongs(rule, *common)
    for node, space in inventory_owners(program.inventory):
        belongs(node, f"namespace {space}")
    return found
