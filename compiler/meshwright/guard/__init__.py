"""Guardrails: Rego over documents of the typed intent.  Reads packs and runs an engine; everything else is pure."""

from meshwright.guard.run import guard

__all__ = ["guard"]
