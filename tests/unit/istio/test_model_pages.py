"""Every code of the model has a page, its first example says exactly that code, its second one nothing."""

import re
from pathlib import Path

import pytest
from tests.unit.istio.world import MESH

from meshwright.diagnostics.codes import Code
from meshwright.diagnostics.codes.istio import CODES
from meshwright.inventory import read_inventory
from meshwright.istio import model

PAGES = Path(__file__).resolve().parents[3] / "docs" / "diagnostics"
ROOM = Path(__file__).resolve().parents[3] / "compiler" / "meshwright" / "istio"


def said(code: str, slug: str, title: str, folder: Path) -> list[str]:
    part = (PAGES / f"{code}-{slug}.md").read_text(encoding="utf-8").split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    found = {}
    for name, text in re.findall(r"^```yaml (\S+)\n(.*?)^```$", part, re.M | re.S):
        (folder / name).write_text(text, encoding="utf-8")
        outcome = read_inventory(str(folder), (name,), (), "default")
        assert outcome.value is not None and outcome.diagnostics == ()
        found[name] = outcome.value
    tree = found["tree.yaml"].foreign if "tree.yaml" in found else ()
    return [each.code for each in model(tree, found["k8s.yaml"], MESH).diagnostics]


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_the_page_of_a_code_fails_and_is_fixed(code: Code, tmp_path: Path) -> None:
    assert set(said(code.code, code.slug, "Fails", tmp_path)) == {code.code}
    assert said(code.code, code.slug, "Fixed", tmp_path) == []


def test_every_code_that_the_room_says_is_listed() -> None:
    used = {code for path in ROOM.rglob("*.py") for code in re.findall(r'"(MW\d{4})"', path.read_text(encoding="utf-8"))}
    assert used == {code.code for code in CODES}
