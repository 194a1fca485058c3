"""``publish``: the proved tree as one commit in the GitOps repository."""

import os

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.exits import CLEAN, exit_code
from meshwright.cli.results import as_json, as_text, counted, input_digest
from meshwright.cli.session import Session, compile_all
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir.project import PROJECT_FILE, Project
from meshwright.publish import Published, publish, source_revision


def run(arguments: Arguments) -> int:
    """Every environment has to be proved before the first is pushed; each gets its own commit."""
    session = compile_all(arguments, "prove")
    found = list(session.diagnostics)
    done: list[tuple[str, Published]] = []
    if not session.failed and session.projects:
        found.extend(_clash(session))
    if exit_code(found, arguments.fail_on) == CLEAN and session.projects:
        _publish(session, arguments, found, done)
    text = as_text(session.results, "short") + "".join(_sentence(published) for _, published in done)
    result = as_json(session.results, {name: _values(published) for name, published in done})
    return finish(arguments, Answer(tuple(found), session.environments, result, text, session.root, session.sources))


def _clash(session: Session) -> list[Diagnostic]:
    found = []
    for number, project in enumerate(session.projects):
        mine = project.publish
        for other in session.projects[:number]:
            theirs = other.publish
            nested = (mine.path + "/").startswith(theirs.path + "/") or (theirs.path + "/").startswith(mine.path + "/")
            if mine.remote == theirs.remote and mine.branch == theirs.branch and nested:
                name = project.environment
                found.append(error(
                    "MW0911", f"the environments `{other.environment}` and `{name}` both publish to `{theirs.path}`",
                    notes=("the tree of one would be taken for foreign files of the other",),
                    help=(f'give each a folder of its own: `publish.path = "clusters/{name}/mesh"` in `[env.{name}]`',)))
    return found


def _publish(session: Session, arguments: Arguments, found: list[Diagnostic], done: list[tuple[str, Published]]) -> None:
    for project, result, sources in zip(session.projects, session.results, session.inputs, strict=True):
        revision = source_revision(project.root, _inputs(project, [source.path for source in sources]), arguments.allow_dirty)
        found.extend(each._replace(environment=project.environment) for each in revision.diagnostics)
        if revision.value is None or result.tree is None:
            return
        title = f"Mesh policy of {project.environment}" if project.environment != "default" else "Mesh policy"
        outcome = publish(result.tree, project.publish, revision.value, project.root, input_digest(project, sources, result), title)
        found.extend(each._replace(environment=project.environment) for each in outcome.diagnostics)
        if outcome.value is None:
            return
        done.append((project.environment, outcome.value))


def _inputs(project: Project, sources: list[str]) -> tuple[str, ...]:
    """Paths below the project that the tree depends on; what a path outside of it holds is not this repository's."""
    packs = [pack for pack in project.guard.packs if os.path.isdir(os.path.join(project.root, pack))]
    return tuple(dict.fromkeys((PROJECT_FILE, *sources, *project.sources, *project.inventory, *project.foreign, *packs)))


def _sentence(published: Published) -> str:
    if published.unchanged:
        return f"unchanged: {published.branch} is at {published.commit[:12] or 'no commit'}, no commit was made\n"
    counts = counted(published.created, published.replaced, published.deleted) or "lock only"
    return f"published {published.commit[:12]} to {published.branch}: {published.path} ({counts})\n"


def _values(published: Published) -> dict[str, object]:
    return {"commit": published.commit, "unchanged": published.unchanged, "branch": published.branch, "path": published.path,
            "created": list(published.created), "replaced": list(published.replaced), "deleted": list(published.deleted)}
