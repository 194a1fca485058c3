"""``test``: the expectations that stand in the sources, and how much of the rules they look at."""

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.session import compile_all
from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir.expectations import Expectation, Tested
from meshwright.ir.intent import Program
from meshwright.ir.proof import Request
from meshwright.pipeline import run_tests
from meshwright.report import tests_junit, tests_text


def run(arguments: Arguments) -> int:
    """Judge every test of the sources on the checked intent; that the manifests equal it is the business of `check`."""
    session = compile_all(arguments, "check")
    found = list(session.diagnostics)
    runs: list[Tested] = []
    text = ""
    for result in session.results:
        if result.program is not None and not result.failed:
            tested = run_tests(result.program)
            runs.append(tested)
            found += _findings(tested, result.program)
            if not tested.expectations:
                continue
            text += (f"environment {result.environment}\n" if len(session.results) > 1 else "") + tests_text(tested, result.program)
    values = {tested.environment: _values(tested) for tested in runs}
    if arguments.format == "junit":
        text = tests_junit(runs)
    return finish(arguments, Answer(tuple(found), session.environments, values, text, session.root, session.sources))


def _findings(tested: Tested, program: Program) -> list[Diagnostic]:
    if not tested.expectations:
        return [error("MW0927", "there is no test, so nothing was tested", notes=("an empty answer would look like a clean one",),
                      help=('write one: `test "what must hold" { expect allow web -> orders; expect deny web -> ledger }`',))
                ._replace(environment=tested.environment)]
    return [_finding(one, program)._replace(environment=tested.environment) for one in tested.expectations if one.status != "passes"]


def _finding(one: Expectation, program: Program) -> Diagnostic:
    rules = [program.rules[number] for number in one.rules]
    if one.status == "unknown":
        message, notes = f"nobody can tell whether `{one.text}`", [one.reason]
    else:
        message = f"`{one.text}` does not hold: {one.reason}"
        notes = [f"for example {_words(one.request)}"] if one.request is not None and "expect allow" in one.text else []
    return error("MW0926", message, one.span, label=f'test "{one.test}"', notes=notes,
                 others=[Label(rule.span, f"rule `{rule.text}`") for rule in rules[:8]],
                 help=("change the rules, or the test if it is the one that is wrong",))


def _words(request: Request) -> str:
    who = f"`{request.principal}`" if request.principal else f"a peer without mesh identity at {request.source_ip}"
    return f"`{request.method} {request.path}` from {who} to port {request.port}"


def _values(tested: Tested) -> dict[str, object]:
    return {"expectations": [{"test": one.test, "text": one.text, "status": one.status, "reason": one.reason,
                              "request": None if one.request is None else one.request._asdict()} for one in tested.expectations],
            "rules": tested.rules,
            "rules_tested": tested.rules - len(tested.untested), "boxes": tested.boxes, "boxes_tested": tested.boxes_tested}
