"""A tree as its files: the documents, and the list of them that a controller follows; and what comes of a broken one."""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import yaml

from meshwright.inventory import read_tree
from meshwright.ir.filetree import File, FileTree
from meshwright.ir.intent import Program
from meshwright.ir.inventory import Labels
from meshwright.lower import lower
from meshwright.render import render
from tests.reference.istio import NotJudged
from tests.reference.mesh import disagreements
from tests.support.mutants import judge
from tests.support.proved import Documents, with_endpoints
from tests.support.replay import replay
from tests.support.worlds import World
from tests.unit.lower.cases import CASES

COPY = "copy.yaml"
INDEX = "kustomization.yaml"
Outcome = Literal["killed", "refused", "unknown", "equivalent", "surviving", "false witness", "not judged"]


class Tree(NamedTuple):
    """Path → one document, and the paths that kustomization.yaml lists."""

    files: dict[str, dict[str, Any]]
    listed: tuple[str, ...]

    def documents(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield from self.files.items()

    def without(self, path: str, listed: bool) -> "Tree":
        """``listed``: the list still names it."""
        kept = {key: each for key, each in self.files.items() if key != path}
        return Tree(kept, self.listed if listed else tuple(each for each in self.listed if each != path))

    def replaced(self, path: str, document: dict[str, Any]) -> "Tree":
        return self._replace(files={key: document if key == path else each for key, each in self.files.items()})

    def added(self, path: str, document: dict[str, Any], listed: bool) -> "Tree":
        return Tree({**self.files, path: document}, (*self.listed, path) if listed else self.listed)

    def moved(self, path: str, to: str) -> "Tree":
        """The list names the old place."""
        return self._replace(files={to if key == path else key: each for key, each in self.files.items()})

    @property
    def whole(self) -> bool:
        """The list names the files that there are, and each once."""
        return sorted(self.listed) == sorted(self.files)


# In mode `patch` the owners of objects change them, so that there is no tree alone to judge.
WORLDS: tuple[tuple[Callable[[], World], str], ...] = tuple((world, labels) for world, labels in CASES if labels != "patch")


def tree_of(world: World, labels: str) -> tuple[Program, Tree]:
    """What the compiler makes of a world, one object a file."""
    program = with_endpoints(world.program())
    bundle = lower(program, labels)  # type: ignore[arg-type]  # one of its modes
    assert bundle.value is not None, bundle.diagnostics
    made = render(bundle.value, "kustomize")
    assert made.value is not None, made.diagnostics
    files = {file.path: yaml.safe_load(file.content) for file in made.value.files if file.path.endswith(".yaml") and not file.path.endswith(INDEX)}
    return program, Tree(files, tuple(files))


def outcome(program: Program, tree: Tree) -> tuple[Outcome, str]:
    """What comes of a mutant, and why where that is worth a word.

    ``killed``: the proof fails, and its witnesses replay in the reference evaluator.  ``refused`` and ``unknown``: it does not pass.
    ``equivalent``: it holds, and the evaluator, asked every request on every way, sees what the intent says.
    """
    if not tree.whole:
        return _by_files(tree)
    documents = list(tree.files.values())
    judged = judge(program, documents)
    if judged.answer in ("refused", "unknown"):
        return ("refused" if judged.answer == "refused" else "unknown"), ""
    if judged.answer == "fails":
        assert judged.proved is not None
        try:
            replay(judged.proved)
        except NotJudged:
            return "killed", "not replayed"
        except AssertionError as wrong:
            return "false witness", str(wrong)[:300]
        return "killed", ""
    try:
        found = next(disagreements(*_applied(program, documents)), None)
    except NotJudged as reason:
        return "not judged", str(reason)
    return ("equivalent", "") if found is None else ("surviving", found)


def _applied(program: Program, documents: Documents) -> tuple[Program, Documents]:
    """Mode `own`: Namespaces and Services of the tree that only set labels, as if the cluster had them, where that captures what it should."""
    labels = {(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one["metadata"].get("labels") or {}
              for one in documents if one["kind"] in ("Namespace", "Service") and not one.get("spec")}
    if any(kind == "Namespace" and found.get("istio.io/dataplane-mode") != "ambient" for (kind, _, _), found in labels.items()):
        return program, documents
    inventory = program.inventory
    spaces = tuple(one._replace(labels=_more(one.labels, labels.get(("Namespace", "", one.name), {}))) for one in inventory.namespaces)
    services = tuple(one._replace(labels=_more(one.labels, labels.get(("Service", one.namespace, one.name), {}))) for one in inventory.services)
    kept = [one for one in documents if one["kind"] not in ("Namespace", "Service") or one.get("spec")]
    return program._replace(inventory=inventory._replace(namespaces=spaces, services=services)), kept


def _more(labels: Labels, more: dict[str, str]) -> Labels:
    return tuple(sorted({**dict(labels), **more}.items()))


def _by_files(tree: Tree) -> tuple[Outcome, str]:
    """A list that does not fit the files is refused while the tree is read, whatever is in them."""
    index = yaml.safe_dump({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": sorted(tree.listed)})
    files = [File(INDEX, index.encode(), ""), *(File(path, _bytes(json.dumps(each)), "") for path, each in tree.files.items())]
    read = read_tree(FileTree(tuple(sorted(files))))
    return ("refused", "") if read.value is None or read.failed else ("surviving", "a file that is not listed, or a listed one that is not there")


@lru_cache(maxsize=20000)
def _bytes(text: str) -> bytes:
    return yaml.safe_dump(json.loads(text)).encode()
