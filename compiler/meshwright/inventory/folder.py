"""``read_folder``: a folder of manifests to a tree, as it is, for judging trees that somebody edited."""

import os

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.inventory.files import KUSTOMIZATIONS, SUFFIXES, read_one, walk
from meshwright.inventory.limits import TOTAL_BYTES
from meshwright.ir.filetree import File, FileTree
from meshwright.source import Span

_ALSO = (*KUSTOMIZATIONS, ".meshwright.lock", ".gitattributes", ".sourceignore")


def read_folder(path: str) -> Outcome[FileTree]:
    """Every YAML, JSON, Jsonnet and kustomization file below the folder ``path``, and the lock; paths relative to it, policies "".

    An empty folder gives an empty tree.  MW0801 unreadable, MW0802 links that leave the folder, MW0804 too large.
    """
    home = os.path.realpath(path)
    if not os.path.isdir(home):
        return Outcome(None, (error("MW0801", f"`{path}` is not a folder", Span(path, 0, 0)),))
    wrong: list[Diagnostic] = []
    names: dict[str, str] = {}
    walk(home, home, _wanted, names, wrong)
    files: list[File] = []
    total = 0
    for shown in sorted(names):
        content = read_one(names[shown], shown, wrong)
        if content is not None:
            total += len(content)
            files.append(File(shown, content, ""))
        if total > TOTAL_BYTES:
            wrong.append(error("MW0804", f"`{path}` is larger than {TOTAL_BYTES >> 20} MiB", Span(shown, 0, 0)))
            break
    return Outcome(FileTree(tuple(files)), tuple(wrong))


def _wanted(name: str, is_folder: bool) -> bool:
    if is_folder:
        return name != ".git"  # controllers do read manifests in other folders that start with a dot
    return name.endswith((*SUFFIXES, ".jsonnet")) or name in _ALSO
