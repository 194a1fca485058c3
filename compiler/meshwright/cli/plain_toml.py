"""The fast reader of project files: tables, strings, whole numbers, booleans and lists of strings, one to a line.

INVARIANT: what it reads, `tomllib` reads as the same value (a property holds it against it).  It never reports a mistake: text
outside its subset is None, and `tomllib`, which takes a third of a `python -c pass` to load, looks at it.
"""

from typing import Any

_KEY = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_DIGITS = 18  # longer numbers are left to the other reader


def read_plain_toml(text: str) -> dict[str, Any] | None:
    """The content of ``text``, or None for what is not in the subset: escapes, several lines, dotted keys, dates, CR, ..."""
    if not text.isascii() or not text.replace("\n", " ").isprintable():
        return None
    root: dict[str, Any] = {}
    table = root
    for line in text.split("\n"):
        line = line.strip(" ")
        if not line or line[0] == "#":
            continue
        if line[0] == "[":
            opened = _table(root, line)
            if opened is None:
                return None
            table = opened
            continue
        key, _, right = line.partition("=")
        key = key.rstrip(" ")
        value = _value(right.strip(" "))
        if value is None or not key or not _KEY.issuperset(key) or key in table:
            return None
        table[key] = value
    return root


def _table(root: dict[str, Any], line: str) -> dict[str, Any] | None:
    """The new table that the header ``line`` opens."""
    table: Any = root
    if line[-1] != "]":
        return None
    *above, name = line[1:-1].split(".")
    for part in above:
        if not part or not _KEY.issuperset(part):
            return None
        table = table.setdefault(part, {})
        if type(table) is not dict:
            return None
    if not name or not _KEY.issuperset(name) or name in table:
        return None
    made: dict[str, Any] = {}
    table[name] = made
    return made


def _value(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    if text.isdigit():
        return int(text) if text == "0" or (text[0] != "0" and len(text) <= _DIGITS) else None
    if text[:1] == '"':
        read = _string(text)
        return read[0] if read and (not read[1] or read[1][0] == "#") else None
    if text[:1] != "[" or text[-1] != "]":
        return None
    items: list[str] = []
    rest = text[1:-1].lstrip(" ")
    while rest:
        read = _string(rest)
        if read is None or read[1][:1] not in ("", ","):
            return None
        items.append(read[0])
        rest = read[1][1:].lstrip(" ")
    return items


def _string(text: str) -> tuple[str, str] | None:
    """The string that ``text`` begins with, and what follows it."""
    end = text.find('"', 1)
    if text[:1] != '"' or end < 0 or "\\" in text[1:end]:
        return None
    return text[1:end], text[end + 1 :].lstrip(" ")
