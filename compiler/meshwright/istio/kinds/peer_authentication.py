"""PeerAuthentication (security.istio.io): content to record, refusing what schema or webhook refuse (istio-semantics 4.1, 6.2)."""

from collections.abc import Mapping
from typing import Literal

from meshwright.ir.inventory import Labels, Object
from meshwright.istio.kinds.authorization_policy import TOP, read_selector
from meshwright.istio.plain import Refused, mapping, only, text
from meshwright.record import NamedTuple

Mode = Literal["UNSET", "DISABLE", "PERMISSIVE", "STRICT"]
_MODES: Mapping[str, Mode] = {"UNSET": "UNSET", "DISABLE": "DISABLE", "PERMISSIVE": "PERMISSIVE", "STRICT": "STRICT"}


class PeerAuthentication(NamedTuple):
    id: str
    namespace: str
    name: str
    selector: Labels | None  # None: no selector; (): written, but without labels
    mode: Mode
    ports: tuple[tuple[int, Mode], ...]  # by target port, sorted
    created: str = ""  # when the API server took it, "2026-11-22T10:00:00Z"; "" = not known


def read_peer_authentication(found: Object) -> PeerAuthentication:
    """The object as written; raises Refused."""
    only(found.content, TOP, found.kind)
    raw = found.content.get("spec")
    spec = {} if raw is None else mapping(raw, "spec")
    only(spec, frozenset({"selector", "mtls", "portLevelMtls"}), "spec")
    selector = read_selector(spec)
    return PeerAuthentication(found.id, found.namespace, found.name, selector, _mode(spec.get("mtls"), "spec.mtls"),
                              _ports(spec, selector), created(found))


def created(found: Object) -> str:
    """metadata.creationTimestamp of an object that comes from a cluster; "" for one of a file."""
    metadata = found.content.get("metadata")
    written = metadata.get("creationTimestamp") if isinstance(metadata, Mapping) else None
    return written if type(written) is str else ""


def _ports(spec: Mapping[str, object], selector: Labels | None) -> tuple[tuple[int, Mode], ...]:
    raw = spec.get("portLevelMtls")
    if raw is None:
        return ()
    written = mapping(raw, "spec.portLevelMtls")
    if not written:
        raise Refused("`spec.portLevelMtls` must not be empty")
    if not selector:
        raise Refused("`spec.portLevelMtls` needs a selector")
    found = []
    for key, value in written.items():
        port = str(key)
        if not (port.isascii() and port.isdecimal()) or not 1 <= int(port[:12]) <= 65535:
            raise Refused("`spec.portLevelMtls` has a port that is not within 1-65535")
        found.append((int(port), _mode(value, "spec.portLevelMtls")))
    return tuple(sorted(found))


def _mode(raw: object, where: str) -> Mode:
    if raw is None:
        return "UNSET"
    content = mapping(raw, where)
    only(content, frozenset({"mode"}), where)
    written = text(content, "mode", where, "UNSET")
    mode = _MODES.get(written)
    if mode is None:
        raise Refused(f"`{where}.mode` is `{written}`, which is none of UNSET, DISABLE, PERMISSIVE, STRICT")
    return mode
