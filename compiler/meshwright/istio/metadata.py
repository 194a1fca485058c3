"""What every object says of itself beside its content: whether the API server takes it, and whether it stays and is read."""

from collections.abc import Mapping
from functools import lru_cache

from meshwright.ir.inventory import Object
from meshwright.istio.plain import Refused

# Versions that clusters of the supported releases serve; an object of another one never gets in.
_VERSIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("security.istio.io", "AuthorizationPolicy"): ("v1", "v1beta1"), ("security.istio.io", "PeerAuthentication"): ("v1", "v1beta1"),
    ("security.istio.io", "RequestAuthentication"): ("v1", "v1beta1"),
    ("gateway.networking.k8s.io", "Gateway"): ("v1", "v1beta1"), ("gateway.networking.k8s.io", "HTTPRoute"): ("v1", "v1beta1"),
    ("gateway.networking.k8s.io", "ReferenceGrant"): ("v1", "v1beta1"), ("", "Namespace"): ("v1",), ("", "Service"): ("v1",)}


def refuse_metadata(found: Object) -> None:
    """Raises Refused for a version that is not served, and for labels and annotations that Kubernetes refuses."""
    group, _, version = found.api_version.rpartition("/")
    served = _VERSIONS.get((group, found.kind))
    if served is not None and version not in served:
        raise Refused(f"`{found.api_version}` has no kind {found.kind}")
    metadata = found.content.get("metadata")
    if type(metadata) is not dict and not isinstance(metadata, Mapping):  # the first test is the quick one, here and below
        return
    for field in ("labels", "annotations"):
        content = metadata.get(field)
        if content is None:
            continue
        if type(content) is not dict and not isinstance(content, Mapping):
            raise Refused(f"`metadata.{field}` must be a mapping")
        for key, value in content.items():
            if type(key) is not str or type(value) is not str:
                raise Refused(f"`metadata.{field}` must map strings to strings")
            if not _is_key(key):
                raise Refused(f"`{key}` is no key of `metadata.{field}`")
            if field == "labels" and not _is_value(value):
                raise Refused(f"`{value}` is no value of a label")


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


@lru_cache(maxsize=4096)
def _is_key(key: str) -> bool:
    """A name of at most 63 characters, or a DNS name, a slash and such a name."""
    prefix, slash, name = key.rpartition("/")
    dns = not slash or (len(prefix) <= 253 and prefix == prefix.lower() and "_" not in prefix
                        and all(_is_word(part) for part in prefix.split(".")))
    return dns and len(name) <= 63 and _is_word(name)


@lru_cache(maxsize=4096)
def _is_value(value: str) -> bool:
    return value == "" or (len(value) <= 63 and _is_word(value))


def _is_word(text: str) -> bool:
    """ASCII letters and digits, inside also ``-``, ``_`` and ``.``."""
    inner = text.replace("-", "").replace("_", "").replace(".", "")
    return inner.isascii() and inner.isalnum() and text[:1].isalnum() and text[-1:].isalnum()
