"""Tree to canonical text: ``unparse(module)``."""

from meshwright.unparse.layout import unparse

__all__ = ["unparse"]
