"""Finding and reading files under limits, without leaving the folder that was given."""

import os
import stat
from collections.abc import Callable, Iterable
from typing import IO

from meshwright.diagnostics import Diagnostic, error, info
from meshwright.inventory.limits import FILE_BYTES, FILES, FOLDER_DEPTH, TOTAL_BYTES
from meshwright.record import NamedTuple
from meshwright.source import Span

SUFFIXES = (".yaml", ".yml", ".json")
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class RawFile(NamedTuple):
    path: str  # relative to the root, POSIX separators; "-" is standard input
    content: bytes


def read_files(root: str, paths: Iterable[str], stdin: IO[bytes] | None, wrong: list[Diagnostic]) -> list[RawFile]:
    """The YAML and JSON files that ``paths`` (files, folders, "-") name below ``root``, each once, sorted by path.

    kustomization files are left out with an info (MW0813).  MW0801 unreadable or empty, MW0802 outside of the root, MW0804 too large.
    """
    home = os.path.realpath(root)
    names: dict[str, str] = {}  # shown path -> real path
    found: list[RawFile] = []
    for path in paths:
        if path == "-":
            if stdin is None:
                wrong.append(
                    error(
                        "MW0801",
                        "the inventory is to come from standard input, and there is none",
                        notes=("an inventory that is not there would look like an empty one",),
                    )
                )
            elif not any(one.path == "-" for one in found):
                content = stdin.read(FILE_BYTES + 1)
                if len(content) > FILE_BYTES:
                    wrong.append(_too_large("-"))
                elif not content.strip():
                    # What a pipe gives when the program before it failed; of no objects, kubectl writes a list.
                    wrong.append(_empty("standard input is empty", None))
                else:
                    found.append(RawFile("-", content))
            continue
        place = _inside(home, os.path.join(root, path), path, wrong)
        if place is None:
            continue
        if os.path.isdir(place):
            inside: dict[str, str] = {}
            before = len(wrong)
            walk(home, place, _is_yaml, inside, wrong)
            if not inside and len(wrong) == before:
                wrong.append(_empty(f"`{path}` holds no YAML and no JSON file", Span(_shown(home, place), 0, 0)))
            names.update(inside)
        else:
            names[_shown(home, os.path.join(home, os.path.normpath(path)))] = place
    total = sum(len(one.content) for one in found)
    real: set[str] = set()
    for shown in sorted(names):
        if os.path.basename(shown) in KUSTOMIZATIONS:
            wrong.append(
                info(
                    "MW0813",
                    f"`{shown}` is left out: the inventory reads objects, not what Kustomize makes of them",
                    Span(shown, 0, 0),
                    help=("give the output of `kubectl kustomize` instead, if it changes names, labels or namespaces",),
                )
            )
            continue
        if names[shown] in real:
            continue
        real.add(names[shown])
        held = read_one(names[shown], shown, wrong)
        if held is not None:
            total += len(held)
            if total > TOTAL_BYTES:
                wrong.append(error("MW0804", f"the inventory is larger than {TOTAL_BYTES >> 20} MiB", Span(shown, 0, 0)))
                break
            found.append(RawFile(shown, held))
    return sorted(found)


def walk(
    home: str, folder: str, wanted: Callable[[str, bool], bool], names: dict[str, str], wrong: list[Diagnostic], depth: int = 0
) -> None:
    """Puts every file below ``folder`` that is ``wanted(name, is_folder)`` into ``names``, and enters the folders that are."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as found:
        wrong.append(_unreadable(_shown(home, folder), found))
        return
    for entry in entries:
        shown = _shown(home, entry.path)
        is_folder = entry.is_dir()
        if not wanted(entry.name, is_folder):
            continue
        place = entry.path
        if entry.is_symlink():
            target = _inside(home, place, shown, wrong)
            if target is None:
                continue
            place = target
        if is_folder:
            if depth >= FOLDER_DEPTH:
                wrong.append(
                    error(
                        "MW0804",
                        f"`{shown}` is nested more than {FOLDER_DEPTH} folders deep",
                        Span(shown, 0, 0),
                        notes=("a link back to a folder above looks like this",),
                    )
                )
                continue
            if entry.is_symlink():
                # Shown under the link's own name, read from where it leads.
                inner: dict[str, str] = {}
                walk(place, place, wanted, inner, wrong, depth + 1)
                names.update((f"{shown}/{path}", real) for path, real in inner.items() if _below(home, real))
            else:
                walk(home, place, wanted, names, wrong, depth + 1)
        else:
            names[shown] = place
        if len(names) > FILES:
            wrong.append(error("MW0804", f"more than {FILES:,} files", Span(shown, 0, 0)))
            return


def read_one(place: str, shown: str, wrong: list[Diagnostic]) -> bytes | None:
    """The bytes of a regular file within the limit."""
    try:
        # O_NONBLOCK: opening a pipe must not wait for a writer.
        handle = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    except OSError as found:
        wrong.append(_unreadable(shown, found))
        return None
    with open(handle, "rb") as file:
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                wrong.append(error("MW0801", f"`{shown}` is not a regular file", Span(shown, 0, 0)))
                return None
            content = file.read(FILE_BYTES + 1)
        except OSError as found:
            wrong.append(_unreadable(shown, found))
            return None
    if len(content) > FILE_BYTES:
        wrong.append(_too_large(shown))
        return None
    return content


def _is_yaml(name: str, is_folder: bool) -> bool:
    if is_folder:
        return not name.startswith(".")  # editors and CI keep their own YAML there
    return name.endswith(SUFFIXES) or name in KUSTOMIZATIONS


def _inside(home: str, place: str, shown: str, wrong: list[Diagnostic]) -> str | None:
    """The real place behind ``place`` if it is below ``home``."""
    real = os.path.realpath(place)
    if not _below(home, real):
        wrong.append(
            error(
                "MW0802",
                f"`{shown}` leads out of the project",
                Span(shown, 0, 0),
                notes=("what is outside may differ on another machine, and a link may point at anything",),
                help=("copy the files into the project",),
            )
        )
        return None
    if not os.path.exists(real):
        wrong.append(
            error("MW0801", f"`{shown}` does not exist", Span(shown, 0, 0), help=("correct `[inventory] paths` in the project file",))
        )
        return None
    return real


def _below(home: str, real: str) -> bool:
    return real == home or real.startswith(home.rstrip(os.sep) + os.sep)


def _shown(home: str, place: str) -> str:
    return os.path.relpath(place, home).replace(os.sep, "/")


def _unreadable(shown: str, found: OSError) -> Diagnostic:
    return error("MW0801", f"`{shown}` cannot be read: {(found.strerror or 'unknown error').lower()}", Span(shown, 0, 0))


def _empty(message: str, span: Span | None) -> Diagnostic:
    return error(
        "MW0801",
        message,
        span,
        notes=("what is missing there would look like something that does not exist",),
        help=("bring the objects there, or take the path out of `[inventory]`",),
    )


def _too_large(shown: str) -> Diagnostic:
    return error(
        "MW0804",
        f"`{shown}` is larger than {FILE_BYTES >> 20} MiB",
        Span(shown, 0, 0),
        notes=("no limit on input would let one file take all memory",),
        help=("split it into several files",),
    )
