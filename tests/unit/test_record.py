"""Records are what `typing.NamedTuple` would have made."""

import ast
import copy
import importlib
import pickle
import typing
from pathlib import Path

import pytest

import meshwright
from meshwright.record import NamedTuple


class Ours(NamedTuple):
    """A point with a name."""

    x: int
    y: "int"
    name: str = "origin"
    marks: tuple[str, ...] = ()

    @property
    def far(self) -> bool:
        return self.x + self.y > 10

    @classmethod
    def at(cls, x: int) -> "Ours":
        return cls(x, x)


class Theirs(typing.NamedTuple):
    """A point with a name."""

    x: int
    y: "int"
    name: str = "origin"
    marks: tuple[str, ...] = ()

    @property
    def far(self) -> bool:
        return self.x + self.y > 10

    @classmethod
    def at(cls, x: int) -> "Theirs":
        return cls(x, x)


class Empty(NamedTuple):
    pass


BOTH = (Ours, Theirs)


def test_same_values() -> None:
    ours, theirs = Ours(1, y=2, marks=("a",)), Theirs(1, y=2, marks=("a",))
    assert ours == theirs == (1, 2, "origin", ("a",))
    assert hash(ours) == hash(theirs)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._asdict() == theirs._asdict() == {"x": 1, "y": 2, "name": "origin", "marks": ("a",)}
    assert ours._replace(x=7) == theirs._replace(x=7) == (7, 2, "origin", ("a",))
    assert (ours.x, ours.y, ours.name, ours.marks, ours.far) == (theirs.x, theirs.y, theirs.name, theirs.marks, theirs.far)
    assert type(ours._replace(x=9)) is Ours
    assert Ours._make((9, 9, "", ())).far
    assert Ours.at(3) == Theirs.at(3)
    assert Empty() == ()


def test_same_class() -> None:
    for name in ("_fields", "_field_defaults", "__match_args__", "__slots__", "__doc__", "__module__"):
        assert getattr(Ours, name) == getattr(Theirs, name), name
    assert typing.get_type_hints(Ours) == typing.get_type_hints(Theirs)
    assert type(Ours) is type(Theirs) is type  # isinstance stays as fast
    assert issubclass(Ours, tuple)
    assert not hasattr(Ours(1, 2), "__dict__")


def test_patterns_copies_pickles() -> None:
    match Ours(1, 2, "a"):
        case Ours(x, name=name):
            assert (x, name) == (1, "a")
    ours = Ours(1, 2, "a", ("b",))
    for copied in (copy.copy(ours), copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert copied == ours
        assert type(copied) is Ours


@pytest.mark.parametrize("record", BOTH)
def test_same_refusals(record: type) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        record(1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        record(1, 2, z=3)
    with pytest.raises(TypeError, match="positional arguments"):
        record(1, 2, 3, 4, 5)
    with pytest.raises((TypeError, ValueError), match="unexpected field names"):  # 3.13 changed which of the two
        record(1, 2)._replace(z=3)
    with pytest.raises(TypeError, match="Expected 4 arguments, got 1"):
        record._make((1,))
    with pytest.raises(AttributeError):
        record(1, 2).x = 3
    with pytest.raises(AttributeError):
        record(1, 2).other = 3


@pytest.mark.parametrize("base", (NamedTuple, typing.NamedTuple))
@pytest.mark.parametrize(("body", "why"), (("a: int = 1; b: int", "default"), ("_a: int", "underscore")))
def test_same_refusals_of_classes(base: typing.Any, body: str, why: str) -> None:
    with pytest.raises((TypeError, ValueError), match=why):
        exec(f"class X(base): {body}", {"base": base, "__name__": __name__})  # noqa: S102


def test_rooms_take_this_one() -> None:
    """But for generic records, which need the original."""
    root = Path(meshwright.__file__).parent
    others = {path.relative_to(root).as_posix() for path in root.rglob("*.py")
              if any(line.startswith("from typing import") and "NamedTuple" in line for line in path.read_text("utf-8").splitlines())}
    assert others == {"diagnostics/outcome.py"}


def test_new_is_given_every_field() -> None:
    """Type checkers do not count them: each `new(Record, (...))` of the compiler has as many values as the record has fields."""
    wrong, seen = [], 0
    for path in sorted(Path(meshwright.__file__).parent.rglob("*.py")):
        name = ".".join(["meshwright", *path.relative_to(Path(meshwright.__file__).parent).with_suffix("").parts])
        if "new(" not in path.read_text():
            continue
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "new" and path.name != "record.py":
                kind, values = call.args
                record = eval(ast.unparse(kind), vars(importlib.import_module(name)))  # noqa: S307
                assert isinstance(values, ast.Tuple), f"{path}:{call.lineno} hides its fields"
                seen += 1
                if len(values.elts) != len(record._fields):
                    wrong.append(f"{path}:{call.lineno} {ast.unparse(call)}")
    assert not wrong
    assert seen > 10
