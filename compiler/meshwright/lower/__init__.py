"""Lowering: intent becomes Istio and Gateway API objects for ambient, exactly or not at all.  A stranger to `istio`, the model."""

from meshwright.lower.lowering import lower

__all__ = ["lower"]
