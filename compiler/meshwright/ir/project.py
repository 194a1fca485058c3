"""What the project file says, for one environment: `cli` reads it, every other room gets the part it needs."""

from typing import Literal

from meshwright.record import NamedTuple

PROJECT_FILE = "meshwright.toml"


class Guard(NamedTuple):
    packs: tuple[str, ...]  # shipped names, or folders relative to the project
    engine: Literal["embedded", "opa"]
    url: str  # of the OPA server, "" for embedded
    timeout: float  # seconds
    org: tuple[str, ...] = ()  # data files for `input.org`, relative to the project
    manifests: tuple[str, ...] = ()  # folders with policies of conftest's kind, over rendered manifests
    namespaces: tuple[str, ...] = ("main",)  # Rego packages that are asked there; "*" = every one
    data: tuple[str, ...] = ()  # data files for `data` there
    combine: bool = False  # all manifests as one input


class Publish(NamedTuple):
    remote: str  # path or file:// URL; "" = not configured
    branch: str
    path: str  # folder in the GitOps repository, never its root


class Project(NamedTuple):
    """One environment of one project.  Paths are relative to ``root``, POSIX separators, and never leave it."""

    root: str  # absolute path of the folder with meshwright.toml
    environment: str  # "default" when the file has no [env.*]
    language: int
    sources: tuple[str, ...]
    inventory: tuple[str, ...]
    default_namespace: str
    foreign: tuple[str, ...]
    guard: Guard
    output: str
    layout: Literal["plain", "kustomize", "argocd", "flux", "single-file"]
    labels: Literal["external", "own", "patch"]
    publish: Publish
    homes: tuple[tuple[str, tuple[str, ...]], ...]  # namespace -> path prefixes
    tiers: tuple[tuple[str, tuple[str, ...]], ...]
