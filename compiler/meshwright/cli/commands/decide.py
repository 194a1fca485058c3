"""``decide``: many concrete requests, judged offline by the manifests in a folder; JSON lines in, JSON lines out."""

import json
import sys
from typing import IO, TYPE_CHECKING

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.exits import CLEAN, WRONG
from meshwright.diagnostics import error

if TYPE_CHECKING:
    from meshwright.judging import Answers

LONGEST_LINE = 1 << 20  # bytes of one question


def run(arguments: Arguments) -> int:
    """Answer every line; the exit code is 0 whatever the decisions are, and 1 when a line is no question."""
    from meshwright.judging import judge

    folder = arguments.manifests or "."
    judged = judge(folder)
    if judged.value is None or judged.failed:
        return finish(arguments._replace(format="text"), Answer(judged.diagnostics, root=folder))
    if judged.diagnostics:
        finish(arguments._replace(format="text"), Answer(judged.diagnostics, root=folder))
    path = arguments.files[0] if arguments.files else "-"
    if path == "-":
        return _answer(judged.value, sys.stdin.buffer, True) if sys.stdin else CLEAN
    try:
        with open(path, "rb") as lines:
            return _answer(judged.value, lines, False)
    except OSError as problem:
        found = error("MW0907", f"cannot read `{path}`: {problem.strerror or problem}")
        return finish(arguments._replace(format="text"), Answer((found,)))


def _answer(answers: "Answers", lines: IO[bytes], at_once: bool) -> int:
    """One answer a question, in order; empty lines are none.  ``at_once``: whoever asks may wait for each."""
    code, write, number = CLEAN, sys.stdout.write, 0
    while line := lines.readline(LONGEST_LINE + 1):
        number += 1
        if line.isspace():
            continue
        if len(line) > LONGEST_LINE:
            found: dict[str, object] = {"error": f"a question of more than {LONGEST_LINE} bytes"}
            while line and not line.endswith(b"\n"):
                line = lines.readline(LONGEST_LINE)
        else:
            found = _one(answers, line)
        if "error" in found:
            found["line"], code = number, WRONG
        write(json.dumps(found, sort_keys=True) + "\n")
        if at_once:
            sys.stdout.flush()
    sys.stdout.flush()
    return code


def _one(answers: "Answers", line: bytes) -> dict[str, object]:
    try:
        return dict(answers(json.loads(line)))
    except (ValueError, RecursionError) as problem:
        return {"error": f"no JSON: {problem}" if isinstance(problem, ValueError) else "nested too deeply"}
