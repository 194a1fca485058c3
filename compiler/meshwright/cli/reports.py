"""What was found, in the formats of other tools: one to standard output, any number into files."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from meshwright.cli.arguments import Arguments, Format
from meshwright.cli.exits import CANNOT_LOOK_AT_IT, CLEAN
from meshwright.diagnostics.render.findings import Finding, findings

if TYPE_CHECKING:
    from meshwright.cli.console import Answer


def write_reports(arguments: Arguments, answer: "Answer", texts: Callable[[str], str | None]) -> int:
    """Every format that was asked for; 2 when a file cannot be written, which is said on standard error."""
    from meshwright.cli.console import OF_FINDINGS, OWN_FORMATS

    prefix = _prefix(answer.root)
    found = findings(answer.diagnostics, texts, prefix)
    if arguments.format in OF_FINDINGS and arguments.command not in OWN_FORMATS:
        sys.stdout.write(_as(arguments.format, found, arguments, answer, prefix))
        sys.stdout.flush()
    code = CLEAN
    for name, path in arguments.reports:
        try:
            with open(path, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(_as(name, found, arguments, answer, prefix))
        except OSError as problem:
            sys.stderr.write(f"meshwright: `{path!r}` cannot be written: {problem.strerror or problem}\n")
            code = CANNOT_LOOK_AT_IT
    return code


def _as(name: Format, found: tuple[Finding, ...], arguments: Arguments, answer: "Answer", prefix: str) -> str:
    if name == "sarif":
        from meshwright import __version__
        from meshwright.cli.pages import about
        from meshwright.diagnostics.render.sarif import as_sarif

        return as_sarif(found, about, __version__, "/".join(("meshwright", prefix.strip("/"))).rstrip("/"))
    if name == "github":
        from meshwright.diagnostics.render.github import as_github

        return as_github(found)
    if name == "gitlab":
        from meshwright.diagnostics.render.gitlab import as_gitlab

        return as_gitlab(found)
    if name == "junit":
        from meshwright.diagnostics.render.junit import as_junit

        return as_junit(found, answer.environments, arguments.command)
    if name == "rdjson":
        from meshwright.diagnostics.render.rdjson import as_rdjson

        return as_rdjson(found)
    from meshwright.diagnostics.render.markdown import as_markdown

    return as_markdown(found, arguments.command)


def _prefix(root: str) -> str:
    """From the top of the repository to the project, "" when they are one or there is none: tools know files by the repository."""
    top = os.path.abspath(root) if root else ""
    while top and top != os.path.dirname(top):
        if os.path.exists(os.path.join(top, ".git")):
            below = os.path.relpath(os.path.abspath(root), top).replace(os.sep, "/")
            return "" if below == "." else below + "/"
        top = os.path.dirname(top)
    return ""
