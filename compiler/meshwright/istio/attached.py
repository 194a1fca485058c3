"""Objects that attach to proxies, found by namespace, by one label of their selector, or by what they target (istio-semantics 1.12)."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from meshwright.ir.inventory import Labels
from meshwright.istio.kinds.authorization_policy import Policy
from meshwright.istio.kinds.request_authentication import RequestAuthentication

One = TypeVar("One", Policy, RequestAuthentication)


class Attached(Generic[One]):
    """AuthorizationPolicies or RequestAuthentications of a mesh."""

    __slots__ = ("_bare", "_empty", "_root", "_selected", "_targets")

    def __init__(self, root: str) -> None:
        self._root = root
        self._bare: dict[str, list[One]] = {}  # neither selector nor targetRefs
        self._empty: dict[str, list[One]] = {}  # a selector without labels
        self._selected: dict[tuple[str, str, str], list[One]] = {}  # namespace, one label of the selector
        self._targets: dict[tuple[str, str, str], list[One]] = {}  # kind, namespace, name

    def add(self, one: One) -> None:
        """Take in one object."""
        if one.targets:
            for target in dict.fromkeys(one.targets):
                self._targets.setdefault((target.kind, one.namespace, target.name), []).append(one)
        elif one.selector is None:
            self._bare.setdefault(one.namespace, []).append(one)
        elif not one.selector:
            self._empty.setdefault(one.namespace, []).append(one)
        else:
            # under the label that fewest share: a label that every selector has would make every workload look at all of them
            selector: Labels = one.selector
            buckets = [(one.namespace, key, value) for key, value in selector]
            self._selected.setdefault(min(buckets, key=lambda bucket: len(self._selected.get(bucket, ()))), []).append(one)

    def at_ztunnel(self, namespace: str, labels: Mapping[str, str]) -> list[One]:
        """Those that the ztunnel of pods with these labels is told of: a selector without labels attaches to no pod there."""
        found = self._bare.get(namespace, []) + self._matching(namespace, labels)
        return found + self._bare.get(self._root, []) if namespace != self._root else found

    def at_envoy(self, namespace: str, labels: Mapping[str, str], gateway: str = "") -> list[One]:
        """Those of a sidecar or gateway in pods with these labels, where a selector without labels is every pod; ``gateway`` names
        the Gateway API gateway that they are."""
        found = self._targets.get(("Gateway", namespace, gateway), []) if gateway else []
        found = found + self._bare.get(namespace, []) + self._empty.get(namespace, []) + self._matching(namespace, labels)
        return found + self._bare.get(self._root, []) + self._empty.get(self._root, []) if namespace != self._root else found

    def at_waypoint(self, namespace: str, name: str, service: tuple[str, str] | None, kind: str = "Service") -> list[One]:
        """Those of a waypoint for traffic to ``service`` (namespace, name), of ``kind`` Service or ServiceEntry; None = no service."""
        found = self._targets.get(("Gateway", namespace, name), []) + self._targets.get(("GatewayClass", self._root, "istio-waypoint"), [])
        if service is not None:
            found = found + self._targets.get((kind, service[0], service[1]), [])
        return list({one.id: one for one in found}.values()) if len(found) > 1 else found

    def _matching(self, namespace: str, labels: Mapping[str, str]) -> list[One]:
        found: list[One] = []
        for where in (namespace,) if namespace == self._root else (namespace, self._root):
            for key, value in labels.items():
                for one in self._selected.get((where, key, value), ()):
                    if all(labels.get(name) == wanted for name, wanted in one.selector or ()):
                        found.append(one)
        return found
