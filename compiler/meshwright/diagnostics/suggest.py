"""Did you mean."""

from collections.abc import Iterable


def did_you_mean(wrong: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The names in ``known`` that a typo may have turned into ``wrong``: nearest first, at most ``most``, often none."""
    limit = max(1, len(wrong) // 3)
    scored = []
    for name in set(known):
        if abs(len(name) - len(wrong)) <= limit:
            distance = _distance(wrong, name, limit)
            if distance <= limit:
                scored.append((distance, name))
    return tuple(name for _, name in sorted(scored)[:most])


def _distance(left: str, right: str, limit: int) -> int:
    """Edits (insert, delete, change, swap of neighbours) between two names; more than ``limit`` is reported as limit + 1."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        above, row, older = row, [i], before
        for j, b in enumerate(right, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if older and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        before = above
        if min(row) > limit:
            return limit + 1
    return row[-1]
