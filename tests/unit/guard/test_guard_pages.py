"""The pages of this room's codes: what fails there fails with that code alone, what is fixed is clean."""

import re
import tomllib
from pathlib import Path

import pytest
from tests.unit.guard import sample

from meshwright.diagnostics.codes.guard import CODES
from meshwright.guard import guard
from meshwright.guard.packs import read_pack
from meshwright.guard.testing import run_tests, wrong
from meshwright.ir.project import Guard

PAGES = Path(__file__).parents[3] / "docs/diagnostics"
NOT_BY_REGO = ("MW0501", "MW0502", "MW0503", "MW0580", "MW0581", "MW0596")  # sources, a server or an installation: other tests
BY_TESTS = ("MW0504", "MW0505")
WAIVERS = ("MW0508", "MW0509", "MW0510", "MW0512")  # test_waivers.py


def test_every_code_has_its_page_and_every_code_said_is_listed():
    for code in CODES:
        assert (PAGES / f"{code.code}-{code.slug}.md").read_text("utf-8").startswith(f"# {code.code} {code.slug}\n\n")
    room = Path(__file__).parents[3] / "compiler/meshwright/guard"
    said = {code for file in room.rglob("*.py") for code in re.findall(r'"(MW05\d\d)"', file.read_text("utf-8"))}
    assert said == {code.code for code in CODES}


@pytest.mark.parametrize("code", [code for code in CODES if code.code not in (*NOT_BY_REGO, *BY_TESTS, *WAIVERS, "MW0506", "MW0507")], ids=lambda code: code.code)
def test_a_page_is_true(code, tmp_path):
    text = (PAGES / f"{code.code}-{code.slug}.md").read_text("utf-8")
    fails, fixed = text.split("\n## Fails\n")[1].split("\n## Why it matters\n")[0], text.split("\n## Fixed\n")[1]
    assert {found.code for found in run(fails, tmp_path / "fails")} == {code.code}
    assert run(fixed, tmp_path / "fixed") == ()


@pytest.mark.parametrize("code", [code for code in CODES if code.code in BY_TESTS], ids=lambda code: code.code)
def test_a_page_about_tests_is_true(code, tmp_path):
    text = (PAGES / f"{code.code}-{code.slug}.md").read_text("utf-8")
    for number, section in enumerate((text.split("\n## Fails\n")[1].split("\n## Why it matters\n")[0], text.split("\n## Fixed\n")[1])):
        (tmp_path / f"{number}/guardrails").mkdir(parents=True)
        for name, block in re.findall(r"(?ms)^```rego (\S+)\n(.*?)^```", section):
            (tmp_path / str(number) / name).write_text(block, encoding="utf-8")
        pack = read_pack("guardrails", str(tmp_path / f"{number}/guardrails"))
        report = run_tests(pack).value
        assert code.code in {found.code for found in wrong(pack, report)} if number == 0 else wrong(pack, report) == ()


def run(section: str, root: Path):
    root.mkdir()
    packs, engine, url, timeout, org = ["guardrails"], "embedded", "", 20.0, ()
    for kind, name, block in re.findall(r"(?ms)^```(\w+) (\S+)\n(.*?)^```", section):
        if kind == "toml":
            settings = tomllib.loads(block)["guard"]
            packs, engine, url = settings["packs"], settings.get("engine", engine), settings.get("url", url)
            timeout = float(settings.get("timeout", timeout))
            org = tuple(settings.get("org", ()))
        else:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(block, encoding="utf-8")
    return guard(sample.program(), sample.TEXTS, Guard(tuple(packs), engine, url, timeout, org), str(root)).diagnostics


def test_the_guide_is_true(tmp_path):
    text = (Path(__file__).parents[3] / "policies/README.md").read_text("utf-8")
    found = run(text, tmp_path / "guide")
    assert [one for one in found if one.code != "MW0501"] == []
    report = run_tests(read_pack("guardrails", str(tmp_path / "guide/guardrails"))).value
    assert report is not None and report.passed, report
    nobody = sample.program()
    nobody = nobody._replace(namespaces=tuple(space._replace(owner="") for space in nobody.namespaces))
    (said,) = guard(nobody, sample.TEXTS, Guard(("guardrails",), "embedded", "", 20.0), str(tmp_path / "guide")).diagnostics
    assert said.message == "guardrail `guardrails/owners`: nobody owns the namespace `shop`" and said.span == sample.span("namespace shop")
