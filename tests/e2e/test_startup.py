"""A check starts fast: what it does not need stays unloaded.  `python -m benchmarks.bench --small` has the figures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("compiler", "grammar", "policies"))}
PROGRAM = """
import sys
before = set(sys.modules)
from meshwright.cli import main
code = main(sys.argv[1:])
print("LOADED", *sorted(set(sys.modules) - before))
raise SystemExit(code)
"""
LIBRARIES = {"lark", "pydantic", "yaml", "ruamel", "git", "requests", "rich", "regorus", "opa_client"}
SLOW = {"argparse", "asyncio", "dataclasses", "datetime", "decimal", "gettext", "hashlib", "_hashlib", "inspect", "ipaddress", "locale", "logging", "pathlib",
        "random", "shutil", "socket", "ssl", "string", "subprocess", "tempfile", "tomllib", "traceback", "unicodedata", "urllib", "zipfile"}
# The rooms' second looks: at what is broken, at what is not plain, at what was asked for by name.
OURS = {"meshwright.cli.options", "meshwright.guard.opa", "meshwright.guard.refusals", "meshwright.guard.gate", "meshwright.guard.schema",
        "meshwright.inventory.events", "meshwright.parse.characters", "meshwright.parse.explain", "meshwright.parse.recover",
        "meshwright.publish", "meshwright.report", "meshwright.unparse"}


def loaded(*arguments: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, env=ENVIRONMENT, timeout=120, check=True)
    return set(done.stdout.rpartition("LOADED ")[2].split())


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    shop = tmp_path_factory.mktemp("shop") / "shop"
    shutil.copytree(ROOT / "examples/shop", shop)
    return loaded("check", "-C", str(shop))


def test_every_room_of_a_check_ran(check: set[str]) -> None:
    rooms = ("parse", "inventory", "resolve", "check", "guard", "lower", "render", "istio", "prove")
    assert {f"meshwright.{room}" for room in rooms} <= check


@pytest.mark.parametrize("names", (LIBRARIES, SLOW, OURS), ids=("libraries", "slow", "ours"))
def test_a_check_leaves_the_rest_alone(check: set[str], names: set[str]) -> None:
    assert check & names == set()


def test_a_version_is_said_without_anything() -> None:
    assert loaded("--version") <= {"gc", "meshwright", "meshwright.cli"}


def test_codes_are_looked_up_one_room_at_a_time(check: set[str]) -> None:
    """The example has a warning of one guardrail."""
    assert {name for name in check if name.startswith("meshwright.diagnostics.codes.")} == {"meshwright.diagnostics.codes.guard"}
