"""The fast reader: it knows the YAML that people and tools mostly write, one line at a time, and gives up on everything else.

INVARIANT: what it reads, PyYAML reads as the same value, and so do YAML 1.2 and Kubernetes (properties hold it against them).
It never reports a mistake: text outside its subset is UNREAD, and the event reader looks at it.

In: block mappings and lists, one key or item a line; words, whole numbers, booleans, quantities, strings in quotes without
line breaks, `[a, b]`, `{}`, `[]`; comments; blank lines.  Out: anchors, tags, block scalars, tabs, floats, words that YAML 1.1
takes for booleans or nulls, keys twice, everything over several lines.
"""

import re
from typing import Any, Final

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
_COLUMN: Final = 4  # where lists in the items of `spec.rules` begin: equal sources and operations are in many policies
_MARK: Final = "\n" + " " * _COLUMN + "- "
_INNER: Final = "\n" + " " * (_COLUMN + 4)
MARKED: Final = ("name", "port")  # keys whose values people are pointed at

_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_KEY: Final = _LETTERS | frozenset("0123456789._/-")
_WORDS: Final = _KEY | frozenset("@=+: ")
_LONGEST_KEY: Final = 200
_NOT_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
_TRUTH: Final = {"true": True, "false": False}
_UNITS: Final = ("m", "Ki", "Mi", "Gi", "Ti")
# Compiled when the first such line comes: most trees have none, and compiling takes longer than reading a small project.
_DOUBLE: Final = r'"[ !#-\[\]-~]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})[ !#-\[\]-~]*)*"'
_ITEM: Final = rf"(?:[A-Za-z0-9./-]+|{_DOUBLE})"
_FLOW: Final = rf"\[(?:{_ITEM}(?:, {_ITEM})*)?\]"
# NEL, LS, PS and BOM end a line or a stream for some readers: not even in comments.
_COMMENT: Final = "#[\t -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
# What `render` writes before the key `spec`, in five groups: before the name, name, namespace, before the policy, policy.
_BEGIN: Final = (r"((?:#[^\n]*\n)?apiVersion: [^\n]+\nkind: [^\n]+)\nmetadata:\n  name: ([a-z][a-z0-9.-]*)\n"
                 r"  namespace: ([a-z][a-z0-9.-]*)\n"
                 r"((?:  labels:\n(?:    [^ \n][^\n]*\n)+)?  annotations:\n    [^ \n:]+: )\"([ !#-\[\]-~]*)\"\nspec:\n")
_ESCAPE: Final = r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))"
_ESCAPED: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Lines(dict[str, Token]):
    """Memo of lines."""

    def __missing__(self, line: str) -> Token:
        made = self[line] = _token(line)
        return made


class Cells(dict[str, tuple[str, object]]):
    """Memo of what stands at one column: `key:` as (key, OPEN), `- value` as ("", value), all else as ("", UNREAD)."""

    def __missing__(self, text: str) -> tuple[str, object]:
        column, dash, key, value, _, _ = _token(text)
        fine = column == 0 and dash is not bool(key) and (dash or value is OPEN)
        made = self[text] = (key, value) if fine else ("", UNREAD)
        return made


class Memo:
    """What one run has understood, and the objects made of it: whoever gets them must not change them.

    ``lines``: every line.  ``parts``: texts between two items at _MARK, as tokens.  ``heads`` and ``middles``: what stands
    before and behind the names of an object, as mappings; None: not in the subset.
    """

    __slots__ = ("begin", "cells", "heads", "lines", "middles", "parts")

    def __init__(self) -> None:
        self.begin = re.compile(_BEGIN).match
        self.lines = Lines()
        self.cells = Cells()
        self.parts: dict[str, list[Token]] = {}
        self.heads: dict[str, dict[str, object] | None] = {}
        self.middles: dict[str, dict[str, Any] | None] = {}


def read_plain(text: str, start: int, end: int, memo: Memo, places: Places) -> object:
    """The one document in ``text[start:end]``; OPEN when there is none but comments, UNREAD when it is not in the subset.

    ``memo`` keeps what was already understood, across documents and files of one run: equal blocks become one object, so
    what is read must not be changed.  ``places`` receives, for keys in MARKED, (id of the mapping, key) → code points of the value.
    """
    root: dict[str, object] = {}
    waiting = ""
    begin = memo.begin(text, start, end)
    if begin is not None and _begin(begin, memo, root, places):
        start, waiting = begin.end(), "spec"
    first, *parts = text[start:end].split(_MARK)
    lines = first.split("\n")
    if lines[0][:3] == "---":
        if lines[0].rstrip(" ") != "---" or waiting:
            return UNREAD
        start += len(lines[0]) + 1
        del lines[0]
    known = memo.lines
    tokens = [known[line] for line in lines]
    for part in parts:
        tokens += memo.parts.get(part) or _part(part, memo)
    if not _build(tokens, root, 0, waiting, DEPTH - 3, start, places):
        return UNREAD
    return root or OPEN


