"""Writes the answer of a command: diagnostics and words to stderr, or one JSON document to stdout."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping

from meshwright.cli.arguments import Arguments
from meshwright.cli.exits import exit_code
from meshwright.diagnostics import Diagnostic
from meshwright.record import NamedTuple
from meshwright.source import Source

SCHEMA = "meshwright.report/v1"
OF_FINDINGS = ("sarif", "github", "gitlab", "junit", "rdjson", "markdown")  # formats of what was found
OWN_FORMATS = ("diff", "test")  # commands with an answer of their own in some of them
LARGEST_SHOWN = 8 << 20  # bytes of a file that is read again to show a line of it


class Answer(NamedTuple):
    """What a command found and made."""

    diagnostics: tuple[Diagnostic, ...]
    environments: tuple[str, ...] = ()
    result: Mapping[str, object] = {}  # for JSON, by environment where it differs
    text: str = ""  # for people, shown after the diagnostics; "" = nothing to say
    root: str = ""  # where paths of places are relative to
    sources: tuple[Source, ...] = ()  # texts at hand


def finish(arguments: Arguments, answer: Answer) -> int:
    """Write ``answer`` in the format asked for and return the exit code."""
    code = exit_code(answer.diagnostics, arguments.fail_on)
    texts = _texts(answer)
    if arguments.reports or arguments.format in OF_FINDINGS:
        from meshwright.cli.reports import write_reports

        code = max(code, write_reports(arguments, answer, texts))
    if arguments.format == "json":
        import json

        from meshwright import __version__
        from meshwright.diagnostics.render.json import as_json

        document = {"schema": SCHEMA, "version": __version__, "command": arguments.command, "environments": list(answer.environments),
                    "exit": code, "diagnostics": as_json(answer.diagnostics, texts), "result": answer.result}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
        sys.stdout.flush()
        return code
    if arguments.format in ("markdown", "junit") and arguments.command in OWN_FORMATS:
        sys.stdout.write(answer.text)
        sys.stdout.flush()
    say(answer.diagnostics, texts, several=len(answer.environments) > 1 or answer.environments not in ((), ("default",)))
    if answer.text and (arguments.format == "text" or arguments.command not in OWN_FORMATS):
        sys.stderr.write(answer.text.rstrip("\n") + "\n")
    summary = _count(answer.diagnostics)
    if summary:
        sys.stderr.write(summary + "\n")
    sys.stderr.flush()
    return code


def say(diagnostics: Iterable[Diagnostic], texts: Callable[[str], str | None], several: bool = False) -> None:
    """Diagnostics for people, on stderr."""
    found = tuple(diagnostics)
    if found:
        from meshwright.cli.pages import page
        from meshwright.diagnostics.render.terminal import Style, render

        sys.stderr.write(render(found, texts, Style(colour(), _width(), several), page) + "\n")


def progress() -> Callable[[str], None]:
    """Shows the running stage, on a terminal only; the line is wiped when the next text comes."""
    if not _terminal():
        return lambda stage: None

    def show(stage: str) -> None:
        sys.stderr.write(f"\r\x1b[K{stage} ...\r" if stage else "\r\x1b[K")
        sys.stderr.flush()

    return show


def _texts(answer: Answer) -> Callable[[str], str | None]:
    known = {source.path: source.text for source in answer.sources}
    root = os.path.realpath(answer.root) if answer.root else ""

    def text(path: str) -> str | None:
        if path not in known and root and path and path != "-":
            read = read_again(root, path)
            if read is None:
                return None
            known[path] = read
        return known.get(path)

    return text


def read_again(root: str, path: str) -> str | None:
    """The text of a file below ``root`` (a real path), to show a line of it; None when it cannot be shown."""
    real = os.path.realpath(os.path.join(root, path))
    try:
        if not real.startswith(root + os.sep) or not os.path.isfile(real) or os.path.getsize(real) > LARGEST_SHOWN:
            return None
        with open(real, "rb") as stream:
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return None


def _count(diagnostics: tuple[Diagnostic, ...]) -> str:
    parts = []
    for severity in ("error", "warning"):
        count = len({found._replace(environment="") for found in diagnostics if found.severity == severity})
        if count:
            parts.append(f"{count} {severity}{'s' if count > 1 else ''}")
    return ", ".join(parts)


def _terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


def colour() -> bool:
    """Whether texts for people may have colours: on a terminal that has some, and nobody said no."""
    return _terminal() and not os.environ.get("NO_COLOR")


def _width() -> int:
    if not sys.stderr.isatty():
        return 0
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 0
