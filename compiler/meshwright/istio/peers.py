"""Where peers without identity are refused: PeerAuthentication as istiod turns it into DENY policies of ztunnel (istio-semantics 4.1).

The fail-open corner is here too: a workload may be told of a converted policy that is never sent, and then nothing is refused.
"""

from collections.abc import Iterable, Mapping

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, any_of, match, negate
from meshwright.ir.inventory import Labels
from meshwright.istio.kinds.peer_authentication import PeerAuthentication
from meshwright.record import NamedTuple


class Plaintext(NamedTuple):
    """``refused``: at which target ports a peer without identity is refused."""

    refused: Expr
    objects: tuple[str, ...]
    unknown: tuple[str, ...]


class Peers:
    """The PeerAuthentications of a mesh, by the namespace they are in."""

    __slots__ = ("_known", "_root", "_selected", "_selectors", "_wide")

    def __init__(self, objects: Iterable[PeerAuthentication], root: str) -> None:
        self._root = root
        self._wide: dict[str, list[PeerAuthentication]] = {}  # for a whole namespace, or the mesh
        self._selected: dict[tuple[str, str, str], list[PeerAuthentication]] = {}  # namespace, one label of the selector
        self._selectors: dict[str, list[Labels]] = {}  # those that may accept more plaintext
        self._known: dict[tuple[str, tuple[str, ...]], Plaintext] = {}
        for found in objects:
            if not found.selector:
                self._wide.setdefault(found.namespace, []).append(found)
            elif found.namespace != root:  # one with a selector in the root namespace counts nowhere
                buckets = [(found.namespace, key, value) for key, value in found.selector]
                self._selected.setdefault(min(buckets, key=lambda one: len(self._selected.get(one, ()))), []).append(found)
                if found.mode != "STRICT" or any(mode != "STRICT" for _, mode in found.ports):
                    self._selectors.setdefault(found.namespace, []).append(found.selector)

    def plaintext(self, namespace: str, labels: Mapping[str, str]) -> Plaintext:
        """For the pods with these labels; the answer is an upper bound of what is accepted when ``unknown`` is not empty."""
        own = []
        if self._selected:
            own = [found for key, value in labels.items() for found in self._selected.get((namespace, key, value), ())
                   if all(labels.get(name) == wanted for name, wanted in found.selector or ())]
        key = (namespace, tuple([found.name for found in own]))
        answer = self._known.get(key)
        if answer is None:
            answer = self._known[key] = self._compose(namespace, own)
        return answer

    def loosening_selectors(self, namespace: str) -> tuple[Labels, ...]:
        """Selectors in ``namespace`` under which a pod may accept more plaintext than the namespace says."""
        return tuple(self._selectors.get(namespace, ()))

    def _compose(self, namespace: str, own: list[PeerAuthentication]) -> Plaintext:
        root = self._wide.get(self._root, [])
        wide = [] if namespace == self._root else self._wide.get(namespace, [])
        objects = tuple([found.id for found in root + wide + own])
        for level in (root, wide, own):
            if len({(found.mode, found.ports) for found in level}) > 1:
                # The oldest wins, and files have no age.
                names = ", ".join(found.id for found in level)
                return Plaintext(NOTHING, objects, (f"{names}: the oldest one counts, and which is the oldest is not known",))
        strict = False
        for found in root[:1] + wide[:1]:
            if found.mode != "UNSET":
                strict = found.mode == "STRICT"
        if not own:
            return Plaintext(EVERYTHING if strict else NOTHING, objects, ())
        return _workload(own[0], strict, _strict_for_conversion(root, wide), objects)


def _strict_for_conversion(root: list[PeerAuthentication], wide: list[PeerAuthentication]) -> bool:
    # The conversion looks at another index: only objects without any selector count, and an UNSET one of the namespace hides the root's.
    bare_wide = [found for found in wide if found.selector is None]
    bare_root = [found for found in root if found.selector is None]
    seen = bare_wide[:1] or bare_root[:1]
    return bool(seen) and seen[0].mode == "STRICT"


def _workload(own: PeerAuthentication, inherited: bool, converted: bool, objects: tuple[str, ...]) -> Plaintext:
    strict_ports = [port for port, mode in own.ports if mode == "STRICT"]
    open_ports = [port for port, mode in own.ports if mode in ("PERMISSIVE", "DISABLE")]
    if own.mode == "STRICT" or (own.mode == "UNSET" and inherited):
        # Inherited STRICT: only a PERMISSIVE port makes istiod look at the exceptions, a DISABLE one alone is not honoured.
        if own.mode == "UNSET" and not any(mode == "PERMISSIVE" for _, mode in own.ports):
            return Plaintext(EVERYTHING, objects, ())
        if not open_ports:
            return Plaintext(EVERYTHING, objects, ())
        if strict_ports:
            return Plaintext(NOTHING, objects, (f"{own.id}: STRICT and PERMISSIVE ports under STRICT are not modelled",))
        if own.mode == "UNSET" and not converted:
            return Plaintext(NOTHING, objects, ())
        return Plaintext(negate(_ports(open_ports)), objects, ())
    return Plaintext(_ports(strict_ports), objects, ())


def _ports(numbers: list[int]) -> Expr:
    return any_of([match("port", "number", str(number)) for number in numbers])
