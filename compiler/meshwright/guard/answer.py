"""The words between packs, engines and findings."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, Union

from meshwright.diagnostics import Diagnostic
from meshwright.record import NamedTuple

# conftest's names; a suffix ("deny_public") is the name of the guardrail
ENTRY_RULES = ("deny", "warn", "violation")


class Module(NamedTuple):
    """One Rego file: ``path`` is how people see it, "zero_trust/any_workload.rego"."""

    path: str
    text: str


class Entry(NamedTuple):
    """An entry rule: Rego that answers with findings.  INVARIANT: (package, rule) is unique in one evaluation."""

    pack: str
    package: str  # "meshwright.zero_trust.any_workload", without "data."
    rule: str  # "deny", "warn_id"
    id: str  # "<pack>/<name>"
    path: str  # of the module
    line: int
    title: str  # METADATA; "" = none
    description: str
    severity: Literal["error", "warning", "info"]  # of findings that do not say one
    related: tuple[str, ...]  # links


class Pack(NamedTuple):
    """``sealed``: entries are known and the static gate has passed for exactly these bytes (a shipped pack).

    ``reads``: what the rules can see of the input, as ``gate.reads`` gives it; True = unknown, they may see all of it.
    """

    name: str
    modules: tuple[Module, ...]  # sorted by path, tests excluded
    tests: tuple[Module, ...]
    digest: str
    sealed: tuple[Entry, ...]  # () = not sealed
    reads: Any = True
    data: Mapping[str, Any] = {}  # below `data`, from a bundle


class Answer(NamedTuple):
    """What an engine says: for each entry the JSON text of its value, None = undefined."""

    version: str
    entries: tuple[Entry, ...]
    values: tuple[str | None, ...]
    warnings: tuple[Diagnostic, ...] = ()


class Failure(NamedTuple):
    """The engine could not answer: each diagnostic has a code MW058x or MW059x."""

    diagnostics: tuple[Diagnostic, ...]


class Engine(Protocol):
    """Evaluates every entry rule of all packs over one input, or fails; it never answers in part."""

    def evaluate(self, packs: tuple[Pack, ...], document: str) -> Union[Answer, Failure]:
        """``document`` is the JSON text of the input."""
        ...
