"""GitLab's code quality report: an array of issues with fingerprints that do not contain the line."""

import json
from collections.abc import Sequence

from meshwright.diagnostics.render.findings import Finding

_SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}


def as_gitlab(findings: Sequence[Finding]) -> str:
    """Every finding; one without a place is shown at the project file."""
    return json.dumps([{
        "description": f"{one.code}: {one.text}",
        "check_name": one.code, "fingerprint": one.fingerprint, "severity": _SEVERITIES[one.severity],
        "location": {"path": one.path, "lines": {"begin": max(1, one.place.line) if one.place is not None else 1}},
    } for one in findings], indent=1, ensure_ascii=True) + "\n"
