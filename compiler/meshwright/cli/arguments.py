"""What can be typed, as data.  Usual command lines are read here; argparse, which takes longer to load than they to run, reads the rest."""

from typing import TYPE_CHECKING, Literal, cast

from meshwright.record import NamedTuple

if TYPE_CHECKING:
    from meshwright.ir.explanation import Question

Hook = Literal["fmt", "lint", "check", "compile"]
Command = Literal[
    "init", "fmt", "check", "compile", "guard", "prove", "explain", "decide", "diff", "test", "publish", "help", "hook", "doctor",
]
Format = Literal["text", "json", "markdown", "junit", "sarif", "github", "gitlab", "rdjson"]
Gate = Literal["new-access", "public"]
Severity = Literal["error", "warning"]


class Arguments(NamedTuple):
    """One command line; what a command does not know keeps its default."""

    command: Command
    directory: str
    environment: str | None  # None = all
    format: Format
    fail_on: Severity
    at: str  # ISO date; "" = today
    files: tuple[str, ...]  # replace sources.paths; of `init`: where the inventory is
    check: bool = False
    out: str | None = None
    stdout: bool = False
    manifests: str | None = None
    table: bool = False
    allow_dirty: bool = False
    base: str = ""  # a revision: of `diff`, and of guardrails that look at changes; "" = none
    gates: tuple[Gate, ...] = ()  # changes of the access that fail
    reports: tuple[tuple[Format, str], ...] = ()  # further formats of the findings, and the file for each
    hook: Hook | None = None  # of `hook`: which one
    question: "Question | str | None" = None  # of `explain`: in words, or the path of a log, "-" = standard input


HOOKS = ("fmt", "lint", "check", "compile")
# Commands without words of their own in usual lines.
COMMANDS = ("init", "fmt", "check", "compile", "guard", "prove", "diff", "test", "publish", "doctor")
_VALUES = {"-C": "", "--env": "", "--format": ("text", "json"), "--fail-on": ("error", "warning")}  # option -> what it takes, "" = any text


def parse_arguments(argv: list[str]) -> Arguments:
    """The command line as data; leaves through SystemExit for --help and --version (0) and for usage errors (2)."""
    if argv[:1] == ["-C"] and len(argv) > 2:  # as git takes it: before the command
        argv = [argv[2], "-C", argv[1], *argv[3:]]
    usual = _usual(argv)
    if usual is not None:
        return usual
    from meshwright.cli.options import parse_all

    return parse_all(argv)


def _usual(argv: list[str]) -> Arguments | None:
    """A command and options that all commands share, each with its value behind it; None for everything else, mistakes included."""
    if argv[:1] == ["hook"]:
        return _hook(argv[1:])
    if argv[:1] == [] or argv[0] not in COMMANDS or len(argv) % 2 == 0:
        return None
    given: dict[str, str] = {}
    for option, value in zip(argv[1::2], argv[2::2], strict=True):
        allowed = _VALUES.get(option)
        if allowed is None or value.startswith("-") or (allowed and value not in allowed) or (option == "--format" and option in given):
            return None
        given[option] = value
    return Arguments(cast("Command", argv[0]), given.get("-C", "."), given.get("--env"), cast("Format", given.get("--format", "text")),
                     cast("Severity", given.get("--fail-on", "error")), "", ())


def _hook(words: list[str]) -> Arguments | None:
    """As hook runners start it: a kind and files."""
    if not words or words[0] not in HOOKS or any(word.startswith("-") for word in words):
        return None
    return Arguments("hook", ".", None, "text", "error", "", tuple(words[1:]), hook=cast("Hook", words[0]))
