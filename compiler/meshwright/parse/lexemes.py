"""Cuts a text into lexemes, whatever the grammar makes of them: blanks, newlines, comments, strings, words, marks.

Every character belongs to exactly one lexeme, so their lengths give all positions, and junk cannot be skipped silently.
Linear in the length of the text: the pattern never backtracks into a lexeme.
"""

import re
from itertools import accumulate

from meshwright.record import NamedTuple
from meshwright_grammar import tables

NEWLINE = ("newline",)  # candidates of a lexeme that ends lines
TRIVIA: tuple[str, ...] = ()  # candidates of a blank or a comment
BAD = ("bad",)  # candidates of what no state accepts

# A newline before one of these never ends a statement: none of them can begin one (mesh.lark, _NL).
CONTINUATIONS = frozenset(("->", "when", "and", "until", "because"))

# In order of frequency where that is free, and each begins with a set of characters or one character, which is looked at before
# an alternative is tried.  What \w has of ASCII is written out, because a set is faster than a class.
_WORD = r"[A-Za-z0-9_./%$\w-]"
_LEXEME = re.compile(
    r"[ \t][ \t]*+"
    r'|"[^"\\\r\n]*+(?:\\[^\r\n][^"\\\r\n]*+)*+"?+'
    r"|:(?:[0-9a-f]{0,4}+:)++[0-9a-f:.]*+(?:/\w++)?+"  # addresses of IPv6
    r"|[0-9a-f][0-9a-f]{0,3}+:(?:[0-9a-f]{0,4}+:)++[0-9a-f:.]*+(?:/\w++)?+"
    rf"|[A-Za-z0-9_$\w](?:{_WORD}*+(?!(?<=-)>)|{_WORD}*(?=->))"  # words; a `-` before `>` belongs to the arrow
    r"|(?:\r?\n[ \t]*+)++|#[^\r\n]*+|->|.", re.DOTALL)

# Characters that a reader does not see as what they are: controls, bidirectional marks, invisible ones, other line ends.
FORBIDDEN = ("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
             "|\r(?!\n)")

_LITERALS = {text: (text, "NAME") if text[0].isalpha() else (text,) for text in tables.LITERALS}


class Cut(NamedTuple):
    """A text in lexemes; ``kinds`` is filled by the driver: what each was taken for, "" for blanks and comments."""

    path: str
    lexemes: list[str]
    starts: list[int]  # and twice the end of the text: for the place of what is past the last lexeme
    kinds: list[str]
    shape: str  # of the lexemes, as they were cut


def cut(path: str, text: str) -> Cut:
    """All lexemes of ``text``, none empty, and the offset of each."""
    lexemes = _LEXEME.findall(text)
    starts = [0, *accumulate(map(len, lexemes)), len(text)]
    return Cut(path, lexemes, starts, [""] * len(lexemes), shape(lexemes))


def has_forbidden(text: str) -> bool:
    """Whether FORBIDDEN is anywhere in ``text``; for plain ASCII, the usual case, without compiling it."""
    if text.isascii() and text.replace("\n", " ").replace("\t", " ").isprintable():
        return False
    return re.search(FORBIDDEN, text) is not None


def shape(lexemes: list[str]) -> str:
    """One character for each lexeme: which CANDIDATES it has.  Every character of it is a key of CANDIDATES afterwards."""
    if len(_MARKS) > MOST_MARKS:
        _MARKS.clear()
    return "".join(map(_MARKS.__getitem__, lexemes))


def candidates(lexeme: str) -> tuple[str, ...]:
    """The terminals a lexeme can be, in the order of trying: TRIVIA, NEWLINE and BAD are special."""
    first = lexeme[0]
    if first in " \t#":
        return TRIVIA
    if first in "\r\n":
        return NEWLINE if lexeme != "\r" else BAD
    if first == '"':
        return ("STRING",) if is_closed(lexeme) else BAD
    known = _LITERALS.get(lexeme)
    if known:
        return known
    if _matches("NAME", lexeme) and lexeme not in ("yes", "observe", "no"):
        return ("NAME",)  # the usual case; no other pattern but that of ENFORCEMENT matches a name
    if "/" in lexeme and first.isalpha() and _matches("FULL", lexeme):
        return ("FULL",)  # as usual: what else has a slash begins with another character
    if lexeme.isascii() and lexeme.isdecimal():
        return ("INT",)  # all other patterns ask for a letter or a mark
    kind = "digit" if first.isdecimal() else "upper" if first.isupper() else "other"
    return tuple(name for name in _BY_FIRST[kind] if _NEEDS.get(name, "") in lexeme and _matches(name, lexeme)) or BAD


def is_closed(string: str) -> bool:
    """Whether a lexeme that begins with a quote also ends with one that is not escaped."""
    return len(string) > 1 and string[-1] == '"' and (len(string) - len(string[1:-1].rstrip("\\"))) % 2 == 0


def _matches(name: str, lexeme: str) -> bool:
    pattern = _PATTERNS.get(name)
    if pattern is None:
        pattern = _PATTERNS[name] = re.compile(tables.WORDS[name])
    return pattern.fullmatch(lexeme) is not None


# Patterns are compiled when a word first needs them: a file of a few lines needs few.
_PATTERNS: dict[str, re.Pattern[str]] = {}
_NEEDS = {"FULL": "/", "DOTTED": ".", "PARAM": "$", "VERSION": ".", "PERCENT": "%", "STATUS": "xx", "DATE": "-"}  # what no match is without
_BY_FIRST = {
    "digit": ("INT", "FULL", "VERSION", "PERCENT", "DURATION", "SIZE", "STATUS", "DATE", "CIDR"),
    "upper": ("METHOD", "CODE"),
    "other": ("ENFORCEMENT", "NAME", "FULL", "DOTTED", "PARAM", "CIDR"),
}

NEWLINE_MARK, COMMENT_MARK = "\n", "#"
CANDIDATES: dict[str, tuple[str, ...]] = {" ": TRIVIA, COMMENT_MARK: TRIVIA, NEWLINE_MARK: NEWLINE, "{": ("{",), "}": ("}",)}
MOST_MARKS = 20_000  # lexemes remembered from one text to the next


class _Marks(dict[str, str]):
    """Lexeme -> its character in a shape; there are as many characters as different candidates, far below a thousand."""

    def __missing__(self, lexeme: str) -> str:
        found = candidates(lexeme)
        mark = COMMENT_MARK if lexeme[0] == "#" else _MARK_OF.get(found)
        if mark is None:
            mark = _MARK_OF[found] = chr(0x100 + len(_MARK_OF))
            CANDIDATES[mark] = found
        self[lexeme] = mark
        return mark


_MARKS = _Marks()
_MARK_OF = {found: mark for mark, found in CANDIDATES.items() if mark != COMMENT_MARK}
