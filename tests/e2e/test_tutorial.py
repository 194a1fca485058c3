"""docs/tutorial.md is true: its files are written, its commands typed, and the answers that it shows come, in that order."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<path>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Command(NamedTuple):
    line: str
    answers: list[str]
    code: int


def blocks() -> Iterator[tuple[str, str, str]]:
    for found in BLOCK.finditer((ROOT / "docs/tutorial.md").read_text(encoding="utf-8")):
        yield found["kind"], found["path"] or "", found["text"]


def commands(text: str) -> list[Command]:
    found: list[Command] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(Command(line[2:], [], 0))
        elif line.startswith("(exit code "):
            found[-1] = found[-1]._replace(code=int(line.removeprefix("(exit code ").rstrip(")")))
        else:
            found[-1].answers.append(line.strip())
    return found


def test_the_tutorial_is_true(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "meshwright").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m meshwright "$@"\n')
    (programs / "meshwright").chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_{what}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}}
    typed = written = 0
    for kind, path, text in blocks():
        if path:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
            written += 1
        elif kind == "console":
            for command in commands(text):
                done = subprocess.run(command.line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
                answer = done.stdout + done.stderr
                assert done.returncode == command.code, f"{command.line}\n{answer}"
                at = 0
                for line in command.answers:
                    assert line in answer[at:], f"{command.line}: no `{line}` in\n{answer}"
                    at = answer.index(line, at)
                typed += 1
    assert typed > 20 and written >= 7
