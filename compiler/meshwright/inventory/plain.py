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

# A line as it takes part: column of its first word, whether a dash comes first, key ("" = none), value, place of the value.
Token = tuple[int, bool, str, object, tuple[int, int] | None]
Places = dict[tuple[int, str], tuple[int, int]]


class _Sign:
    __slots__ = ()


UNREAD: Final = _Sign()  # not in the subset
OPEN: Final = _Sign()  # `key:` whose value is on the lines below
BLANK: Final = -1  # column of a line without content
ODD: Final = -2  # column of a line outside the subset

_LONGEST: Final = 1 << 16  # longer lines go to the other reader: the memory of a match grows with its escapes
MARKED: Final = ("name", "port")  # keys whose values people are pointed at

_BARE = r"[A-Za-z0-9._/@=+-](?:[A-Za-z0-9._/@=+:-]*[A-Za-z0-9._/@=+-])?"
_WORDS = rf"(?![0-9._@=+-]){_BARE}(?: {_BARE})*"
_DOUBLE = r'"[ !#-\[\]-~]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})[ !#-\[\]-~]*)*"'
_SINGLE = r"'[ -&(-~]*'"
_NUMBER = r"0|-?[1-9][0-9]{0,17}"
_QUANTITY = r"[1-9][0-9]*(?:m|[KMGT]i)"
_ITEM = rf"(?:[A-Za-z0-9./-]+|{_DOUBLE})"
_FLOW = rf"\[(?:{_ITEM}(?:, {_ITEM})*)?\]"
# NEL, LS, PS and BOM end a line or a stream for some readers: not even in comments.
_COMMENT = "#[\t -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
_LINE = re.compile(
    rf"( *)(- )?(?:([A-Za-z][A-Za-z0-9._/-]{{0,200}}|\"[ !#-\[\]-~]{{1,200}}\"):(?= |\Z))? *"
    rf"(?:({_WORDS})|({_NUMBER})|({_DOUBLE})|({_SINGLE})|({_QUANTITY})|({_FLOW})|(\{{\}}))? *(?:(?<= ){_COMMENT})?"
)
_BLANK = re.compile(rf" *(?:{_COMMENT})?")
_NOT_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none"))
_TRUTH = {"true": True, "false": False}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ITEMS = re.compile(_ITEM)


def read_plain(text: str, start: int, end: int, memo: dict[str, Token], places: Places) -> object:
    """The one document in ``text[start:end]``; OPEN when there is none but comments, UNREAD when it is not in the subset.

    ``memo`` keeps lines already understood, across documents and files of one run.  ``places`` receives, for keys in
    MARKED, (id of the mapping, key) → code points of the value.
    """
    root: dict[str, object] = {}
    top: dict[str, object] | list[object] = root
    indent, is_list = 0, False
    stack: list[tuple[int, dict[str, object] | list[object], bool]] = []
    waiting = ""  # key whose value comes below
    position = start
    lines = text[start:end].split("\n")
    if lines[0][:3] == "---":
        if lines[0].rstrip(" ") != "---":
            return UNREAD
        position += len(lines[0]) + 1
        del lines[0]
    for line in lines:
        token = memo.get(line)
        if token is None:
            token = _token(line)
            if type(token[3]) not in (list, dict):  # those must not be shared between documents
                memo[line] = token
        column, dash, key, value, place = token
        if column < 0:
            if column == ODD:
                return UNREAD
            position += len(line) + 1
            continue
        if waiting:
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
        while column < indent or (is_list and not dash and column == indent):
            if not stack:
                return UNREAD
            indent, top, is_list = stack.pop()
        if column != indent or is_list is not dash:
            return UNREAD
        if dash:
            if not key:
                if value is OPEN:
                    return UNREAD
                top.append(value)  # type: ignore[union-attr]
                position += len(line) + 1
                continue
            if len(stack) > DEPTH - 3:
                return UNREAD
            child = {}
            top.append(child)  # type: ignore[union-attr]
            stack.append((indent, top, True))
            top, indent, is_list = child, column + 2, False
        if not key or key in top:
            return UNREAD
        if value is OPEN:
            waiting = key
            top[key] = None  # type: ignore[call-overload]
            if len(stack) > DEPTH - 3:
                return UNREAD
        else:
            top[key] = value  # type: ignore[call-overload]
            if place is not None:
                places[id(top), key] = (position + place[0], position + place[1])
        position += len(line) + 1
    return root or OPEN


def _token(line: str) -> Token:
    match = _LINE.fullmatch(line) if len(line) < _LONGEST else None
    if match is None:
        return (BLANK if _BLANK.fullmatch(line) else ODD, False, "", OPEN, None)
    key = match[3] or ""
    if key[:1] == '"':
        key = key[1:-1]
    elif key.lower() in _NOT_WORDS:
        return (ODD, False, "", OPEN, None)
    group = match.lastindex or 0
    value = _value(match[group], group) if group > 3 else OPEN
    if value is UNREAD or (value is OPEN and not key and match[2]):
        return (ODD, False, "", OPEN, None)
    if value is OPEN and not key:
        return (BLANK, False, "", OPEN, None)
    place = match.span(group) if key in MARKED and 3 < group < 9 else None  # scalars only
    return (len(match[1]), match[2] is not None, key, value, place)


def _value(text: str, group: int) -> object:
    if group == 4:
        return _TRUTH.get(text, UNREAD) if text.lower() in _NOT_WORDS else text
    if group == 5:
        return int(text)
    if group == 6:
        return _unescape(text[1:-1])
    if group == 7:
        return text[1:-1]
    if group == 8:
        return text
    if group == 10:
        return {}
    items = []
    for item in _ITEMS.findall(text[1:-1]):
        value = _unescape(item[1:-1]) if item[0] == '"' else _item(item)
        if value is UNREAD:
            return UNREAD
        items.append(value)
    return items


def _item(text: str) -> object:
    """A bare word inside `[...]`."""
    match = _LINE.fullmatch(text)
    if match is None or match[1] or match[2] or match[3] or match.lastindex not in (4, 5, 8):
        return UNREAD
    return _value(text, match.lastindex)


def _unescape(text: str) -> object:
    if "\\" not in text:
        return text
    try:
        value = _ESCAPE.sub(_character, text)
    except (ValueError, OverflowError):
        return UNREAD
    return value if value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value) else UNREAD


def _character(match: re.Match[str]) -> str:
    number = match[1] or match[2]
    return chr(int(number, 16)) if number else _ESCAPED[match[3]]
