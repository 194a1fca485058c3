"""AuthorizationPolicy (security.istio.io): content to record, refusing what schema or webhook refuse.

Facts: istio-semantics 1.2, 6.2, 6.3, 12, held against the recorded verdicts of the real schema and webhook.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from meshwright.access.ipv4 import ipv4, ipv4_block
from meshwright.ir.inventory import Labels, Object
from meshwright.istio.plain import Refused, labels, mapping, metadata_text, only, optional_list, text
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


SOURCE_FIELDS = frozenset({"principals", "notPrincipals", "requestPrincipals", "notRequestPrincipals", "namespaces", "notNamespaces",
                           "serviceAccounts", "notServiceAccounts", "trustDomains", "notTrustDomains", "ipBlocks", "notIpBlocks",
                           "remoteIpBlocks", "notRemoteIpBlocks"})
OPERATION_FIELDS = frozenset({"hosts", "notHosts", "ports", "notPorts", "methods", "notMethods", "paths", "notPaths"})
PLAIN_KEYS = frozenset({"source.ip", "remote.ip", "source.namespace", "source.principal", "source.serviceAccount", "source.trustDomain",
                        "destination.ip", "destination.port", "connection.sni", "request.auth.principal", "request.auth.audiences",
                        "request.auth.presenter"})
TOP = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
_SELECTOR = frozenset({"matchLabels"})
_SPEC = frozenset({"selector", "targetRef", "targetRefs", "rules", "action", "provider"})
_RULE = frozenset({"from", "to", "when"})
_CONDITION = frozenset({"key", "values", "notValues"})
_TARGET = frozenset({"group", "kind", "name", "namespace"})
_TARGETS: Mapping[tuple[str, str], Literal["Service", "ServiceEntry", "Gateway", "GatewayClass"]] = {
    ("", "Service"): "Service", ("core", "Service"): "Service", ("networking.istio.io", "ServiceEntry"): "ServiceEntry",
    ("gateway.networking.k8s.io", "Gateway"): "Gateway", ("gateway.networking.k8s.io", "GatewayClass"): "GatewayClass"}
_ACCOUNTS = frozenset({"serviceAccounts", "notServiceAccounts"})
_OTHER_IDENTITIES = frozenset({"principals", "notPrincipals", "namespaces", "notNamespaces"})
_ACTIONS: Mapping[str, Action] = {"ALLOW": "ALLOW", "DENY": "DENY", "AUDIT": "AUDIT", "CUSTOM": "CUSTOM"}
_BOOLEANS = {"1": True, "t": True, "T": True, "TRUE": True, "true": True, "True": True,
             "0": False, "f": False, "F": False, "FALSE": False, "false": False, "False": False}
_CUSTOM_REFUSES = frozenset({"principals", "notPrincipals", "namespaces", "notNamespaces", "serviceAccounts", "notServiceAccounts",
                             "trustDomains", "notTrustDomains", "requestPrincipals", "notRequestPrincipals"})
_CUSTOM_REFUSES_KEYS = frozenset({"source.namespace", "source.principal", "source.serviceAccount", "source.trustDomain"})


def read_policy(found: Object, known: Elements | None = None) -> Policy:
    """The policy as written; raises Refused.  ``known`` is for many objects that share parts and outlive it."""
    known = Elements({}, {}) if known is None else known
    content = found.content
    only(content, TOP, found.kind)
    raw = content.get("spec")
    spec = {} if raw is None else mapping(raw, "spec")
    only(spec, _SPEC, "spec")
    written = text(spec, "action", "spec", "ALLOW")
    action = _ACTIONS.get(written)
    if action is None:
        raise Refused(f"`spec.action` is `{written}`, which is none of ALLOW, DENY, AUDIT, CUSTOM")
    rules = optional_list(spec, "rules", "spec")
    if len(rules) > 512:
        raise Refused("`spec.rules` has more than 512 items")
    read = tuple([_usual_rule(rule, index, known) or _rule(rule, index, known) for index, rule in enumerate(rules)])
    provider = _custom(spec, action, read) if action == "CUSTOM" or "provider" in spec else ""
    if action == "DENY" and not read:
        raise Refused("a DENY without rules never denies")
    selector, targets = read_attachment(spec)
    return Policy(found.id, found.namespace, found.name, action, selector, targets, read, _dry_run(found, action), provider)


def read_attachment(spec: Mapping[str, object]) -> tuple[Labels | None, tuple[TargetRef, ...]]:
    """What a policy of Istio is for: the selector, None without one, and the targets.  Raises Refused."""
    refs: Sequence[object] = optional_list(spec, "targetRefs", "spec") if "targetRefs" in spec else ()
    single = spec.get("targetRef")
    if len(refs) > 16:
        raise Refused("`spec.targetRefs` has more than 16 items")
    selector = read_selector(spec)
    if (selector is not None) + bool(refs) + (single is not None) > 1:
        raise Refused("only one of `targetRefs`, `targetRef` and `selector` can be set")
    if single is not None:
        refs = [single]
    return selector, tuple([_target(ref) for ref in refs]) if refs else ()


def read_selector(spec: Mapping[str, object]) -> Labels | None:
    """spec.selector.matchLabels of a WorkloadSelector; None without a selector, () for one without labels."""
    raw = spec.get("selector")
    if raw is None:
        return None
    selector = mapping(raw, "spec.selector")
    only(selector, _SELECTOR, "spec.selector")
    found = labels(selector.get("matchLabels") or {}, "spec.selector.matchLabels")
    for key, value in found:
        if not key or "*" in key or "*" in value:
            raise Refused("`spec.selector.matchLabels` has an empty key or a wildcard")
    return found


def _target(raw: object) -> TargetRef:
    ref = mapping(raw, "spec.targetRefs[]")
    only(ref, _TARGET, "spec.targetRefs[]")
    if text(ref, "namespace", "spec.targetRefs[]", ""):
        raise Refused("`spec.targetRefs[].namespace` must be empty")
    kind = _TARGETS.get((text(ref, "group", "spec.targetRefs[]", ""), text(ref, "kind", "spec.targetRefs[]")))
    if kind is None:
        raise Refused("`spec.targetRefs[]` must name a Service, ServiceEntry, Gateway or GatewayClass")
    name = text(ref, "name", "spec.targetRefs[]")
    if not name:
        raise Refused("`spec.targetRefs[].name` must not be empty")
    return TargetRef(kind, name)


def _usual_rule(raw: object, index: int, known: Elements) -> Rule | None:
    # The hot loop of the whole reading: one caller, one door; None for everything else.
    if type(raw) is not dict or len(raw) != 2:
        return None
    sources, operations = raw.get("from"), raw.get("to")
    if type(sources) is not list or type(operations) is not list or len(sources) != 1 or len(operations) != 1:
        return None
    who, what = known.sources.get(id(sources[0])), known.operations.get(id(operations[0]))
    return Rule(who or _element(sources[0], "source", SOURCE_FIELDS, index, known.sources),
                what or _element(operations[0], "operation", OPERATION_FIELDS, index, known.operations), ())


def _rule(raw: object, index: int, known: Elements) -> Rule:
    where = f"spec.rules[{index}]"
    rule = mapping(raw, where)
    only(rule, _RULE, where)
    sources, operations = optional_list(rule, "from", where), optional_list(rule, "to", where)
    if len(sources) > 512:
        raise Refused(f"`{where}.from` has more than 512 items")
    return Rule(_elements(sources, "source", SOURCE_FIELDS, index, known.sources),
                _elements(operations, "operation", OPERATION_FIELDS, index, known.operations),
                tuple([_condition(item, where) for item in optional_list(rule, "when", where)]))


def _elements(items: Sequence[object], name: str, fields: frozenset[str], index: int, read: dict[int, tuple[Values]]) -> tuple[Values, ...]:
    found: tuple[Values, ...] = ()
    for item in items:
        found += read.get(id(item)) or _element(item, name, fields, index, read)
    return found


def _element(raw: object, name: str, known: frozenset[str], index: int, read: dict[int, tuple[Values]]) -> tuple[Values]:
    content = raw.get(name) if type(raw) is dict and len(raw) == 1 else None
    if type(content) is not dict:
        only(mapping(raw, f"spec.rules[{index}]"), frozenset({name}), f"spec.rules[{index}]")
        raise Refused(f"`spec.rules[{index}]` has an element without `{name}`")
    if not content.keys() <= known:
        only(content, known, f"spec.rules[{index}].{name}")
    found: dict[str, Sequence[str]] = {}
    for field, values in content.items():
        if values is None:
            continue
        if type(values) is not list:
            raise Refused(f"`spec.rules[{index}].{name}.{field}` must be a list")
        for value in values:
            if type(value) is not str or not value:
                raise Refused(f"`spec.rules[{index}].{name}.{field}` must hold strings that are not empty")
        if values:
            check = _CHECKS.get(field)
            if check is not None:
                try:
                    check(values)
                except Refused as refused:
                    raise Refused(f"`spec.rules[{index}].{name}.{field}` has {refused}") from None
            found[field] = values
    if not found:
        raise Refused(f"`spec.rules[{index}].{name}` must not be empty")
    if name == "source" and not found.keys().isdisjoint(_ACCOUNTS) and not found.keys().isdisjoint(_OTHER_IDENTITIES):
        raise Refused(f"`spec.rules[{index}].{name}` has service accounts next to namespaces or principals")
    read[id(raw)] = one = (found,)
    return one


def _placed(check: Callable[[Sequence[str]], None], values: Sequence[str], *place: str) -> None:
    try:
        check(values)
    except Refused as refused:
        raise Refused(f"`{''.join(place)}` has {refused}") from None


def _condition(raw: object, where: str) -> Condition:
    content = mapping(raw, f"{where}.when[]")
    only(content, _CONDITION, f"{where}.when[]")
    key = text(content, "key", f"{where}.when[]")
    values, not_values = (_strings(optional_list(content, name, f"{where}.when[]"), f"{where}.when[].{name}")
                          for name in ("values", "notValues"))
    if not values and not not_values:
        raise Refused(f"`{where}.when[]` has neither `values` nor `notValues`")
    if key not in PLAIN_KEYS and not _bracketed(key):
        raise Refused(f"`{where}.when[].key` is `{key}`, which is no attribute")
    check = _CONDITION_CHECKS.get(key)
    if check is not None:
        _placed(check, values, where, ".when[].values")
        _placed(check, not_values, where, ".when[].notValues")
    return Condition(key, values, not_values)


def _bracketed(key: str) -> bool:
    for start in ("request.headers", "request.auth.claims", "experimental.envoy.filters."):
        if key.startswith(start) and key.endswith("]"):
            inner = key[key.find("[") + 1 : -1]
            return "[" in key and inner != "" and not inner.startswith("]") and not inner.endswith("[")
    return False


def _strings(values: Sequence[object], where: str) -> Sequence[str]:
    for value in values:
        if type(value) is not str:
            raise Refused(f"`{where}` must hold strings")
    return values  # type: ignore[return-value]  # each was just looked at


def _ports(values: Sequence[str]) -> None:
    for value in values:
        if not (value.isascii() and value.isdecimal()) or int(value[:12]) > 65535:
            raise Refused(f"the bad port `{value}`")


def _addresses(values: Sequence[str]) -> None:
    others = [value for value in values if ipv4(value) is None and ipv4_block(value) is None]
    if not others:
        return
    from ipaddress import ip_address, ip_interface  # only policies with other addresses pay for the import

    for value in others:
        try:
            if "/" in value:
                address, _, length = value.partition("/")
                if not (length.isascii() and length.isdecimal()) or "%" in address:
                    raise ValueError(value)
                ip_interface(value)
            else:
                ip_address(value)
        except ValueError:
            raise Refused(f"the bad address `{value}`") from None


def _accounts(values: Sequence[str]) -> None:
    if len(values) > 16:
        raise Refused("more than 16 items")
    for value in values:
        if "*" in value or value.count("/") > 1 or value[:1] in ("", "/") or value[-1] == "/" or len(value) > 320:
            raise Refused(f"`{value}`, which is no service account")


def _domains(values: Sequence[str]) -> None:
    for value in values:
        if "/" in value or "*" in value[1:-1] or (len(value) > 1 and value.startswith("*") and value.endswith("*")):
            raise Refused(f"`{value}`, which is no trust domain")


def _paths(values: Sequence[str]) -> None:
    for value in values:
        if "{" in value or "}" in value:
            _template(value)


def _template(value: str) -> None:
    """The grammar of path templates (istio-semantics 1.5): whole segments ``{*}`` or ``{**}``, nothing behind ``{**}`` but literals."""
    rest = False
    operators = "{*}" in value or "{**}" in value
    if not operators:
        raise Refused(f"`{value}`, with braces that are no path template")
    for segment in value.split("/"):
        if segment in ("{*}", "{**}"):
            if rest:
                raise Refused(f"`{value}`, where `{{**}}` is not the last operator")
            rest = segment == "{**}"
        elif "{" in segment or "}" in segment or "*" in segment:
            raise Refused(f"`{value}`, which is no path template")


_CHECKS = {"ports": _ports, "notPorts": _ports, "ipBlocks": _addresses, "notIpBlocks": _addresses, "remoteIpBlocks": _addresses,
           "notRemoteIpBlocks": _addresses, "serviceAccounts": _accounts, "notServiceAccounts": _accounts, "trustDomains": _domains,
           "notTrustDomains": _domains, "paths": _paths, "notPaths": _paths}
_CONDITION_CHECKS = {"source.ip": _addresses, "remote.ip": _addresses, "destination.ip": _addresses, "destination.port": _ports,
                     "source.serviceAccount": _accounts, "source.trustDomain": _domains}


def _custom(spec: Mapping[str, object], action: Action, rules: tuple[Rule, ...]) -> str:
    raw = spec.get("provider")
    if action != "CUSTOM":
        if raw is not None:
            raise Refused(f"`spec.provider` must not be with the action {action}")
        return ""
    provider = {} if raw is None else mapping(raw, "spec.provider")
    only(provider, frozenset({"name"}), "spec.provider")
    name = text(provider, "name", "spec.provider", "")
    if not name:
        raise Refused("`spec.provider.name` must not be empty")
    if not rules:
        raise Refused("a CUSTOM policy without rules is never triggered")
    for rule in rules:
        if any(not source.keys().isdisjoint(_CUSTOM_REFUSES) for source in rule.sources) or any(
                condition.key in _CUSTOM_REFUSES_KEYS or condition.key.startswith("request.auth.") for condition in rule.when):
            raise Refused("a CUSTOM policy cannot ask for the identity of the caller")
    return name


def _dry_run(found: Object, action: Action) -> bool:
    written = metadata_text(found.content, "annotations", "istio.io/dry-run")
    if written is None:
        return False
    value = _BOOLEANS.get(written)
    if value is None:
        raise Refused(f"the annotation `istio.io/dry-run` is `{written}`, which is no boolean")
    if action not in ("ALLOW", "DENY"):
        raise Refused(f"the annotation `istio.io/dry-run` does not go with the action {action}")
    return value
