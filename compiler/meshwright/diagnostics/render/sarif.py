"""SARIF 2.1.0, as GitHub's code scanning takes it: one run, rules with their pages, stable fingerprints, within its limits."""

import json
from collections.abc import Sequence

from meshwright.diagnostics.render.findings import Catalogue, Finding, Place

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 5_000  # as many as GitHub keeps
MOST_PLACES = 99  # related ones of a result; GitHub shows 100 locations
LONGEST = 8_000  # characters of a message: 10 MB of gzip for all
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_SEVERITY = {"error": "7.5", "warning": "5.0", "info": "1.0"}


def as_sarif(findings: Sequence[Finding], catalogue: Catalogue, version: str, category: str) -> str:
    """``category`` tells several runs of one repository apart: "meshwright/services/shop"."""
    kept = findings[:MOST_RESULTS]
    codes = sorted({one.code for one in kept})
    worst = {one.code: one.severity for one in reversed(kept)}  # the first is the worst
    rules = []
    for code in codes:
        about = catalogue(code)
        rules.append({
            "id": code, "name": "".join(word.capitalize() for word in about.slug.split("-")) or code,
            "shortDescription": {"text": about.summary or code}, "fullDescription": {"text": about.summary or code},
            "help": {"text": about.summary or code, "markdown": (about.page or about.summary or code)[:LONGEST * 4]},
            "defaultConfiguration": {"level": _LEVELS[worst[code]]},
            "properties": {"tags": ["security", "istio"], "precision": "very-high", "security-severity": _SEVERITY[worst[code]]}})
    run: dict[str, object] = {
        "tool": {"driver": {"name": "Meshwright", "semanticVersion": version, "version": version, "rules": rules}},
        "automationDetails": {"id": f"{category}/"}, "columnKind": "unicodeCodePoints",
        "results": [_result(one, codes.index(one.code)) for one in kept]}
    if len(findings) > len(kept):
        text = f"{len(findings) - len(kept)} more findings are left out: code scanning keeps {MOST_RESULTS}"
        notice = {"level": "warning", "message": {"text": text}}
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": [notice]}]
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=True) + "\n"


def _result(found: Finding, rule: int) -> dict[str, object]:
    value: dict[str, object] = {
        "ruleId": found.code, "ruleIndex": rule, "level": _LEVELS[found.severity], "message": {"text": found.whole[:LONGEST]},
        "locations": [_location(found.path, found.place)], "partialFingerprints": {"primaryLocationLineHash": found.fingerprint}}
    if found.others:
        value["relatedLocations"] = [{"id": number, "message": {"text": text[:LONGEST]}} | _location(place.path, place)
                                     for number, (place, text) in enumerate(found.others[:MOST_PLACES])]
    return value


def _uri(path: str) -> str:
    """A relative reference: everything but letters, digits and what RFC 3986 leaves alone as bytes of UTF-8."""
    return "".join(chr(byte) if (chr(byte).isalnum() and byte < 128) or chr(byte) in "-._~/" else f"%{byte:02X}" for byte in path.encode())


def _location(path: str, place: Place | None) -> dict[str, object]:
    value: dict[str, object] = {"artifactLocation": {"uri": _uri(path), "uriBaseId": "%SRCROOT%"}}
    if place is not None and place.line:
        value["region"] = {"startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column}
    return {"physicalLocation": value}
