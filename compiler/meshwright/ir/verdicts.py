"""What the guardrails said: `guard` makes it, `report` and `cli` show it."""

from collections.abc import Iterable
from typing import Literal

from meshwright.diagnostics import Diagnostic
from meshwright.record import NamedTuple
from meshwright.source import Span

# Codes of `guard` that mean "we could not look": exit 2, never a pass (docs/diagnostics).  MW0501-MW0579 are answers.
_COULD_NOT_LOOK = ("MW058", "MW059")


class PackUsed(NamedTuple):
    """One pack that was evaluated."""

    name: str  # as written in the project file
    digest: str  # "sha256:<hex>" over the names and bytes of its *.rego files, tests included
    rules: int  # entry rules evaluated, at least 1


class GuardFinding(NamedTuple):
    """One answer of one guardrail; it also stands as a diagnostic MW0501 in the outcome."""

    guardrail: str  # "<pack>/<rule>"
    severity: Literal["error", "warning", "info"]
    message: str
    node: str  # id of the node of the input it names, "" = none
    span: Span | None  # None: it names no place in the sources


class Waived(NamedTuple):
    """A waiver of the sources, and how many findings it covers ; an expired one hides none of them."""

    guardrail: str
    subject: str
    owner: str
    until: str
    because: str
    expired: bool
    findings: int


class Verdicts(NamedTuple):
    """All guardrails evaluated; findings sorted by place, then guardrail, then message."""

    engine: str  # "embedded" | "opa"; "none" without packs
    version: str  # of the engine, "" for "none"
    rules: int  # entry rules evaluated
    packs: tuple[PackUsed, ...]
    findings: tuple[GuardFinding, ...]  # without those that are waived
    waivers: tuple[Waived, ...] = ()  # all of them, in order of writing


def could_not_look(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether guardrails could not be evaluated: the process has to end with exit code 2, whatever else was found."""
    return any(found.severity == "error" and found.code.startswith(_COULD_NOT_LOOK) for found in diagnostics)
