"""Reads a folder of manifests that somebody may have edited, to be judged in place of the compiled tree."""

import os

from meshwright.diagnostics import Outcome, error
from meshwright.ir.filetree import File, FileTree

SUFFIXES = (".yaml", ".yml", ".json")
LARGEST = 64 << 20  # bytes of one file
MOST_BYTES = 1 << 30
MOST_FILES = 200_000


def read_manifests(folder: str) -> Outcome[FileTree]:
    """Every file below ``folder`` that a controller would apply; anything else there is not read.

    Diagnostics: MW0907 missing, unreadable or too large, MW0905 a symbolic link, MW0908 nothing found.
    """
    if not os.path.isdir(folder):
        return Outcome(None, (error("MW0907", f"`{folder}` is not a folder", help=("name the folder that holds the manifests",)),))
    files: list[File] = []
    total = 0

    def fail(problem: OSError) -> None:
        raise problem

    try:
        for at, names, entries in os.walk(folder, onerror=fail):
            names[:] = sorted(name for name in names if name != ".git")
            for name in sorted(entries) + [name for name in names if os.path.islink(os.path.join(at, name))]:
                path = os.path.join(at, name)
                shown = os.path.relpath(path, folder).replace(os.sep, "/")
                if os.path.islink(path):
                    return Outcome(None, (error("MW0905", f"`{shown}` is a symbolic link",
                                                notes=("what a controller would apply there is not in this folder",)),))
                if not name.lower().endswith(SUFFIXES):
                    continue
                with open(path, "rb") as stream:
                    content = stream.read(LARGEST + 1)
                total += len(content)
                if len(content) > LARGEST or total > MOST_BYTES or len(files) >= MOST_FILES:
                    return Outcome(None, (error("MW0907", f"`{shown}`: the folder is too large to judge"),))
                files.append(File(shown, content, ""))
    except OSError as problem:
        return Outcome(None, (error("MW0907", f"cannot read `{problem.filename}`: {(problem.strerror or '').lower()}"),))
    if not files:
        return Outcome(None, (error("MW0908", f"no manifests in `{folder}`",
                                    notes=("an empty folder protects nothing; that is no proof",)),))
    return Outcome(FileTree(tuple(sorted(files))))
