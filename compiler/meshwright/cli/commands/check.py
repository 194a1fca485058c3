"""``check``: every stage, nothing written."""

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.results import as_json, as_text
from meshwright.cli.session import compile_all


def run(arguments: Arguments) -> int:
    """All stages for every environment; the answer says how far each came and what was counted."""
    session = compile_all(arguments, "prove")
    return finish(arguments, Answer(session.diagnostics, session.environments, as_json(session.results), as_text(session.results, "short"),
                                    session.root, session.sources))
