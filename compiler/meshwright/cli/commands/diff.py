"""``diff``: which access the sources open and close against another revision of them."""

from meshwright.cli.arguments import Arguments
from meshwright.cli.base import read_base
from meshwright.cli.console import Answer, finish
from meshwright.cli.session import Session, compile_all
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir.changes import Change, Changes
from meshwright.ir.intent import Program
from meshwright.pipeline import compare_programs, empty_program

MOST_SHOWN = 20  # changes that one gate names


def run(arguments: Arguments) -> int:
    """Compare the intent of the working tree with that of ``arguments.base``, environment by environment.

    Both sides are read, resolved and checked; guardrails and proof are the business of `check`.
    """
    session = compile_all(arguments._replace(files=(), base=""), "check")
    found = list(session.diagnostics)
    compared: dict[str, Changes] = {}
    commit = ""
    if not session.failed and session.projects:
        base = read_base(arguments, session.root, arguments.base or "HEAD")
        found += base.diagnostics
        if base.value is not None:
            commit = base.value.commit
            _compare(session, base.value.programs, found, compared)
    for changes in compared.values():
        found += _gates(arguments, changes)
    if arguments.format == "markdown":
        from meshwright.report import changes_markdown

        text = "\n".join(changes_markdown(changes) for changes in compared.values())
    else:
        from meshwright.report import changes_text

        several = len(session.projects) > 1
        text = "".join((f"environment {name}\n" if several else "") + changes_text(changes) for name, changes in compared.items())
    result = {name: {"base": commit, "compared": changes.compared, "changes": [_values(change) for change in changes.changes]}
              for name, changes in compared.items()}
    return finish(arguments, Answer(tuple(found), session.environments, result, text, session.root, session.sources))


def _compare(session: Session, base: dict[str, Program], found: list[Diagnostic], compared: dict[str, Changes]) -> None:
    for result in session.results:
        if result.program is not None:
            outcome = compare_programs(base.get(result.environment) or empty_program(result.program), result.program)
            found += [each._replace(environment=result.environment) for each in outcome.diagnostics]
            if outcome.value is not None:
                compared[result.environment] = outcome.value


def _gates(arguments: Arguments, changes: Changes) -> list[Diagnostic]:
    found = []
    if "new-access" in arguments.gates:
        found += _gate("MW0918", "lets in what was not let in before", changes, changes.opened,
                       "take the rule back, or have the change approved and run without `--no-new-access`")
    if "public" in arguments.gates:
        found += _gate("MW0919", "opens access to callers without an identity of the mesh", changes,
                       tuple(change for change in changes.opened if change.public),
                       "grant it to named workloads, or run without `--no-public`")
    return found


def _gate(code: str, what: str, changes: Changes, chosen: tuple[Change, ...], help: str) -> list[Diagnostic]:
    """One error for each rule: a rule for ten services is one decision of somebody."""
    by_rule: dict[object, list[Change]] = {}
    for change in chosen:
        by_rule.setdefault((change.span, change.rule) if change.span is not None else change, []).append(change)
    found = []
    for group in by_rule.values():
        first = group[0]
        shown = [f"{each.source} -> {each.target}: {each.door}" for each in group[:MOST_SHOWN]]
        more = [f"and {len(group) - MOST_SHOWN} more"] if len(group) > MOST_SHOWN else []
        subject = f"`{first.rule}`" if first.rule else f"{first.target}: {first.because}"
        found.append(error(code, f"{subject} {what}", first.span, label=first.because, others=(), notes=(*shown, *more), help=(help,))
                     ._replace(environment=changes.environment))
    return found


def _values(change: Change) -> dict[str, object]:
    values = change._asdict()
    span = values.pop("span")
    return values | {"request": None if change.request is None else change.request.as_json(), "path": "" if span is None else span.path}
