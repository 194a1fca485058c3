"""Policies of the kind that conftest runs, over rendered manifests: the same rules, namespaces, exceptions, data and combined input."""

import json
import posixpath
from typing import Any

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.guard.answer import Entry, Failure, Module, Pack
from meshwright.guard.embedded import Embedded, value_of
from meshwright.guard.findings import judge_one, no_entries
from meshwright.guard.org import read_org
from meshwright.guard.packs import read_packs
from meshwright.guard.refusals import package_of, read_inventory
from meshwright.ir.inventory import Object
from meshwright.ir.project import Guard
from meshwright.ir.verdicts import GuardFinding, PackUsed, Verdicts

EVERY_NAMESPACE = "*"


def judge_manifests(objects: tuple[Object, ...], settings: Guard, root: str) -> Outcome[Verdicts]:
    """What the policies of ``settings.manifests`` say about rendered objects, one by one or, with ``combine``, all at once.

    ``root``: the project's folder.  Asked are the rules `deny`, `violation` and `warn`, with or without a suffix, of the Rego packages
    ``settings.namespaces``; a suffix that `exception` of the same package lists for a manifest is not asked there.  Diagnostics:
    MW0501 for each finding, MW0507 for each policy with exceptions, MW0580-MW0594 when we could not look, and then there is no value.
    """
    packs, problems = read_packs(settings.manifests, root)
    data, unusable = read_org(settings.data, root)
    clash = _clashes(packs, data)
    if problems or unusable or clash:
        return Outcome(None, (*problems, *unusable, *clash))
    engine = Embedded(settings.timeout)
    modules = [module for pack in packs for module in pack.modules]
    gate = engine.ask(modules, "{}", [], gate=True, only_gate=True, typed=False, given=(*data, "conftest"))
    listed = gate if isinstance(gate, Failure) else read_inventory(gate[2], packs)
    if isinstance(listed, Failure):
        return Outcome(None, listed.diagnostics)
    entries = tuple(entry for entry in listed if EVERY_NAMESPACE in settings.namespaces or entry.package in settings.namespaces)
    empty = [no_entries(pack) for pack in packs if not any(entry.pack == pack.name for entry in entries)]
    if empty:
        return Outcome(None, tuple(empty))
    return _evaluate(engine, packs, entries, _inputs(objects, settings.combine, modules, data))


def _clashes(packs: tuple[Pack, ...], data: dict[str, Any]) -> list[Diagnostic]:
    taken = sorted({package_of(module).partition(".")[0] for pack in packs for module in pack.modules} & {*data, "conftest"})
    return [error("MW0594", f"`{name}` is data, and a Rego package of the policies", notes=("each would hide a part of the other",),
                  help=("give one of them another name",)) for name in taken]


class _Input:
    """One evaluation: ``shown`` is what it is about, in words."""

    def __init__(self, shown: str, text: str, data: str) -> None:
        self.shown = shown
        self.text = text
        self.data = data


def _inputs(objects: tuple[Object, ...], combine: bool, modules: list[Module], data: dict[str, Any]) -> list[_Input]:
    """``data`` is written once, but for policies that ask for the name of the file."""
    if combine:
        every = [{"path": each.span.path, "contents": each.content} for each in objects]
        return [_Input("all manifests", _text(every), _text(data))]
    if not any("conftest" in module.text for module in modules):
        same = _text(data)
        return [_Input(f"{each.span.path}: {each.id}", _text(each.content), same) for each in objects]
    return [_Input(f"{each.span.path}: {each.id}", _text(each.content), _text({**data, "conftest": {"file": {
        "dir": posixpath.dirname(each.span.path), "name": posixpath.basename(each.span.path)}}})) for each in objects]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _evaluate(engine: Embedded, packs: tuple[Pack, ...], entries: tuple[Entry, ...], inputs: list[_Input]) -> Outcome[Verdicts]:
    packages = sorted({entry.package for entry in entries})
    queries = [*(f"data.{entry.package}.{entry.rule}" for entry in entries), *(f"data.{package}.exception" for package in packages)]
    modules = [module for pack in packs for module in pack.modules]
    fields = engine.ask(modules, "", queries, gate=False, inputs=[(each.data, each.text) for each in inputs])
    if isinstance(fields, Failure):
        return Outcome(None, fields.diagnostics)
    states, texts = fields[3::2], fields[4::2]
    problems: list[Diagnostic] = []
    found: list[tuple[GuardFinding, Diagnostic]] = []
    exempt: dict[str, int] = {}
    for number, each in enumerate(inputs):
        here = slice(number * len(queries), (number + 1) * len(queries))
        answers = list(zip(states[here], texts[here], strict=True))
        excused = dict(zip(packages, (_exceptions(answer) for answer in answers[len(entries):]), strict=True))
        for entry, (state, text) in zip(entries, answers, strict=False):
            names = excused[entry.package]
            if names is None or state != b"ok":
                shown = (text if state != b"ok" else b"its `exception` is no set of lists of names").decode("utf-8", "replace")
                problems.append(error("MW0590", f"guardrail `{entry.id}` could not be evaluated",
                                      notes=(f"for {each.shown}", *shown.splitlines()[:10]), help=("repair the expression",)))
                continue
            result = judge_one(entry, value_of(text.decode()))
            if isinstance(result, Diagnostic):
                problems.append(result)
            elif entry.rule.partition("_")[2] in names:
                exempt[entry.id] = exempt.get(entry.id, 0) + 1
            else:
                found += [_at(pair, each.shown) for pair in result]
    if problems:
        return Outcome(None, tuple(dict.fromkeys(problems))[:20])
    found.sort(key=lambda pair: (pair[0].node, pair[0].guardrail, pair[0].message))
    used = tuple(PackUsed(pack.name, pack.digest, sum(entry.pack == pack.name for entry in entries)) for pack in packs)
    verdicts = Verdicts("embedded", fields[1].decode(), len(entries), used, tuple(finding for finding, _ in found))
    return Outcome(verdicts, (*(said for _, said in found), *(_exempted(name, count) for name, count in sorted(exempt.items()))))


def _exceptions(answer: tuple[bytes, bytes]) -> set[str] | None:
    """The names that `exception` lists, () without such a rule; None when it is something else."""
    state, text = answer
    if state != b"ok":
        return None
    value = value_of(text.decode())
    groups = [] if value is None else json.loads(value)
    if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
        return None
    names = {name if isinstance(name, str) else None for group in groups for name in group}
    return None if None in names else {name for name in names if name is not None}


def _at(pair: tuple[GuardFinding, Diagnostic], shown: str) -> tuple[GuardFinding, Diagnostic]:
    finding, said = pair
    return finding._replace(node=shown, span=None), said._replace(span=None, notes=(f"in {shown}", *said.notes))


def _exempted(name: str, count: int) -> Diagnostic:
    return Diagnostic("MW0507", "info", f"guardrail `{name}` is not asked about {count} manifest{'s' if count > 1 else ''}", None, "", (),
                      ("an `exception` of its package names it",), ())

