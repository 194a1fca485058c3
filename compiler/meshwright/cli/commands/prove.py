"""``prove``: what holds, on what assumptions, and a request for what does not."""

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.results import as_json, as_text
from meshwright.cli.session import Session, compile_all
from meshwright.source import Source


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
        text = _table(session, result) + text
    return finish(arguments, Answer(session.diagnostics, session.environments, result, text, session.root, session.sources + texts))


def _table(session: Session, result: dict[str, dict[str, object]]) -> str:
    """The table of every environment as text; as rows it goes into ``result``."""
    from meshwright.report import access_rows, access_table

    text = ""
    for each in session.results:
        if each.program is not None:
            result[each.environment]["access"] = [row._asdict() for row in access_rows(each.program)]
            text += (f"environment {each.environment}\n" if len(session.results) > 1 else "") + access_table(each.program) + "\n"
    return text
