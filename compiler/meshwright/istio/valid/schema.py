"""The words in which a schema is written down: each makes a check of one value, and a kind is one check of its whole content.

A check returns nothing or raises ``Wrong``.  Checks see values as YAML gives them; a null is refused where nothing is said of
it, because server-side apply refuses it there.  Schemas are tables of these words; what binds several fields is a rule: a
function that gets a mapping whose fields are already in order.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from meshwright.istio.plain import Refused
from meshwright.istio.valid.patterns import anywhere

Check = Callable[[Any], None]
Fields = Mapping[str, Check]
Rule = Callable[[Any], None]
WHOLE = 2**31 - 1
UNSIGNED = 2**32 - 1


class Wrong(Refused):
    """What is wrong, and where: the place is put together on the way out, from the inside."""

    def __init__(self, reason: str, *place: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.inside: list[str | int] = list(reversed(place))

    def under(self, *place: str | int) -> None:
        """What was found lies at ``place`` of what is around."""
        self.inside.extend(reversed(place))

    @property
    def place(self) -> tuple[str | int, ...]:
        """Keys and positions from the top of the object."""
        return tuple(reversed(self.inside))

    def __str__(self) -> str:
        return f"`{written(self.place)}` {self.reason}" if self.inside else self.reason


def written(place: Sequence[str | int]) -> str:
    """A place as people write it: `spec.rules[0].from`."""
    text = ""
    for part in place:
        if type(part) is int:
            text += f"[{part}]"
        else:
            key = str(part)
            quoted = not key or not re.fullmatch(r"[A-Za-z0-9_/-]+", key)
            text += f'["{key[:80]}"]' if quoted else f".{key}" if text else key
    return text


def obj(fields: Fields, required: tuple[str, ...] = (), rules: tuple[Rule, ...] = ()) -> Check:
    """A mapping with these fields and no others."""
    needed = frozenset(required)

    def check(value: Any) -> None:
        if type(value) is not dict:
            _mapping(value)
        for key, content in value.items():
            inner = fields.get(key)
            if inner is None:
                raise _unknown(key, fields)
            try:
                inner(content)
            except Wrong as wrong:
                wrong.under(key)
                raise
        if not needed <= value.keys():
            raise Wrong("is required", next(name for name in required if name not in value))
        for rule in rules:
            rule(value)

    return check


def items(inner: Check, least: int = 0, most: int = -1, rules: tuple[Rule, ...] = (), unique: str = "") -> Check:
    """A list; ``unique``: the field by which the API server tells its items apart, "*" = items are told apart by themselves."""

    def check(value: Any) -> None:
        if type(value) is not list:
            raise Wrong(f"must be a list, not {kind_of(value)}")
        if len(value) < least:
            raise Wrong(f"must have at least {least} item{'s' if least > 1 else ''}")
        if 0 <= most < len(value):
            raise Wrong(f"must have at most {most:,} items, not {len(value):,}")
        for index, item in enumerate(value):
            try:
                inner(item)
            except Wrong as wrong:
                wrong.under(index)
                raise
        if unique and len(value) > 1:
            _distinct(value, unique)
        for rule in rules:
            rule(value)

    return check


def table(inner: Check, least: int = 0, most: int = -1, rules: tuple[Rule, ...] = ()) -> Check:
    """A mapping with keys of the user."""

    def check(value: Any) -> None:
        if type(value) is not dict:
            _mapping(value)
        if len(value) < least:
            raise Wrong("must not be empty")
        if 0 <= most < len(value):
            raise Wrong(f"must have at most {most:,} entries, not {len(value):,}")
        for key, content in value.items():
            if type(key) is not str:
                raise Wrong(f"must have texts as keys, not {kind_of(key)} ({key})")
            try:
                inner(content)
            except Wrong as wrong:
                wrong.under(key)
                raise
        for rule in rules:
            rule(value)

    return check


def string(least: int = 0, most: int = -1, pattern: str = "", called: str = "", rules: tuple[Rule, ...] = ()) -> Check:
    """A text of ``least`` to ``most`` characters, in which ``pattern`` (called so in messages) is found."""
    found = anywhere(pattern) if pattern else None

    def check(value: Any) -> None:
        if type(value) is not str:
            raise Wrong(f"must be a text, not {kind_of(value)}" + _quote(value))
        if len(value) < least:
            raise Wrong("must not be empty")
        if 0 <= most < len(value):
            raise Wrong(f"must have at most {most:,} characters, not {len(value):,}")
        if found is not None and found(value) is None:
            raise Wrong(f"is {short(value)}, which is no {called}")
        for rule in rules:
            rule(value)

    return check


def one_of(*allowed: str) -> Check:
    """One of these words."""

    def check(value: Any) -> None:
        if value not in allowed or type(value) is not str:
            given = short(value) if type(value) is str else kind_of(value)
            raise Wrong(f"is {given}, which is none of {', '.join(allowed)}{_near(value, allowed)}")

    return check


def integer(low: int = -(2**31), high: int = WHOLE, rules: tuple[Rule, ...] = ()) -> Check:
    """A whole number; one with a point is none, because readers of YAML differ there."""

    def check(value: Any) -> None:
        if type(value) is not int:
            raise Wrong(f"must be a whole number, not {kind_of(value)}")
        if not low <= value <= high:
            raise Wrong(f"is {value}, which is not from {low} to {high}")
        for rule in rules:
            rule(value)

    return check


def number(low: float = float("-inf"), high: float = float("inf")) -> Check:
    """Any number."""

    def check(value: Any) -> None:
        if type(value) not in (int, float):
            raise Wrong(f"must be a number, not {kind_of(value)}")
        if not low <= value <= high:
            raise Wrong(f"is {value}, which is not from {low} to {high}")

    return check


def boolean(value: Any) -> None:
    """true or false."""
    if type(value) is not bool:
        raise Wrong(f"must be true or false, not {kind_of(value)}")


def anything(value: Any) -> None:
    """Content that the schema leaves open."""


def struct(value: Any) -> None:
    """A mapping that the schema leaves open."""
    if type(value) is not dict:
        _mapping(value)


def or_null(inner: Check) -> Check:
    """Also null: the schema says so, or it fills in a default."""

    def check(value: Any) -> None:
        if value is not None:
            inner(value)

    return check


def at_most_one(*names: str) -> Rule:
    """A rule: only one of these fields."""

    def rule(value: Mapping[str, Any]) -> None:
        given = [name for name in names if name in value]
        if len(given) > 1:
            raise Wrong(f"must not be set together with `{given[0]}`", given[1])

    return rule


def placed(check: Check, value: Any, *place: str | int) -> None:
    """Check what stands at ``place`` of something."""
    try:
        check(value)
    except Wrong as wrong:
        wrong.under(*place)
        raise


def kind_of(value: object) -> str:
    """What YAML made of it, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"


def short(value: str) -> str:
    """A text of the user in backticks, cut to one line."""
    shown = value if len(value) <= 80 else value[:77] + "..."
    return "empty" if not value else f"`{shown}`"


def _mapping(value: object) -> None:
    if not isinstance(value, Mapping):
        raise Wrong(f"must be a mapping, not {kind_of(value)}")


def _quote(value: object) -> str:
    return ": write it in quotes" if isinstance(value, int | float) else ""


def _unknown(key: object, fields: Fields) -> Wrong:
    return Wrong(f"is no field of this kind{_near(key, tuple(fields))}", key if isinstance(key, str) else str(key))


def _near(value: object, allowed: tuple[str, ...]) -> str:
    from meshwright.diagnostics.suggest import did_you_mean

    near = did_you_mean(value, allowed, 1) if isinstance(value, str) and len(value) < 100 else ()
    return f"; did you mean `{near[0]}`?" if near else ""


def _distinct(value: Sequence[Any], field: str) -> None:
    seen = set()
    for index, item in enumerate(value):
        key = item if field == "*" else item.get(field)
        if key in seen:
            raise Wrong(f"is there twice: {short(str(key))}", *((index,) if field == "*" else (index, field)))
        seen.add(key)
