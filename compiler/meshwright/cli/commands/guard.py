"""``guard``: the guardrails alone."""

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.results import as_json, as_text
from meshwright.cli.session import compile_all


def run(arguments: Arguments) -> int:
    """Everything before the guardrails, and the guardrails; manifests only where policies look at them, and no proof.

    With a word in front (`list`, `test`, ...) it is about guardrails themselves.
    """
    if arguments.files:
        from meshwright.cli.commands.guardrails import ACTIONS, run_action

        if arguments.files[0] in ACTIONS:
            return run_action(arguments)
    session = compile_all(arguments, "policies")
    return finish(arguments, Answer(session.diagnostics, session.environments, as_json(session.results), as_text(session.results, "guard"),
                                    session.root, session.sources))
