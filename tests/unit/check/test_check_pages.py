"""Every page of MW01, MW02 and MW03: its first example says exactly its code, its second one nothing."""

import re
import tomllib
from pathlib import Path

import pytest
from tests.support.sources import MESH_FILE, Run, namespace, run

PAGES = Path(__file__).resolve().parents[3] / "docs" / "diagnostics"
BLOCK = re.compile(r"^```(?P<kind>mesh|yaml|toml)(?: (?P<path>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ROOMS = ("MW02", "MW03")


def example(page: Path, title: str) -> Run:
    part = page.read_text(encoding="utf-8").split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    mesh, yaml, settings = {}, "", {}
    if "```text\n" in part:  # an example that no page can hold
        names = [f"s{number}" for number in range(1001)]
        services = "".join(f"service {name} {{ port tcp 80; service-account {name}; label app = {name} }}\n" for name in names)
        mesh[MESH_FILE] = f"in shop\nnamespace shop {{ enforce yes }}\n{services}allow {', '.join(names)} -> {', '.join(names)}\n"
        yaml = namespace()
    for block in BLOCK.finditer(part):
        if block["kind"] == "mesh":
            mesh[block["path"] or MESH_FILE] = block["text"]
        elif block["kind"] == "yaml":
            yaml += block["text"]
        else:
            settings = tomllib.loads(block["text"])
    tables = {name: tuple((key, tuple(value)) for key, value in settings.get(name, {}).items()) for name in ("homes", "tiers")}
    return run(mesh, yaml, **tables, labels=settings.get("output", {}).get("labels", "external"))


def pages() -> list[Path]:
    return sorted(each for each in PAGES.glob("*.md") if each.name.startswith(ROOMS))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_the_failing_example_says_exactly_the_code(page: Path) -> None:
    result = example(page, "Fails")
    assert set(result.codes) == {page.name[:6]}, [(each.code, each.message) for each in result.diagnostics]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_the_fixed_example_is_clean(page: Path) -> None:
    assert [(each.code, each.message) for each in example(page, "Fixed").diagnostics] == []


@pytest.mark.parametrize("room", ["resolve", "check"])
def test_every_code_of_the_room_has_its_page_and_no_page_is_left_over(room: str) -> None:
    from importlib import import_module

    codes = import_module(f"meshwright.diagnostics.codes.{room}").CODES
    prefix = codes[0].code[:4]
    assert {f"{code.code}-{code.slug}" for code in codes} == {page.stem for page in pages() if page.name.startswith(prefix)}


@pytest.mark.parametrize("room", ["resolve", "check"])
def test_every_code_that_the_room_says_is_in_its_list(room: str) -> None:
    from importlib import import_module

    package = Path(import_module(f"meshwright.{room}").__file__ or "").parent
    said = {code for path in package.rglob("*.py") for code in re.findall(r'"(MW\d{4})"', path.read_text(encoding="utf-8"))}
    assert said == {code.code for code in import_module(f"meshwright.diagnostics.codes.{room}").CODES}
