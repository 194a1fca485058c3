"""Objects to bytes, the same on every machine."""

from meshwright.render.tree import render

__all__ = ["render"]
