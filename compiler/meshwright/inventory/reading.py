"""``read_inventory``: files to what exists in the mesh."""

from collections.abc import Iterable
from typing import IO, Any

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.inventory.documents import read_documents
from meshwright.inventory.fields import Fields, ambiguous
from meshwright.inventory.files import RawFile, read_files
from meshwright.inventory.kinds import INGRESS, NAMESPACE, SERVICE, SERVICE_ACCOUNT, WORKLOADS, group_of, is_foreign, is_ignored
from meshwright.inventory.objects import objects_of, refuse_duplicates
from meshwright.inventory.plain import Memo, Places
from meshwright.inventory.services import Selected, exposures_of, ingress_of, service_of
from meshwright.inventory.strange import name_unknown
from meshwright.inventory.workloads import workload_of
from meshwright.ir.digest import sha256
from meshwright.ir.inventory import Inventory, Namespace, Object, ServiceAccount


def read_inventory(
    root: str, paths: Iterable[str], foreign: Iterable[str] = (), default_namespace: str = "default", stdin: IO[bytes] | None = None
) -> Outcome[Inventory]:
    """What exists in the mesh, from the YAML and JSON files below ``root`` that ``paths`` and ``foreign`` name.

    Both name files, folders (read with everything below) or "-" (``stdin``, read once); objects are sorted by what they
    are, not by which of the two lists names them.  ``default_namespace`` is that of objects that name none.
    No paths at all give the empty inventory.  MW0801 to MW0816 and MW0818; the value is there even with errors, holding what could be read.
    """
    wrong: list[Diagnostic] = []
    files = read_files(root, (*paths, *foreign), stdin, wrong)
    memo = Memo()
    places: Places = {}
    objects: list[Object] = []
    for path, content in files:
        outcome = read_documents(content, path, memo)
        wrong.extend(outcome.diagnostics)
        if outcome.value is not None:
            objects.extend(objects_of(outcome.value, default_namespace, wrong))
            places.update(outcome.value.places)
    refuse_duplicates((one for one in objects if not is_foreign(group_of(one.api_version))), wrong)  # the model of Istio judges those
    return Outcome(_inventory(objects, places, files, wrong), tuple(wrong))


def _inventory(objects: list[Object], places: Places, files: list[RawFile], wrong: list[Diagnostic]) -> Inventory:
    objects.sort(key=lambda one: (one.namespace, one.name, one.kind, one.api_version))
    sorts: dict[str, list[Object]] = {
        "namespace": [],
        "service": [],
        "account": [],
        "ingress": [],
        "workload": [],
        "foreign": [],
        "ignored": [],
        "unknown": [],
    }
    owners = {(one.kind, one.namespace, one.name) for one in objects}
    for one in objects:
        sorts[_sort(one, owners)].append(one)
    namespaces = _namespaces(sorts, wrong)
    workloads = sorted((workload_of(Fields(one, wrong), namespaces) for one in sorts["workload"]), key=_place)
    selected = Selected(workloads)
    services = [service for one in sorts["service"] if (service := service_of(Fields(one, wrong), selected, places)) is not None]
    ingresses = [ingress_of(Fields(one, wrong)) for one in sorts["ingress"]]
    for one in sorts["foreign"]:
        for where, word in ambiguous({key: value for key, value in one.content.items() if key != "status"}):
            wrong.append(
                error(
                    "MW0809",
                    f"`{where}` of {one.kind} `{one.namespace}/{one.name}` is `{word}` without quotes, which YAML readers read differently",
                    one.span,
                    help=(f'write "{word}" in quotes if it is text',),
                )
            )
    wrong.extend(name_unknown(sorts["unknown"]))
    return Inventory(
        tuple(namespaces[name] for name in sorted(namespaces)),
        tuple(services),
        tuple(workloads),
        tuple(ServiceAccount(one.namespace, one.name, one.span) for one in sorts["account"]),
        tuple(ingresses),
        tuple(exposures_of(services, workloads, ingresses)),
        tuple(sorts["foreign"]),
        tuple(sorts["unknown"]),
        tuple(sorts["ignored"]),
        _digest(files),
    )


def _sort(one: Object, owners: set[tuple[str, str, str]]) -> str:
    group = group_of(one.api_version)
    kind = (group, one.kind)
    if kind in WORKLOADS:
        return _owned(one, owners)
    if kind == SERVICE:
        return "service"
    if kind == SERVICE_ACCOUNT:
        return "account"
    if kind == NAMESPACE:
        return "namespace"
    if kind in INGRESS:
        return "ingress"
    if is_foreign(group):
        return "foreign"
    return "ignored" if is_ignored(group, one.kind) else "unknown"


def _owned(one: Object, owners: set[tuple[str, str, str]]) -> str:
    """A pod that a controller made is that controller's business if the inventory has it; else it is listed as unknown."""
    metadata: Any = one.content["metadata"]
    references = metadata.get("ownerReferences")
    if not references or one.kind not in ("Pod", "ReplicaSet", "Job"):
        return "workload"
    for reference in references if type(references) is list else ():
        if type(reference) is dict and reference.get("controller") is True:
            kind, name = reference.get("kind"), reference.get("name")
            if (kind, one.namespace, name) in owners:
                return "ignored"
            # A pod of a ReplicaSet or Job that is not listed itself: its name is the Deployment's or CronJob's and a suffix.
            above = {"ReplicaSet": "Deployment", "Job": "CronJob"}.get(kind) if type(kind) is str else None
            if above and type(name) is str and (above, one.namespace, name.rpartition("-")[0]) in owners:
                return "ignored"
            return "unknown"
    return "workload"


def _namespaces(sorts: dict[str, list[Object]], wrong: list[Diagnostic]) -> dict[str, Namespace]:
    found = {}
    for one in sorts["namespace"]:
        fields = Fields(one, wrong)
        metadata = fields.mapping(one.content.get("metadata"), "metadata")
        found[one.name] = Namespace(
            one.name,
            fields.labels(metadata.get("labels"), "metadata.labels"),
            fields.labels(metadata.get("annotations"), "metadata.annotations"),
            True,
            one.span,
        )
    for sort in ("service", "account", "ingress", "workload", "foreign", "unknown"):
        for one in sorts[sort]:
            if one.namespace and one.namespace not in found:
                found[one.namespace] = Namespace(one.namespace, (), (), False, None)
    return found


def _digest(files: list[RawFile]) -> str:
    """Over the lengths and bytes of all files in order of path: moving a border between two files changes it too."""
    if not files:
        return ""
    total = sha256()
    for file in files:
        total.update(b"%d\n" % len(file.content))
        total.update(file.content)
    return total.hexdigest()


def _place(workload: Any) -> tuple[str, str, str]:
    return workload.namespace, workload.name, workload.kind
