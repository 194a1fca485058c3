"""The project as another revision has it, for commands that compare: `diff`, and guardrails that look at changes."""

from tempfile import TemporaryDirectory

from meshwright.cli.arguments import Arguments
from meshwright.cli.files import load_project, read_sources
from meshwright.cli.session import today
from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.ir.intent import Program
from meshwright.pipeline import compile_project
from meshwright.publish import snapshot
from meshwright.record import NamedTuple


class Base(NamedTuple):
    commit: str
    programs: dict[str, Program]  # by environment; {} = there was no project yet


def read_base(arguments: Arguments, root: str, revision: str) -> Outcome[Base]:
    """What ``revision`` of the project in ``root`` means, up to `check`.

    Diagnostics: MW0917 it does not compile, and those of `snapshot`.
    """
    with TemporaryDirectory(prefix="meshwright-base-") as folder:
        taken = snapshot(root, revision, folder)
        if taken.value is None:
            return Outcome(None, taken.diagnostics)
        programs, wrong = _programs(arguments, folder)
    if not wrong:
        return Outcome(Base(taken.value.commit, programs), taken.diagnostics)
    shown = [f"{each.code} {each.message}" + (f" (in {each.span.path})" if each.span is not None else "") for each in wrong[:3]]
    more = [f"and {len(wrong) - 3} more"] if len(wrong) > 3 else []
    return Outcome(None, (*taken.diagnostics, error(
        "MW0917", f"the sources at `{revision}` do not compile, so there is nothing to compare with", notes=(*shown, *more),
        help=("compare with a revision that compiles", "where only a date has passed since, give that revision's day with `--at`"))))


def _programs(arguments: Arguments, folder: str) -> tuple[dict[str, Program], list[Diagnostic]]:
    loaded = load_project(folder, None)
    if [each.code for each in loaded.diagnostics] == ["MW0901"]:
        return {}, []
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
    return programs, wrong
