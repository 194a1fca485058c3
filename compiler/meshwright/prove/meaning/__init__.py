"""What the intent allows, way by way, in the terms of ``access``: a handful of lines a rule, and nothing of Istio."""

from meshwright.prove.meaning.grants import Meaning

__all__ = ["Meaning"]
