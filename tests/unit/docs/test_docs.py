"""Pages are found, their links lead somewhere, and the project file's page is the project file's table of keys."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from meshwright.cli.project import KEYS, read_project

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(path for path in ROOT.rglob("*.md") if not {".venv", "build", "node_modules", ".git"} & set(path.relative_to(ROOT).parts))
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
CODE = re.compile(r"```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in link and not link.startswith("mailto:"):
            assert (page.parent / link).exists(), link


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / link).resolve() for link in LINK.findall(index)}
    for path in sorted((ROOT / "docs").iterdir()):
        if path.name != "index.md":
            assert path in linked or any(path in each.parents for each in linked), path.name
    assert "docs/index.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_page_of_the_project_file_has_every_key_with_its_default() -> None:
    text = (ROOT / "docs/project-file.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z.]+)` \| `([^`]*)` \|", text, re.MULTILINE))
    wanted = {".".join(part for part in (key.table, key.name) if part): json.dumps(list(key.default) if isinstance(key.default, tuple) else key.default)
              for key in KEYS}
    assert rows == wanted


def test_the_examples_of_that_page_are_read_as_written() -> None:
    text = (ROOT / "docs/project-file.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    whole = "\n".join(blocks)
    assert tomllib.loads(whole)
    outcome = read_project("/p", whole)
    assert outcome.diagnostics == () and outcome.value is not None
    assert [(project.environment, project.output) for project in outcome.value] == [("production", "deploy/production"), ("staging", "deploy/staging")]


def test_the_places_that_contributing_names_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    places = [place for row in rows for place in re.findall(r"`([a-z_./]+/[a-z_./]*)`|`([a-z_./]+\.(?:py|toml|md|lark))`", row)]
    assert len(places) > 20
    for place in (one or other for one, other in places):
        assert any((ROOT / folder / place).exists() for folder in (".", "compiler/meshwright")), place
