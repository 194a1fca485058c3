"""`--format` on the example: several at once, paths of the repository, `help`, and the table of exit codes."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.test_commands import DAY, git, run

CODES = (ROOT / "docs/formats.md").read_text(encoding="utf-8").partition("## Exit codes")[2]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A project below the top of its repository, with one mistake and one warning."""
    folder = tmp_path / "services" / "shop"
    shutil.copytree(ROOT / "examples/shop", folder, ignore=shutil.ignore_patterns("deploy"))
    git(tmp_path, "init", "-q", "-b", "main")
    with (folder / "mesh/shop/shop.mesh").open("a") as file:
        file.write('allow web -> ordres { GET "/x" }\n')
    return folder


def test_several_formats_at_once(repository: Path) -> None:
    done = run(repository, "check", "--format", "github", "--format", "sarif=out.sarif", "--format", "gitlab=quality.json", "--format", "junit=report.xml",
               "--format", "markdown=summary.md", "--format", "rdjson=rd.json", *DAY)
    assert done.returncode == 1
    (annotation,) = done.stdout.splitlines()
    assert annotation.startswith("::error file=services/shop/mesh/shop/shop.mesh,title=MW0201,line=26,endLine=26,col=14,endColumn=20::there is no ")
    assert annotation.endswith("%0Ahelp: did you mean `orders`?")
    assert "error[MW0201]" in done.stderr
    (result, *_) = json.loads((repository / "out.sarif").read_text())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "services/shop/mesh/shop/shop.mesh"
    (issue, *_) = json.loads((repository / "quality.json").read_text())
    assert issue["fingerprint"] == result["partialFingerprints"]["primaryLocationLineHash"]
    assert 'failures="1"' in (repository / "report.xml").read_text()
    assert "| error MW0201 | `services/shop/mesh/shop/shop.mesh:26` |" in (repository / "summary.md").read_text()
    assert json.loads((repository / "rd.json").read_text())["diagnostics"][0]["code"]["value"] == "MW0201"


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "junit", "rdjson", "markdown"])
def test_each_format_goes_to_standard_output_and_words_do_not(repository: Path, name: str) -> None:
    done = run(repository, "check", "--format", name, *DAY)
    assert done.returncode == 1 and "MW0201" in done.stdout and "error[MW0201]" not in done.stdout


def test_what_cannot_be_written_or_is_meant_twice(repository: Path) -> None:
    assert run(repository, "check", "--format", "sarif=no/such/folder/x.sarif", *DAY).returncode == 2
    for wrong in (("github", "json"), ("yaml",), ("sarif=",), ("json=x.json",)):
        words = [word for name in wrong for word in ("--format", name)]
        done = run(repository, "check", *words)
        assert (done.returncode, done.stdout) == (2, ""), wrong


def test_help_prints_pages_and_lists_codes(tmp_path: Path) -> None:
    page = (ROOT / "docs/diagnostics/MW0201-unknown-name.md").read_text(encoding="utf-8")
    for word in ("MW0201", "mw0201", "unknown-name"):
        assert run(tmp_path, "help", word).stdout == page
    every = run(tmp_path, "help").stdout.splitlines()
    assert len(every) == len(list((ROOT / "docs/diagnostics").iterdir())) and every == sorted(every)
    wrong = run(tmp_path, "help", "unknown-nam")
    assert wrong.returncode == 2 and "did you mean `unknown-name`?" in wrong.stderr


def test_exit_codes_are_those_of_the_table(repository: Path, tmp_path: Path) -> None:
    rows = {int(code) for codes in re.findall(r"^\| ([\d, ]+) \|", CODES, re.M) for code in codes.split(",")}
    assert rows == {0, 1, 2, 3, 130, 143}
    assert run(repository, "check", *DAY).returncode == 1
    text = (repository / "mesh/shop/shop.mesh").read_text()
    (repository / "mesh/shop/shop.mesh").write_text(text.replace("allow web -> ordres", "allow web -> orders"))
    assert run(repository, "check", *DAY).returncode == 0
    assert run(repository, "check", "--fail-on", "warning", *DAY).returncode == 1
    assert run(repository, "explain", "web", "postgres", *DAY).returncode == 0
    for words in (("check", "--no-such-option"), ("chekc",), ("-C", str(tmp_path), "check"), ("check", "--env", "none"), ("explain", "nobody", "orders")):
        assert run(repository, *words).returncode == 2, words
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "The shop")
    assert run(repository, "publish", *DAY).returncode == 3  # nothing is at ../gitops.git
