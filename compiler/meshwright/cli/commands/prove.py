"""``prove``: what holds, on what assumptions, and a request for what does not."""

from typing import TYPE_CHECKING

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.results import as_json, as_text
from meshwright.cli.session import Session, compile_all
from meshwright.diagnostics import Diagnostic, error
from meshwright.source import Source

if TYPE_CHECKING:
    from meshwright.ir.filetree import FileTree


def run(arguments: Arguments) -> int:
    """Prove the tree that `compile` would write, or the one in ``--manifests``."""
    texts: tuple[Source, ...] = ()
    tree = None
    if arguments.manifests is not None:
        from meshwright.inventory import read_folder

        given = read_folder(arguments.manifests)
        if given.value is None or given.failed:
            return finish(arguments, Answer(given.diagnostics, root=arguments.manifests))
        tree = given.value
        texts = tuple(Source(file.path, file.content.decode("utf-8", "replace")) for file in tree.files)
    session = compile_all(arguments, "prove", tree)
    if tree is None:
        texts = tuple(Source(file.path, file.content.decode("utf-8", "replace")) for result in session.results if result.tree is not None
                      for file in result.tree.files)
    result, text = as_json(session.results), as_text(session.results, "prove")
    if arguments.table:
        text = _table(session, result, tree) + text
    found = session.diagnostics + _nothing(session)
    return finish(arguments, Answer(found, session.environments, result, text, session.root, session.sources + texts))


def _nothing(session: Session) -> tuple[Diagnostic, ...]:
    """A proof about nothing is no clean one."""
    found = error("MW0930", "nothing was proved: no namespace is `enforce yes`", notes=("whatever is not enforced is open to anyone",),
                  help=("write `namespace NAME { enforce yes }` for one of them",))
    empty = [each.environment for each in session.results if each.proof is not None and not each.proof.verdicts]
    return tuple(found._replace(environment=environment) for environment in empty)


def _table(session: Session, result: dict[str, dict[str, object]], given: "FileTree | None") -> str:
    """What the sources say, and who really gets where, for every environment as text; as rows both go into ``result``."""
    from meshwright.inquiry import pairs_of
    from meshwright.report import access_rows, access_table
    from meshwright.report.pairs import pairs_text

    text = ""
    for project, each in zip(session.projects, session.results, strict=True):
        if each.program is None:
            continue
        result[each.environment]["access"] = [row._asdict() for row in access_rows(each.program)]
        text += (f"environment {each.environment}\n" if len(session.results) > 1 else "") + access_table(each.program) + "\n"
        tree = given if given is not None else each.tree
        found = pairs_of(project, each.program, tree).value if tree is not None else None
        if found is not None:
            result[each.environment]["pairs"] = {
                "pairs": [pair._asdict() for pair in found.pairs], "unprotected": [one._asdict() for one in found.unprotected],
                "callers": found.callers, "workloads": found.workloads}
            text += "by the manifests, on every way\n" + pairs_text(found) + "\n"
    return text
