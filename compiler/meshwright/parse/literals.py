"""Typed literals: what a string or number of the source means, and what is wrong with it.

Every function reports at most one diagnostic and returns a value all the same, so that the parse goes on.
"""

import re

from meshwright.access.ipv4 import ipv4_block
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir import syntax
from meshwright.parse.context import Context
from meshwright.record import new
from meshwright.source import Span

# compiled by the first text that needs them
_SEGMENT = r"(?:[A-Za-z0-9._~!$&'()+,;=:@-]|%[0-9A-Fa-f]{2})+"
_PARAMETER = r"\{[A-Za-z_][A-Za-z0-9_]*\}"
_PLAIN_PATH = r"(?=/)(?:/[a-z0-9_-]+|/\{[a-z]+\})*(?:/|/\*\*)?"  # most paths; none of them has a problem
_CALL = r"(?:[A-Za-z_][A-Za-z0-9_]*\.)*[A-Za-z_][A-Za-z0-9_]*/(?:[A-Za-z_][A-Za-z0-9_]*|\*)"
_HOST_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"

MOST_PATHS = 10_000
_PATHS: dict[str, syntax.Path] = {}  # by their literal, those without a mistake: remembered from one text to the next


def text(context: Context, index: int) -> syntax.Text:
    """A string, unescaped.  MW0103 when it does not end on its line, MW0120 for another escape than `\\"` and `\\\\`."""
    lexeme, starts = context.lexemes[index], context.starts
    span = new(Span, (context.path, starts[index], starts[index + 1]))
    # An unclosed one was reported when the parse met it; of a `"` alone nothing is left either way.
    body = lexeme[1:-1] if lexeme[-1] == '"' else lexeme[1:]
    if "\\" in body:
        for found in re.finditer(r"\\(.?)", body):
            if found[1] not in ('"', "\\"):
                context.report(error("MW0120", f"`\\{found[1]}` is not an escape of a string",
                                     Span(span.path, span.start + 1 + found.start(), span.start + 1 + found.end()),
                                     label="here",
                                     help=('write `\\"` for a quote and `\\\\` for a backslash; there are no other escapes',)))
        body = re.sub(r"\\(.)", r"\1", body)
    return new(syntax.Text, (body, span))


def port(context: Context, index: int) -> syntax.Number:
    """A port number.  MW0110 outside 1-65535."""
    lexeme = context.lexemes[index]
    digits = lexeme.lstrip("0")
    value = int(digits) if 0 < len(digits) < 6 else 0
    if not 1 <= value <= 65535 or lexeme[0] == "0":
        context.report(error("MW0110", f"`{_short(lexeme)}` is not a port number", context.at(index), label="a port is 1 to 65535",
                             help=("write a number from 1 to 65535 without leading zeros",)))
    return syntax.Number(value if 1 <= value <= 65535 else 1, context.at(index))


def date(context: Context, index: int) -> syntax.Date:
    """A calendar date.  MW0111 when there is no such day."""
    lexeme = context.lexemes[index]
    year, month, day = (int(part) if part.isascii() and part.isdecimal() else 0 for part in (lexeme + "--").split("-", 3)[:3])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= days[month - 1]:
        problem = f"month {month:02d} has {days[month - 1]} days" if year and 1 <= month <= 12 else "there is no such day"
        context.report(error("MW0111", f"`{_short(lexeme)}` is not a date", context.at(index), label=problem,
                             help=("write a day of the calendar as year-month-day, such as `2027-03-31`",)))
        lexeme = "9999-12-31"
    return syntax.Date(lexeme, context.at(index))


def cidr(context: Context, index: int) -> syntax.Cidr:
    """A block of addresses.  MW0112 when it is none; bits below the prefix are not judged here."""
    lexeme = context.lexemes[index]
    if ipv4_block(lexeme) is not None:
        return syntax.Cidr(lexeme, context.at(index))
    import ipaddress

    problem = ""
    try:
        if "/" in lexeme:
            address, prefix = lexeme.split("/", 1)
            if not prefix.isdecimal() or (len(prefix) > 1 and prefix[0] == "0"):
                raise ValueError("the prefix is not a number")
            ipaddress.ip_network(lexeme, strict=False)
        else:
            address = str(ipaddress.ip_address(lexeme))
            problem = "the length of the prefix is missing"
    except ValueError:
        problem, address = "not an address with a prefix length", ""
    if problem:
        full = f"{address}/{128 if ':' in address else 32}" if address and "/" not in lexeme else "10.0.0.0/16"
        context.report(error("MW0112", f"`{_short(lexeme)}` is not a block of addresses", context.at(index), label=problem,
                             help=(f"write an address, `/` and the number of bits that count, such as `{full}`",)))
    return syntax.Cidr(lexeme, context.at(index))


