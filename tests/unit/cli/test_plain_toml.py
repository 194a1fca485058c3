"""The fast reader of project files agrees with `tomllib` on all that it reads."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.cli.plain_toml import read_plain_toml

ROOT = Path(__file__).parents[3]

PIECES = (
    "a", "b", "a-b", "_", "1", " ", "  ", "=", " = ", "\n", "\n", "\n", "[a]\n", "[b]\n", "[a.b]\n", "[a.b.c]\n", "[[a]]\n", "[ a ]\n", "[", "]",
    '"', '"x"', '"y z"', '"#"', '"]"', '""', '"\\"', '"\\n"', "'x'", ",", ", ", "#", "# c", "0", "01", "42", "-7", "+1", "1_0", "1.5", "true", "false",
    "inf", "1979-05-27", "{}", "{a = 1}", ".", "a.b", '"a"', "\t", "\r", "\r\n", "\x00", "\x7f", "é", "\ufeff", "9" * 19,
)
LINES = ('a = "x"', 'b = ["x", "y"]', "b = []", 'c = ["x",]', "d = 42", "e = true", "", "# c", "[t]", "[t.u]", "[v]", 'f = "x" # c', 'g = ["x"] # c',
         'h = ["]", "#"]', 'i = [[]]', 'j = [1]', 'k = """x"""', 'l = [,]', 'm = ["x" "y"]', 'n = ["x",,]', "o =", "= 1", "[]", "[t.]", "[.t]")


def agrees(text: str) -> bool:
    """Whether the fast reader read it; what it reads is what `tomllib` reads."""
    read = read_plain_toml(text)
    if read is None:
        return False
    assert read == tomllib.loads(text)
    assert repr(read) == repr(tomllib.loads(text))  # 1 is not True, and the order is the same
    return True


@pytest.mark.parametrize("text", ("", "language = 1\n", '[a]\nb = ["x"]\n[c.d]\ne = "y" # z\n'))
def test_usual_files_are_read(text: str) -> None:
    assert agrees(text)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*/meshwright.toml")), ids=lambda path: path.parent.name)
def test_examples_are_read(path: Path) -> None:
    assert agrees(path.read_text("utf-8"))


@pytest.mark.parametrize("text", ('a = 1\na = 2', "[a]\n[a]", "a = 1\n[a]", "a = 1\n[a.b]", "[a.b]\n[a]", 'a = "\\"', "a = 01", "a", "[a", "a = [1]", "a.b = 1"))
def test_the_rest_is_left(text: str) -> None:
    assert read_plain_toml(text) is None


@settings(max_examples=1500, deadline=None)
@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.lists(st.sampled_from(LINES), max_size=8).map("\n".join)))
def test_agrees_with_tomllib(text: str) -> None:
    agrees(text)
