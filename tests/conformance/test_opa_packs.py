"""Shipped packs on real OPA, where `opa` is on the PATH: its own tools, and the same findings as the embedded engine."""

import json
import os
import shutil
import subprocess

from tests.unit.guard import sample

from meshwright.guard import guard
from meshwright.guard.answer import Answer
from meshwright.guard.documents import documents, places
from meshwright.guard.findings import judge
from meshwright.guard.packs import SCHEMA, SHIPPED, read_packs, shipped_packs
from meshwright.ir.project import Guard

OPA = shutil.which("opa")

if OPA:

    def opa(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([OPA, *arguments], capture_output=True, text=True, timeout=120)

    def test_check_test_and_format():
        for name in shipped_packs():
            folder = os.path.join(SHIPPED, name)
            for arguments in (("check", "--strict", "--v1-compatible", "-s", SCHEMA, folder), ("test", folder), ("fmt", "--fail", "--list", folder)):
                done = opa(*arguments)
                assert done.returncode == 0, (arguments, done.stdout, done.stderr)

    def test_same_findings_as_the_embedded_engine(tmp_path):
        packs, _ = read_packs(shipped_packs(), "/nowhere")
        for seed, size in ((1, 10), (2, 40), (3, 200)):
            program = sample.generated(seed, size)
            (tmp_path / "input.json").write_text(documents(program, sample.TEXTS))
            for pack in packs:
                query = "[" + ", ".join(f"data.{entry.package}.{entry.rule}" for entry in pack.sealed) + "]"
                done = opa("eval", "--strict-builtin-errors", "-f", "json", "-d", os.path.join(SHIPPED, pack.name), "-i", str(tmp_path / "input.json"), query)
                values = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
                there = judge("embedded", (pack,), Answer("0.13.0", pack.sealed, tuple(json.dumps(value) for value in values)), places(program))
                here = guard(program, sample.TEXTS, Guard((pack.name,), "embedded", "", 60.0), "/nowhere")
                assert here == there and len(here.diagnostics) > size / 2
