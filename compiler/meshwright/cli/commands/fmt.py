"""``fmt``: canonical form for source files."""

import os

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.session import open_session
from meshwright.diagnostics import Diagnostic, error
from meshwright.source import Source


def run(arguments: Arguments) -> int:
    """Rewrite what is not canonical; a file with syntax errors stays as it is, and so do all others then."""
    return finish(arguments, answer(arguments))


def answer(arguments: Arguments) -> Answer:
    """The same, not yet said: ``result["changed"]`` names the files."""
    session = open_session(arguments)
    found: list[Diagnostic] = list(session.diagnostics)
    changed: list[tuple[Source, str]] = []
    sources = sorted({source for inputs in session.inputs for source in inputs})
    if not session.failed:
        from meshwright.parse import parse
        from meshwright.unparse import unparse

        for source in sources:
            outcome = parse(source)
            found.extend(each for each in outcome.diagnostics if each.severity == "error")
            if outcome.value is not None and not outcome.failed:
                text = unparse(outcome.value)
                if text != source.text:
                    changed.append((source, text))
    failed = any(each.severity == "error" for each in found)
    written = not failed and not arguments.check
    if written and changed:  # what writes takes longer to load than a file to format
        from meshwright.publish.folder import replace_file

        for source, text in changed:
            replace_file(os.path.join(session.root, source.path), text.encode())
    elif not failed:
        found.extend(error("MW0912", f"`{source.path}` is not in canonical form", help=(f"run `meshwright fmt {source.path}`",))
                     for source, _ in changed)
    verb = "formatted" if written else "would be formatted"
    text = "" if failed else f"{len(sources)} file{'s' if len(sources) != 1 else ''}, {len(changed)} {verb}\n"
    result = {"files": len(sources), "changed": [source.path for source, _ in changed], "written": written}
    return Answer(tuple(found), session.environments, result, text, session.root, session.sources)
