"""Annotations of GitHub Actions: workflow commands, the worst first, with room for a line that says how many are not shown."""

from collections.abc import Sequence

from meshwright.diagnostics.render.findings import Finding

MOST_SHOWN = 10  # of each kind for each step; GitHub drops the rest
_KINDS = {"error": "error", "warning": "warning", "info": "notice"}


def as_github(findings: Sequence[Finding]) -> str:
    """One line a finding; of each kind the last one that GitHub shows counts the others."""
    lines = []
    for severity, kind in _KINDS.items():
        mine = [one for one in findings if one.severity == severity]
        shown = mine if len(mine) <= MOST_SHOWN else mine[: MOST_SHOWN - 1]
        lines += [_annotation(kind, one) for one in shown]
        if len(shown) < len(mine):
            lines.append(f"::{kind} title=Meshwright::and {len(mine) - len(shown)} more: see the log of this step")
    return "".join(f"{line}\n" for line in lines)


def _annotation(kind: str, found: Finding) -> str:
    place = found.place
    properties = {"title": found.code}
    if place is not None:
        properties = {"file": place.path} | properties
        if place.line:
            properties |= {"line": str(place.line), "endLine": str(place.end_line), "col": str(place.column)}
            if place.end_line == place.line and place.end_column > place.column:
                properties["endColumn"] = str(place.end_column)
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {written}::{_data(found.whole)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
