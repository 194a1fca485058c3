"""What only the experimental channel of Gateway API has: a cluster with the standard channel refuses the whole object."""

from collections.abc import Iterator
from typing import Any

from meshwright.ir.inventory import Object


def experimental(found: Object) -> tuple[str, ...]:
    """What is there of it, in words, in an object of Gateway API that ``refuse`` took; () is nothing."""
    return tuple(dict.fromkeys(_experimental(found.kind, found.content.get("spec") or {})))


def _experimental(kind: str, spec: Any) -> Iterator[str]:
    for field in ("defaultScope", "useDefaultGateways"):
        if field in spec:
            yield f"`{field}`"
    if not kind.endswith("Route"):
        return
    seen = set()
    for parent in spec.get("parentRefs") or ():
        key = (parent.get("group"), parent.get("kind"), parent["name"], parent.get("namespace"), parent.get("sectionName"))
        if key in seen:
            yield "parents that only their port tells apart"
        seen.add(key)
    for rule in spec.get("rules") or ():
        for field in ("retry", "sessionPersistence"):
            if field in rule:
                yield f"`{field}`"
        inside = [each for backend in rule.get("backendRefs") or () for each in backend.get("filters") or ()]
        if any(each.get("type") == "ExternalAuth" for each in (*(rule.get("filters") or ()), *inside)):
            yield "the filter ExternalAuth"
