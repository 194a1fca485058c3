"""AuthorizationPolicy (security.istio.io): content to record.

Facts: istio-semantics 1.2, 6.2, 6.3, 12, held against the recorded verdicts of the real schema and webhook.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from meshwright.ir.inventory import Labels, Object
from meshwright.istio.plain import metadata_text
from meshwright.record import NamedTuple

Action = Literal["ALLOW", "DENY", "AUDIT", "CUSTOM"]
Values = Mapping[str, Sequence[str]]  # field name -> values as written; only fields with at least one value


class TargetRef(NamedTuple):
    kind: Literal["Service", "ServiceEntry", "Gateway", "GatewayClass"]
    name: str


class Condition(NamedTuple):
    key: str
    values: Sequence[str]
    not_values: Sequence[str]


class Rule(NamedTuple):
    """OR of ``sources`` AND OR of ``operations`` AND every condition; an empty tuple of sources or operations is "any"."""

    sources: tuple[Values, ...]
    operations: tuple[Values, ...]
    when: tuple[Condition, ...]


class Policy(NamedTuple):
    """One accepted AuthorizationPolicy."""

    id: str
    namespace: str
    name: str
    action: Action
    selector: Labels | None  # None: no selector; (): written, but without labels
    targets: tuple[TargetRef, ...]
    rules: tuple[Rule, ...]
    dry_run: bool
    provider: str = ""  # of a CUSTOM: who is asked


class Elements(NamedTuple):
    """Sources and operations already read, by the id of what was read: in a tree equal ones are one object."""

    sources: dict[int, tuple[Values]]
    operations: dict[int, tuple[Values]]


_BOOLEANS = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_TARGETS: Mapping[str, Literal["Service", "ServiceEntry", "Gateway", "GatewayClass"]] = {
    "Service": "Service", "ServiceEntry": "ServiceEntry", "Gateway": "Gateway", "GatewayClass": "GatewayClass"}
TOP = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})


def read_policy(found: Object, known: Elements | None = None) -> Policy:
    """The policy as written.  ``known`` is for many objects that share parts and outlive it.

    INVARIANT: ``valid.refuse`` took the object, so nothing is checked here.
    """
    known = Elements({}, {}) if known is None else known
    spec: Any = found.content.get("spec") or {}
    action: Action = spec.get("action", "ALLOW")
    read = tuple([_rule(rule, known) for rule in spec.get("rules") or ()])
    provider = spec["provider"]["name"] if action == "CUSTOM" else ""
    selector, targets = read_attachment(spec)
    dry_run = metadata_text(found.content, "annotations", "istio.io/dry-run") in _BOOLEANS
    return Policy(found.id, found.namespace, found.name, action, selector, targets, read, dry_run, provider)


def read_attachment(spec: Mapping[str, Any]) -> tuple[Labels | None, tuple[TargetRef, ...]]:
    """What a policy of Istio is for: the selector, None without one, and the targets."""
    refs = spec.get("targetRefs") or ([spec["targetRef"]] if "targetRef" in spec else ())
    return read_selector(spec), tuple([TargetRef(_TARGETS[ref["kind"]], ref["name"]) for ref in refs]) if refs else ()


def read_selector(spec: Mapping[str, Any]) -> Labels | None:
    """spec.selector.matchLabels of a WorkloadSelector; None without a selector, () for one without labels."""
    if "selector" not in spec:
        return None
    return tuple(sorted((spec["selector"].get("matchLabels") or {}).items()))


def _rule(rule: Mapping[str, Any], known: Elements) -> Rule:
    # The hot loop of the whole reading.
    return Rule(_elements(rule["from"], "source", known.sources) if "from" in rule else (),
                _elements(rule["to"], "operation", known.operations) if "to" in rule else (),
                tuple([Condition(each["key"], each.get("values") or (), each.get("notValues") or ()) for each in rule["when"]])
                if "when" in rule else ())


def _elements(items: Sequence[Any], name: str, read: dict[int, tuple[Values]]) -> tuple[Values, ...]:
    if len(items) == 1:
        item = items[0]
        return read.get(id(item)) or _element(item, name, read)
    found: tuple[Values, ...] = ()
    for item in items:
        found += read.get(id(item)) or _element(item, name, read)
    return found


def _element(item: Mapping[str, Any], name: str, read: dict[int, tuple[Values]]) -> tuple[Values]:
    read[id(item)] = one = ({field: values for field, values in item[name].items() if values},)
    return one
