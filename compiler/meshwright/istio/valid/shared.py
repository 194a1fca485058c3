"""Parts that several kinds have."""

from collections.abc import Mapping
from typing import Any

from meshwright.istio.valid.schema import UNSIGNED, Check, Wrong, integer, items, obj, or_null, short, string, table
from meshwright.istio.valid.words import GROUP, HOSTNAME, KIND, LABEL, SUBDOMAIN, port, selector_labels

TEXT = string()
TEXTS = items(TEXT)
UNSIGNED_NUMBER = integer(0, UNSIGNED)
PORT = integer(1, 65535)
ISTIO_PORT = integer(0, UNSIGNED, rules=(port,))
NAME = string(1, 253)
GROUP_NAME = string(0, 253, GROUP, "name of an API group")
KIND_NAME = string(1, 63, KIND, "name of a kind")
NAMESPACE_NAME = string(1, 63, LABEL, "name of a namespace")
SECTION_NAME = string(1, 253, SUBDOMAIN, "DNS name in lower case")
HOST = string(1, 253, HOSTNAME, "DNS name in lower case, at most with `*.` in front")
PRECISE_HOST = string(1, 253, SUBDOMAIN, "DNS name in lower case without wildcard")
# What a policy may be attached to; versions play no part.
_TARGETS = frozenset((("core", "Service"), ("networking.istio.io", "ServiceEntry"), ("gateway.networking.k8s.io", "Gateway"),
                      ("gateway.networking.k8s.io", "GatewayClass")))

SELECTOR = obj({"matchLabels": table(string(0, 63), most=4096, rules=(selector_labels,))})
WORKLOAD_SELECTOR = obj({"labels": table(string(0, 63), most=256, rules=(selector_labels,))})  # of the networking group


def _target(value: Mapping[str, Any]) -> None:
    kind = (value.get("group") or "core", value["kind"])
    if kind not in _TARGETS:
        raise Wrong(f"is {short(value['kind'])} of the group {short(value.get('group', ''))}: a policy is attached to a Service, "
                    "ServiceEntry, Gateway or GatewayClass", "kind")


def _no_namespace(value: str) -> None:
    if value:
        raise Wrong("must not be set: a policy is attached in its own namespace")


_REFERENCE = {"group": GROUP_NAME, "kind": KIND_NAME, "name": NAME, "namespace": string(rules=(_no_namespace,))}
TARGET = obj(_REFERENCE, ("kind", "name"), (_target,))
TARGETS = items(TARGET, most=16)
ANY_TARGETS = items(obj(_REFERENCE, ("kind", "name")), most=16)  # of an EnvoyFilter: its webhook does not look at them


def attachment(value: Mapping[str, Any]) -> None:
    """At most one of the three ways to attach a policy."""
    given = [name for name in ("selector", "targetRef", "targetRefs") if name in value]
    if len(given) > 1:
        raise Wrong(f"must not be set together with `{given[0]}`", given[1])


def export_to(namespace: str, written: list[str], entry: bool = False, selecting: bool = False) -> None:
    """Who may see it: `.`, `*`, names of namespaces, and for a ServiceEntry `~`."""
    seen: set[str] = set()
    from meshwright.istio.valid.words import is_label

    for index, name in enumerate(written):
        key = namespace if name == "." else name
        if key in seen:
            raise Wrong(f"names {short(key)} twice", "exportTo", index)
        if key not in (".", "*") and not (entry and name == "~") and not is_label(key):
            raise Wrong(f"is {short(name)}, which is none of `.`, `*` and a name of a namespace", "exportTo", index)
        seen.add(key)
    if selecting and seen and seen != {namespace}:
        raise Wrong("must name only the own namespace, because the rule selects workloads", "exportTo")
    for lonely in ("*", "~"):
        if lonely in seen and len(written) > 1:
            raise Wrong(f"must not name `{lonely}` and others", "exportTo")


def nullable(inner: Check) -> Check:
    """As the field's schema says so."""
    return or_null(inner)
