"""Codes of the model of Istio: MW0450 to MW0479."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0450", "refused-object", "the API server or Istio's webhook would refuse an object"),
    Code("MW0451", "conflicting-objects", "two different objects have the same kind, namespace and name"),
)
