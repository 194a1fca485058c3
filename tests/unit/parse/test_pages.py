"""The codes of this room, their pages, and the code that says them."""

import re
from pathlib import Path

import pytest
from tests.support.sources import MESH_FILE, run

from meshwright.diagnostics.codes.parse import CODES
from meshwright.parse import parse
from meshwright.source import Source

ROOT = Path(__file__).parents[3]
OBJECTS = re.compile(r"^```yaml k8s.yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```mesh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_codes_are_those_the_room_says() -> None:
    said = set()
    for path in sorted((ROOT / "compiler/meshwright/parse").glob("*.py")):
        said |= set(re.findall(r'error\("(MW\d{4})"', path.read_text("utf-8")))
    assert sorted(said) == [code.code for code in CODES]
    assert len({code.slug for code in CODES}) == len(CODES)


@pytest.mark.parametrize("code", CODES, ids=[code.code for code in CODES])
def test_page(code: object) -> None:
    number, slug, _ = code  # type: ignore[misc]
    page = (ROOT / f"docs/diagnostics/{number}-{slug}.md").read_text("utf-8")
    assert page.startswith(f"# {number} {slug}\n")
    fails, fixed = page.split("## Fixed")
    bad = BLOCK.findall(fails) or ["#" * ((1 << 20) + 1)]  # the page on size cannot show a file of that size
    assert {found.code for found in parse(Source("a.mesh", bad[0])).diagnostics} == {number}
    assert len(parse(Source("a.mesh", bad[0])).diagnostics) == 1
    [good] = BLOCK.findall(fixed)
    [objects] = OBJECTS.findall(fixed)
    assert run({MESH_FILE: good}, objects).diagnostics == ()
