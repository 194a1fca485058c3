"""A first look at an AuthorizationPolicy that is written as most are, ours among them: fine and read, or not known.

INVARIANT: what is fine here, the table takes, and `read_policy` reads alike (a property holds them against each other).  In a
tree of a thousand services there are thousands of policies made of few different parts, so parts and words that the table took
are remembered.
"""

from typing import Any

from meshwright.ir.inventory import Labels, Object
from meshwright.istio.kinds.authorization_policy import Policy, TargetRef, Values
from meshwright.istio.kinds.authorization_policy import Rule as PolicyRule
from meshwright.istio.valid.metadata import DRY_RUN, is_annotation, is_key, is_name, is_value
from meshwright.istio.valid.schema import Rule, Wrong
from meshwright.istio.valid.security import account, both, path
from meshwright.istio.valid.words import port_text
from meshwright.record import new

_TOP = {"apiVersion", "kind", "metadata", "spec"}
_META = {"name", "namespace", "labels", "annotations"}
_SPEC = {"selector", "targetRefs", "action", "rules"}
_RULE = {"from", "to"}
_ANNOTATION = 1000  # characters
_TARGETS = (("Service", ""), ("Gateway", "gateway.networking.k8s.io"), ("GatewayClass", "gateway.networking.k8s.io"))


class Known:
    """Parts of policies that were taken, which live as long as this does, and the texts that were taken."""

    __slots__ = ("labels", "operations", "sources", "words")

    def __init__(self) -> None:
        self.labels: set[int] = set()  # ids
        self.sources: dict[int, Values] = {}  # by id of the element that holds it
        self.operations: dict[int, Values] = {}
        self.words: dict[str, set[str]] = {}  # by name of a field


def plain_policy(found: Object, known: Known) -> Policy | None:
    """The policy, read as ``read_policy`` reads it, when the API server and the webhook take it; None: look at all of it."""
    content: Any = found.content
    if content.keys() != _TOP or not _metadata(content["metadata"], found.name, known.labels):
        return None
    spec = content["spec"]
    if type(spec) is not dict or not spec.keys() <= _SPEC:
        return None
    action, rules = spec.get("action", "ALLOW"), spec.get("rules", [])
    if type(rules) is not list or len(rules) > 512:
        return None
    if action == "DENY":
        if not rules:
            return None
    elif action != "ALLOW":
        return None
    attached = _attached(spec)
    if attached is None:
        return None
    selector, targets = attached
    taken_sources, taken_operations = known.sources, known.operations
    read = []
    for rule in rules:
        if type(rule) is not dict or not rule.keys() <= _RULE:
            return None
        sources, operations = rule.get("from", ()), rule.get("to", ())
        if (type(sources) is not list and sources != ()) or (type(operations) is not list and operations != ()) or len(sources) > 512:
            return None
        who = []
        for item in sources:
            values = taken_sources.get(id(item)) or _element(item, "source", known, taken_sources)
            if values is None:
                return None
            who.append(values)
        what = []
        for item in operations:
            values = taken_operations.get(id(item)) or _element(item, "operation", known, taken_operations)
            if values is None:
                return None
            what.append(values)
        read.append(new(PolicyRule, (tuple(who), tuple(what), ())))
    return new(Policy, (found.id, found.namespace, found.name, action, selector, targets, tuple(read), False, ""))


def _metadata(content: Any, name: str, parts: set[int]) -> bool:
    if type(content) is not dict or not content.keys() <= _META or len(name) > 253 or not is_name(name):
        return False
    labels, annotations = content.get("labels", {}), content.get("annotations", {})
    if id(labels) not in parts:
        if not _texts(labels) or not all(map(is_key, labels)) or not all(map(is_value, labels.values())):
            return False
        if "istio.io/rev" in labels:
            return False  # whether Istio reads it depends on that
        parts.add(id(labels))
    if type(annotations) is not dict or len(annotations) > 8:
        return False
    for key, text in annotations.items():
        if type(key) is not str or type(text) is not str or len(text) > _ANNOTATION or not is_annotation(key) or key == DRY_RUN:
            return False
    return True


def _attached(spec: Any) -> tuple[Labels | None, tuple[TargetRef, ...]] | None:
    if "selector" in spec:
        selector = spec["selector"]
        if "targetRefs" in spec or type(selector) is not dict:
            return None
        labels: Any = selector.get("matchLabels") if len(selector) == 1 else None
        if type(labels) is not dict:
            return None
        for key, text in labels.items():
            if type(key) is not str or type(text) is not str or not is_key(key) or not is_value(text):
                return None
        return tuple(sorted(labels.items())), ()
    targets = spec.get("targetRefs", ())
    if targets == ():
        return None, ()
    if type(targets) is not list or len(targets) > 16:
        return None
    found: tuple[TargetRef, ...] = ()
    for target in targets:
        if type(target) is not dict or not 2 <= len(target) <= 3 or "name" not in target:
            return None
        name: Any = target["name"]
        kind: Any = target.get("kind")
        if type(name) is not str or not 0 < len(name) <= 253 or (kind, target.get("group", "")) not in _TARGETS or (
                len(target) == 3 and "group" not in target):
            return None
        found += (TargetRef(kind, name),)
    return None, found


def _texts(content: Any) -> bool:
    return type(content) is dict and all(type(key) is str and type(text) is str for key, text in content.items())


def _element(item: Any, name: str, known: Known, taken: dict[int, Values]) -> Values | None:
    """A source or an operation in its mapping; only one field in a source, because some do not go together."""
    content: Any = item.get(name) if type(item) is dict and len(item) == 1 else None
    if type(content) is not dict or not content or (len(content) > 1 and name == "source"):
        return None
    all_words, checks = known.words, _CHECKS[name]
    for field, values in content.items():
        if type(values) is not list or not 0 < len(values) <= 16:
            return None
        words = all_words.get(field)
        if words is None:
            if field not in checks:
                return None
            words = all_words[field] = set()
        elif field not in checks:
            return None
        for text in values:
            if type(text) is not str or (text not in words and not _word(text, checks[field], words)):
                return None
    taken[id(item)] = content
    return content


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
    if "{" in text or "}" in text:  # only templates can be wrong
        path(text)


_CHECKS: dict[str, dict[str, Rule]] = {
    "source": {**both(account, "serviceAccounts"), **both(_filled, "namespaces", "principals")},
    "operation": {**both(_filled, "methods", "hosts"), **both(port_text, "ports"), **both(_path, "paths")}}
