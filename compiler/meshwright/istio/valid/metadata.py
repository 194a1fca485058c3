"""metadata of every object that is judged: names, labels, annotations, and fields that there are."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from meshwright.ir.inventory import Object
from meshwright.istio.valid.patterns import anywhere
from meshwright.istio.valid.schema import Wrong, kind_of, short
from meshwright.istio.valid.words import SUBDOMAIN

DRY_RUN = "istio.io/dry-run"
_FIELDS = frozenset(("name", "generateName", "namespace", "labels", "annotations", "finalizers", "ownerReferences", "uid",
                     "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
                     "managedFields", "selfLink"))
_GATEWAY = "gateway.networking.k8s.io"
# Istio's own marks: the webhook refuses the first three, and judges an object with the others by other rules.
_INTERNAL = frozenset(("internal.istio.io/webhook-always-reject", "internal.istio.io/parent-namespace", "internal.istio.io/parents",
                       "internal.istio.io/route-semantics", "internal.istio.io/gateway-semantics"))
_ANNOTATIONS = 262_144  # bytes
_match = anywhere(SUBDOMAIN)


def metadata(found: Object, group: str) -> None:
    """Raises Wrong for what the API server, or Istio's webhook for its own groups, refuses."""
    content: Any = found.content.get("metadata")
    if not isinstance(content, Mapping):
        return
    if len(found.name) > 253 or not is_name(found.name):
        raise Wrong(f"is {short(found.name)}, which is no DNS name in lower case", "metadata", "name")
    for field, value in content.items():
        if field not in _FIELDS:
            raise Wrong("is no field of metadata", "metadata", str(field))
        if field in ("labels", "annotations") and value is not None:
            _texts(value, field)
    written: Any = content.get("annotations") or {}
    for key in written if group != _GATEWAY else ():
        if key in _INTERNAL or (key == DRY_RUN and found.kind != "AuthorizationPolicy"):
            raise Wrong("must not be set here", "metadata", "annotations", key)


def _texts(value: object, field: str) -> None:
    if not isinstance(value, Mapping):
        raise Wrong(f"must be a mapping, not {kind_of(value)}", "metadata", field)
    size = 0
    for key, text in value.items():
        if not isinstance(key, str) or not is_key(key if field == "labels" else key.lower()):
            raise Wrong("is no name, and no domain, slash and name", "metadata", field, str(key))
        if text is None:
            continue  # as an empty one
        if not isinstance(text, str):
            raise Wrong(f"must be a text, not {kind_of(text)}", "metadata", field, key)
        if field == "labels" and not is_value(text):
            raise Wrong(f"is {short(text)}, which is no value of a label", "metadata", field, key)
        size += len(key.encode()) + len(text.encode())
    if field == "annotations" and size > _ANNOTATIONS:
        raise Wrong(f"must have at most {_ANNOTATIONS:,} bytes in all", "metadata", field)


@lru_cache(maxsize=16384)
def is_name(name: str) -> bool:
    """DNS labels in lower case with dots between, of any length."""
    return _match(name) is not None


@lru_cache(maxsize=4096)
def is_annotation(key: str) -> bool:
    """A key of an annotation, where also the domain may have capitals, that is none of Istio's own marks."""
    return is_key(key.lower()) and key not in _INTERNAL


@lru_cache(maxsize=4096)
def is_key(key: str) -> bool:
    """A name of at most 63 characters, or a DNS name in lower case, a slash and such a name."""
    prefix, slash, name = key.rpartition("/")
    return (not slash or (len(prefix) <= 253 and is_name(prefix))) and len(name) <= 63 and _is_word(name)


@lru_cache(maxsize=4096)
def is_value(value: str) -> bool:
    """Empty, or a name of at most 63 characters."""
    return value == "" or (len(value) <= 63 and _is_word(value))


def _is_word(text: str) -> bool:
    """ASCII letters and digits, inside also ``-``, ``_`` and ``.``."""
    inner = text.replace("-", "").replace("_", "").replace(".", "")
    return inner.isascii() and inner.isalnum() and text[:1].isalnum() and text[-1:].isalnum()
