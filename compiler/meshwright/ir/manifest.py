"""Kubernetes objects to be written: ``lower`` makes them, ``render`` writes them, ``guard`` shows them to Rego."""

from collections.abc import Mapping
from typing import Literal

from meshwright.ir.inventory import Labels
from meshwright.record import NamedTuple
from meshwright.source import Span


class Shared(list[object]):
    """A list that many bodies hold, the very same one: nobody changes it, and `render` writes it once."""

    __slots__ = ()


class Manifest(NamedTuple):
    """One object.  ``body`` is everything beside apiVersion, kind and metadata: usually ``{"spec": {...}}``.

    ``body`` holds dicts, lists, strings, integers and booleans only; key order is the order of writing.
    ``policy`` is the stable id of what the object enforces ("shop/orders guard"): no lines, no commits.
    """

    api_version: str
    kind: str
    namespace: str  # "" for cluster-scoped
    name: str
    body: Mapping[str, object]
    policy: str
    labels: Labels = ()
    annotations: Labels = ()
    provenance: tuple[Span, ...] = ()  # the statements it comes from; never written into the tree

    @property
    def id(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class WantedLabel(NamedTuple):
    """A label that somebody else's object must carry for the output to work."""

    kind: Literal["Namespace", "Service"]
    namespace: str  # "" for a Namespace
    name: str
    key: str
    value: str
    why: str


class Bundle(NamedTuple):
    """All objects of one compile, sorted by (namespace, kind, name), and the labels they rely on."""

    manifests: tuple[Manifest, ...]
    wanted: tuple[WantedLabel, ...]
    components: tuple[Manifest, ...] = ()  # mode `patch`: strategic-merge patches for the owner's repository
