"""Every code of the proof has a page, and both examples on it do what it says."""

import re
from pathlib import Path

import pytest
from tests.unit.cli.test_pages import project, shell

from meshwright.diagnostics.codes.prove import CODES

PAGES = Path(__file__).resolve().parents[3] / "docs" / "diagnostics"
SILENT = ("MW0413",)  # an info: its page asks for it itself
ROOM = Path(__file__).resolve().parents[3] / "compiler" / "meshwright" / "prove"

__all__ = ["project"]  # a fixture


def script(code: str, heading: str) -> str:
    (page,) = PAGES.glob(f"{code}-*.md")
    found = re.search(rf"^## {heading}\n.*?^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    assert found is not None
    return found[1]


def test_codes_pages_and_room_agree() -> None:
    assert {path.stem for path in PAGES.glob("MW04[0-4]*.md")} == {f"{code.code}-{code.slug}" for code in CODES}
    text = "".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
    assert set(re.findall(r'"(MW04\d\d)"', text)) == {code.code for code in CODES}


@pytest.mark.parametrize("code", [code.code for code in CODES])
def test_the_page(code: str, project: Path) -> None:
    failed = shell(project, script(code, "Fails"))
    assert failed.returncode == 1, failed.stderr
    said = set(re.findall(r"^(?:error|warning)\[(MW\d+)\]", failed.stderr, re.M))
    assert said == ({code} if code not in SILENT else set()), failed.stderr
    fixed = shell(project, script(code, "Fixed"))
    assert fixed.returncode == 0, fixed.stderr
