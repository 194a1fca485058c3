"""``docs/assurance.md``: what is modelled, what is not, and what the model was held against how often.

The figures are those of the last ``make conformance`` (tests/conformance/figures.json), which names the model that it judged by a digest of
its sources; ``python -m tests.support.assurance`` writes the page from them.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "assurance.md"
FIGURES = ROOT / "tests" / "conformance" / "figures.json"
MODEL = (ROOT / "compiler/meshwright/istio", ROOT / "compiler/meshwright/access")

# The part of the model, the judge, where the question comes from, and the name under which tests count.
HELD: tuple[tuple[str, str, str, str], ...] = (
    ("HTTP and TCP chains of waypoints and sidecars, tokens, paths", "real Envoy, with real istiod's configuration", "random worlds and requests",
     "requests to real Envoy"),
    ("connections at ztunnel, PeerAuthentication", "what real istiod sends to ztunnel, by an evaluator of its own", "random worlds and connections",
     "connections at ztunnel by what istiod sends"),
    ("`decide`: status and policy too", "real Envoy, with real istiod's configuration", "random worlds and requests", "decide against real Envoy"),
    ("`decide`: status and policy too", "real ztunnel and Envoy, recorded", "recorded worlds", "decide answers"),
    ("connections at ztunnel", "real ztunnel, recorded", "recorded worlds", "ztunnel decisions"),
    ("HTTP chains of waypoints", "real Envoy, recorded", "recorded worlds", "waypoint decisions"),
    ("HTTP chains of sidecars", "real Envoy, recorded", "recorded worlds", "sidecar decisions"),
    ("which policies ztunnel is sent", "real istiod, recorded", "recorded worlds", "authorizations"),
    ("what schemas and webhook refuse", "the real ones, in our istiod", "random objects", "random objects before schemas and webhook"),
    ("what schemas and webhook refuse", "the real ones, in a cluster, recorded", "random objects", "objects judged by a real cluster"),
    ("what schemas and webhook refuse", "the real ones, recorded", "objects with one defect", "refusals"),
)
JUDGES: tuple[tuple[str, str, str], ...] = (
    ("normalization of paths (tests/reference)", "real Envoy", "paths that Envoy normalized"),
    ("the evaluator of what ztunnel is sent (tests/reference)", "real ztunnel, recorded", "recorded ztunnel decisions by the reference"),
    ("our way to ask Envoy", "other recordings of Envoy", "recorded Envoy decisions, asked again"),
    ("our istiod", "recordings of istiod: what ztunnel is sent", "authorizations, asked again"),
    ("our istiod", "recordings of a real API server with istiod's webhook", "verdicts of a real cluster, asked again"),
    ("our istiod", "recordings of schemas and webhook", "verdicts of schemas and webhook, asked again"),
)
OUTPUT: tuple[tuple[str, str], ...] = (
    ("golden trees of lowering", "golden objects before istiod"),
    ("the example", "objects of the example before istiod"),
    ("two public applications, published", "published objects before istiod"),
)


def digest() -> str:
    """Names the model that stands in the sources; lines that are only a comment, and blank ones, do not count."""
    total = hashlib.sha256()
    for folder in MODEL:
        for path in sorted(folder.rglob("*.py")):
            lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.lstrip().startswith("#")]
            total.update("\n".join((path.relative_to(ROOT).as_posix(), *lines, "")).encode())
    return total.hexdigest()[:16]


def page(figures: dict[str, Any]) -> str:
    """The text of the page for these figures."""
    counts: dict[str, int] = figures["counts"]

    def count(name: str) -> str:
        return f"{counts[name]:,}" if name in counts else "**not run**"

    known, unknown = _tables()
    lines = [
        "# What the model was held against", "",
        "Written by `make conformance` (by `make assurance` the rows that need no Go); do not edit. A test fails when the model has changed since.", "",
        f"Model `{figures['model']}`, judged on {figures['date']} with Envoy {figures['envoy']} and istiod `{figures['istiod']}` (1.31 line),",
        f"seed {figures['seed']}. Disagreements: **{figures['disagreements']}**; one would have failed the run, and every one that was ever found is a case in",
        "`tests/conformance/disagreements`. How the judges are asked: [decision 0071](decisions/0071-real-programs-as-judges.md).", "",
        "## The model", "", "| part | judge | questions | answers |", "|---|---|---|---|",
        *[f"| {part} | {judge} | {questions} | {count(name)} |" for part, judge, questions, name in HELD], "",
        "## The judges that are ours", "", "| judge | held against | answers |", "|---|---|---|",
        *[f"| {judge} | {against} | {count(name)} |" for judge, against, name in JUDGES], "",
        "## What Meshwright emits, before real istiod", "",
        "No refusal by schema, CEL rule or webhook, no warning, every status condition as it is when all is well.", "",
        "| trees | objects |", "|---|---|", *[f"| {trees} | {count(name)} |" for trees, name in OUTPUT], "",
        "And hop by hop, by istiod's configuration in real Envoys: every real call of the two applications gets in, and every other one is refused.", "",
        "| application | requests |", "|---|---|", *[f"| {name} | {count(f'{name} requests on published bytes, by real istiod and Envoy')} |"
                                                    for name in ("bookinfo", "boutique")], "",
        "## What is modelled", "", *known, "", "## What is not", "",
        "It makes the answer `unknown` for the destinations in reach, never `holds`. From [model.md](model.md).", "", *unknown, "",
        "Not judged by a real program either: certificates and the TLS handshake itself, routes and gateways (read by the model, held against recorded status only),",
        "external authorizers' answers, kernel capture, paths with `.;` or `..;` (Envoy 1.40 takes them for dot segments, 1.38 does not).", "",
    ]
    return "\n".join(lines)


def write(figures: dict[str, Any]) -> None:
    """Both files."""
    FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(figures), encoding="utf-8")


def _tables() -> tuple[list[str], list[str]]:
    """The two tables of docs/model.md."""
    found: list[list[str]] = [[]]
    for line in (ROOT / "docs/model.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return found[0], found[1]


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(FIGURES.read_text(encoding="utf-8"))), encoding="utf-8")
    print(PAGE)
