"""Reads the project file and the ``.mesh`` sources from disk; the only reader of sources there is.

Nothing outside the project is read: not through "..", not through a symbolic link.  What is too large is refused unread.
"""

import os

from meshwright.cli.project import LARGEST as LARGEST_PROJECT_FILE
from meshwright.cli.project import read_project
from meshwright.diagnostics import Diagnostic, Outcome, did_you_mean, error
from meshwright.ir.project import PROJECT_FILE, Project
from meshwright.record import NamedTuple
from meshwright.source import Source, Span

LARGEST_SOURCE = 4 << 20  # bytes of one file
MOST_SOURCES = 20_000  # files below the folders of one project
SUFFIX = ".mesh"


class Loaded(NamedTuple):
    """The project file and its text."""

    projects: tuple[Project, ...]  # one per chosen environment
    text: str


def load_project(directory: str, environment: str | None) -> Outcome[Loaded]:
    """The project in ``directory``; ``environment`` None = all of them.

    Diagnostics: MW0901 no project file, MW0906 no such environment, MW0907 unreadable, MW0915 too large, and those of `read_project`.
    """
    root = os.path.abspath(directory)
    path = os.path.join(root, PROJECT_FILE)
    if not os.path.isfile(path):
        return Outcome(None, (_no_project(root, directory),))
    read = _read(path, PROJECT_FILE, LARGEST_PROJECT_FILE)
    if isinstance(read, Diagnostic):
        return Outcome(None, (read,))
    outcome = read_project(root, read)
    if outcome.value is None:
        # The text travels with the failure, so that its diagnostics can show lines.
        return Outcome(Loaded((), read), outcome.diagnostics)
    projects = outcome.value
    if environment is not None:
        projects = tuple(project for project in projects if project.environment == environment)
        if not projects:
            known = [project.environment for project in outcome.value]
            near = did_you_mean(environment, known)
            return Outcome(Loaded((), read), (error(
                "MW0906", f"no environment `{environment}` in `{PROJECT_FILE}`",
                help=(f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(f'`{name}`' for name in known)}",)),))
    return Outcome(Loaded(projects, read), outcome.diagnostics)


def read_sources(project: Project, files: tuple[str, ...], base: str) -> Outcome[tuple[Source, ...]]:
    """The ``.mesh`` texts of a project, sorted by path; ``files``, if any, replace `sources.paths` and are relative to ``base``.

    Paths in the result are relative to the project root with "/".  A folder is searched through and through; hidden folders
    are passed over, a link to a folder is an error.  Diagnostics: MW0905 leaves the project,
    MW0907 unreadable or too many, MW0908 nothing found, MW0909 not UTF-8, MW0915 too large.
    """
    found: list[Diagnostic] = []
    paths: list[str] = []
    for wanted in files or project.sources:
        absolute = os.path.join(base, wanted) if files else os.path.join(project.root, wanted)
        paths.extend(_expand(absolute, wanted, found))
    sources: dict[str, Source] = {}
    real_root = os.path.realpath(project.root)
    for path in sorted(set(paths)):
        real = os.path.realpath(path)
        shown = os.path.relpath(path, project.root).replace(os.sep, "/")
        if not _below(real, real_root):
            found.append(error("MW0905", f"`{shown}` leaves the project", help=("sources stay below the folder of the project file",),
                               notes=("a link out of the project would let anybody's text speak for this mesh",)))
            continue
        # One file that is named in two ways is one source.
        inside = os.path.relpath(real, real_root).replace(os.sep, "/")
        if inside in sources:
            continue
        read = _read(real, shown, LARGEST_SOURCE)
        if isinstance(read, Diagnostic):
            found.append(read)
        else:
            sources[inside] = Source(shown if not shown.startswith("..") else inside, read)
    if not sources and not found:
        listed = ", ".join(f"`{path}`" for path in files or project.sources)
        found.append(error("MW0908", f"no `{SUFFIX}` files in {listed}",
                           notes=("without sources there is no intent, and an empty answer would look like a clean one",),
                           help=("run `meshwright init` to start from the inventory, or name other folders in `sources.paths`",)))
    return Outcome(None if found else tuple(sorted(sources.values())), tuple(found))


def _expand(absolute: str, wanted: str, found: list[Diagnostic]) -> list[str]:
    if os.path.isfile(absolute):
        return [absolute]
    if not os.path.isdir(absolute):
        found.append(error("MW0907", f"`{wanted}` does not exist", help=("check the path, or `sources.paths` in the project file",)))
        return []
    paths: list[str] = []

    def unreadable(problem: OSError) -> None:
        found.append(error("MW0907", f"cannot read `{problem.filename}`: {_reason(problem)}"))

    for folder, names, files in os.walk(absolute, onerror=unreadable):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in names:
            if os.path.islink(os.path.join(folder, name)):
                # Passing it over in silence would drop rules.
                shown = os.path.join(wanted, os.path.relpath(os.path.join(folder, name), absolute))
                found.append(error("MW0905", f"`{shown}` is a link to a folder",
                                   notes=("links are not followed, so what is behind this one would be missing from the intent",),
                                   help=("name the folder itself in `sources.paths`, or move it into the project",)))
        paths.extend(os.path.join(folder, name) for name in files if name.endswith(SUFFIX) and not name.startswith("."))
        if len(paths) > MOST_SOURCES:
            found.append(error("MW0907", f"more than {MOST_SOURCES} source files below `{wanted}`",
                               help=("name a smaller folder in `sources.paths`",)))
            return []
    return paths


def _read(path: str, shown: str, largest: int) -> "str | Diagnostic":
    if not shown.isprintable():  # also what is no UTF-8: every message and digest has to name the file
        return error("MW0907", f"the name of `{shown}` has characters that cannot be shown", help=("rename the file",))
    try:
        # A pipe or device would be read for ever, or block.
        if not os.path.isfile(path):
            return error("MW0907", f"`{shown}` is not a regular file")
        with open(path, "rb") as stream:
            content = stream.read(largest + 1)
    except OSError as problem:
        return error("MW0907", f"cannot read `{shown}`: {_reason(problem)}")
    if len(content) > largest:
        return error("MW0915", f"`{shown}` is too large: more than {largest >> 20} MiB", help=("split the file",),
                     notes=("a bound keeps a broken or hostile file from taking the machine with it",))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        return error("MW0909", f"`{shown}` is not UTF-8: byte 0x{content[problem.start]:02x} in line {line}", Span(shown, 0, 0),
                     help=("save the file as UTF-8",), notes=("the same bytes would be read as other names elsewhere",))


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _no_project(root: str, directory: str) -> Diagnostic:
    above = os.path.dirname(root)
    while above != os.path.dirname(above) and not os.path.isfile(os.path.join(above, PROJECT_FILE)):
        above = os.path.dirname(above)
    where = "here" if directory == "." else f"in `{directory}`"
    if os.path.isfile(os.path.join(above, PROJECT_FILE)):
        advice = f"there is one further up: run with `-C {os.path.relpath(above, os.getcwd())}`"
    else:
        advice = "run `meshwright init` to start a project, or `-C DIR` to name its folder"
    return error("MW0901", f"no `{PROJECT_FILE}` {where}", help=(advice,))


def _reason(problem: OSError) -> str:
    return (problem.strerror or "unknown reason").lower()
