"""Runs the cases of the *.md files beside this one.

A case is a heading, a ```mesh block, and what is said about it in a ```text block (none: nothing may be said).
"""

import re
from pathlib import Path

import pytest

from meshwright.parse import parse
from meshwright.source import LineIndex, Source
from meshwright.unparse import unparse

CASE = re.compile(r"^### (.+?)\n+```mesh\n(.*?)```\n(?:\n*```text\n(.*?)```\n)?", re.DOTALL | re.MULTILINE)
FILES = sorted(Path(__file__).parent.glob("*.md"))
CASES = [(f"{path.stem}: {title}", text, said or "") for path in FILES for title, text, said in CASE.findall(path.read_text("utf-8"))]


def said_about(text: str) -> str:
    """Every diagnostic in a form that is pleasant to write down."""
    index = LineIndex(text)
    lines = []
    for found in parse(Source("case.mesh", text)).diagnostics:
        assert found.span is not None
        line, column = index.position(found.span.start)
        lines.append(f"{found.code} {line}:{column} {found.message}")
        lines.append(f"  {found.label}")
        lines.extend(f"  help: {advice}" for advice in found.help)
    return "".join(line + "\n" for line in lines)


@pytest.mark.parametrize(("text", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_case(text: str, said: str) -> None:
    assert said_about(text) == said
    if not said:
        module = parse(Source("case.mesh", text)).value
        assert module is not None
        formatted = unparse(module)
        again = parse(Source("case.mesh", formatted)).value
        assert again is not None and unparse(again) == formatted


def test_every_case_was_found() -> None:
    assert len(CASES) == sum(path.read_text("utf-8").count("\n### ") for path in FILES) > 60
