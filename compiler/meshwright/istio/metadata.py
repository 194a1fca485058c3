"""What every object says of itself beside its content: whether it stays, and whether it is read."""

from collections.abc import Mapping

from meshwright.ir.inventory import Object


def doubts_of(found: Object) -> tuple[str, ...]:
    """Why it is not known whether Istio's control plane reads the object, or for how long."""
    metadata = found.content.get("metadata")
    if type(metadata) is not dict and not isinstance(metadata, Mapping):
        return ()
    labels = metadata.get("labels")
    revision = labels.get("istio.io/rev", "default") if type(labels) is dict or isinstance(labels, Mapping) else "default"
    if revision == "default" and "deletionTimestamp" not in metadata:
        return ()
    reasons = []
    if revision != "default":
        reasons.append(f"whether the revision `{revision}`, which {found.kind}s name, is the one in use is not known")
    if metadata.get("deletionTimestamp") is not None:
        reasons.append(f"{found.id} is being deleted")
    return tuple(reasons)


def has_owner(found: Object) -> bool:
    """Whether the object goes when another one does: a controller that applies a tree knows nothing of that."""
    metadata = found.content.get("metadata")
    return (type(metadata) is dict or isinstance(metadata, Mapping)) and bool(metadata.get("ownerReferences"))
