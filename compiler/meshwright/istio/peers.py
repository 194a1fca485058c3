"""Where peers without identity are refused: PeerAuthentication as istiod turns it into DENY policies of ztunnel (istio-semantics 4.1).

The fail-open corner is here too: a workload may be told of a converted policy that is never sent, and then nothing is refused.
"""

from collections.abc import Iterable, Mapping

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, any_of, either, match, negate
from meshwright.ir.inventory import Labels
from meshwright.istio.kinds.peer_authentication import PeerAuthentication
from meshwright.record import NamedTuple


class Plaintext(NamedTuple):
    """``refused``: at which target ports a peer without identity is refused."""

    refused: Expr
    objects: tuple[str, ...]
    unknown: tuple[str, ...]
    policy: str = ""  # "ns/name" of what istiod converts it to, as ztunnel names it


class Modes(NamedTuple):
    """Over the container's port, at a sidecar: where mTLS is required, and where it is switched off so that no identity is seen."""

    strict: Expr
    disabled: Expr
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

    def modes(self, namespace: str, labels: Mapping[str, str]) -> Modes:
        """For the sidecars of pods with these labels: the narrowest mode that is set counts, at each port."""
        own = [found for key, value in labels.items() for found in self._selected.get((namespace, key, value), ())
               if all(labels.get(name) == wanted for name, wanted in found.selector or ())]
        levels = [self._wide.get(self._root, []), [] if namespace == self._root else self._wide.get(namespace, []), own]
        objects = tuple([found.id for level in levels for found in level])
        mode, ports = "PERMISSIVE", {}
        for level in levels:
            oldest = _oldest(level)
            if oldest is None and level:
                names = ", ".join(found.id for found in level)
                return Modes(NOTHING, EVERYTHING, objects, (f"{names}: the oldest one counts, and which is the oldest is not known",))
            if oldest is not None:
                mode = oldest.mode if oldest.mode != "UNSET" else mode
                ports = {port: written if written != "UNSET" else mode for port, written in oldest.ports}
        return Modes(_where("STRICT", mode, ports), _where("DISABLE", mode, ports), objects, ())

    def loosening_selectors(self, namespace: str) -> tuple[Labels, ...]:
        """Selectors in ``namespace`` under which a pod may accept more plaintext than the namespace says."""
        return tuple(self._selectors.get(namespace, ()))

    def _compose(self, namespace: str, own: list[PeerAuthentication]) -> Plaintext:
        root = self._wide.get(self._root, [])
        wide = [] if namespace == self._root else self._wide.get(namespace, [])
        objects = tuple([found.id for found in root + wide + own])
        chosen = []
        for level in (root, wide, own, _bare(root), _bare(wide)):
            oldest = _oldest(level)
            if oldest is None and level:
                names = ", ".join(found.id for found in level)
                return Plaintext(NOTHING, objects, (f"{names}: the oldest one counts, and which is the oldest is not known",))
            chosen.append(oldest)
        mesh, space, workload, bare_mesh, bare_space = chosen
        strict = False
        for found in (mesh, space):
            if found is not None and found.mode != "UNSET":
                strict = found.mode == "STRICT"
        static = f"{self._root}/istio_converted_static_strict" if strict else ""
        if workload is None:
            return Plaintext(EVERYTHING if strict else NOTHING, objects, (), static)
        if workload.mode != "UNSET":
            strict = workload.mode == "STRICT"
            static = f"{self._root}/istio_converted_static_strict" if strict else ""
        if not _is_converted(workload, strict):
            return Plaintext(EVERYTHING if strict else NOTHING, objects, (), static)
        # Told of the converted policy instead of the static one, whether or not there is one.
        return Plaintext(_converted(workload, bare_mesh, bare_space), objects, (),
                         f"{namespace}/converted_peer_authentication_{workload.name}")


def _where(wanted: str, mode: str, ports: Mapping[int, str]) -> Expr:
    """The ports with one mode, where all but ``ports`` have ``mode``."""
    if mode == wanted:
        others = [port for port, one in ports.items() if one != wanted]
        return negate(_ports(others)) if others else EVERYTHING
    return _ports([port for port, one in ports.items() if one == wanted])


def _bare(level: list[PeerAuthentication]) -> list[PeerAuthentication]:
    """The conversion looks at another index: only objects without any selector count there."""
    return [found for found in level if found.selector is None]


def _oldest(level: list[PeerAuthentication]) -> PeerAuthentication | None:
    """The one that counts: any of them when they say the same, else the oldest; None when nobody can tell, or there is none."""
    if len({(found.mode, found.ports) for found in level}) < 2:
        return level[0] if level else None
    first, second = sorted(level, key=lambda found: found.created)[:2]
    return first if "" < first.created < second.created else None


def _is_converted(own: PeerAuthentication, strict: bool) -> bool:
    """Whether a workload is told of the policy that its PeerAuthentication is converted to; ``strict``: the mode beside its ports."""
    modes = {mode for _, mode in own.ports}
    if not strict:
        return "STRICT" in modes
    # Inherited STRICT: only a PERMISSIVE port makes istiod look at the exceptions, a DISABLE one alone is not honoured.
    return "PERMISSIVE" in modes or (own.mode == "STRICT" and "DISABLE" in modes)


def _converted(own: PeerAuthentication, mesh: PeerAuthentication | None, space: PeerAuthentication | None) -> Expr:
    """At which ports the converted policy refuses peers without identity; an UNSET object of the namespace hides the root's from it."""
    space_mode = "" if space is None else space.mode
    mesh_mode = "" if mesh is None else mesh.mode
    above = "STRICT" in (space_mode, mesh_mode if space_mode in ("", "UNSET") else "")  # as strict ports are judged
    seen = (space_mode or mesh_mode) == "STRICT"  # as open ports are judged
    strict = [] if own.mode == "STRICT" or (own.mode == "UNSET" and above) else [port for port, mode in own.ports if mode == "STRICT"]
    opened = [port for port, mode in own.ports if mode in ("PERMISSIVE", "DISABLE")] if own.mode == "STRICT" or (
        own.mode == "UNSET" and seen) else []
    return either(_ports(strict), negate(_ports(opened)) if opened else NOTHING)


def _ports(numbers: list[int]) -> Expr:
    return any_of([match("port", "number", str(number)) for number in numbers])
