"""The document `diff` as JSON text: what a change of the sources opens and closes, each with a request for which the answer differs."""

from collections.abc import Callable
from typing import Any

from meshwright.guard.edges import unique
from meshwright.guard.encode import encode, fields
from meshwright.ir.changes import Change, Changes
from meshwright.ir.proof import Request
from meshwright.source import Span

DIFF = ("base", "opens", "closes")


def diff(changes: Changes | None, source: Callable[[Span | None], dict[str, Any]], reads: Any) -> str:
    """JSON text of the fields that are in ``reads``; without a base both lists are empty.  ``source``: a place as a node."""
    named = change_ids(changes)
    nodes: dict[str, Any] = {
        "base": changes is not None,
        "opens": [_node(name, change, source) for name, change in named if change.effect == "opens"],
        "closes": [_node(name, change, source) for name, change in named if change.effect == "closes"],
    }
    return "{" + ",".join([f'"{name}":{encode(nodes[name], below)}' for name, below in fields(reads, DIFF).items()]) + "}"


def change_ids(changes: Changes | None) -> list[tuple[str, Change]]:
    """Every change with the id of its node."""
    found = changes.changes if changes is not None else ()
    return list(zip(unique([f"{each.effect} {each.source} -> {each.target}: {each.door}" for each in found]), found, strict=True))


def place_of(change: Change) -> Span | None:
    """Where its rule stands in the sources; None when only the base has it."""
    return None if "gone" in change.because else change.span


def _node(name: str, change: Change, source: Callable[[Span | None], dict[str, Any]]) -> dict[str, Any]:
    kind, key, port = _target(change.target)
    request = change.request
    return {
        "id": name,
        "from": change.source,
        "public": change.public,
        "to": {"text": change.target, "kind": kind, "key": key, "namespace": key.partition("/")[0], "port": port},
        "door": change.door,
        "whole": change.whole,
        "because": change.because,
        "rule": change.rule,
        "request": {
            "principal": request.principal if request is not None else "",
            "source_ip": request.source_ip if request is not None else "",
            "port": request.port if request is not None else 0,
            "method": request.method if request is not None else "",
            "path": request.path if request is not None else "",
            "host": request.host if request is not None else "",
            "attributes": _attributes(request) if request is not None else {},
        },
        "source": source(place_of(change)),
    }


def _attributes(request: Request) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else list(value or ()) for name, value in request.attributes}


def _target(text: str) -> tuple[str, str, int]:
    """Kind, key and port of "shop/web port 80", "pods of shop/web port 80" and "namespace shop"; port 0 = every port."""
    if text.startswith("namespace "):
        return "namespace", text.removeprefix("namespace "), 0
    kind = "pods" if text.startswith("pods of ") else "service"
    key, _, port = text.removeprefix("pods of ").partition(" port ")
    return kind, key, int(port) if port.isdigit() else 0
