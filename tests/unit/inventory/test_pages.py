"""The pages of this room's codes: what they show as wrong gives exactly that code, what they show as fixed is clean."""

import re
from pathlib import Path

import pytest

from meshwright.diagnostics import Diagnostic
from meshwright.diagnostics.codes.inventory import CODES
from meshwright.inventory import read_inventory, read_tree
from meshwright.ir.filetree import File, FileTree

PAGES = Path(__file__).resolve().parents[3] / "docs" / "diagnostics"
BLOCK = re.compile(r"^```yaml (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TREES = ("MW0814", "MW0815", "MW0817")
NO_YAML = ("MW0801", "MW0802", "MW0803", "MW0804")  # shown by the project file or a command; their tests are in test_inventory.py


def judged(code: str, text: str, folder: Path) -> list[Diagnostic]:
    blocks = BLOCK.findall(text)
    assert blocks
    if code in TREES:
        return list(read_tree(FileTree(tuple(sorted(File(path, content.encode(), "") for path, content in blocks)))).diagnostics)
    for path, content in blocks:
        (folder / path).write_text(content)
    return list(read_inventory(str(folder), ["."], [], "default").diagnostics)


@pytest.mark.parametrize("code", [one for one in CODES if one.code not in NO_YAML], ids=lambda one: one.code)
def test_the_page_shows_it(code, tmp_path):
    page = (PAGES / f"{code.code}-{code.slug}.md").read_text()
    assert page.startswith(f"# {code.code} {code.slug}\n")
    fails, rest = page.partition("## Fails")[2].split("## Why it matters")
    for name in ("fails", "fixed"):
        (tmp_path / name).mkdir()
    assert [found.code for found in judged(code.code, fails, tmp_path / "fails")] == [code.code]
    assert judged(code.code, rest.partition("## Fixed")[2], tmp_path / "fixed") == []


def test_every_code_has_a_page():
    from meshwright.diagnostics.codes import render

    for code in (*CODES, *render.CODES):
        assert (PAGES / f"{code.code}-{code.slug}.md").is_file(), code
