"""What a reader is told where the text does not fit: the mistake in plain words, never the name of a terminal."""

import re

from meshwright.diagnostics import Diagnostic, did_you_mean, error
from meshwright.parse.characters import look_alike, named
from meshwright.parse.context import Context
from meshwright.parse.driver import Machine
from meshwright.parse.lexemes import candidates
from meshwright.source import Span

# terminals that are not their own text, in plain words and in the order in which they are told
CLASSES = {
    "NAME": "a name", "FULL": "`namespace/name`", "STRING": "a string in quotes", "METHOD": "a method such as `GET`",
    "INT": "a number",
    "DURATION": "a duration such as `3s`", "DATE": "a date such as `2027-03-31`", "CIDR": "addresses such as `10.0.0.0/16`",
    "VERSION": "a version such as `1.30`", "PERCENT": "a percentage such as `10%`", "SIZE": "a size such as `10mib`",
    "STATUS": "a status such as `5xx`", "DOTTED": "`issuer.claim`", "CODE": "a code such as `MW0301`",
    "ENFORCEMENT": "`yes`, `observe` or `no`",
    "_NL": "the end of the line", "$END": "the end of the file",
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
_CLAUSES = ("when", "until", "because")
_UNTOLD = ("PARAM", "ERROR", ";", "$END")
_BLOCKS = {"allow": "the braces of a rule", "deny": "the braces of a rule", "never": "the braces of a claim",
           "reaches": "the braces of a claim"}


def bad_name(machine: Machine, context: Context, word: str, index: int) -> Diagnostic | None:
    """MW0117 for a word that was meant as a name but is none; None when it is something else."""
    if not word or not (word[0].isalnum() or word[0] == "_") or not machine.accepts("NAME") or word[0].isdecimal():
        return None
    if candidates(word) == ("METHOD",) and machine.accepts("METHOD"):
        return None
    foreign = next((character for character in word if not character.isascii()), None)
    if foreign is not None:
        return _foreign(context, word, index, foreign)
    if candidates(word) == ("DOTTED",):
        first, _, rest = _short(word).partition(".")
        problem = "a name has no dots"
        advice = f"write `{rest}/{first}` for `{first}` of namespace `{rest}`, or `\"{_short(word)}\"` for a name with a dot"
    elif word.lower() != word:
        problem, advice = "names are lower case", f"write `{_short(word.lower())}`, or `\"{_short(word)}\"` if it is really spelled so"
    elif word[-1] in "-_":
        problem, advice = "a name ends in a letter or a digit", f"write `{_short(word.rstrip('-_'))}`"
    elif word.count("/") > 1 or word[-1] == "/":
        problem, advice = "a full name has one `/`", "write `namespace/name`"
    elif candidates(word) == ("bad",):
        problem, advice = "a name is letters, digits and `-`", "put names of another form in quotes"
    else:
        return None
    return error("MW0117", f"`{_short(word)}` is not a name", context.at(index), label=problem, help=(advice,))


def specific(machine: Machine, context: Context, word: str, index: int) -> Diagnostic | None:
    """A mistake that has a code of its own, or None."""
    kinds, lexemes, last = machine.cut.kinds, context.lexemes, machine.last
    if word and candidates(word) == ("bad",):
        found = _bad_character(context, word, index) or _bad_literal(machine, context, word, index)
        if found is not None:
            return found
    if last >= 0 and kinds[last] == "METHOD" and machine.accepts("STRING"):
        verb = lexemes[last]
        return error("MW0106", f"the method `{verb}` has no path", context.at(last), label="a path must follow",
                     notes=("a method alone would be every path, and leaving something out must not widen a rule",),
                     help=(f'write the path, such as `{verb} "/v1/orders"`; `{verb} "/**"` is every path',))
    if word == "}" and last >= 0 and lexemes[last] == "{" and machine.accepts("METHOD") and machine.accepts("call"):
        span = Span(context.path, context.starts[last], context.starts[index + 1])
        return error("MW0107", "the braces of the rule are empty", span, label="no door in it",
                     notes=("it could be read as everything or as nothing",),
                     help=("leave the braces out for everything at that destination, or say what is allowed",))
    return _bad_literal(machine, context, word, index) if word and word[0].isdecimal() else None


def missing_separator(context: Context, word: str, index: int, machine: Machine) -> Diagnostic:
    """MW0105.  In the braces of a rule a port behind a method or path is more likely a term out of order than a second door."""
    if word == "port" and machine.accepts("METHOD"):
        return error("MW0105", "a port stands behind the method or path of its door", context.at(index), label="one door, or the next one?",
                     help=('to narrow the door, write the port first: `port metrics GET "/metrics"`',
                           "for a door of its own, begin a new line or write `;` before it"))
    return error("MW0105", f"two statements stand on one line, and nothing separates `{_short(word)}` from what is before it",
                 context.at(index), label="a new statement begins here", help=("begin a new line, or write `;` between them",))


def unexpected(machine: Machine, context: Context, word: str, index: int, opened: list[int]) -> Diagnostic:
    """MW0101: the general case, with what could have stood there."""
    expected = sorted(terminal for terminal in machine.row if terminal[0] != "<" and machine.accepts(terminal))
    keywords = [terminal for terminal in expected if terminal[0].islower()]
    place = _block(machine, context, opened[-1]) if opened else ""
    inside = f" in {place}" if place else ""
    if not word:
        message = "the file ends in the middle of a statement"
    elif word == ";" and machine.row.get("ERROR", -1) >= 0:
        return error("MW0101", "`;` separates nothing", context.at(index), label="there is no statement before it", help=("delete it",))
    else:
        message = f"unexpected `{_short(word)}`{inside}"
    help: list[str] = []
    near = did_you_mean(word, keywords) if word and word[0].isalpha() and len(word) < 30 else ()
    if not near and "METHOD" in expected and word.isalpha() and len(word) < 30:
        near = did_you_mean(word.upper(), _METHODS, 1)
    if near:
        help.append(f"did you mean `{near[0]}`?")
    elif word == "{" and machine.row.get("ERROR", -1) >= 0:
        help.append("a block opens on the line of its statement: move the `{` up")
    elif word in _CLAUSES:
        help.append("each clause stands once, in this order: `when`, `until`, `because`")
    elif word == "->" and "_NL" in expected:
        help.append("a line that begins with `->` continues the line before it: write `path \"/**\" -> …`, or end that line with `;`")
    elif word in ("'", "`"):
        help.append('strings are written in double quotes: `"…"`')
    elif word == "/":
        help.append("comments begin with `#`")
    elif word == "*":
        help.append("there are no wildcards: write `any workload`, `any service`, or a path in quotes such as `\"/**\"`")
    elif word == "." or word == "-":
        help.append("names end in a letter or a digit; other names are written in quotes")
    where = context.at(index)
    if not word and machine.last >= 0:
        where = context.at(machine.last)
        return error("MW0101", message, where, label=f"behind it, expected {_told(expected, keywords)}", help=help)
    return error("MW0101", message, where, label=f"expected {_told(expected, keywords)}", help=help)


def _told(expected: list[str], keywords: list[str]) -> str:
    if "$END" in expected and len(keywords) > 12:
        return "a statement such as `allow`, `service` or `route`"
    parts = [f"`{word}`" for word in keywords]
    words = [CLASSES[terminal] for terminal in CLASSES if terminal in expected and terminal not in _UNTOLD]
    marks = [f"`{terminal}`" for terminal in expected if terminal not in CLASSES and terminal not in keywords and terminal not in _UNTOLD]
    if "STRING" in expected and "NAME" in expected:
        words.remove(CLASSES["STRING"])
    if "FULL" in expected and "NAME" in expected:
        words.remove(CLASSES["FULL"])
    everything = [*[word for word in words if word != CLASSES["_NL"]], *parts, *marks, *[word for word in words if word == CLASSES["_NL"]]]
    if not everything:
        return "the end of the statement"
    if len(everything) == 1:
        return everything[0]
    if len(everything) > 14:
        return ", ".join(everything[:14]) + " and others"
    return ", ".join(everything[:-1]) + " or " + everything[-1]


def _block(machine: Machine, context: Context, brace: int) -> str:
    """How the block of ``brace`` is called."""
    place = machine.values.index(brace)
    for value in reversed(machine.values[1:place]):
        if type(value) is int:
            word = context.lexemes[value]
            if word[0].islower() and machine.cut.kinds[value] == word and word not in ("at", "to", "of", "host", "any"):
                return _BLOCKS.get(word, f"a `{word}` block")
    return ""


def _bad_character(context: Context, word: str, index: int) -> Diagnostic | None:
    foreign = next((character for character in word if not character.isascii()), None)
    return None if foreign is None else _foreign(context, word, index, foreign)


def _foreign(context: Context, word: str, index: int, foreign: str) -> Diagnostic:
    start = context.starts[index] + word.index(foreign)
    plain = look_alike(foreign)
    notes: tuple[str, ...] = ()
    advice = "names and keywords are ASCII; other text belongs in strings and comments"
    if plain.strip():
        advice = f"write `{plain}`"
        notes = (f"it looks like `{plain}`, but it is another character: two names could look the same and be different",)
    elif plain:
        advice = "write a blank"
    return error("MW0104", f"the character {named(foreign)} is not allowed here", Span(context.path, start, start + 1), label="here",
                 notes=notes, help=(advice,))


def _bad_literal(machine: Machine, context: Context, word: str, index: int) -> Diagnostic | None:
    """A number, date, duration or block of addresses of a wrong form, where one is expected."""
    if not re.match(r"[0-9A-Fa-f:]", word):
        return None
    place = context.at(index)
    if machine.accepts("DURATION"):
        return error("MW0113", f"`{_short(word)}` is not a duration", place, label="expected a number with `h`, `m`, `s` or `ms`",
                     help=("write it without a blank, such as `3s`, `500ms` or `1m30s`",))
    if machine.accepts("DATE"):
        return error("MW0111", f"`{_short(word)}` is not a date", place, label="expected year-month-day",
                     help=("write a day of the calendar such as `2027-03-31`",))
    if machine.accepts("CIDR"):
        return error("MW0112", f"`{_short(word)}` is not a block of addresses", place, label="expected an address with a prefix length",
                     help=("write an address, `/` and the number of bits that count, such as `10.0.0.0/16`",))
    if machine.accepts("INT") and word[0].isdecimal():
        return error("MW0110", f"`{_short(word)}` is not a port number", place, label="expected a number from 1 to 65535",
                     help=("write the number alone",))
    return None


def _short(word: str) -> str:
    return word if len(word) <= 60 else word[:57] + "…"
