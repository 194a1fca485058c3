"""Bytes to be written: ``render`` makes them, ``inventory`` reads them back for the proof, ``publish`` commits them."""

from meshwright.record import NamedTuple

# The kustomize Component of mode `patch`: label patches for whoever owns the Namespaces and Services.
COMPONENT = "components/meshwright-labels"


class File(NamedTuple):
    path: str  # relative to the tree's root, POSIX separators, no "..", no leading "/"
    content: bytes
    policy: str  # id of what it enforces; "" for kustomization.yaml and the like


class FileTree(NamedTuple):
    """Files sorted by path; no two paths equal when case is ignored."""

    files: tuple[File, ...]


class LockEntry(NamedTuple):
    path: str
    sha256: str  # of the bytes, 64 hexadecimal digits
    policy: str  # as in File


class Lock(NamedTuple):
    """What ``ir.lock`` reads and writes: the files of a tree, sorted by path."""

    schema: int
    entries: tuple[LockEntry, ...]
