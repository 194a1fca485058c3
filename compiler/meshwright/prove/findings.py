"""Verdicts that do not hold, as diagnostics: obligation, destination, way, the request in words, rules and objects."""

from collections.abc import Mapping, Sequence

from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir.explanation import Hop
from meshwright.ir.intent import Program
from meshwright.ir.proof import Obligation, Proof, Request, Verdict
from meshwright.record import NamedTuple
from meshwright.source import Span

CODES: dict[Obligation, str] = {"sound": "MW0401", "complete": "MW0402", "sealed": "MW0403", "transport": "MW0404", "invariant": "MW0406"}
UNKNOWN = "MW0405"
OUTSIDE = "MW0407"
MOST_OBJECTS = 8


class Traced(NamedTuple):
    """What the proxies say of a witness, one after the other, and the command that asks the same."""

    hops: Sequence[Hop]
    command: str  # "" = the words of `explain` cannot say it


NOTHING_TRACED: Mapping[Verdict, Traced] = {}


def findings(program: Program, proof: Proof, traced: Mapping[Verdict, Traced] = NOTHING_TRACED) -> tuple[Diagnostic, ...]:
    """One error for each obligation and destination that does not hold; further ways of the same one are counted in its notes.

    Destinations that stay without an answer for the same reasons are one error.
    """
    groups: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in proof.verdicts:
        if verdict.status != "holds":
            claim = verdict.way if verdict.obligation == "invariant" else ""
            groups.setdefault((_code(verdict), verdict.destination, claim), []).append(verdict)
    found: list[Diagnostic] = []
    # One object that nobody models may leave every destination without an answer: that is one finding.
    unknown: dict[tuple[str, ...], list[list[Verdict]]] = {}
    for (code, _, _), group in groups.items():
        if code == UNKNOWN:
            unknown.setdefault(tuple(verdict.reason for verdict in group), []).append(group)
        else:
            found.append(_finding(program, code, group, traced.get(group[0])))
    found.extend(_finding(program, UNKNOWN, same[0], None, tuple(group[0].destination for group in same[1:])) for same in unknown.values())
    return tuple(found)


def request_text(request: Request, way: str) -> str:
    """One request in words, with the attributes that the way has."""
    who = f"`{request.principal}`" if request.principal else f"a peer without mesh identity at {request.source_ip}"
    if "plaintext" in way or "pod's own address" in way:
        return f"a connection from {who} to port {request.port}{request.attributes_text}"
    host = f" for host `{request.host}`" if way.startswith("gateway ") else ""
    return f"`{request.method} {request.path}`{host} from {who} to port {request.port}{request.attributes_text}"


def _code(verdict: Verdict) -> str:
    if verdict.status == "unknown":
        return UNKNOWN
    return CODES.get(verdict.obligation, OUTSIDE)


def _finding(program: Program, code: str, group: list[Verdict], traced: Traced | None, also: tuple[str, ...] = ()) -> Diagnostic:
    first = group[0]
    notes = [f"by {first.way}"] if first.way and first.obligation != "invariant" else []
    if first.objects:
        shown = ", ".join(f"`{name}`" for name in first.objects[:MOST_OBJECTS])
        more = len(first.objects) - MOST_OBJECTS
        notes.append(f"objects that took part: {shown}" + (f" and {more} more" if more > 0 else ""))
    if traced is not None:
        notes += [_said(hop) for hop in traced.hops]
        notes += [f"asked again by `{traced.command}`, of the same manifests"] if traced.command else []
    if first.obligation == "sealed" and first.status == "fails":
        notes.append("for example by an AuthorizationPolicy with `action: ALLOW` and `rules: [{}]` at the same place")
    if len(group) > 1 and first.obligation != "invariant":
        notes.append(f"{len(group) - 1} more of the same at this destination: " + "; ".join(_brief(verdict) for verdict in group[1:4]))
    if also:
        further = f" and {len(also) - MOST_OBJECTS} more" if len(also) > MOST_OBJECTS else ""
        notes.append("nor for " + ", ".join(f"`{name}`" for name in also[:MOST_OBJECTS]) + further)
    if code == "MW0406":
        notes.append("everything that the rules allow counts, whoever wrote them")
    span, others = _places(program, first)
    label = (_LABELS.get(code, "") if first.rules or code not in _OF_RULES else "this destination") if span else ""
    took_part = set(first.objects)
    theirs = [each for each in program.inventory.foreign if each.id in took_part or each.id in first.reason] if code in _FOREIGN else []
    others.extend(Label(each.span, f"`{each.id}` is not of this output, and takes part in the answer") for each in theirs[:MOST_OBJECTS])
    advice = _FOREIGN[code] if theirs else _HELP[code]
    return error(code, _message(code, first), span, label=label, others=others, notes=notes, help=(advice,))


