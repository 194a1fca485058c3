"""The catalogue: every code Meshwright can say, one module a room, so that each room owns its own list.

Loaded only to render pages, `help` and tests; the check path never imports it.
"""

from meshwright.record import NamedTuple


class Code(NamedTuple):
    """One entry: docs/diagnostics/<code>-<slug>.md is its page."""

    code: str
    slug: str
    summary: str  # one line for lists
