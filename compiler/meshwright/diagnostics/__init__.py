"""What Meshwright says to people: diagnostics, and outcomes that carry them.

A room never raises for a mistake of the user: it returns an ``Outcome`` whose diagnostics name it.
"""

from meshwright.diagnostics.diagnostic import Diagnostic, Label, Severity, error, info, warning
from meshwright.diagnostics.outcome import Outcome
from meshwright.diagnostics.suggest import did_you_mean

__all__ = ["Diagnostic", "Label", "Outcome", "Severity", "did_you_mean", "error", "info", "warning"]
