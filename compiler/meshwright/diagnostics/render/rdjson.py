"""Reviewdog's diagnostic format (rdjson): columns there count bytes of UTF-8."""

import json
from collections.abc import Sequence

from meshwright.diagnostics.render.findings import Finding, Place

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def as_rdjson(findings: Sequence[Finding]) -> str:
    """Every finding; one without a place is shown at the project file."""
    worst = _SEVERITIES[findings[0].severity] if findings else "INFO"
    return json.dumps({"source": {"name": "meshwright"}, "severity": worst, "diagnostics": [{
        "message": one.whole, "severity": _SEVERITIES[one.severity], "code": {"value": one.code},
        "location": _location(one.path, one.place)} for one in findings]}, indent=1, ensure_ascii=True) + "\n"


def _location(path: str, place: Place | None) -> dict[str, object]:
    if place is None or not place.line:
        return {"path": path}
    start = {"line": place.line, "column": _bytes(place.text, place.column)}
    if place.end_line != place.line:
        return {"path": place.path, "range": {"start": start}}
    return {"path": place.path, "range": {"start": start, "end": {"line": place.line, "column": _bytes(place.text, place.end_column)}}}


def _bytes(text: str, column: int) -> int:
    return len(text[: column - 1].encode("utf-8", "replace")) + 1
