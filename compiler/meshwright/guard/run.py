"""Packs in, documents in, engine asked, findings out."""

from collections.abc import Mapping
from typing import Any

from meshwright.diagnostics import Diagnostic, Outcome
from meshwright.guard.answer import Engine, Entry, Failure
from meshwright.guard.documents import documents, places
from meshwright.guard.encode import union
from meshwright.guard.findings import judge
from meshwright.guard.packs import read_packs
from meshwright.ir.changes import Changes
from meshwright.ir.intent import Program
from meshwright.ir.project import Guard
from meshwright.ir.verdicts import Verdicts


def guard(
    program: Program, texts: Mapping[str, str], settings: Guard, root: str, changes: Changes | None = None
) -> Outcome[Verdicts]:
    """What the configured guardrails say about a program.

    ``texts``: path of a source -> text, for line numbers.  ``root``: the project's folder, absolute; packs are read below it.
    ``changes``: what the program opens and closes against a base, for the document `diff`; None = there is no base.
    Without packs nothing is started and the verdicts are empty.  Diagnostics: MW0501 for each finding, MW0508-MW0512
    for waivers; MW0580-MW0599 when we could not look, and then there is no value (``verdicts.could_not_look``: exit 2, never a pass).
    """
    if not settings.packs:
        return _waive(program, Outcome(Verdicts("none", "", 0, (), ())), ())
    packs, problems = read_packs(settings.packs, root)
    org, unusable = _org(settings, root)
    if problems or unusable:
        return Outcome(None, problems + unusable)
    document = documents(program, texts, union(pack.reads for pack in packs), changes, org)
    answer = _engine(settings).evaluate(packs, document)
    if isinstance(answer, Failure):
        return Outcome(None, answer.diagnostics)
    silent = all(value == "[]" for value in answer.values)
    judged = judge(settings.engine, packs, answer, {} if silent else places(program, changes))
    return _waive(program, judged, answer.entries)


def _waive(program: Program, judged: Outcome[Verdicts], entries: tuple[Entry, ...]) -> Outcome[Verdicts]:
    if not program.waivers:
        return judged
    from meshwright.guard.waivers import apply_waivers

    return apply_waivers(program, judged, {entry.id for entry in entries})


def _org(settings: Guard, root: str) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    if not settings.org:
        return {}, ()
    from meshwright.guard.org import read_org

    return read_org(settings.org, root)


def _engine(settings: Guard) -> Engine:
    if settings.engine == "opa":
        from meshwright.guard.opa import Opa

        return Opa(settings.url, settings.timeout)
    from meshwright.guard.embedded import Embedded

    return Embedded(settings.timeout)
