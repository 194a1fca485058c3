"""Making manifests: the kinds we write, their names, where they come from."""

from collections.abc import Iterable, Mapping, Sequence

from meshwright.ir.intent import Grant, Program
from meshwright.ir.inventory import Labels
from meshwright.ir.manifest import Manifest
from meshwright.ir.placement import dns_label
from meshwright.source import Span

SECURITY = "security.istio.io/v1"
GATEWAY_API = "gateway.networking.k8s.io/v1"
REFERENCE_GRANT = "gateway.networking.k8s.io/v1beta1"  # the version that every Gateway API release since 0.6 serves


def policy(namespace: str, name: str, identifier: str, spec: Mapping[str, object], provenance: tuple[Span, ...] = ()) -> Manifest:
    """An AuthorizationPolicy."""
    return Manifest(SECURITY, "AuthorizationPolicy", namespace, dns_label(name), {"spec": spec}, identifier, provenance=provenance)


def gateway_api(kind: str, namespace: str, name: str, identifier: str, spec: Mapping[str, object], labels: Labels = (),
                provenance: tuple[Span, ...] = (), api_version: str = GATEWAY_API) -> Manifest:
    """An object of the Gateway API."""
    return Manifest(api_version, kind, namespace, dns_label(name), {"spec": spec}, identifier, labels, provenance=provenance)


def spans(program: Program, grants: Iterable[Grant]) -> tuple[Span, ...]:
    """Where the rules behind ``grants`` stand, in order of rules, each once."""
    rules = program.rules
    return tuple([rules[index].span for index in sorted({grant.rule for grant in grants})])


def service_ref(name: str) -> list[dict[str, str]]:
    return [{"group": "", "kind": "Service", "name": name}]


def gateway_ref(name: str) -> list[dict[str, str]]:
    return [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": name}]


def rule(sources: Sequence[object], operations: Sequence[object]) -> dict[str, object]:
    """One rule of `from` and `to`; without sources it matches everybody, without operations every request."""
    if not operations:
        return {"from": sources} if sources else {}
    return {"from": sources, "to": operations} if sources else {"to": operations}
