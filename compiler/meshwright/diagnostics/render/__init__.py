"""Diagnostics as people and programs read them: ``terminal`` and ``json``."""
