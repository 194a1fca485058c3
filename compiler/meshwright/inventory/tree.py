"""``read_tree``: rendered or edited bytes back to objects, for the proof."""

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.inventory.documents import read_documents
from meshwright.inventory.fields import ambiguous
from meshwright.inventory.kinds import CLUSTER_SCOPED, SERVICE, SERVICE_ACCOUNT, WORKLOADS, group_of, is_foreign
from meshwright.inventory.kustomization import applied
from meshwright.inventory.objects import objects_of, refuse_duplicates
from meshwright.inventory.plain import Memo
from meshwright.inventory.rendered import Known, read_rendered
from meshwright.ir.filetree import FileTree
from meshwright.ir.inventory import Object


def read_tree(tree: FileTree) -> Outcome[tuple[Object, ...]]:
    """The objects that a controller would apply from ``tree``, sorted by (namespace, kind, name).

    With a kustomization.yaml at the root: the files it lists, which must be exactly the manifests of the tree; a Component
    beside them takes no part.  Without: every .yaml, .yml and .json file.  The lock and other files are no objects.
    MW0803 to MW0811, MW0814, MW0815, MW0816; MW0817 for a namespaced object without a namespace.  The value holds what could be read.
    """
    from operator import attrgetter  # a check loads this module too, and reads no tree

    wrong: list[Diagnostic] = []
    content = {file.path: file.content for file in tree.files}
    known = Known(Memo())
    objects: list[Object] = []
    for path in applied(tree, known, wrong):
        quick = read_rendered(content[path], path, known)
        if quick is not None:
            objects.append(quick)
            continue
        outcome = read_documents(content[path], path, known.memo)
        wrong.extend(outcome.diagnostics)
        if outcome.value is not None:
            found = objects_of(outcome.value, "", wrong)
            objects.extend(found)
            if not outcome.value.plain:
                _refuse_ambiguous(found, wrong)
    objects.sort(key=attrgetter("namespace", "kind", "name", "api_version"))
    refuse_duplicates(objects, wrong)
    for one in objects:
        if not one.namespace:
            _judge(one, wrong)
    return Outcome(tuple(objects), tuple(wrong))


def _judge(one: Object, wrong: list[Diagnostic]) -> None:
    group = group_of(one.api_version)
    kind = (group, one.kind)
    if kind not in CLUSTER_SCOPED and (is_foreign(group) or kind in WORKLOADS or kind in (SERVICE, SERVICE_ACCOUNT)):
        wrong.append(
            error(
                "MW0817",
                f"{one.kind} `{one.name}` names no namespace",
                one.span,
                notes=("where it lands depends on who applies it, and with that what it protects",),
                help=("write `metadata.namespace`",),
            )
        )


def _refuse_ambiguous(objects: list[Object], wrong: list[Diagnostic]) -> None:
    for one, (where, word) in ((each, found) for each in objects for found in ambiguous(each.content)):
        wrong.append(
            error(
                "MW0809",
                f"`{where}` of {one.kind} `{one.id.partition(' ')[2]}` is `{word}` without quotes, which YAML readers read differently",
                one.span,
                help=(f'write "{word}" in quotes if it is text',),
            )
        )
