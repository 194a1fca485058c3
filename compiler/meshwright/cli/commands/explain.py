"""``explain``: may this caller do that, by which rule, at which proxy, and what would change it."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, colour, finish, read_again
from meshwright.cli.session import Session, open_session, shown, standard_input, today
from meshwright.diagnostics import Diagnostic, error
from meshwright.source import LineIndex, Span

if TYPE_CHECKING:
    from meshwright.inquiry import Told
    from meshwright.ir.filetree import FileTree

LARGEST_LOG = 64 << 20  # bytes


def run(arguments: Arguments) -> int:
    """Answer for every environment; the exit code is 0 whatever the decision is."""
    tree: FileTree | None = None
    if arguments.manifests is not None:
        from meshwright.inventory import read_folder

        given = read_folder(arguments.manifests)
        if given.value is None or given.failed:
            return finish(arguments, Answer(given.diagnostics, root=arguments.manifests))
        tree = given.value
    session = open_session(arguments._replace(files=()))
    question = arguments.question
    if session.failed or not session.projects or question is None:
        return finish(arguments, Answer(session.diagnostics, session.environments, {}, "", session.root, session.sources))
    if isinstance(question, str):
        return _log(arguments, session, tree, question)
    from meshwright.inquiry import explain, look_at

    found = list(session.diagnostics)
    told: list[Told] = []
    stdin = standard_input(session.projects)
    for project, sources in zip(session.projects, session.inputs, strict=True):
        mesh = look_at(project, sources, today(arguments), tree, stdin)
        found.extend(mesh.diagnostics)
        if mesh.value is not None:
            outcome = explain(mesh.value, question)
            found.extend(each._replace(environment=project.environment) for each in outcome.diagnostics)
            if outcome.value is not None:
                told.append(outcome.value)
    return _show(arguments, session, tuple(found), told)


def _show(arguments: Arguments, session: Session, found: tuple[Diagnostic, ...], told: "list[Told]") -> int:
    from meshwright.report.explanation import Places, explanation_json, explanation_text

    text = ""
    result: dict[str, object] = {}
    for one in told:
        places = Places(one.rules, one.objects, _locate(arguments, session, one.environment, one.tree), colour())
        result[one.environment] = {"explanations": [explanation_json(each, places) for each in one.explanations]}
        head = f"environment {one.environment}\n\n" if len(session.projects) > 1 else ""
        text += head + "\n".join(explanation_text(each, places) for each in one.explanations) + "\n"
    return finish(arguments, Answer(found, session.environments, result, text, session.root, session.sources))


def _log(arguments: Arguments, session: Session, tree: "FileTree | None", path: str) -> int:
    """Map the denials of a log, for every environment; nothing but the log is read, and only so much of it."""
    from meshwright.inquiry import explain_log, look_at
    from meshwright.report.denials import denials_json, denials_text
    from meshwright.report.explanation import Places
    from meshwright.report.log import read_log

    lines = _lines(path)
    if isinstance(lines, Diagnostic):
        return finish(arguments, Answer((*session.diagnostics, lines), session.environments))
    log = read_log(lines)
    found = list(session.diagnostics)
    if not log.denials and not log.allowed:
        empty = f"no denial is known in the {log.lines} lines of this log" if log.lines else "the log is empty"
        found.append(error("MW0923", empty, help=(
            "denials are in the access log and in `rbac:debug` lines of Envoy, and in the access log of the destination's ztunnel",
            "turn them on: `istioctl proxy-config log deployment/waypoint.shop --level rbac:debug`")))
    text = ""
    result: dict[str, object] = {}
    for project, sources in zip(session.projects, session.inputs, strict=True):
        mesh = look_at(project, sources, today(arguments), tree, standard_input(session.projects) if path != "-" else None)
        found.extend(mesh.diagnostics)
        if mesh.value is not None:
            told = explain_log(mesh.value, log)
            places = Places(told.rules, told.objects, _locate(arguments, session, told.environment, told.tree), colour())
            result[told.environment] = {"log": denials_json(log, told.mapped, places)}
            head = f"environment {told.environment}\n\n" if len(session.projects) > 1 else ""
            text += head + denials_text(log, told.mapped, places) + "\n"
    return finish(arguments, Answer(tuple(found), session.environments, result, text, session.root, session.sources))


def _lines(path: str) -> list[str] | Diagnostic:
    """The lines of a file or, for "-", of standard input."""
    try:
        if path == "-":
            content = sys.stdin.buffer.read(LARGEST_LOG + 1) if sys.stdin else b""
        else:
            with open(path, "rb") as stream:
                content = stream.read(LARGEST_LOG + 1)
    except OSError as problem:
        return error("MW0907", f"`{path}` cannot be read: {problem.strerror or problem}")
    if len(content) > LARGEST_LOG:
        return error("MW0915", f"the log is larger than {LARGEST_LOG >> 20} MiB",
                     help=("cut it to the time in question, for example `kubectl logs --since=10m`",))
    return content.decode("utf-8", "replace").split("\n")[: -1 if content.endswith(b"\n") else None]


def _locate(arguments: Arguments, session: Session, environment: str, tree: "FileTree") -> Callable[[Span], str]:
    """Writes a place as path:line, whether it is in a source, in the tree, or in a file of somebody else."""
    (project,) = (one for one in session.projects if one.environment == environment)
    folder = shown(os.path.join(project.root, project.output)) if arguments.manifests is None else arguments.manifests
    texts = {source.path: source.text for source in session.sources}
    files = {file.path: file for file in tree.files}
    known: dict[str, LineIndex | None] = {}

    def text(path: str) -> str | None:
        if path in files:
            return files[path].content.decode("utf-8", "replace")
        return texts[path] if path in texts else read_again(os.path.realpath(session.root), path)

    def locate(span: Span) -> str:
        if span.path not in known:
            read = text(span.path)
            known[span.path] = None if read is None else LineIndex(read)
        index = known[span.path]
        path = f"{folder.rstrip('/')}/{span.path}" if span.path in files else span.path
        return path if index is None else f"{path}:{index.position(span.start)[0]}"

    return locate
