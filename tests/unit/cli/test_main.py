"""The command line as a process: exit codes, streams, start-up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(ROOT / name) for name in ("compiler", "grammar", "policies"))
    return subprocess.run([sys.executable, "-m", "meshwright", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60,
                          env={"PYTHONPATH": path, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment})


def test_version_and_help(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout == "meshwright 0.1.0\n"
    assert "exit codes:" in run("--help", cwd=tmp_path).stdout


@pytest.mark.parametrize("command", ["init", "fmt", "check", "compile", "guard", "prove", "publish"])
def test_every_command_has_help_with_examples(command: str, tmp_path: Path) -> None:
    done = run(command, "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"examples:\n  meshwright {command}" in done.stdout
    assert "-C DIR" in done.stdout and "--env NAME" in done.stdout and "--format" in done.stdout


@pytest.mark.parametrize("arguments", [(), ("chek",), ("check", "--wat"), ("check", "--at", "tomorrow"), ("check", "--at", "2026-02-30"),
                                       ("check", "--format", "xml"), ("check",), ("-C", "/nowhere", "check")])
def test_what_keeps_us_from_looking_is_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_a_misspelt_command_gets_a_proposal(tmp_path: Path) -> None:
    assert "no command 'chekc': did you mean 'check'?" in run("chekc", cwd=tmp_path).stderr


def test_a_wrong_project_file_is_1_and_json_is_alone_on_stdout(tmp_path: Path) -> None:
    (tmp_path / "meshwright.toml").write_text("[sourcs]\n")
    done = run("check", "--format", "json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert (report["schema"], report["command"], report["exit"]) == ("meshwright.report/v1", "check", 1)
    assert [found["code"] for found in report["diagnostics"]] == ["MW0903"]
    text = run("check", cwd=tmp_path)
    assert (text.returncode, text.stdout) == (1, "")
    assert "\x1b" not in text.stderr and "did you mean `sources`?" in text.stderr


def test_a_directory_is_taken_before_and_after_the_command(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/meshwright.toml").write_text("[sourcs]\n")
    assert run("-C", "p", "check", cwd=tmp_path).stderr == run("check", "-C", "p", cwd=tmp_path).stderr != ""


def test_a_bug_says_so_without_a_traceback(tmp_path: Path) -> None:
    """A module that cannot be imported stands for any mistake of ours."""
    (tmp_path / "broken/tomllib").mkdir(parents=True)
    (tmp_path / "broken/tomllib/__init__.py").write_text("raise RuntimeError('secret')\n")
    (tmp_path / "meshwright.toml").write_text("'language' = 1\n")  # not in the subset of the fast reader
    paths = os.pathsep.join([str(tmp_path / "broken"), str(ROOT / "compiler")])
    done = run("check", cwd=tmp_path, PYTHONPATH=paths)
    assert done.returncode == 2
    assert "this is a bug in Meshwright: RuntimeError" in done.stderr
    assert "Traceback" not in done.stderr and "secret" not in done.stderr
    assert "Traceback" in run("check", cwd=tmp_path, PYTHONPATH=paths, MESHWRIGHT_DEBUG="1").stderr


@pytest.mark.parametrize(("close", "code"), [(">&-", 1), ("2>&-", 1), (">&- 2>&-", 1), ("<&-", 1)])
def test_closed_streams_are_no_bug(close: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "meshwright.toml").write_text("[sourcs]\n")
    for arguments in ("", "--format json"):
        done = subprocess.run(f"{sys.executable} -m meshwright check {arguments} {close}", shell=True, cwd=tmp_path, capture_output=True, text=True,
                              timeout=60, env={"PYTHONPATH": str(ROOT / "compiler"), "PATH": os.environ["PATH"]})
        assert done.returncode == code
        assert "bug" not in done.stderr


def test_a_reader_that_goes_away_is_no_drama(tmp_path: Path) -> None:
    (tmp_path / "meshwright.toml").write_text("[sourcs]\n")
    command = f"{sys.executable} -m meshwright check --format json | true"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          env={"PYTHONPATH": str(ROOT / "compiler"), "PATH": os.environ["PATH"]})
    assert done.stderr == ""
