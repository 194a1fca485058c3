"""``explain``: may this caller do that, by which rule, at which proxy, and what would change it."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, colour, finish, read_again
from meshwright.cli.session import Session, open_session, shown, standard_input, today
from meshwright.diagnostics import Diagnostic
from meshwright.source import LineIndex, Source, Span

if TYPE_CHECKING:
    from meshwright.inquiry import Told
    from meshwright.ir.filetree import FileTree


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
    if session.failed or not session.projects or question is None or isinstance(question, str):
        return finish(arguments, Answer(session.diagnostics, session.environments, {}, "", session.root, session.sources))
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
    for one, project in ((one, project) for one in told for project in session.projects if project.environment == one.environment):
        folder = shown(os.path.join(project.root, project.output)) if arguments.manifests is None else arguments.manifests
        places = Places(one.rules, one.objects, _locate(session.sources, one.tree, folder, session.root), colour())
        result[one.environment] = {"explanations": [explanation_json(each, places) for each in one.explanations]}
        head = f"environment {one.environment}\n\n" if len(session.projects) > 1 else ""
        text += head + "\n".join(explanation_text(each, places) for each in one.explanations) + "\n"
    return finish(arguments, Answer(found, session.environments, result, text, session.root, session.sources))


def _locate(sources: tuple[Source, ...], tree: "FileTree", folder: str, root: str) -> Callable[[Span], str]:
    """Writes a place as path:line, whether it is in a source, in the tree, or in a file of somebody else."""
    texts = {source.path: source.text for source in sources}
    files = {file.path: file for file in tree.files}
    known: dict[str, LineIndex | None] = {}

    def text(path: str) -> str | None:
        if path in files:
            return files[path].content.decode("utf-8", "replace")
        return texts[path] if path in texts else read_again(os.path.realpath(root), path)

    def locate(span: Span) -> str:
        if span.path not in known:
            read = text(span.path)
            known[span.path] = None if read is None else LineIndex(read)
        index = known[span.path]
        path = f"{folder.rstrip('/')}/{span.path}" if span.path in files else span.path
        return path if index is None else f"{path}:{index.position(span.start)[0]}"

    return locate
