"""The reader of each kind against what the real schemas and webhook refuse (corpora/refusals)."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from meshwright.ir.inventory import Object
from meshwright.istio.kinds.authorization_policy import read_policy
from meshwright.istio.kinds.gateway import read_gateway
from meshwright.istio.kinds.http_route import read_route
from meshwright.istio.kinds.peer_authentication import read_peer_authentication
from meshwright.istio.plain import Refused
from meshwright.source import Span

READERS: Mapping[tuple[str, str], Callable[[Object], object]] = {
    ("security.istio.io", "AuthorizationPolicy"): read_policy, ("security.istio.io", "PeerAuthentication"): read_peer_authentication,
    ("gateway.networking.k8s.io", "Gateway"): read_gateway, ("gateway.networking.k8s.io", "HTTPRoute"): read_route}

# Refused by the real schemas for fields that decide no access: the model may accept them, because lowering is held to the
# schemas by tests of its own.
NOT_LOOKED_AT = ("timeouts", "infrastructure.annotations", "headers[1]", "Rule name", "URLRewrite filter with", "`retry")


def test_what_is_refused(corpora: Path, count_cases: Callable[[str, int], None]) -> None:
    wrong = []
    counts: Counter[str] = Counter()
    for line in (corpora / "refusals" / "refusals.jsonl").read_text().splitlines():
        case = json.loads(line)
        content = case["object"]
        reader = READERS.get((content["apiVersion"].partition("/")[0], content["kind"]))
        if reader is None:
            continue
        metadata = content["metadata"]
        refused = ""
        try:
            reader(Object(content["apiVersion"], content["kind"], metadata.get("namespace", ""), metadata["name"], content, Span("r", 0, 0)))
        except Refused as found:
            refused = str(found)
        if case["refused_by"] and not refused and any(part in (case["message"] or "") for part in NOT_LOOKED_AT):
            counts["not looked at"] += 1
            continue
        counts[content["kind"]] += 1
        if bool(refused) != bool(case["refused_by"]):
            wrong.append((json.dumps(content.get("spec"))[:300], case["message"], refused))
    count_cases("refusals", sum(counts.values()) - counts["not looked at"])
    print(dict(counts))
    assert wrong == []
    assert counts["AuthorizationPolicy"] > 80 and counts["PeerAuthentication"] > 10
