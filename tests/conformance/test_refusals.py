"""Our validation against what the real schemas, their CEL rules and Istio's webhook said of objects (corpora/refusals, corpora/decisions,
and those of `refusals/`, which a real API server and istiod judged: see the page there)."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from meshwright.ir.inventory import Object
from meshwright.istio.plain import Refused
from meshwright.istio.reading import read_objects
from meshwright.istio.valid import Known, refuse
from meshwright.source import Span

OWN = Path(__file__).parent / "refusals" / "recorded.jsonl.gz"


def verdict(content: dict[str, Any], known: Known | None = None) -> str:
    """Why we refuse the object; "" = we take it."""
    metadata = content["metadata"]
    found = Object(content["apiVersion"], content["kind"], metadata.get("namespace", ""), metadata["name"], content, Span("r", 0, 0))
    try:
        refuse(found, Known() if known is None else known)
    except Refused as refused:
        return str(refused)
    return ""


def test_every_recorded_object(corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    wrong = []
    kinds: Counter[str] = Counter()
    for line in (corpora / "refusals" / "refusals.jsonl").read_text().splitlines():
        case = json.loads(line)
        found = verdict(case["object"])
        kinds[case["object"]["kind"]] += 1
        if bool(found) != bool(case["refused_by"]):
            wrong.append((json.dumps(case["object"])[:300], case["message"], found))
    count_cases("refusals", sum(kinds.values()))
    assert wrong == []
    assert sum(kinds.values()) == 253 and len(kinds) == 10


def test_objects_of_the_recorded_worlds(corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    wrong = []
    count = 0
    with gzip.open(corpora / "decisions" / "decisions.jsonl.gz", "rt") as lines:
        for line in lines:
            world = json.loads(line)
            refused = {each["object"] for each in world["refused"]}
            known = Known()
            for content in world["objects"]:
                metadata = content["metadata"]
                name = f"{content['kind']} {metadata.get('namespace', '')}/{metadata['name']}"
                found = verdict(content, known)
                count += 1
                if bool(found) != (name in refused):
                    wrong.append((world["world"], name, found))
    count_cases("objects of recorded worlds", count)
    assert wrong == []
    assert count > 3000


def test_what_was_asked_of_a_real_cluster(count_cases: Callable[[str, int], None]) -> None:
    wrong = []
    count: Counter[bool] = Counter()
    for case in own_cases():
        found = verdict(case["object"])
        count[case["refused"]] += 1
        if bool(found) != case["refused"]:
            wrong.append((json.dumps(case["object"])[:400], case["message"], found))
    count_cases("objects judged by a real cluster", count.total())
    assert wrong == []
    assert count[True] > 700 and count[False] > 700


def test_what_is_taken_is_read(corpora: Path) -> None:
    """The readers of the kinds refuse nothing that the API server takes."""
    taken = [case["object"] for case in own_cases() if not case["refused"]]
    taken += [case["object"] for case in map(json.loads, (corpora / "refusals" / "refusals.jsonl").read_text().splitlines()) if not case["refused_by"]]
    wrong = []
    for content in taken:
        metadata = content["metadata"]
        found = Object(content["apiVersion"], content["kind"], metadata.get("namespace", ""), metadata["name"], content, Span("r", 0, 0))
        wrong += [(each.message, json.dumps(content)[:300]) for each in read_objects([found], "istio-system").diagnostics]
    assert wrong == []


def own_cases() -> Iterator[dict[str, Any]]:
    with gzip.open(OWN, "rt") as lines:
        for line in lines:
            yield json.loads(line)
