"""The document `diff` as JSON text: what a change opens and closes, in edges."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from meshwright.guard.edges import Context, edge_ids, edge_texts
from meshwright.guard.encode import encode, fields
from meshwright.ir.intent import Grant, Http, PathPattern

DIFF = ("base", "opens", "closes", "opened", "enforced")
GONE = "base: "  # begins the ids of what only the base has


def diff(now: Context, base: Context | None, reads: Any) -> str:
    """JSON text of the fields that are in ``reads``; without a base all lists are empty."""
    wanted = fields(reads, DIFF)
    opens, closes = [], []
    if base is not None and ("opens" in wanted or "closes" in wanted):
        came, went = _beyond(now.program.grants, base.program.grants), _beyond(base.program.grants, now.program.grants)
        opens = [(now, _of(came, "allow")), (base, _of(went, "deny"))]
        closes = [(base, _of(went, "allow")), (now, _of(came, "deny"))]
    before = _enforced(base) if base is not None else set()
    after = _enforced(now) if base is not None else set()
    write: dict[str, Callable[[Any], str]] = {
        "base": lambda below: "true" if base is not None else "false",
        "opens": lambda below: _changes(now, opens, below),
        "closes": lambda below: _changes(now, closes, below),
        "opened": lambda below: encode(sorted(before - after), True),
        "enforced": lambda below: encode(sorted(after - before), True),
    }
    return "{" + ",".join([f'"{name}":{write[name](below)}' for name, below in wanted.items()]) + "}"


def _changes(now: Context, groups: list[tuple[Context, list[Grant]]], reads: Any) -> str:
    below = reads if reads is True else reads.get("*", {})
    texts: list[str] = []
    for context, grants in groups:
        gone = context is not now
        wanted = set(grants)
        named = [pair for pair in zip(context.program.grants, edge_ids(list(context.program.grants)), strict=True) if pair[0] in wanted]
        ids = [GONE + name if gone else name for _, name in named]
        texts += edge_texts(context, [grant for grant, _ in named], ids, below, {"gone": "true" if gone else "false"})
    return "[" + ",".join(texts) + "]"


def _enforced(context: Context) -> set[str]:
    return {space.name for space in context.program.namespaces if space.enforce == "yes"}


def _of(grants: Iterable[Grant], effect: str) -> list[Grant]:
    return [grant for grant in grants if grant.effect == effect]


def _beyond(grants: Iterable[Grant], others: Iterable[Grant]) -> list[Grant]:
    """Those of ``grants`` that no single one of ``others`` covers."""
    doors: dict[Hashable, list[Http | None]] = {}
    for grant in others:
        doors.setdefault(_ends(grant), []).append(grant.http)
    return [grant for grant in grants if not any(_covers(door, grant.http) for door in doors.get(_ends(grant), ()))]


def _ends(grant: Grant) -> Hashable:
    return (grant.effect, grant.source._replace(name=""), grant.target)


def _covers(wide: Http | None, narrow: Http | None) -> bool:
    """Whether every request of ``narrow`` is one of ``wide``; False where that would need more than a look at both."""
    if wide is None or narrow is None:
        return wide is None
    methods = not wide.methods or (bool(narrow.methods) and set(narrow.methods) <= set(wide.methods))
    return methods and _covers_path(wide.path, narrow.path)


def _covers_path(wide: PathPattern, narrow: PathPattern) -> bool:
    if wide == narrow:
        return True
    if narrow.subtree and not wide.subtree:
        return False
    if len(narrow.segments) < len(wide.segments) or (not wide.subtree and len(narrow.segments) != len(wide.segments)):
        return False
    return all(part == other or (part is None and bool(other)) for part, other in zip(wide.segments, narrow.segments, strict=False))
