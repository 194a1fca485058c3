"""``compile``: the proved tree into a folder or to standard output, or compared with a folder."""

import os
import sys

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.exits import CLEAN, exit_code
from meshwright.cli.results import as_json, as_text, counted
from meshwright.cli.session import Session, compile_all, shown
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir.project import Project
from meshwright.publish import Written, compare, write

MOST_LISTED = 20


def run(arguments: Arguments) -> int:
    """Every environment has to be proved before anything of any is written."""
    session = compile_all(arguments, "prove")
    found = list(session.diagnostics)
    done: list[tuple[str, Written]] = []
    text = as_text(session.results, "short")
    if not session.failed and session.projects:
        found.extend(_clash(session, arguments))
        if exit_code(found, arguments.fail_on) == CLEAN:
            if arguments.stdout:
                _print(session)
            elif arguments.check:
                _compare(session, arguments, found, done)
            else:
                text += _write(session, arguments, found, done)
    result = as_json(session.results, {name: _files(written) for name, written in done})
    if arguments.stdout and arguments.format != "text":
        arguments = arguments._replace(format="text")  # standard output is taken by the manifests
    return finish(arguments, Answer(tuple(found), session.environments, result, text, session.root, session.sources))


def _clash(session: Session, arguments: Arguments) -> list[Diagnostic]:
    if len(session.projects) < 2:
        return []
    if arguments.out or arguments.stdout:
        return [error("MW0910", f"`{'--out' if arguments.out else '--stdout'}` takes the tree of one environment, and there are "
                      f"{len(session.projects)}", help=(f"add `--env {session.projects[0].environment}`",))]
    found = []
    for number, project in enumerate(session.projects):
        for other in session.projects[:number]:
            if (project.output + "/").startswith(other.output + "/") or (other.output + "/").startswith(project.output + "/"):
                name = project.environment
                found.append(error(
                    "MW0911", f"the environments `{other.environment}` and `{name}` both write below `{other.output}`",
                    notes=("the tree of one would be taken for foreign files of the other",),
                    help=(f'give each a folder of its own: `output.directory = "deploy/{name}"` in `[env.{name}]`',)))
    return found


def _target(project: Project, arguments: Arguments) -> str:
    return project.output if arguments.out is None else os.path.abspath(arguments.out)


def _print(session: Session) -> None:
    for result in session.results:
        for file in result.tree.files if result.tree is not None else ():
            # One stream of objects: what only tells a tool how to read the folder has no place in it.
            if file.policy and file.path.endswith((".yaml", ".yml")):
                # Bytes, as they were proved: the locale has no say in them.
                sys.stdout.buffer.write(file.content if file.content.startswith(b"---") else b"---\n" + file.content)
    sys.stdout.buffer.flush()


def _compare(session: Session, arguments: Arguments, found: list[Diagnostic], done: list[tuple[str, Written]]) -> None:
    for project, result in zip(session.projects, session.results, strict=True):
        if result.tree is None:
            continue
        folder = _target(project, arguments)
        outcome = compare(result.tree, folder, project.root)
        found.extend(each._replace(environment=project.environment) for each in outcome.diagnostics)
        if outcome.value is None:
            continue
        done.append((project.environment, outcome.value))
        if not outcome.value.unchanged:
            lines = [f"{mark} {path}" for mark, paths in (("+", outcome.value.created), ("~", outcome.value.replaced),
                                                           ("-", outcome.value.deleted)) for path in paths]
            more = [f"and {len(lines) - MOST_LISTED} more"] if len(lines) > MOST_LISTED else []
            found.append(error("MW0755", f"`{shown(os.path.join(project.root, folder))}` is not what the sources mean",
                               notes=(*(lines[:MOST_LISTED] or ["the lock differs"]), *more),
                               help=("run `meshwright compile` and commit the result",))._replace(environment=project.environment))


def _write(session: Session, arguments: Arguments, found: list[Diagnostic], done: list[tuple[str, Written]]) -> str:
    from meshwright.cli.signals import hold

    targets = [(project, result, _target(project, arguments)) for project, result in zip(session.projects, session.results, strict=True)]
    # Look at every folder before writing the first: one that has to be refused leaves the others as they are too.
    for project, result, folder in targets:
        if result.tree is not None:
            refused = compare(result.tree, folder, project.root).diagnostics
            found.extend(each._replace(environment=project.environment) for each in refused)
    text = ""
    if any(each.severity == "error" for each in found):
        return text
    for project, result, folder in targets:
        if result.tree is None:
            continue
        outcome = write(result.tree, folder, project.root, hold)
        found.extend(each._replace(environment=project.environment) for each in outcome.diagnostics)
        if outcome.value is not None:
            done.append((project.environment, outcome.value))
            text += _sentence(outcome.value, shown(os.path.join(project.root, folder)), bool(result.tree.files))
    return text


def _sentence(written: Written, folder: str, files: bool) -> str:
    if written.unchanged:
        return f"{folder}: unchanged\n" if files else "nothing to write\n"
    return f"{folder}: {counted(written.created, written.replaced, written.deleted) or 'lock written'}\n"


def _files(written: Written) -> dict[str, object]:
    return {"folder": written.folder, "unchanged": written.unchanged, "created": list(written.created),
            "replaced": list(written.replaced), "deleted": list(written.deleted)}
