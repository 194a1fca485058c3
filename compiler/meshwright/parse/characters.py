"""Characters that must not be in a source: a reviewer would not see what the compiler reads."""

import re

from meshwright.diagnostics import Diagnostic, error
from meshwright.parse.lexemes import FORBIDDEN
from meshwright.source import Span

MAX_REPORTED = 20


def bad_characters(path: str, text: str) -> tuple[str, list[Diagnostic]]:
    """``text`` with another character for each that is refused everywhere, and MW0104 for each (at most MAX_REPORTED).

    What replaces it is chosen so that no second mistake appears: inside a word a letter, elsewhere a blank.
    """
    places = [found.start() for found in re.finditer(FORBIDDEN, text)]

    def replacement(found: re.Match[str]) -> str:
        before, after = text[max(0, found.start() - 1):found.start()], text[found.end():found.end() + 1]
        return "x" if before.isalnum() and after.isalnum() else " "

    return re.sub(FORBIDDEN, replacement, text), [_refused(path, text[place], place) for place in places[:MAX_REPORTED]]


def named(character: str) -> str:
    """`U+202E RIGHT-TO-LEFT OVERRIDE`."""
    import unicodedata

    known = {"\x00": "NUL", "\x0b": "VERTICAL TAB", "\x0c": "FORM FEED", "\r": "CARRIAGE RETURN", "\x1b": "ESCAPE", "\x7f": "DELETE",
             "\x85": "NEXT LINE", "\ufeff": "BYTE ORDER MARK"}
    name = known.get(character) or unicodedata.name(character, "CONTROL CHARACTER")
    return f"U+{ord(character):04X} {name}"


def look_alike(character: str) -> str:
    """The ASCII text that a character is easily taken for, or ""."""
    import unicodedata

    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character]
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain.isascii() else ""


def _refused(path: str, character: str, place: int) -> Diagnostic:
    advice = "save the file as UTF-8 without a byte order mark" if character == "\ufeff" and place == 0 else \
        "end lines with LF or CRLF" if character in "\r\x85\u2028\u2029" else "delete it"
    return error("MW0104", f"the character {named(character)} is not allowed", Span(path, place, place + 1), label="here",
                 notes=("it is invisible or moves text on the screen: a reader would see another rule than the compiler",), help=(advice,))


_LOOK_ALIKES = {
    **dict(zip("аеорсухіјѕһԁԛԝӏ", "aeopcyxijshdqwl", strict=True)),
    **dict(zip("ορνικαυ", "opvikau", strict=True)),
    "→": "->", "⟶": "->", "⇒": "->", "—": "-", "–": "-", "‐": "-", "‑": "-", "−": "-", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‘": '"', "’": '"', "'": '"', "`": '"', "\u00a0": " ", "、": ",", "，": ",", "；": ";", "：": ":", "｛": "{", "｝": "}", "＝": "=",
    "…": "...",
}
