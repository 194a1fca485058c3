"""The fast reader: it knows the YAML that people and tools mostly write, one line at a time, and gives up on everything else.

INVARIANT: what it reads, PyYAML reads as the same value, and so do YAML 1.2 and Kubernetes (properties hold it against them).
It never reports a mistake: text outside its subset is UNREAD, and the event reader looks at it.

In: block mappings and lists, one key or item a line; words, whole numbers, booleans, quantities, strings in quotes without
line breaks, `[a, b]`, `{}`, `[]`; comments; blank lines.  Out: anchors, tags, block scalars, tabs, floats, words that YAML 1.1
takes for booleans or nulls, keys twice, everything over several lines.
"""

import re
from typing import Final

from meshwright.inventory.limits import DEPTH

# A line, or a block of them, as it takes part: column of its first word, whether a dash comes first, key ("" = none), value,
# place of the value in the line, code points with the line break.
Token = tuple[int, bool, str, object, tuple[int, int] | None, int]
Places = dict[tuple[int, str], tuple[int, int]]


class _Sign:
    __slots__ = ()


UNREAD: Final = _Sign()  # not in the subset
OPEN: Final = _Sign()  # `key:` whose value is on the lines below
BLANK: Final = -1  # column of a line without content
ODD: Final = -2  # column of a line outside the subset

_LONGEST: Final = 1 << 16  # longer lines go to the other reader: the memory of a match grows with its escapes
MARKED: Final = ("name", "port")  # keys whose values people are pointed at

_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_KEY: Final = _LETTERS | frozenset("0123456789._/-")
_WORDS: Final = _KEY | frozenset("@=+: ")
_LONGEST_KEY: Final = 200
NOT_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
_TRUTH: Final = {"true": True, "false": False}
_UNITS: Final = ("m", "Ki", "Mi", "Gi", "Ti")
# Compiled when the first such line comes: most trees have none, and compiling takes longer than reading a small project.
_DOUBLE: Final = r'"[ !#-\[\]-~]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})[ !#-\[\]-~]*)*"'
_ITEM: Final = rf"(?:[A-Za-z0-9./-]+|{_DOUBLE})"
_FLOW: Final = rf"\[(?:{_ITEM}(?:, {_ITEM})*)?\]"
# NEL, LS, PS and BOM end a line or a stream for some readers: not even in comments.
_COMMENT: Final = "#[\t -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
_ESCAPE: Final = r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))"
_ESCAPED: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Memo(dict[str, Token]):
    """What one run has understood, line by line."""

    def __missing__(self, line: str) -> Token:
        made = self[line] = read_line(line)
        return made


def read_plain(text: str, start: int, end: int, memo: Memo, places: Places) -> object:
    """The one document in ``text[start:end]``; OPEN when there is none but comments, UNREAD when it is not in the subset.

    ``memo`` keeps what was already understood, across documents and files of one run.
    ``places`` receives, for keys in MARKED, (id of the mapping, key) → code points of the value.
    """
    lines = text[start:end].split("\n")
    if lines[0][:3] == "---":
        if lines[0].rstrip(" ") != "---":
            return UNREAD
        start += len(lines[0]) + 1
        del lines[0]
    root: dict[str, object] = {}
    if not build([memo[line] for line in lines], root, 0, DEPTH - 3, start, places):
        return UNREAD
    return root or OPEN


def build(tokens: list[Token], top: dict[str, object] | list[object], indent: int, depth: int, position: int, places: Places) -> bool:
    """Fill ``top``, a mapping or list at column ``indent``; False when the tokens do not fit together or are nested over ``depth``.

    ``position`` is where the first line begins, in code points of the file; ``places`` as above.
    """
    is_list = type(top) is list
    waiting = ""  # the key whose value comes below
    stack: list[tuple[int, dict[str, object] | list[object], bool]] = []
    for column, dash, key, value, place, width in tokens:
        if waiting:
            if column < 0:
                if column == ODD:
                    return False
                position += width
                continue
            if dash:
                if column >= indent:
                    child: dict[str, object] | list[object] = []
                    top[waiting] = child  # type: ignore[call-overload]
                    stack.append((indent, top, is_list))
                    top, indent, is_list = child, column, True
            elif column > indent:
                child = {}
                top[waiting] = child  # type: ignore[call-overload]
                stack.append((indent, top, is_list))
                top, indent, is_list = child, column, False
            waiting = ""
        if column != indent or is_list is not dash:
            if column < 0:
                if column == ODD:
                    return False
                position += width
                continue
            while column < indent or (is_list and not dash and column == indent):
                if not stack:
                    return False
                indent, top, is_list = stack.pop()
            if column != indent or is_list is not dash:
                return False
        if dash:
            if not key:
                top.append(value)  # type: ignore[union-attr]
                position += width
                continue
            if len(stack) > depth:
                return False
            child = {}
            top.append(child)  # type: ignore[union-attr]
            stack.append((indent, top, True))
            top, indent, is_list = child, column + 2, False
        elif key in top:
            return False
        if value is OPEN:
            waiting = key
            top[key] = None  # type: ignore[call-overload]
            if len(stack) > depth:
                return False
        else:
            top[key] = value  # type: ignore[call-overload]
            if place is not None:
                places[id(top), key] = (position + place[0], position + place[1])
        position += width
    return True


