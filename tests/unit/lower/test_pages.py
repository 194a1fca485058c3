"""Every page of MW06: the first example says exactly its code, the second one nothing."""

import re
import tomllib
from pathlib import Path

import pytest
from tests.support.sources import run

from meshwright.diagnostics.codes.lower import CODES
from meshwright.lower import lower

ROOT = Path(__file__).resolve().parents[3]
PAGES = tuple(sorted((ROOT / "docs" / "diagnostics").glob("MW06*.md")))
BLOCK = re.compile(r"^```(mesh|yaml|toml)(?: \S+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def said(page: Path, title: str) -> list[tuple[str, str]]:
    blocks = dict(BLOCK.findall(page.read_text(encoding="utf-8").split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]))
    labels = tomllib.loads(blocks.get("toml", "")).get("output", {}).get("labels", "external")
    checked = run(blocks["mesh"], blocks["yaml"], labels=labels)
    assert checked.program is not None, [(one.code, one.message) for one in checked.diagnostics]
    return [(one.code, one.message) for one in (*checked.diagnostics, *lower(checked.program, labels).diagnostics)]


@every_page
def test_the_failing_example_says_exactly_the_code(page: Path) -> None:
    found = said(page, "Fails")
    assert {code for code, _ in found} == {page.name[:6]}, found


@every_page
def test_the_fixed_example_is_clean(page: Path) -> None:
    assert said(page, "Fixed") == []


def test_codes_and_pages_and_what_the_room_says_agree() -> None:
    codes = {f"{code.code}-{code.slug}" for code in CODES}
    assert codes == {page.stem for page in PAGES}
    room = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "compiler" / "meshwright" / "lower").glob("*.py"))
    assert {code.code for code in CODES} == set(re.findall(r'"(MW06\d\d)"', room))
