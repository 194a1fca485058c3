"""The catalogue over all rooms: code, page and place where it is said belong together, in both directions."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from meshwright.cli.pages import page
from meshwright.diagnostics import codes
from meshwright.diagnostics.codes import Code

ROOT = Path(__file__).resolve().parents[3]
PAGES = ROOT / "docs/diagnostics"
CATALOGUE = ROOT / "compiler/meshwright/diagnostics/codes"
CODES: tuple[Code, ...] = tuple(code for module in iter_modules(codes.__path__) for code in import_module(f"meshwright.diagnostics.codes.{module.name}").CODES)
SAID = {code for path in sorted((ROOT / "compiler/meshwright").rglob("*.py")) if CATALOGUE not in path.parents
        for code in re.findall(r'"(MW\d{4})"', path.read_text(encoding="utf-8"))}


def test_codes_and_slugs_are_given_once() -> None:
    assert len(CODES) > 100
    assert len({code.code for code in CODES}) == len(CODES)
    assert all(re.fullmatch(r"MW0[1-9]\d\d", code.code) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.slug) and code.summary for code in CODES)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(f"{code.code}-{code.slug}.md" for code in CODES) == sorted(path.name for path in PAGES.iterdir())


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_a_page_has_its_title_and_its_parts(code: Code) -> None:
    text = (PAGES / f"{code.code}-{code.slug}.md").read_text(encoding="utf-8")
    title, _, rest = text.partition("\n\n")
    assert title == f"# {code.code} {code.slug}"
    assert not rest.startswith(("#", "```"))  # what it means comes first
    assert re.findall(r"^## (Fails|Why it matters|Fixed)", CODE.sub("", text), re.MULTILINE) == ["Fails", "Why it matters", "Fixed"]
    assert "\n```" in text.partition("\n## Fails\n")[2].partition("\n## ")[0]
    assert text.partition("\n## Fixed\n")[2].strip()
    assert text.endswith("\n") and not text.endswith("\n\n")


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_a_message_names_its_page(code: Code) -> None:
    assert page(code.code) == f"docs/diagnostics/{code.code}-{code.slug}.md"


def test_every_code_is_said_somewhere_and_what_is_said_is_in_the_catalogue() -> None:
    assert sorted(SAID) == sorted(code.code for code in CODES)


CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
