"""The command line: reads arguments, files and the clock, calls the pipeline, and writes what came out."""

import os
import sys

TYPE_CHECKING = False  # a plain name: `--version` does not pay for `typing`
if TYPE_CHECKING:
    from meshwright.cli.arguments import Arguments

CANNOT_LOOK = 2  # the other codes stand in exits.py, which needs diagnostics; here it has to go on without


def main(argv: list[str]) -> int:
    """Run one command and return its exit code; never raises, except when Python itself is torn down."""
    import gc

    # One run, then the process ends: collecting costs a third of a compile and frees nothing that matters.
    gc.disable()
    # Closed by whoever started us (`>&-`): nobody reads it, and that is no bug of ours.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    try:
        if argv == ["--version"]:
            return _version()
        from meshwright.cli.signals import install

        install()
        from meshwright.cli.arguments import parse_arguments

        code = _dispatch(parse_arguments(argv))
        sys.stdout.flush()
        return code
    except BaseException as problem:  # noqa: BLE001 - raised again when it is none of ours
        return _ended(problem)


def _ended(problem: BaseException) -> int:
    from meshwright.cli.signals import Interrupted

    if isinstance(problem, Interrupted):
        _quietly("meshwright: interrupted\n")
        return 128 + problem.number
    if isinstance(problem, BrokenPipeError):
        # Whoever read our output has seen enough.  Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return CANNOT_LOOK
    if isinstance(problem, SystemExit):  # argparse: 0 after --help and --version, 2 after a usage error
        return problem.code if isinstance(problem.code, int) else CANNOT_LOOK
    if isinstance(problem, Exception):  # the one place where a bug becomes a message
        return _bug(problem)
    raise problem


def _dispatch(arguments: "Arguments") -> int:
    match arguments.command:
        case "init":
            from meshwright.cli.commands.init import run
        case "fmt":
            from meshwright.cli.commands.fmt import run
        case "check":
            from meshwright.cli.commands.check import run
        case "compile":
            from meshwright.cli.commands.compile import run
        case "guard":
            from meshwright.cli.commands.guard import run
        case "prove":
            from meshwright.cli.commands.prove import run
        case "test":
            from meshwright.cli.commands.test import run
        case "diff":
            from meshwright.cli.commands.diff import run
        case "decide":
            from meshwright.cli.commands.decide import run
        case "help":
            from meshwright.cli.commands.help import run
        case "doctor":
            from meshwright.cli.commands.doctor import run
        case "hook":
            from meshwright.cli.commands.hook import run
        case "explain":
            from meshwright.cli.commands.explain import run
        case _:
            from meshwright.cli.commands.publish import run
    return run(arguments)


def _bug(problem: Exception) -> int:
    if os.environ.get("MESHWRIGHT_DEBUG"):
        import traceback

        traceback.print_exception(problem)
    frame = problem.__traceback__
    where = ""
    while frame is not None:
        name = frame.tb_frame.f_globals.get("__name__", "")
        if isinstance(name, str) and name.startswith("meshwright"):
            where = f"{name}:{frame.tb_lineno}"
        frame = frame.tb_next
    _quietly(f"meshwright: this is a bug in Meshwright: {type(problem).__name__} at {where or 'an unknown place'}\n"
             "  nothing was decided about your sources; please report it, with what MESHWRIGHT_DEBUG=1 prints\n")
    return CANNOT_LOOK


def _version() -> int:
    """Without argparse, which is half of the time that this takes."""
    from meshwright import __version__

    sys.stdout.write(f"meshwright {__version__}\n")
    sys.stdout.flush()
    return 0


def _quietly(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        pass
