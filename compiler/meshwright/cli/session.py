"""What most commands begin with: the project, its sources, and a run of the pipeline for every environment."""

import os
import sys
from typing import TYPE_CHECKING

from meshwright.cli.arguments import Arguments
from meshwright.cli.files import load_project, read_sources
from meshwright.diagnostics import Diagnostic
from meshwright.ir.project import PROJECT_FILE, Project
from meshwright.record import NamedTuple
from meshwright.source import Source

if TYPE_CHECKING:
    from meshwright.diagnostics import Outcome
    from meshwright.ir import intent, syntax
    from meshwright.ir.filetree import FileTree
    from meshwright.pipeline import Result


LARGEST_INPUT = 512 << 20  # bytes; the inventory has its own, lower limit, and says so

# What the last environment was compiled from and to.  The end of the process frees it all at once; object by object, as each
# function returns, that takes 3 % of a compile.
_KEPT: list[object] = []


class Session(NamedTuple):
    """Everything that was read, and what the pipeline made of it; ``results`` () = it never ran."""

    projects: tuple[Project, ...]
    sources: tuple[Source, ...]  # of all environments, and the project file: texts for messages
    inputs: tuple[tuple[Source, ...], ...]  # per project
    diagnostics: tuple[Diagnostic, ...]
    results: "tuple[Result, ...]" = ()

    @property
    def environments(self) -> tuple[str, ...]:
        return tuple(project.environment for project in self.projects)

    @property
    def root(self) -> str:
        return self.projects[0].root if self.projects else ""

    @property
    def failed(self) -> bool:
        return any(found.severity == "error" for found in self.diagnostics)


def open_session(arguments: Arguments) -> Session:
    """Read the project file and the sources of every chosen environment."""
    loaded = load_project(arguments.directory, arguments.environment)
    texts: tuple[Source, ...] = () if loaded.value is None else (Source(PROJECT_FILE, loaded.value.text),)
    if loaded.value is None or loaded.failed:
        return Session((), texts, (), loaded.diagnostics)
    projects = loaded.value.projects
    inputs: list[tuple[Source, ...]] = []
    found = list(loaded.diagnostics)
    known: dict[str, Source] = {}
    for project in projects:
        outcome = read_sources(project, arguments.files, arguments.directory)
        found.extend(each._replace(environment=project.environment) for each in outcome.diagnostics)
        # Equal files of two environments are one object: parsed once, shown once.
        inputs.append(tuple(known.setdefault(source.path, source) for source in outcome.value or ()))
    return Session(projects, texts + tuple(known.values()), tuple(inputs), tuple(found))


def compile_all(arguments: Arguments, until: str, given: "FileTree | None" = None) -> Session:
    """`open_session`, then the pipeline for every environment, independent of each other."""
    session = open_session(arguments)
    if session.failed or not session.projects:
        return session
    from meshwright.cli.console import progress
    from meshwright.pipeline import compile_project

    show = progress()
    parsed: dict[Source, Outcome[syntax.Module]] = {}
    now = today(arguments)
    stdin = standard_input(session.projects)
    base, refused = _base(arguments, session.root)
    if refused:
        return session._replace(diagnostics=session.diagnostics + refused)
    results = tuple(compile_project(project, sources, now, until, given, show, parsed, stdin, _KEPT, base)
                    for project, sources in zip(session.projects, session.inputs, strict=True))
    show("")
    _KEPT.extend((parsed, results))
    found = session.diagnostics + tuple(each for result in results for each in result.diagnostics)
    return session._replace(diagnostics=found, results=results)


def _base(arguments: Arguments, root: str) -> "tuple[dict[str, intent.Program] | None, tuple[Diagnostic, ...]]":
    """Environment -> the program of ``--base``; None without it."""
    if not arguments.base:
        return None, ()
    from meshwright.cli.base import read_base

    outcome = read_base(arguments, root, arguments.base)
    return (None, outcome.diagnostics) if outcome.value is None else (outcome.value.programs, ())


def standard_input(projects: tuple[Project, ...]) -> bytes | None:
    """Standard input, read once for all environments; None: nobody names it, or there is none."""
    if not any("-" in (*project.inventory, *project.foreign) for project in projects) or not sys.stdin:
        return None
    return sys.stdin.buffer.read(LARGEST_INPUT + 1)


def today(arguments: Arguments) -> str:
    """``--at``, else the day by the clock, which is read here only.  UTC: a compile means the same in every office."""
    if arguments.at:
        return arguments.at
    from time import gmtime, strftime

    return strftime("%Y-%m-%d", gmtime())


def shown(path: str) -> str:
    """A path as people know it: relative to the working directory if it lies below it."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
