"""A first look at an AuthorizationPolicy that is written as most are, ours among them: fine, or not known.

INVARIANT: what is fine here, the table takes (a property holds the two against each other).  In a tree of a thousand services
there are thousands of policies made of few different parts, so parts and words that the table took are remembered.
"""

from typing import Any

from meshwright.ir.inventory import Object
from meshwright.istio.valid.metadata import DRY_RUN, is_annotation, is_key, is_name, is_value
from meshwright.istio.valid.schema import Rule, Wrong
from meshwright.istio.valid.security import account, both, path
from meshwright.istio.valid.words import port_text
from meshwright.record import NamedTuple

_TOP = {"apiVersion", "kind", "metadata", "spec"}
_META = {"name", "namespace", "labels", "annotations"}
_SPEC = {"selector", "targetRefs", "action", "rules"}
_RULE = {"from", "to"}
_ANNOTATION = 1000  # characters
_TARGETS = (("Service", ""), ("Gateway", "gateway.networking.k8s.io"), ("GatewayClass", "gateway.networking.k8s.io"))


class Known(NamedTuple):
    """Ids of parts that were taken, which live as long as this does, and by name of a field the texts that were taken."""

    parts: set[int]
    words: dict[str, set[str]]


def is_plain_policy(found: Object, known: Known) -> bool:
    """True: the API server and the webhook take it.  False: look at all of it."""
    content: Any = found.content
    if content.keys() != _TOP or not _metadata(content["metadata"], found.name, known.parts):
        return False
    spec = content["spec"]
    if type(spec) is not dict or not spec.keys() <= _SPEC:
        return False
    action, rules = spec.get("action", "ALLOW"), spec.get("rules", [])
    if type(rules) is not list:
        return False
    if action == "DENY":
        if not rules:
            return False
    elif action != "ALLOW":
        return False
    if not _attached(spec) or len(rules) > 512:
        return False
    parts = known.parts
    for rule in rules:
        if type(rule) is not dict or not rule.keys() <= _RULE:
            return False
        sources, operations = rule.get("from", ()), rule.get("to", ())
        if (type(sources) is not list and sources != ()) or (type(operations) is not list and operations != ()) or len(sources) > 512:
            return False
        for item in sources:
            if id(item) not in parts and not _element(item, "source", known):
                return False
        for item in operations:
            if id(item) not in parts and not _element(item, "operation", known):
                return False
    return True


def _metadata(content: Any, name: str, parts: set[int]) -> bool:
    if type(content) is not dict or not content.keys() <= _META or len(name) > 253 or not is_name(name):
        return False
    labels, annotations = content.get("labels", {}), content.get("annotations", {})
    if id(labels) not in parts:
        if not _texts(labels) or not all(map(is_key, labels)) or not all(map(is_value, labels.values())):
            return False
        parts.add(id(labels))
    if type(annotations) is not dict or len(annotations) > 8:
        return False
    for key, text in annotations.items():
        if type(key) is not str or type(text) is not str or len(text) > _ANNOTATION or not is_annotation(key) or key == DRY_RUN:
            return False
    return True


def _attached(spec: Any) -> bool:
    if "selector" in spec:
        selector = spec["selector"]
        if "targetRefs" in spec or type(selector) is not dict:
            return False
        labels: Any = selector.get("matchLabels") if len(selector) == 1 else None
        return _texts(labels) and all(map(is_key, labels)) and all(map(is_value, labels.values()))
    targets = spec.get("targetRefs", ())
    if targets == ():
        return True
    if type(targets) is not list or len(targets) > 16:
        return False
    for target in targets:
        if type(target) is not dict or not 2 <= len(target) <= 3 or "name" not in target:
            return False
        name = target["name"]
        if type(name) is not str or not 0 < len(name) <= 253 or (target.get("kind"), target.get("group", "")) not in _TARGETS or (
                len(target) == 3 and "group" not in target):
            return False
    return True


def _texts(content: Any) -> bool:
    return type(content) is dict and all(type(key) is str and type(text) is str for key, text in content.items())


def _element(item: Any, name: str, known: Known) -> bool:
    """A source or an operation in its mapping; only one field in a source, because some do not go together."""
    content = item.get(name) if type(item) is dict and len(item) == 1 else None
    if type(content) is not dict or not content or (len(content) > 1 and name == "source"):
        return False
    for field, values in content.items():
        check = _CHECKS.get(field)
        if check is None or (field in SOURCES) != (name == "source") or type(values) is not list or not 0 < len(values) <= 16:
            return False
        words = known.words.setdefault(field, set())
        for text in values:
            if type(text) is not str or (text not in words and not _word(text, check, words)):
                return False
    known.parts.add(id(item))
    return True


def _word(text: str, check: Rule, words: set[str]) -> bool:
    try:
        check(text)
    except Wrong:
        return False
    words.add(text)
    return True


def _filled(text: str) -> None:
    if not text:
        raise Wrong("must not be empty")


def _path(text: str) -> None:
    _filled(text)
    path(text)


SOURCES = frozenset(both(_filled, "serviceAccounts", "namespaces", "principals"))
_CHECKS: dict[str, Rule] = {**both(account, "serviceAccounts"), **both(_filled, "namespaces", "principals", "methods", "hosts"),
                            **both(port_text, "ports"), **both(_path, "paths")}
