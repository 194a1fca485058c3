"""The check path stays light: reading plain files loads no YAML library and nothing else that is slow to import."""

import subprocess
import sys

PROGRAM = """
import sys
before = set(sys.modules)
from meshwright.inventory import read_inventory
outcome = read_inventory(sys.argv[1], ["."], [], "default")
assert outcome.value.service_accounts and not outcome.diagnostics
print(*sorted(set(sys.modules) - before))
"""
HEAVY = {"yaml", "json", "dataclasses", "inspect", "pathlib", "logging", "asyncio", "pydantic", "lark", "subprocess", "tempfile", "socket"}


def test_plain_files_need_no_library(tmp_path):
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n")
    loaded = subprocess.run([sys.executable, "-S", "-c", PROGRAM, str(tmp_path)], check=True, capture_output=True, text=True).stdout.split()
    assert HEAVY.isdisjoint(loaded)
    assert "meshwright.inventory.plain" in loaded
