"""Every example in the documents about the language parses, is laid out canonically, and between them they use every statement."""

import re
from pathlib import Path

import pytest

from meshwright.parse import parse
from meshwright.parse.plan import row_of
from meshwright.source import Source
from meshwright.unparse import unparse
from meshwright_grammar import tables

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("docs/language.md", "grammar/README.md")
EXAMPLES = [(name, text) for name in DOCUMENTS for text in re.findall(r"^```mesh\n(.*?)^```$", (ROOT / name).read_text("utf-8"), re.DOTALL | re.MULTILINE)]


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_example(name: str, text: str) -> None:
    outcome = parse(Source(name, text))
    assert outcome.diagnostics == () and outcome.value is not None
    assert unparse(outcome.value) == text


def test_the_reference_tells_every_keyword() -> None:
    written = set(re.findall(r"[a-z][a-z-]*", (ROOT / DOCUMENTS[0]).read_text("utf-8")))
    assert {word for word in tables.LITERALS if word[0].isalpha()} - written == set()


def test_the_reference_shows_every_statement() -> None:
    shown = {line.split()[0] for name, text in EXAMPLES if name == DOCUMENTS[0] for line in text.splitlines() if line.strip()}
    assert {word for word in row_of(0) if word[0].islower()} <= shown
