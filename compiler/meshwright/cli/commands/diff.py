"""``diff``: which access the sources open and close against another revision of them."""

from tempfile import TemporaryDirectory

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.files import load_project, read_sources
from meshwright.cli.session import Session, compile_all, today
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir.changes import Change, Changes
from meshwright.ir.intent import Program
from meshwright.pipeline import compare_programs, compile_project, empty_program
from meshwright.publish import snapshot

MOST_SHOWN = 20  # changes that one gate names


def run(arguments: Arguments) -> int:
    """Compare the intent of the working tree with that of ``arguments.base``, environment by environment.

    Both sides are read, resolved and checked; guardrails and proof are the business of `check`.
    """
    session = compile_all(arguments._replace(files=()), "check")
    found = list(session.diagnostics)
    compared: dict[str, Changes] = {}
    commit = ""
    if not session.failed and session.projects:
        with TemporaryDirectory(prefix="meshwright-base-") as folder:
            taken = snapshot(session.root, arguments.base, folder)
            found += taken.diagnostics
            if taken.value is not None:
                commit = taken.value.commit
                _compare(arguments, session, folder, found, compared)
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


def _compare(arguments: Arguments, session: Session, folder: str, found: list[Diagnostic], compared: dict[str, Changes]) -> None:
    base = _programs(arguments, folder, found)
    if base is None:
        return
    for result in session.results:
        if result.program is not None:
            outcome = compare_programs(base.get(result.environment) or empty_program(result.program), result.program)
            found += [each._replace(environment=result.environment) for each in outcome.diagnostics]
            if outcome.value is not None:
                compared[result.environment] = outcome.value


def _programs(arguments: Arguments, folder: str, found: list[Diagnostic]) -> dict[str, Program] | None:
    """The base's intent by environment; {} = there was no project yet, None = it cannot be read."""
    loaded = load_project(folder, None)
    if [each.code for each in loaded.diagnostics] == ["MW0901"]:
        return {}
    wrong = [each for each in loaded.diagnostics if each.severity == "error"]
    programs: dict[str, Program] = {}
    for project in loaded.value.projects if loaded.value is not None and not wrong else ():
        if arguments.environment not in (None, project.environment):
            continue
        sources = read_sources(project, (), folder)
        wrong += [each for each in sources.diagnostics if each.severity == "error"]
        if sources.value is not None:
            result = compile_project(project, sources.value, today(arguments), "check")
            wrong += [each for each in result.diagnostics if each.severity == "error"]
            if result.program is not None:
                programs[project.environment] = result.program
    if not wrong:
        return programs
    shown = [f"{each.code} {each.message}" + (f" (in {each.span.path})" if each.span is not None else "") for each in wrong[:3]]
    more = [f"and {len(wrong) - 3} more"] if len(wrong) > 3 else []
    found.append(error(
        "MW0917", f"the sources at `{arguments.base}` do not compile, so there is nothing to compare with", notes=(*shown, *more),
        help=("compare with a revision that compiles", "where only a date has passed since, give that revision's day with `--at`")))
    return None


def _gates(arguments: Arguments, changes: Changes) -> list[Diagnostic]:
    found = []
    if arguments.no_new_access:
        found += _gate("MW0409", "lets in what was not let in before", changes, changes.opened,
                       "take the rule back, or have the change approved and run without `--no-new-access`")
    if arguments.no_public:
        found += _gate("MW0410", "opens access to callers without an identity of the mesh", changes,
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
    return values | {"request": None if change.request is None else change.request._asdict(), "path": "" if span is None else span.path}
