"""The emitter: block style, two spaces, lists at the column of their key, keys in the order of the mapping, no anchors."""

from collections.abc import Mapping, Sequence
from typing import Any

from meshwright.render.quote import Keys, Values


class Emitter:
    """Writes documents; remembers how strings are written, so one for a whole tree and no longer."""

    __slots__ = ("keys", "values")

    def __init__(self) -> None:
        self.keys = Keys()
        self.values = Values()

    def emit(self, document: Mapping[str, object]) -> str:
        """``document`` as YAML text that ends in a line break; "" when it is empty.

        Values are mappings with string keys, lists or tuples, strings, integers, booleans and None; anything else is a
        TypeError (floats have no spelling that all readers share).  ValueError for text that no reader would give back.
        """
        out: list[str] = []
        _mapping(document, "", out, self.keys, self.values)
        out.append("")
        return "\n".join(out)


def _mapping(values: Mapping[str, Any], indent: str, out: list[str], keys: Keys, quoted: Values) -> None:
    for key, value in values.items():
        kind = type(value)
        if kind is str:
            out.append(f"{indent}{keys[key]} {quoted[value]}")
        elif kind is dict or kind is list or kind is tuple or isinstance(value, Mapping):
            if not value:
                out.append(f"{indent}{keys[key]} {'[]' if kind is list or kind is tuple else '{}'}")
                continue
            out.append(indent + keys[key])
            if kind is list or kind is tuple:
                _list(value, indent, out, keys, quoted)
            else:
                _mapping(value, indent + "  ", out, keys, quoted)
        else:
            out.append(f"{indent}{keys[key]} {_scalar(value)}")


def _list(values: Sequence[Any], indent: str, out: list[str], keys: Keys, quoted: Values) -> None:
    deeper = indent + "  "
    for value in values:
        kind = type(value)
        if kind is str:
            out.append(f"{indent}- {quoted[value]}")
        elif kind is dict or kind is list or kind is tuple or isinstance(value, Mapping):
            if not value:
                out.append(f"{indent}- {'[]' if kind is list or kind is tuple else '{}'}")
                continue
            first = len(out)
            if kind is list or kind is tuple:
                _list(value, deeper, out, keys, quoted)
            else:
                _mapping(value, deeper, out, keys, quoted)
            out[first] = f"{indent}- {out[first][len(deeper) :]}"  # the dash takes the place of the first line's indent
        else:
            out.append(f"{indent}- {_scalar(value)}")


def _scalar(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if type(value) is int:
        return str(value)
    raise TypeError(f"a value of type {type(value).__name__} has no spelling that every YAML reader shares")
