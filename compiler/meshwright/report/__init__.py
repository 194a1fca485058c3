"""What the checked intent says, for people: who may reach what, and who sees to it."""

from meshwright.report.access import Row, access_rows, access_table

__all__ = ["Row", "access_rows", "access_table"]
