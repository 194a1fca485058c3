"""All pairs as text: who gets where at all, and which workloads anybody reaches."""

from meshwright.ir.pairs import Pairs
from meshwright.report.table import TIE, table

WAYS = {"service": "service address", "pod": "pod address", "gateway": "gateway", "plaintext": "plaintext",
        "other-service": "another service", "mesh-route": "another service's route"}
EXTENTS = {"all": "everything", "some": "some requests", "unknown": "nobody can tell"}


def pairs_text(found: Pairs, width: int = 120) -> str:
    """One line a pair, sorted by destination; what is not listed gets nowhere.  A table about nothing says so."""
    if not found.workloads:
        return "no workload is known, so nobody was asked about\n"
    cells = [(pair.target, pair.source, WAYS[pair.way], EXTENTS[pair.extent]) for pair in found.pairs]
    rows = [tuple(cell.replace(" ", TIE) for cell in row) for row in cells]
    text = table(("TO", "FROM", "BY", "WHAT GETS IN"), rows, width) if rows else "nobody gets anywhere\n"
    asked = f"{_count(found.callers, 'caller')} asked for at {_count(found.workloads, 'workload')}"
    lines = [f"\n{asked}; a pair that is not listed gets nowhere"]
    if found.unprotected:
        lines.append("unprotected:")
        lines += [f"  {one.workload}: open to {_TO[one.to]}, {one.reason}" for one in found.unprotected]
    else:
        lines.append("unprotected: no workload")
    return text + "\n".join(lines) + "\n"


_TO = {"anybody": "anybody", "any identity": "any identity of the mesh", "without identity": "anybody without identity",
       "unknown": "nobody knows whom"}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
