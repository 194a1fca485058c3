"""Transport: peers without identity are accepted by the mTLS mode exactly at the ports that the intent opens to them."""

from meshwright.access.expr import NOTHING
from meshwright.access.reach import Way
from meshwright.prove.destination import Case, Inclusion


def transport(case: Case) -> list[Inclusion]:
    """A port that accepts plaintext unasked, and one that refuses it though asked."""
    wanted = case.meaning.plaintext_ports(case.pods) if case.pods else NOTHING
    mode = case.reach.plaintext
    if mode == wanted:
        return []
    way = Way("plaintext", "", 0, 0, "", 0, mode, mode, ("ztunnel",), _objects(case))
    return [Inclusion("transport", way, mode, wanted, "the mTLS mode accepts peers without identity, and no rule lets one in"),
            Inclusion("transport", way, wanted, mode, "the mTLS mode refuses peers without identity, and a rule lets some in")]


def _objects(case: Case) -> tuple[str, ...]:
    return tuple(sorted({name for way in case.reach.ways if way.kind == "plaintext" for name in way.objects}))
