"""Mutation operators, derived from what the compiler emits: each field of each kind is dropped, widened, narrowed, retargeted and renamed,
each object and each file dropped, duplicated and moved.

An operator is a name such as `AuthorizationPolicy spec.rules[].to[].operation.paths: widen`; a new field of a kind brings its own.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.mutation.trees import COPY, Tree

Place = tuple[str | int, ...]
CHANGES = ("drop", "widen", "narrow", "retarget", "rename")
# Fields with a closed set of words: to retarget one is to choose another word.
WORDS: dict[str, tuple[str, ...]] = {
    "action": ("ALLOW", "DENY", "AUDIT"), "mode": ("STRICT", "PERMISSIVE", "DISABLE", "UNSET", "Terminate", "Passthrough"),
    "from": ("All", "Same", "Selector"), "type": ("PathPrefix", "Exact", "RegularExpression"), "protocol": ("HTTP", "HTTPS", "TLS", "TCP", "HBONE"),
    "method": ("GET", "POST", "DELETE"), "methods": ("GET", "POST", "DELETE"), "gatewayClassName": ("istio", "istio-waypoint", "istio-remote"),
    "kind": ("Service", "Gateway", "GatewayClass", "HTTPRoute", "Secret"), "group": ("", "gateway.networking.k8s.io"),
    "apiVersion": ("v1", "security.istio.io/v1", "gateway.networking.k8s.io/v1"), "istio.io/waypoint-for": ("service", "workload", "all", "none")}
WIDER = {"paths": "/*", "methods": "*", "serviceAccounts": "elsewhere/stranger", "principals": "*", "namespaces": "*", "hosts": "*", "ports": "4242",
         "hostnames": "more.example.org", "ipBlocks": "0.0.0.0/0"}
OPPOSITE = {"matchLabels": "matchExpressions", "from": "to", "to": "from", "selector": "targetRefs", "targetRefs": "selector", "rules": "provider",
            "hostname": "name", "backendRefs": "filters", "parentRefs": "hostnames", "listeners": "addresses", "port": "weight", "mtls": "selector"}
# Written for people and for tools of the owner: nothing in the mesh reads them.
UNREAD = frozenset((("metadata", "labels", "app.kubernetes.io/managed-by"), ("metadata", "annotations")))
NAME = ("metadata", "name")
NAMED = ("Gateway", "Namespace", "Service")  # kinds that others refer to by name; any other name says the same


KEYED = ("matchLabels", "portLevelMtls")


class Mutant(NamedTuple):
    operator: str
    name: str
    tree: Tree


def mutants(tree: Tree) -> Iterator[Mutant]:
    """Every mutant of the tree, in the order of its files; the kustomization.yaml is broken by the operators of files."""
    pools = _pools(tree)
    for path, document in tree.documents():
        kind = document["kind"]
        label = f"{kind} {document['metadata'].get('namespace', '')}/{document['metadata']['name']}"
        yield Mutant(f"{kind}: drop the object", label, tree.without(path, listed=False))
        for where in pools["namespace"]:
            if where != document["metadata"].get("namespace"):
                moved = _with(document, ("metadata", "namespace"), where)
                yield Mutant(f"{kind}: move the object", f"{label} to {where}", tree.replaced(path, moved))
        yield Mutant(f"{kind}: duplicate the object", label, tree.added(COPY, document, listed=True))
        yield Mutant("file: drop", path, tree.without(path, listed=True))
        yield Mutant("file: duplicate", path, tree.added(COPY, document, listed=False))
        yield Mutant("file: move", path, tree.moved(path, "elsewhere/" + path))
        for place in _places(document):
            text = _written(place)
            for change in CHANGES if place != NAME or kind in NAMED else ("drop", "rename"):
                for changed in _changed(document, place, change, pools):
                    if changed != document:
                        yield Mutant(f"{kind} {_written(place, numbers=False)}: {change}", f"{label}: {change} {text}", tree.replaced(path, changed))


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every field below, those that nothing reads left out; items of lists are no fields."""
    if isinstance(value, dict):
        for key, inner in value.items():
            here = (*place, key)
            if here not in UNREAD and not (here == ("metadata", "labels") and all((*here, name) in UNREAD for name in inner)):
                yield here
                yield from _places(inner, here)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*place, number))


