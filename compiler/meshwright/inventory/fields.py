"""Typed access to what was read: every field that matters is asked for by type, and a wrong one is said in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from meshwright.diagnostics import Diagnostic, error
from meshwright.inventory.scalars import Ambiguous
from meshwright.ir.inventory import Labels, Object

LONGEST_NAME = 253
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")
_KINDS: dict[type, str] = {
    bool: "a boolean",
    int: "a whole number",
    float: "a decimal number",
    type(None): "empty",
    list: "a list",
    dict: "a mapping",
}


class Fields:
    """The fields of one object, and the list its mistakes go to."""

    __slots__ = ("object", "wrong")

    def __init__(self, of: Object, wrong: list[Diagnostic]) -> None:
        self.object = of
        self.wrong = wrong

    def mapping(self, value: object, where: str) -> Mapping[str, Any]:
        """``value`` as a mapping; {} when absent or wrong."""
        if type(value) is dict:
            return value
        if value is not None:
            self.refuse(where, value, "a mapping")
        return {}

    def items(self, value: object, where: str) -> list[Mapping[str, Any]]:
        """``value`` as a list of mappings; [] when absent or wrong."""
        if type(value) is list and set(map(type, value)) <= {dict}:
            return value
        found: list[Mapping[str, Any]] = []
        for index, one in enumerate(self.values(value, where)):
            if type(one) is dict:
                found.append(one)
            else:
                self.refuse(f"{where}[{index}]", one, "a mapping")
        return found

    def values(self, value: object, where: str) -> list[Any]:
        """``value`` as a list; [] when absent or wrong."""
        if type(value) is list:
            return value
        if value is not None:
            self.refuse(where, value, "a list")
        return []

    def string(self, value: object, where: str, default: str = "") -> str:
        """``value`` as text that every YAML reader reads as text; ``default`` when absent or wrong."""
        if type(value) is str:
            return value
        if value is not None:
            self.refuse(where, value, "a string")
        return default

    def boolean(self, value: object, where: str) -> bool:
        """``value`` as a boolean; False when absent or wrong."""
        if value is True or value is False:
            return value is True
        if value is not None:
            self.refuse(where, value, "`true` or `false`")
        return False

    def port(self, value: object, where: str) -> int | None:
        """``value`` as a port number, 1-65535; None when absent or wrong."""
        if type(value) is int and 1 <= value <= 65535:
            return value
        if value is not None:
            self.refuse(where, value, "a port number from 1 to 65535")
        return None

    def labels(self, value: object, where: str) -> Labels:
        """``value`` as labels or annotations, sorted; () when absent."""
        if not value:
            return ()
        found = self.mapping(value, where)
        texts: list[tuple[str, str]] = []
        for key, text in found.items():
            if type(text) is str:
                texts.append((key, text))
            else:
                self.refuse(f"{where}[{key}]", text, "a string")
        return tuple(sorted(texts))

    def refuse(self, where: str, value: object, wanted: str) -> None:
        """MW0809 for a word that readers disagree on, else MW0812."""
        subject = f"`{where}` of {self.object.kind} `{self.object.id.rpartition(' ')[2]}`"
        if isinstance(value, Ambiguous):
            self.wrong.append(
                error(
                    "MW0809",
                    f"{subject} is `{value}` without quotes, which YAML readers read differently",
                    self.object.span,
                    notes=("it must be " + wanted,),
                    help=(f'write "{value}" in quotes if it is text',),
                )
            )
            return
        shown = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)[:80]
        what = f"`{shown}`" + (f", {_KINDS[type(value)]}" if type(value) in _KINDS and wanted == "a string" else "")
        if type(value) in (list, dict, type(None)):
            what = _KINDS[type(value)]
        self.wrong.append(
            error(
                "MW0812",
                f"{subject} is {what}, not {wanted}",
                self.object.span,
                notes=("Kubernetes would refuse this object, so what it was meant to say is not guessed",),
                help=(f'put it in quotes: "{shown}"',) if wanted == "a string" and not isinstance(value, (list, dict)) else (),
            )
        )


def is_name(text: str) -> bool:
    """Whether Kubernetes accepts ``text`` as the name of an object: `[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?`."""
    return 0 < len(text) <= LONGEST_NAME and _NAME.issuperset(text) and text[0] not in ".-" and text[-1] not in ".-"


def ambiguous(value: object, where: str = "") -> Iterator[tuple[str, Ambiguous]]:
    """Every word inside ``value`` that YAML readers read differently, with its field path."""
    stack: list[tuple[str, object]] = [(where, value)]
    while stack:
        path, one = stack.pop()
        if type(one) is dict:
            stack.extend((f"{path}.{key}", below) for key, below in one.items())
        elif type(one) is list:
            stack.extend((f"{path}[{index}]", below) for index, below in enumerate(one))
        elif isinstance(one, Ambiguous):
            yield path.lstrip("."), one