def read_line(line: str) -> Token:
    width = len(line) + 1
    rest = line.lstrip(" ")
    if not rest or rest[0] == "#":
        return (BLANK if not rest or _is_comment(rest) else ODD, False, "", OPEN, None, width)
    column = len(line) - len(rest)
    dash = rest[:2] == "- "
    if dash:
        rest = rest[2:]
    key, after = _key(rest)
    text = rest[after:].lstrip(" ")
    value, length = _value(text) if width <= _LONGEST else (UNREAD, 0)
    if value is UNREAD or (not key and (value is OPEN or not dash)):
        return (ODD, False, "", OPEN, None, width)
    if key in MARKED and value is not OPEN and text[0] not in "[{":
        start = len(line) - len(text)
        return (column, dash, key, value, (start, start + length), width)
    return (column, dash, key, value, None, width)


def _key(text: str) -> tuple[str, int]:
    """The key that ``text`` begins with and the place behind its colon; ("", 0) when there is none."""
    if text[:1] == '"':
        end = text.find('"', 1)
        key = text[1:end]
        fine = 0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable() and "\\" not in key
        colon = end + 1 if end > 0 and fine else -1
    else:
        colon = text.find(":", 0, _LONGEST_KEY + 2)
        key = text[:colon]
        if not key or key[0] not in _LETTERS or not _KEY.issuperset(key) or key.lower() in NOT_WORDS:
            return "", 0
    if colon < 0 or text[colon : colon + 2] not in (":", ": "):
        return "", 0
    return key, colon + 1


def _value(text: str) -> tuple[object, int]:
    """What ``text``, the rest of a line, says, and how many characters of it say that; (UNREAD, 0), (OPEN, 0)."""
    first = text[:1]
    if first == '"' or first == "'":
        length = text.find(first, 1) + 1
        body = text[1 : length - 1]
        value: object = body
        if first == '"' and "\\" in body:
            match = re.match(_DOUBLE, text)
            if match is None:
                return UNREAD, 0
            length = match.end()
            value = _unescape(text[1 : length - 1])
        elif not (body.isascii() and body.isprintable()):
            return UNREAD, 0
        return (value, length) if length and _is_end(text[length:]) else (UNREAD, 0)
    if first == "{":
        return ({}, 2) if text[:2] == "{}" and _is_end(text[2:]) else (UNREAD, 0)
    if first == "[":
        match = re.match(_FLOW, text)
        return (_items(match[0]), match.end()) if match and _is_end(text[match.end() :]) else (UNREAD, 0)
    if "#" in text:
        at = 0 if first == "#" else text.find(" #") + 1
        if (not at and first != "#") or not _is_comment(text[at:]):
            return UNREAD, 0
        text = text[:at]
    text = text.rstrip(" ")
    return (_bare(text) if text else OPEN), len(text)


def _bare(text: str) -> object:
    """Words, a whole number or a quantity; UNREAD for everything else, and for what readers disagree about."""
    if text[0] in _LETTERS or text[0] == "/":
        if not _WORDS.issuperset(text):
            return UNREAD
        if (":" in text or " " in text) and not all(word and word[0] != ":" and word[-1] != ":" for word in text.split(" ")):
            return UNREAD
        return _TRUTH.get(text, UNREAD) if text.lower() in NOT_WORDS else text
    digits = text[1:] if text[0] == "-" else text
    if digits.isascii() and digits.isdigit():
        return int(text) if text == "0" or (digits[0] != "0" and len(digits) <= 18) else UNREAD
    if text.endswith(_UNITS):
        digits = text[:-1] if text[-1] == "m" else text[:-2]
        return text if digits.isascii() and digits.isdigit() and digits[0] != "0" else UNREAD
    return UNREAD


def _is_end(text: str) -> bool:
    """Nothing, or a comment that a space sets apart."""
    rest = text.lstrip(" ")
    return not rest or (rest is not text and rest[0] == "#" and _is_comment(rest))


def _is_comment(text: str) -> bool:
    if text.isascii():
        return text.isprintable() or text.replace("\t", " ").isprintable()
    return re.fullmatch(_COMMENT, text) is not None


def _items(text: str) -> object:
    """``[a, "b"]``, item by item."""
    items = []
    for item in re.findall(_ITEM, text[1:-1]):
        value = _unescape(item[1:-1]) if item[0] == '"' else _bare(item)
        if value is UNREAD:
            return UNREAD
        items.append(value)
    return items


def _unescape(text: str) -> object:
    if "\\" not in text:
        return text
    try:
        value = re.sub(_ESCAPE, _character, text)
    except (ValueError, OverflowError):
        return UNREAD
    return value if value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value) else UNREAD


def _character(match: re.Match[str]) -> str:
    number = match[1] or match[2]
    return chr(int(number, 16)) if number else _ESCAPED[match[3]]
