"""Diagnostics as people and programs read them, a format a file; those for other tools begin with ``findings``."""