def _written(place: Place, numbers: bool = True) -> str:
    text = ""
    for index, part in enumerate(place):
        if isinstance(part, int):
            text += f"[{part}]" if numbers else "[]"
        elif index and place[index - 1] in KEYED and not numbers:
            text += "{}"  # a key of the user
        else:
            text += f".{part}" if text else part
    return text


def _pools(tree: Tree) -> dict[str, list[Any]]:
    """Field → values that it has anywhere in the tree, and words that mean something else."""
    found: dict[str, dict[str, Any]] = {}
    for _, document in tree.documents():
        for place in _places(document):
            value: Any = document
            for part in place:
                value = value[part]
            for each in value if isinstance(value, list) else [value]:
                if not isinstance(each, dict):
                    found.setdefault(str(place[-1]), {})[json.dumps(each)] = each
    pools = {field: [values[key] for key in sorted(values)] for field, values in found.items()}
    pools["namespace"] = sorted({*pools.get("namespace", ()), "elsewhere"})
    for field, words in WORDS.items():
        pools[field] = list(words)
    return pools


def _changed(document: dict[str, Any], place: Place, change: str, pools: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    value: Any = document
    around: Any = document
    for part in place:
        around, value = value, value[part]
    field = str(place[-1])
    if change == "drop":
        yield _with(document, place[:-1], {key: inner for key, inner in around.items() if key != field})
    elif change == "rename":
        for name in (_opposite(field, place), field + "x"):
            if name not in around:
                yield _with(document, place[:-1], {name if key == field else key: inner for key, inner in around.items()})
    elif isinstance(value, list):
        for changed in _list(value, field, change, pools):
            yield _with(document, place, changed)
    elif isinstance(value, dict):
        if change == "widen" and field == "matchLabels":  # what is in other mappings has operators of its own
            for name in value:
                yield _with(document, place, {key: inner for key, inner in value.items() if key != name})
        elif change == "narrow" and field == "matchLabels":
            yield _with(document, place, {**value, "more": "x"})
    else:
        for changed in _scalar(value, field, place, change, pools):
            yield _with(document, place, changed)


def _opposite(field: str, place: Place) -> str:
    inner = len(place) > 1 and place[-2] in ("source", "operation")
    if inner:
        return field[3].lower() + field[4:] if field.startswith("not") else "not" + field[0].upper() + field[1:]
    return OPPOSITE.get(field, field[:-1])


def _list(value: list[Any], field: str, change: str, pools: dict[str, list[Any]]) -> Iterator[list[Any]]:
    """A list of alternatives: one more is wider, one less is narrower, another one is another target."""
    base = field[3].lower() + field[4:] if field.startswith("not") else field
    plain = not any(isinstance(item, dict) for item in value)
    if change == "narrow":
        for number in range(len(value)):
            yield value[:number] + value[number + 1 :]
    elif change == "widen" and plain:
        others = [each for each in pools.get(field, ()) if each not in value]
        for each in (*others[:2], *((WIDER[base],) if base in WIDER else ())):
            yield [*value, each]
    elif change == "widen" and field in ("rules", "from", "to"):
        yield [*value, {}] if field == "rules" else [*value, {"source": {"namespaces": ["*"]}} if field == "from" else {"operation": {"notPorts": ["1"]}}]
    elif change == "retarget" and plain:
        for number, item in enumerate(value):
            for each in [each for each in pools.get(field, ()) if each != item][:3]:
                yield [*value[:number], each, *value[number + 1 :]]


def _scalar(value: Any, field: str, place: Place, change: str, pools: dict[str, list[Any]]) -> Iterator[Any]:
    if change == "retarget":
        yield from [each for each in pools.get(field, ()) if each != value and type(each) is type(value)][:4]
    elif isinstance(value, bool) or field in WORDS:
        return
    elif isinstance(value, int):
        yield value + 1 if change == "widen" else value - 1
    elif change == "widen" and isinstance(value, str):
        yield from ((value[: value.rstrip("/").rfind("/") + 1] or "/",) if value.startswith("/") else ("*", value + "*"))
    elif change == "narrow" and isinstance(value, str):
        yield value + ("/x" if value.startswith("/") else "x")


def _with(value: Any, place: Place, new: Any) -> Any:
    """``value`` with something else at a place; only what lies on the way there is copied."""
    if not place:
        return new
    first, *rest = place
    changed = copy.copy(value)
    changed[first] = _with(value.get(first) if isinstance(value, dict) and rest == [] else value[first], tuple(rest), new)
    return changed