def _message(code: str, verdict: Verdict) -> str:
    where = f"`{verdict.destination}`"
    request = request_text(verdict.request, verdict.way) if verdict.request is not None else ""
    if code == "MW0401":
        return f"the manifests let {request} in to {where}, which the intent does not allow"
    if code == "MW0402":
        return f"the manifests refuse {request} at {where}, which the intent allows"
    if code == "MW0403":
        return f"{where} is not sealed: {request} {verdict.reason}"
    if code == "MW0404":
        return f"at port {verdict.request.port if verdict.request else 0} of {where} {verdict.reason}"
    if code == "MW0406":
        return f"invariant {where} does not hold: `{verdict.way}`: {verdict.reason}"
    if code == OUTSIDE:
        return f"{where} is outside the mesh: {verdict.reason}"
    return f"the proof has no answer for {where}: {verdict.reason}"


def _said(hop: Hop) -> str:
    """What one proxy says of the witness, and why."""
    word = {"allow": "lets it in", "deny": "refuses it", "unknown": "is not sure"}[hop.decision]
    peer = f", for which the peer is `{hop.peer}`," if hop.peer else ""
    why = f"rule {hop.rule + 1} of `{hop.object}`" if hop.rule >= 0 else f"`{hop.object}`: {hop.reason}" if hop.object else hop.reason
    return f"{hop.proxy}{peer} {word}: {why}"


def _brief(verdict: Verdict) -> str:
    return verdict.way or verdict.reason


_LABELS = {"MW0401": "nearest rule", "MW0402": "this rule", "MW0406": "this claim", "MW0407": "its pods"}
_OF_RULES = ("MW0401", "MW0402")
_HELP = {
    "MW0401": "compile again instead of editing the manifests, or write a rule that allows this request",
    "MW0402": "compile again instead of editing the manifests, or look for a foreign object that refuses it",
    "MW0403": "keep the DENY policies of the output: only they hold against an ALLOW that somebody adds",
    "MW0404": "compile again: PeerAuthentication must be STRICT but for the ports granted to `unidentified`",
    "MW0405": "unknown is never a pass: remove the object or field that is not modelled, or declare the namespace `enforce no`",
    "MW0406": "take back the rule that breaks the claim, or narrow the claim",
    "MW0407": "let the mesh capture the pods, move them to a namespace with `enforce no`, or remove what takes them out of capture",
}

# Where an object of somebody else takes part, compiling again changes nothing.
_FOREIGN = {
    "MW0401": "narrow the object of somebody else, or write a rule that allows this request",
    "MW0402": "narrow the object of somebody else, or take the rule out that it makes void",
    "MW0405": "unknown is never a pass: remove the object of somebody else, or declare the namespace `enforce no`",
    "MW0404": "take back the PeerAuthentication of somebody else, or write what it means: `allow unidentified -> pods of …`",
}


def _places(program: Program, verdict: Verdict) -> tuple[Span | None, list[Label]]:
    rules = [program.rules[number] for number in verdict.rules if 0 <= number < len(program.rules)]
    labels = [Label(rule.span, f"rule `{rule.text}`") for rule in rules[:MOST_OBJECTS]]
    if verdict.obligation == "invariant":
        for invariant in program.invariants:
            for claim in invariant.claims:
                if (invariant.title, claim.text) == (verdict.destination, verdict.way):
                    return claim.span, labels
    if rules:
        return rules[0].span, labels[1:]
    for workload in program.inventory.workloads:
        if workload.id == verdict.destination:
            return workload.span, []
    return next((space.span for space in program.namespaces if f"other pods {space.name}" == verdict.destination), None), []
