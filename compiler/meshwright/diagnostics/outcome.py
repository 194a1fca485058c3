"""The result of a room: a value or none, and what was found on the way."""

from typing import Generic, NamedTuple, TypeVar

from meshwright.diagnostics.diagnostic import Diagnostic

T = TypeVar("T")


class Outcome(NamedTuple, Generic[T]):
    """``value`` is None exactly when a room could not produce one; there is then at least one error diagnostic.

    INVARIANT: a value may come together with errors (a tree with error nodes); ``failed`` decides whether to go on.
    """

    value: T | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> bool:
        """True when the next room must not run."""
        return self.value is None or any(found.severity == "error" for found in self.diagnostics)
