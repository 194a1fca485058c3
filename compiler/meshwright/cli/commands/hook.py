"""``hook``: what pre-commit and its kin start, at the top of a repository that may hold several projects."""

import os
import sys

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.exits import CANNOT_LOOK_AT_IT, CLEAN, WRONG
from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.ir.project import PROJECT_FILE

MOST_LISTED = 5

Groups = tuple[tuple[str, tuple[str, ...]], ...]  # folder of a project, and those of the files that lie in it; both relative


def run(arguments: Arguments) -> int:
    """One kind of hook in each project that it concerns; the worst exit code of all, 2 above 1.

    ``fmt`` and ``lint`` look at the files given and at nothing else, none given: at nothing.  ``check`` and ``compile`` judge whole
    projects: those of the files given, or all of the repository.  Diagnostics: MW0901 no project, MW0940 not in the commit,
    those of `checkout`, and those of the command behind the hook.
    """
    if arguments.hook in ("fmt", "lint") and not arguments.files:
        return CLEAN
    groups = _by_project(arguments) if arguments.files else _all_projects(arguments.directory)
    if groups.value is None:
        return finish(arguments, Answer(groups.diagnostics))
    worst = CLEAN
    for folder, files in groups.value:
        if folder != "." or len(groups.value) > 1:
            sys.stderr.write(f"{folder}:\n")
        chosen = arguments._replace(directory=folder, files=files if arguments.hook in ("fmt", "lint") else ())
        worst = max(worst, _one(chosen, arguments.hook or ""))
    return worst


def _one(arguments: Arguments, kind: str) -> int:
    if kind == "lint":
        return _lint(arguments)
    if kind == "fmt":
        from meshwright.cli.commands.fmt import answer

        formatted = answer(arguments._replace(command="fmt"))
        # A runner that does not look for changed files, as a plain git hook, has to stop too.
        return finish(arguments, formatted) or (WRONG if formatted.result.get("changed") else CLEAN)
    if kind == "check":
        from meshwright.cli.commands.check import run
    else:
        from meshwright.cli.commands.compile import run
    code = run(arguments._replace(command="check" if kind == "check" else "compile"))
    return code if code == CANNOT_LOOK_AT_IT else max(code, _committed(arguments, kind == "compile"))


def _lint(arguments: Arguments) -> int:
    """Syntax, file by file: what can be said without inventory and neighbours."""
    from meshwright.cli.session import open_session

    session = open_session(arguments)
    found = list(session.diagnostics)
    if not session.failed:
        from meshwright.parse import parse

        for source in sorted({source for inputs in session.inputs for source in inputs}):
            found.extend(parse(source).diagnostics)
    return finish(arguments, Answer(tuple(found), session.environments, {}, "", session.root, session.sources))


def _by_project(arguments: Arguments) -> Outcome[Groups]:
    groups: dict[str, list[str]] = {}
    within = os.path.normpath(arguments.directory)
    for file in arguments.files:
        folder = _nearest(os.path.normpath(file))
        if folder is None:
            return Outcome(None, (error(
                "MW0901", f"no `{PROJECT_FILE}` in the folder of `{file}`, or above it",
                notes=("a file that belongs to no project is judged by nobody",),
                help=("run `meshwright init` in the project's folder",
                      "exclude the file in the hook's configuration, if it is none of ours")),))
        if within in (".", folder) or folder.startswith(within + os.sep):
            groups.setdefault(folder, []).append(os.path.relpath(file, folder))
    return Outcome(tuple((folder, tuple(sorted(set(files)))) for folder, files in sorted(groups.items())))


def _nearest(file: str) -> str | None:
    """The folder of the project that a file belongs to, which nobody may have deleted in the same commit."""
    folder = os.path.dirname(file)
    while not os.path.isfile(os.path.join(folder, PROJECT_FILE)):
        if folder in ("", "/", "..") or folder.endswith(os.sep + ".."):
            return None
        folder = os.path.dirname(folder)
    return folder or "."


def _all_projects(directory: str) -> Outcome[Groups]:
    from meshwright.publish import projects

    if not os.path.isdir(directory):
        return Outcome(None, (error("MW0907", f"`{directory}` is not a folder"),))
    found = projects(directory, PROJECT_FILE)
    if found.value is None:
        return Outcome(None, found.diagnostics)
    if not found.value:
        where = f" below `{directory}`" if directory != "." else ""
        return Outcome(None, (error("MW0901", f"no `{PROJECT_FILE}` in this repository{where}",
                                    notes=("a hook with nothing to judge would look like a clean one",),
                                    help=("run `meshwright init` to start a project, or take the hook out",)),))
    return Outcome(tuple((os.path.normpath(os.path.join(directory, folder)), ()) for folder in found.value))


def _committed(arguments: Arguments, output: bool) -> int:
    """Exit code for what was judged or written here, and would not be in the commit like that.

    A runner puts unstaged changes aside while hooks run, but leaves untracked files where they are.  Inputs count while something is
    committed or pushed; the ``output`` of a hook that writes it counts always.
    """
    committing = bool(os.environ.get("GIT_INDEX_FILE") or os.environ.get("PRE_COMMIT_TO_REF"))
    if not committing and not output:
        return CLEAN
    from meshwright.publish import differences

    told = differences(arguments.directory)
    if told.value is None:
        return finish(arguments, Answer(told.diagnostics))
    from meshwright.cli.files import load_project

    loaded = load_project(arguments.directory, arguments.environment)
    projects = loaded.value.projects if loaded.value is not None else ()
    inputs, outputs = [PROJECT_FILE], []
    for project in projects:
        inputs += [*project.sources, *project.inventory, *project.foreign, *project.guard.packs, *project.guard.org,
                   *project.guard.manifests, *project.guard.data]
        outputs.append(project.output)
    found = []
    if committing:
        found += _missing([each.path for each in told.value if _below(each.path, inputs) and not _below(each.path, outputs)],
                          "was judged as it lies here, and is not so in the commit",
                          "the answer would be about other sources than those that others get")
    if output:
        found += _missing([each.path for each in told.value if _below(each.path, outputs)],
                          "is written, and not so in the commit",
                          "sources and manifests go into one commit, or the next one looks like drift")
    return finish(arguments, Answer(tuple(found)))


def _missing(paths: list[str], what: str, why: str) -> list[Diagnostic]:
    if not paths:
        return []
    more = (f"and {len(paths) - MOST_LISTED} more",) if len(paths) > MOST_LISTED else ()
    return [error("MW0940", f"`{paths[0]}` {what}", notes=(why, *paths[1:MOST_LISTED], *more),
                  help=("run `git add` for it and commit again, or put it out of the way",))]


def _below(path: str, roots: list[str]) -> bool:
    return any(root == "." or path == root or path.startswith(root.rstrip("/") + "/") for root in roots)
