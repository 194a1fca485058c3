"""One finding, as data.  Rendering lives in ``diagnostics/render``."""

from collections.abc import Iterable
from typing import Literal

from meshwright.record import NamedTuple
from meshwright.source import Span

Severity = Literal["error", "warning", "info"]


class Label(NamedTuple):
    """A second place that explains a diagnostic, possibly in another file."""

    span: Span
    text: str


class Diagnostic(NamedTuple):
    """What is wrong, where, why it matters, what to do.

    ``message`` makes sense alone: lower case, no full stop, names of the user in backticks.
    ``span`` is None only when no place in any input is to blame (a missing engine, a remote).
    ``notes`` say why it matters; only ``help`` proposes a change.
    """

    # "MW" + room (01 parse, 02 resolve, 03 check, 04 prove, 05 guard, 06 lower, 07 render and publish, 08 inventory,
    # 09 project) + number
    code: str
    severity: Severity
    message: str
    span: Span | None = None
    label: str = ""
    others: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    environment: str = ""  # set by the pipeline; "" = not yet known, shown as nothing


def error(code: str, message: str, span: Span | None = None, *, label: str = "", others: Iterable[Label] = (),
          notes: Iterable[str] = (), help: Iterable[str] = ()) -> Diagnostic:
    """A diagnostic that stops the pipeline after the room that found it."""
    return Diagnostic(code, "error", message, span, label, tuple(others), tuple(notes), tuple(help))


def warning(code: str, message: str, span: Span | None = None, *, label: str = "", others: Iterable[Label] = (),
            notes: Iterable[str] = (), help: Iterable[str] = ()) -> Diagnostic:
    """A diagnostic that is shown, and fails the run only under ``--fail-on warning``."""
    return Diagnostic(code, "warning", message, span, label, tuple(others), tuple(notes), tuple(help))


def info(code: str, message: str, span: Span | None = None, *, label: str = "", others: Iterable[Label] = (),
         notes: Iterable[str] = (), help: Iterable[str] = ()) -> Diagnostic:
    """A diagnostic that only informs."""
    return Diagnostic(code, "info", message, span, label, tuple(others), tuple(notes), tuple(help))
