"""What the checked intent says, for people: who may reach what, and who sees to it."""

from meshwright.report.access import Row, access_rows, access_table
from meshwright.report.changes import changes_markdown, changes_text
from meshwright.report.tests import tests_junit, tests_text

__all__ = ["Row", "access_rows", "access_table", "changes_markdown", "changes_text", "tests_junit", "tests_text"]
