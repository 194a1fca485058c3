"""The reader of usual command lines says what argparse says, and leaves everything else to it."""

import itertools

import pytest

from meshwright.cli.arguments import COMMANDS, parse_arguments
from meshwright.cli.options import EXAMPLES, parse_all

OPTIONS = (["-C", "shop"], ["--env", "staging"], ["--format", "json"], ["--format", "text"], ["--fail-on", "warning"], ["-C", ""], ["--env", "a b"])


def test_every_command_is_known() -> None:
    assert tuple(name for name, *_ in EXAMPLES if name not in ("explain", "decide", "help", "hook")) == COMMANDS  # their words are read by argparse alone


@pytest.mark.parametrize("command", COMMANDS)
def test_usual_lines_mean_what_argparse_makes_of_them(command: str) -> None:
    for count in range(3):
        for chosen in itertools.permutations(OPTIONS, count):
            line = [command, *itertools.chain(*chosen)]
            assert parse_arguments(line) == parse_all(line)


@pytest.mark.parametrize("line", (
    ["check", "a.mesh"], ["check", "-C", "x", "a.mesh", "b.mesh"], ["fmt", "--check", "a.mesh"], ["check", "--env=staging"], ["check", "-Cshop"],
    ["compile", "--out", "x"], ["compile", "--check", "-C", "x"], ["prove", "--table"], ["check", "--at", "2026-01-02"], ["check", "--", "a"],
    ["publish", "--allow-dirty", "--env", "x"], ["init", "k8s"],
    ["hook", "fmt", "a.mesh", "b c.mesh"], ["hook", "check"], ["hook", "compile", "--check"], ["hook", "check", "-C", "x", "a.mesh"],
))
def test_other_lines_are_left_to_argparse(line: list[str]) -> None:
    assert parse_arguments(line) == parse_all(line)


@pytest.mark.parametrize("line", (
    [], ["chekc"], ["check", "-C"], ["check", "--env", "--format"], ["check", "--format", "yaml"], ["check", "--fail-on", "info"],
    ["check", "--fromat", "json"], ["check", "-C", "-x"], ["-C", "x"], ["check", "--forma", "json"],
    ["hook"], ["hook", "guard"], ["hook", "fmt", "-x.mesh"], ["hook", "check", "--format", "json"],
))
def test_mistakes_are_left_to_argparse(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse_arguments(line)
    assert left.value.code == 2
    assert "usage: meshwright" in capsys.readouterr().err


def test_the_folder_may_come_first() -> None:
    assert parse_arguments(["-C", "x", "check"]) == parse_all(["check", "-C", "x"])
