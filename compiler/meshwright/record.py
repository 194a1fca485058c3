"""``NamedTuple``, made in a fifth of the time: the same records, without the text that `typing` compiles for each of them.

A check loads about 170 records, and making them was a quarter of it (docs/decisions/0001-records.md).  Type checkers see
`typing.NamedTuple`; here is what they do not see.
"""

import sys
from typing import TYPE_CHECKING, TypeVar

Record = TypeVar("Record")

if TYPE_CHECKING:

    def new(kind: type[Record], fields: tuple[object, ...]) -> Record:
        """A record of ``kind`` in half the time of a call of ``kind``: all fields in order, none checked, no defaults.

        For what a compile makes tens of thousands of, and nothing else: a missing field is found late.
        """
else:
    new = tuple.__new__

# Where annotations are computed on demand, and where tuples are not CPython's, the original does it.
if TYPE_CHECKING or sys.version_info >= (3, 14) or sys.implementation.name != "cpython":
    from typing import NamedTuple as NamedTuple
else:
    from _collections import _tuplegetter
    from types import FunctionType

    class Common:
        """What all records can do, under the names of `collections.namedtuple`; each gets a reference, so that it has no base but tuple."""

        @classmethod
        def _make(cls, values):
            made = new(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
            return made

        def _replace(self, /, **changed):
            made = self._make(map(changed.pop, self._fields, self))
            if changed:
                raise ValueError(f"Got unexpected field names: {list(changed)!r}")
            return made

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in zip(self._fields, self, strict=True))})"

        def __getnewargs__(self):
            return tuple(self)

    class Maker(type):
        """Takes the body of a class for the list of its fields; what it makes is a plain class below ``tuple``."""

        def __new__(meta, name, bases, body):
            if len(bases) != 1:
                raise TypeError("a record has no other base than NamedTuple")
            fields = tuple(body.get("__annotations__", ()))
            if len(fields) >= len(NEW):
                raise TypeError(f"{name} has more than {len(NEW) - 1} fields; nobody can read that")
            defaults = {field: body[field] for field in fields if field in body}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                raise TypeError(f"a field without default follows one with default in {name}")
            for index, field in enumerate(fields):
                if field[0] == "_":
                    raise TypeError(f"a field name begins with an underscore: {field}")
                body[field] = _tuplegetter(index, "")
            template = NEW[len(fields)].__code__.replace(co_name="__new__", co_varnames=("_cls", *fields))
            body["__new__"] = FunctionType(template, globals(), "__new__", tuple(defaults.values()))
            body["__slots__"] = ()
            body["__match_args__"] = body["_fields"] = fields
            body["_field_defaults"] = defaults
            return type(name, (tuple,), COMMON | body)

    COMMON = {name: vars(Common)[name] for name in ("_make", "_replace", "_asdict", "__repr__", "__getnewargs__")}
    NamedTuple = type.__new__(Maker, "NamedTuple", (), {})

    # By number of fields; each record gets its own copy, in which the arguments have the names of the fields.
    NEW = (
        lambda x: new(x, ()),
        lambda x, a: new(x, (a,)),
        lambda x, a, b: new(x, (a, b)),
        lambda x, a, b, c: new(x, (a, b, c)),
        lambda x, a, b, c, d: new(x, (a, b, c, d)),
        lambda x, a, b, c, d, e: new(x, (a, b, c, d, e)),
        lambda x, a, b, c, d, e, f: new(x, (a, b, c, d, e, f)),
        lambda x, a, b, c, d, e, f, g: new(x, (a, b, c, d, e, f, g)),
        lambda x, a, b, c, d, e, f, g, h: new(x, (a, b, c, d, e, f, g, h)),
        lambda x, a, b, c, d, e, f, g, h, i: new(x, (a, b, c, d, e, f, g, h, i)),
        lambda x, a, b, c, d, e, f, g, h, i, j: new(x, (a, b, c, d, e, f, g, h, i, j)),
        lambda x, a, b, c, d, e, f, g, h, i, j, k: new(x, (a, b, c, d, e, f, g, h, i, j, k)),
        lambda x, a, b, c, d, e, f, g, h, i, j, k, m: new(x, (a, b, c, d, e, f, g, h, i, j, k, m)),
        lambda x, a, b, c, d, e, f, g, h, i, j, k, m, n: new(x, (a, b, c, d, e, f, g, h, i, j, k, m, n)),
        lambda x, a, b, c, d, e, f, g, h, i, j, k, m, n, o: new(x, (a, b, c, d, e, f, g, h, i, j, k, m, n, o)),
        lambda x, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p: new(x, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p)),
        lambda x, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q: new(x, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q)),
        lambda x, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r: new(x, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r)),
        lambda x, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s: new(x, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s)),
    )