def path(context: Context, index: int) -> syntax.Path:
    """A path pattern.  MW0114 with the part that is wrong."""
    lexeme = context.lexemes[index]
    known = _PATHS.get(lexeme)
    if known is not None:
        written, segments, subtree, _ = known
        return new(syntax.Path, (written, segments, subtree, context.at(index)))
    literal = text(context, index)
    found = None if re.fullmatch(_PLAIN_PATH, literal.text) else _path_problem(literal.text)
    if found:
        offset, length, problem, advice = found
        start = literal.span.start + 1 + offset
        span = Span(literal.span.path, start, start + length) if length and "\\" not in literal.text else literal.span
        context.report(_path_error(literal.text, span, problem, advice))
        return syntax.Path(literal.text, (), True, literal.span)
    parts = literal.text[1:].split("/")
    subtree = parts[-1] == "**"
    if subtree:
        parts.pop()
    elif parts == [""]:
        parts = []
    made = syntax.Path(literal.text, tuple([None if part[:1] == "{" else part for part in parts]), subtree, literal.span)
    if "\\" not in lexeme:  # an escape may be a mistake, and each is reported
        if len(_PATHS) >= MOST_PATHS:
            _PATHS.clear()
        _PATHS[lexeme] = made
    return made


def call(context: Context, index: int) -> syntax.Text:
    """A gRPC method, or all methods of a service.  MW0123."""
    literal = text(context, index)
    if not re.fullmatch(_CALL, literal.text):
        context.report(error("MW0123", f"`{_short(literal.text)}` is not a gRPC call", literal.span,
                             label="expected `package.Service/Method`",
                             help=('write the full name of the service, `/` and the method, such as `"bank.Ledger/Post"`; '
                                   '`"bank.Ledger/*"` is every method',)))
    return literal


def host(context: Context, index: int) -> syntax.Text:
    """A host name, or `*.` and one.  MW0121."""
    if context.lexemes[index][0] == "$":
        context.parameters.append(index)
        return syntax.Text(context.lexemes[index], context.at(index))
    literal = text(context, index)
    name = literal.text.removeprefix("*.")
    problem = ""
    if not name or len(name) > 253:
        problem = "empty" if not name else "longer than 253 characters"
    elif name != name.lower():
        problem = "host names are lower case"
    elif ":" in name:
        problem = "a host has no port or scheme"
    elif "*" in name:
        problem = "`*` stands only for whole labels at the front: `*.example.com`"
    elif not all(re.fullmatch(_HOST_LABEL, label) for label in name.split(".")):
        problem = "labels are letters, digits and `-`, separated by dots"
    if problem:
        context.report(error("MW0121", f"`{_short(literal.text)}` is not a host name", literal.span, label=problem,
                             help=('write a name such as `"shop.example.com"` or `"*.example.com"`',)))
    return literal


def _path_problem(path: str) -> tuple[int, int, str, str] | None:
    if not path.startswith("/"):
        return 0, 0, "a path starts with `/`", f'write `"/{path[:40]}"`' if path else 'write `"/**"` for every path'
    if path == "/":
        return None
    offset = 1
    parts = path[1:].split("/")
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        problem = _segment_problem(part, last)
        if problem:
            return offset, len(part), *problem
        offset += len(part) + 1
    return None


def _segment_problem(part: str, last: bool) -> tuple[str, str] | None:
    if part == "":
        return None if last else ("an empty segment", "write one `/` between segments; the mesh merges slashes before it matches")
    if part == "**":
        return None if last else ("`**` is only the last segment", "end the path with `/**`, or write `{id}` for one segment in the middle")
    if re.fullmatch(_PARAMETER, part):
        return None
    if part in (".", ".."):
        return f"`{part}` never arrives: paths are normalized before they are matched", "write the path as the destination receives it"
    if "*" in part:
        return "`*` is not a wildcard inside a segment", "write `{id}` for one segment, or `/**` at the end for everything below"
    if "{" in part or "}" in part:
        return "`{…}` is a whole segment", "write `/{id}/`, with nothing beside the braces in the segment"
    if "?" in part:
        return "a path has no query", "leave the query out: access is decided by the path alone"
    if "#" in part:
        return "a path has no fragment", "leave the fragment out: it never leaves the browser"
    if not re.fullmatch(_SEGMENT, part):
        return "a character that does not occur in a path", "write it percent-encoded, as it is sent (`%20` for a blank)"
    return None


def _path_error(path: str, span: Span, problem: str, advice: str) -> Diagnostic:
    return error("MW0114", f"`{_short(path)}` is not a path pattern", span, label=problem, help=(advice,))


def _short(written: str) -> str:
    return (written if len(written) <= 60 else written[:57] + "…") or '""'