def _begin(begin: "re.Match[str]", memo: Memo, root: dict[str, object], places: Places) -> bool:
    """Fill ``root`` with what our own documents begin with, up to the key `spec`; False when anything of it is not in the subset."""
    before, name, namespace, between, policy = begin.groups()
    if before not in memo.heads:
        memo.heads[before] = _alone(before, 0, memo)
    if between not in memo.middles:
        memo.middles[between] = _alone(between + '""', 2, memo)
    head, middle = memo.heads[before], memo.middles[between]
    if head is None or middle is None or name in _NOT_WORDS or namespace in _NOT_WORDS:
        return False
    metadata = {"name": name, "namespace": namespace, **middle, "annotations": dict.fromkeys(middle["annotations"], policy)}
    root.update(head)
    root["metadata"] = metadata
    root["spec"] = None
    places[id(metadata), "name"] = begin.span(2)
    return True


def _alone(text: str, indent: int, memo: Memo) -> dict[str, Any] | None:
    """The mapping at column ``indent`` that ``text`` is; None when it is none, or not plain, or has what every document has itself."""
    found: dict[str, object] = {}
    places: Places = {}
    tokens = [memo.lines[line] for line in text.split("\n")]
    fine = _build(tokens, found, indent, "", DEPTH // 4, 0, places) and not places
    return found if fine and type(found.get("annotations", found)) is dict else None


def _build(tokens: list[Token], top: dict[str, object] | list[object], indent: int, waiting: str, depth: int, position: int,
           places: Places) -> bool:
    """Fill ``top``, a mapping or list at column ``indent``; False when the tokens do not fit together or are nested over ``depth``.

    ``waiting`` is the key whose value comes below, "" = none.
    """
    is_list = type(top) is list
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


def _part(part: str, memo: Memo) -> list[Token]:
    """The lines from one item at _MARK to before the next; a first item that is a closed block of plain data becomes one token.

    Nothing so near the margin is deep, so that the block may have a depth of its own.
    """
    known = memo.lines
    flat, tail = _flat(part, memo.cells)
    if flat is not None:
        tokens = [known[line] for line in tail.split("\n")] if tail is not None else []
        if not tokens or tokens[0][0] <= _COLUMN:
            width = len(_MARK) + len(part) - (0 if tail is None else len(tail) + 1)  # with the line break behind the block
            memo.parts[part] = tokens = [(_COLUMN, True, "", flat, None, width), *tokens]
            return tokens
    lines = part.split("\n")
    tokens = [known[_MARK[1:] + lines[0]]]
    tokens += [known[line] for line in lines[1:]]
    if not tokens[0][2]:
        return tokens
    size = 1
    width = tokens[0][5]
    while size < len(tokens) and tokens[size][0] > _COLUMN:
        width += tokens[size][5]
        size += 1
    block: list[object] = []
    places: Places = {}
    if not _build(tokens[:size], block, _COLUMN, "", DEPTH // 4, 0, places) or places:
        return tokens  # what is marked has a place of its own in every document
    tokens[:size] = [(_COLUMN, True, "", block[0], None, width)]
    memo.parts[part] = tokens
    return tokens


def _flat(part: str, cells: Cells) -> tuple[object, str | None]:
    """The item at the beginning of ``part`` when it is one key with a mapping of lists of scalars, else None; and the lines behind it."""
    first, *rows = part.split(_INNER)
    if not rows:
        return None, None
    rows[-1], end, tail = rows[-1].partition("\n")
    outer, value = cells[first]
    found: dict[str, list[object]] = {}
    items: list[object] | None = None
    for row in rows:
        key, value = cells[row]
        if key:
            if key in found or items == []:
                return None, None
            items = found[key] = []
        elif value is UNREAD or items is None:
            return None, None
        else:
            items.append(value)
    return ({outer: found}, tail if end else None) if outer and items else (None, None)


def _token(line: str) -> Token:
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
        if not key or key[0] not in _LETTERS or not _KEY.issuperset(key) or key.lower() in _NOT_WORDS:
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
        return _TRUTH.get(text, UNREAD) if text.lower() in _NOT_WORDS else text
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
