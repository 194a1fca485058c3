"""From documents to Kubernetes objects: lists taken apart, names and namespaces checked, nothing twice."""

from collections.abc import Iterable

from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.inventory.documents import Documents, Read
from meshwright.inventory.fields import is_name
from meshwright.inventory.kinds import CLUSTER_SCOPED, KUSTOMIZE_GROUP, group_of, is_ignored
from meshwright.ir.inventory import Object
from meshwright.source import Span

_CLUSTER_SCOPED = frozenset(CLUSTER_SCOPED)
_MOST_LISTS = 4  # a List in a List is legal and pointless; deeper ones are an attack


def objects_of(documents: Documents, default_namespace: str, wrong: list[Diagnostic]) -> list[Object]:
    """The objects of one file, in order of writing.

    ``default_namespace`` stands in where a namespaced object names none; "" keeps it empty.  MW0811 for what is no object.
    """
    found: list[Object] = []
    for read in documents.reads:
        _collect(read.value, read, documents, default_namespace, wrong, found, 0)
    return found


def refuse_duplicates(objects: Iterable[Object], wrong: list[Diagnostic]) -> None:
    """MW0810 with both places for two objects of one group, kind, namespace and name: which one counts is undefined."""
    seen: dict[tuple[str, str, str, str], Object] = {}
    for one in objects:
        first = seen.setdefault((group_of(one.api_version), one.kind, one.namespace, one.name), one)
        if first is not one:
            wrong.append(
                error(
                    "MW0810",
                    f"{one.kind} `{one.id.partition(' ')[2]}` is defined twice",
                    one.span,
                    label="again here",
                    others=(Label(first.span, "first here"),),
                    notes=("which of the two the cluster runs depends on the order somebody applies them in",),
                    help=("remove one, or leave one of the files out of the inventory",),
                )
            )


def _collect(
    value: object, read: Read, documents: Documents, default: str, wrong: list[Diagnostic], found: list[Object], level: int
) -> None:
    path = documents.path
    if type(value) is not dict:
        wrong.append(_no_object(path, read, "it is not a mapping"))
        return
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if type(api_version) is not str or type(kind) is not str or not kind:
        wrong.append(_no_object(path, read, "it has no `apiVersion` and `kind`"))
        return
    items = value.get("items")
    if kind.endswith("List") and (type(items) is list or kind == "List"):
        if level >= _MOST_LISTS:
            wrong.append(_no_object(path, read, "lists inside lists"))
            return
        for item in items if type(items) is list else ():
            if type(item) is dict and kind != "List" and "kind" not in item:  # items of a typed list may leave them out
                item = {"apiVersion": api_version, "kind": kind[:-4], **item}
            _collect(item, read, documents, default, wrong, found, level + 1)
        return
    group = group_of(api_version)
    if group == KUSTOMIZE_GROUP:
        return
    metadata = value.get("metadata")
    name = metadata.get("name") if type(metadata) is dict else None
    if type(metadata) is not dict or type(name) is not str or not name:
        what = (
            "it has a `generateName` instead of a name"
            if type(metadata) is dict and "generateName" in metadata
            else "it has no `metadata.name`"
        )
        if name is not None:
            what = f"its `metadata.name` is `{name}`, which is not a string for every YAML reader"
        wrong.append(_no_object(path, read, f"{what} ({kind})"))
        return
    place = documents.places.get((id(metadata), "name"), (read.start, read.start))
    span = Span(path, *place)
    namespace = metadata.get("namespace")
    if (group, kind) in _CLUSTER_SCOPED:
        namespace = ""
    elif namespace is None or namespace == "":
        namespace = default if not kind.startswith("Cluster") else ""
    if type(namespace) is not str:
        wrong.append(
            error("MW0812", f"`metadata.namespace` of {kind} `{name}` is `{namespace}`, not a string", span, help=("put it in quotes",))
        )
        return
    if not (is_name(name) or is_ignored(group, kind)) or not (namespace == "" or is_name(namespace)):
        shown = name if not is_name(name) else namespace
        wrong.append(
            error(
                "MW0812",
                f"`{shown!a}` is not a name that Kubernetes accepts".replace("'", ""),
                span,
                notes=("names are lower-case ASCII letters, digits, `-` and `.`; look-alike characters are refused",),
            )
        )
        return
    found.append(Object(api_version, kind, namespace, name, value, span))


def _no_object(path: str, read: Read, why: str) -> Diagnostic:
    return error(
        "MW0811",
        f"a document of `{path}` is not a Kubernetes object: {why}",
        Span(path, read.start, min(read.end, read.start + 3)),
        notes=("leaving it out silently could hide a workload",),
        help=("move the file out of the inventory's paths, or correct it",),
    )
