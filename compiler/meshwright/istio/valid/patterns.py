"""Regular expressions that are compiled when the first text needs them: compiling all of them would cost every check some milliseconds."""

import re
from collections.abc import Callable

Finder = Callable[[str], re.Match[str] | None]


def whole(pattern: str, flags: int = 0) -> Finder:
    """``re.compile(pattern, flags).fullmatch``, later."""
    return _later(lambda: re.compile(pattern, flags).fullmatch)


def start(pattern: str) -> Finder:
    """``re.compile(pattern).match``, later."""
    return _later(lambda: re.compile(pattern).match)


def anywhere(pattern: str) -> Finder:
    """``re.compile(pattern).search``, later."""
    return _later(lambda: re.compile(pattern).search)


def _later(compiled: Callable[[], Finder]) -> Finder:
    known: list[Finder] = []

    def find(text: str) -> re.Match[str] | None:
        if not known:
            known.append(compiled())
        return known[0](text)

    return find
