"""Which files of a tree a GitOps controller would apply: what kustomization.yaml lists, or every manifest where there is none."""

from collections.abc import Mapping
from typing import Any

from meshwright.diagnostics import Diagnostic, error
from meshwright.inventory.documents import read_documents
from meshwright.inventory.files import KUSTOMIZATIONS, SUFFIXES
from meshwright.inventory.kinds import KUSTOMIZE_GROUP, group_of
from meshwright.inventory.rendered import Known, read_listing
from meshwright.ir.filetree import FileTree
from meshwright.source import Span

_SKIP = b"+argocd:skip-file-rendering"
_UNDERSTOOD = ("apiVersion", "kind", "metadata", "resources")


def applied(tree: FileTree, known: Known, wrong: list[Diagnostic]) -> list[str]:
    """Paths of the files that take part, sorted.

    MW0814 where the list and the files differ, MW0815 where Kustomize would do more than list: what it makes of them is unknown here.
    """
    files = {file.path: file for file in tree.files}
    paths = files.keys()
    roots = [path for path in KUSTOMIZATIONS if path in paths]
    components: list[str] = []
    below: list[str] = []
    for file in tree.files:
        folder, _, name = file.path.rpartition("/")
        if name in KUSTOMIZATIONS:
            content = _content(file.content, file.path, known, wrong) if folder else None
            if content is not None and content.get("kind") == "Component":
                components.append(folder + "/")
            elif content is not None:
                wrong.append(_unknown(file.path, "a kustomization inside another folder"))
        elif name.endswith(SUFFIXES):
            below.append(file.path)
        elif name.endswith(".jsonnet"):
            wrong.append(_unknown(file.path, "Jsonnet, which Argo CD would run"))
        elif name == ".sourceignore":
            wrong.append(_unknown(file.path, "a list of files that Flux leaves out"))
        if _SKIP in file.content:
            wrong.append(_unknown(file.path, f"the mark `{_SKIP.decode()}`, with which Argo CD leaves a file out"))
    parts = tuple(components)
    manifests = sorted(path for path in below if not path.startswith(parts)) if parts else sorted(below)
    if not roots:
        if components:
            wrong.append(
                _unknown(
                    components[0] + KUSTOMIZATIONS[0],
                    "a Component in a tree without a kustomization: its patches would be applied as objects",
                )
            )
        wrong.extend(_unknown(path, "JSON, which Argo CD applies and Flux does not") for path in manifests if path.endswith(".json"))
        return manifests
    if len(roots) > 1:
        wrong.append(_unknown(roots[1], "a second kustomization in one folder"))
        return manifests
    listed = _listed(roots[0], files[roots[0]].content, known, wrong)
    if listed is None:
        return manifests
    for path in sorted(set(manifests) - set(listed)):
        wrong.append(
            error(
                "MW0814",
                f"`{path}` is in the tree, but `{roots[0]}` does not list it",
                Span(path, 0, 0),
                notes=("the controller would not apply it, so what it allows or denies has no effect",),
                help=(f"list it in `{roots[0]}`, or delete it",),
            )
        )
    for path in sorted(set(listed) - paths):
        wrong.append(
            error(
                "MW0814",
                f"`{roots[0]}` lists `{path}`, which is not in the tree",
                Span(roots[0], 0, 0),
                notes=("the controller would refuse the whole tree",),
                help=("take it out of the list, or bring the file back",),
            )
        )
    return sorted(set(listed) & paths)


def _listed(path: str, data: bytes, known: Known, wrong: list[Diagnostic]) -> list[str] | None:
    content = _content(data, path, known, wrong)
    if content is None:
        return None
    before = len(wrong)
    for key in content:
        if key not in _UNDERSTOOD:
            wrong.append(_unknown(path, f"`{key}`"))
    if (
        content.get("kind", "Kustomization") != "Kustomization"
        or group_of(str(content.get("apiVersion", KUSTOMIZE_GROUP + "/"))) != KUSTOMIZE_GROUP
    ):
        wrong.append(_unknown(path, "another kind than Kustomization"))
    resources = content.get("resources", [])
    if type(resources) is not list or not all(type(one) is str for one in resources):
        wrong.append(_unknown(path, "a `resources` that is not a list of paths"))
        return None
    listed = [one.removeprefix("./") for one in resources]
    for one in listed:
        if "://" in one or "?" in one or one.startswith(("/", "git@", "github.com/")) or ".." in one.split("/"):
            wrong.append(_unknown(path, f"`{one}`, which is outside of the tree"))
    for one in sorted({one for one in listed if listed.count(one) > 1} if len(set(listed)) != len(listed) else ()):
        wrong.append(error("MW0814", f"`{path}` lists `{one}` twice", Span(path, 0, 0), notes=("Kustomize refuses that",)))
    return None if len(wrong) > before else listed


def _content(data: bytes, path: str, known: Known, wrong: list[Diagnostic]) -> Mapping[str, Any] | None:
    listing = read_listing(data, known)
    if listing is not None:
        return listing
    outcome = read_documents(data, path, known.memo)
    wrong.extend(outcome.diagnostics)
    reads = outcome.value.reads if outcome.value else ()
    if not outcome.failed and (len(reads) != 1 or type(reads[0].value) is not dict):
        wrong.append(_unknown(path, "something that is not one kustomization"))
        return None
    value = reads[0].value if reads else None
    return value if type(value) is dict and not outcome.failed else None


def _unknown(path: str, what: str) -> Diagnostic:
    return error(
        "MW0815",
        f"`{path}` has {what}: what a controller would apply is unknown here",
        Span(path, 0, 0),
        notes=("a proof must be about the objects that reach the cluster",),
        help=("judge the output of `kubectl kustomize` instead: write it into a folder of its own",),
    )
