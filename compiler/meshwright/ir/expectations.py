"""What the tests of the sources came to: ``prove`` makes it, ``report`` and ``cli`` show it."""

from typing import Literal

from meshwright.ir.proof import Request
from meshwright.record import NamedTuple
from meshwright.source import Span


class Expectation(NamedTuple):
    """One line of a test."""

    test: str  # title
    text: str  # "expect allow web -> orders { GET \"/v1\" }"
    status: Literal["passes", "fails", "unknown"]
    request: Request | None  # of `fails`: one for which the answer is another, if there is one
    rules: tuple[int, ...]  # of `fails`: indices into Program.rules that took part
    reason: str  # "" for `passes`
    span: Span


class Tested(NamedTuple):
    """All tests of one environment, and how much of the rules they look at."""

    environment: str
    expectations: tuple[Expectation, ...]  # in order of place
    untested: tuple[int, ...]  # indices into Program.rules of which no expectation speaks
    rules: int
    boxes: int  # source x destination x door, over all rules
    boxes_tested: int  # of them, those that some expectation meets
