"""requirements-dev.lock pins what `make` installs: names and exact versions, nothing else, and everything that pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([0-9][0-9A-Za-z.+!-]*)")


def test_the_lock_has_names_and_versions_of_everything_that_is_asked_for() -> None:
    lines = [line for line in (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    pins = [LINE.fullmatch(line) for line in lines]
    assert all(pins), lines
    names = [re.sub(r"[-_.]+", "-", pin[1]).lower() for pin in pins if pin is not None]
    assert len(set(names)) == len(names)
    assert lines == sorted(lines, key=lambda line: line.split("=")[0].lower())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(each for group in project["optional-dependencies"].values() for each in group)]
    wanted = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", each, maxsplit=1)[0]).lower() for each in asked} - {"meshwright"}
    assert wanted <= set(names), wanted - set(names)
    assert "requirements-dev.lock" in (ROOT / "Makefile").read_text(encoding="utf-8")
