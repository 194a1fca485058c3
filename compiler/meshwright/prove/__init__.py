"""The proof: what the objects let in is what the intent allows, for every destination, on every way, over all requests."""

from meshwright.prove.proof import prove

__all__ = ["prove"]
