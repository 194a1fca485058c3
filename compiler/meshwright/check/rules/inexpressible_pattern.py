"""MW0313: methods, paths and calls that no Istio policy can say."""

import re
from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir import syntax
from meshwright.source import Span

_SEGMENT = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})*")
_METHOD = re.compile(r"[A-Z]+(?:-[A-Z]+)*")
_CALL = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/(?:[A-Za-z_]\w*|\*)", re.ASCII)
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]")


def inexpressible_pattern(facts: Facts) -> Iterator[Diagnostic]:
    good: set[str] = set()
    for statement in facts.statements():
        for door in statement.doors or ():
            if door.path is not None and door.path.text not in good:
                reason = why_not(door.path)
                if reason:
                    yield _refused(f'"{door.path.text}"', reason, door.path.span)
                else:
                    good.add(door.path.text)
            for method in door.methods:
                if not _METHOD.fullmatch(method.text):
                    yield _refused(method.text, "methods are upper case letters", method.span)
            if door.methods and door.path is None:
                yield _refused(door.methods[0].text, 'a method needs a path; every path is "/**"', door.span)
            if door.call is not None and not _CALL.fullmatch(door.call.text):
                yield _refused(
                    f'"{door.call.text}"', "a call is `package.Service/Method`, or `package.Service/*` for every method", door.call.span
                )
    for route in facts.program.routes:
        if route.path is not None and (reason := why_not(route.path)):
            yield _refused(f'"{route.path.text}"', reason, route.path.span)


def why_not(path: syntax.Path) -> str:
    """Why a path cannot be matched exactly, "" when it can."""
    for part in path.segments:
        if part is None:
            continue
        if "*" in part:
            return "`*` inside a segment would be a wildcard in some places and a plain star in others"
        if "{" in part or "}" in part:
            return "a segment is either text or `{name}`, not both"
        if part in (".", ".."):
            return "proxies resolve `.` and `..` before they match, so this never matches"
        if "?" in part or "#" in part:
            return "paths are matched without query and fragment"
        if not _SEGMENT.fullmatch(part):
            return "clients send such characters percent-encoded: write them as `%XX`"
        for code in re.findall(r"%(..)", part):
            if _UNRESERVED.fullmatch(chr(int(code, 16))):
                return f"proxies decode `%{code}` before they match: write `{chr(int(code, 16))}`"
    if "" in path.segments[:-1] and None in path.segments:
        return "an empty segment and `{name}` cannot stand in one path"
    return ""


def _refused(what: str, reason: str, span: Span) -> Diagnostic:
    return error(
        "MW0313",
        f"{what} cannot be said to Istio exactly",
        span,
        label=reason,
        notes=("a pattern that means something else than it reads is worse than none",),
        help=("write one that means the same to every proxy",),
    )
