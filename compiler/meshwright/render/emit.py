"""The emitter: block style, two spaces, lists at the column of their key, keys in the order of the mapping, no anchors."""

from collections.abc import Mapping, Sequence
from typing import Any

from meshwright.ir.manifest import Shared
from meshwright.render.quote import Keys, Values


class Emitter:
    """Writes documents; remembers how strings and shared lists are written, so one for a whole tree and no longer."""

    __slots__ = ("keys", "shared", "values")

    def __init__(self) -> None:
        self.keys = Keys()
        self.values = Values()
        # id of a list -> the list (which is kept, so that no other gets its id), the indent, the lines.
        self.shared: dict[int, tuple[Shared, str, str]] = {}

    def emit(self, document: Mapping[str, object]) -> str:
        """``document`` as YAML text that ends in a line break; "" when it is empty.

        Values are mappings with string keys, lists or tuples, strings, integers, booleans and None; anything else is a
        TypeError (floats have no spelling that all readers share).  ValueError for text that no reader would give back.
        """
        out: list[str] = []
        self._mapping(document, "", out)
        out.append("")
        return "\n".join(out)

    def _mapping(self, values: Mapping[str, Any], indent: str, out: list[str]) -> None:
        keys, quoted, shared = self.keys, self.values, self.shared
        for key, value in values.items():
            kind = type(value)
            if kind is str:
                out.append(f"{indent}{keys[key]} {quoted[value]}")
            elif kind is list or kind is Shared or kind is tuple:
                if not value:
                    out.append(f"{indent}{keys[key]} []")
                    continue
                out.append(indent + keys[key])
                if kind is Shared:
                    known = shared.get(id(value))
                    out.append(known[2] if known is not None and known[1] == indent else self._shared(value, indent))
                else:
                    self._list(value, indent, out)
            elif kind is dict or isinstance(value, Mapping):
                if value:
                    out.append(indent + keys[key])
                    self._mapping(value, indent + "  ", out)
                else:
                    out.append(f"{indent}{keys[key]} {{}}")
            else:
                out.append(f"{indent}{keys[key]} {_scalar(value)}")

    def _list(self, values: Sequence[Any], indent: str, out: list[str]) -> None:
        quoted = self.values
        dash = indent + "- "
        for value in values:
            kind = type(value)
            if kind is str:
                out.append(dash + quoted[value])
                continue
            first = len(out)
            if kind is dict or isinstance(value, Mapping):
                self._mapping(value, indent + "  ", out)
                empty = "{}"
            elif kind is list or kind is Shared or kind is tuple:
                self._list(value, indent + "  ", out)
                empty = "[]"
            else:
                empty = _scalar(value)
            if len(out) == first:
                out.append(dash + empty)
            else:
                out[first] = dash + out[first][len(dash) :]  # the dash takes the place of the first line's indent

    def _shared(self, values: Shared, indent: str) -> str:
        """The lines of ``values``, without the last line break, and remember them."""
        out: list[str] = []
        self._list(values, indent, out)
        text = "\n".join(out)
        self.shared[id(values)] = (values, indent, text)
        return text


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
