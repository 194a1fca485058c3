"""The algebra against brute force: two random sets of policies at one proxy, compared as sets, and request by request.

Whenever the algebra says that the first lets in no more than the second, no request of a small universe disagrees, judged by the
slow reference; whenever it shows a request, the reference lets that one in here and refuses it there.
"""

import random
from collections import Counter
from itertools import product
from typing import Any

import pytest
from tests.reference import istio

from meshwright.access.decide import Unknown, difference_witness
from meshwright.access.expr import Expr
from meshwright.access.request import Witness, evaluate
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Object
from meshwright.istio.attachment import Policies
from meshwright.istio.kinds.authorization_policy import read_policy
from meshwright.istio.kinds.request_authentication import read_request_authentication
from meshwright.istio.peers import Peers
from meshwright.source import Span

Json = dict[str, Any]
MESH = Mesh((1, 31), "td", "root", None)
SOURCES = {"principals": ["td/ns/a/sa/x", "td/ns/a/*", "*/sa/x", "*", "cluster.local/ns/b/sa/x"], "namespaces": ["a", "b*", "*a", "*"],
           "serviceAccounts": ["a/x", "b/x"], "ipBlocks": ["10.0.0.0/24", "10.0.0.5"], "remoteIpBlocks": ["10.0.0.0/24", "203.0.113.0/24"],
           "requestPrincipals": ["*", "i/u", "i/*", "*/u"], "trustDomains": ["td", "o*"]}
OPERATIONS = {"methods": ["GET", "P*"], "paths": ["/a", "/a/*", "*b", "/{*}/b"], "hosts": ["H", "*.h"], "ports": ["80", "81"]}
WHEN = {"request.headers[x]": ["1", "*", "1*"], "request.auth.claims[g]": ["p", "q", "p*", "*"], "request.auth.claims[o][r]": ["p"],
        "source.ip": ["10.0.0.0/24"], "destination.port": ["80"], "connection.sni": ["s", "*"], "request.auth.audiences": ["m"]}
IDENTITIES = ("", "td/ns/a/sa/x", "td/ns/a/sa/y", "td/ns/b/sa/x", "other/ns/ba/sa/x", "cluster.local/ns/b/sa/x")
TOKENS: tuple[dict[str, Any], ...] = ({}, {"claim:iss": "i", "claim:sub": "u"}, {"claim:iss": "i", "claim:sub": "v", "claim:g": ("p", "q"), "claim:aud": ("m",)},
                                      {"claim:iss": "i", "claim:g": ("pp",), "claim:o/r": ("p",)}, {"claim:iss": "evil", "claim:sub": "u"})
OTHERS: tuple[dict[str, Any], ...] = ({}, {"header:x": "1", "sni": "s"}, {"header:x": "", "remote_ip": "203.0.113.7"}, {"header:x": "12", "sni": "t", "remote_ip": "10.0.0.9"})
PLACES = (("10.0.0.5", 80, "GET", "/a", "h"), ("10.0.1.1", 81, "POST", "/a/b", "x.h"), ("10.0.0.6", 82, "GET", "/b", "H"), ("10.0.0.5", 81, "PUT", "/a/", "z"))


def universe() -> list[tuple[Any, ...]]:
    return [(who, *place, tuple(sorted((token | other).items()))) for who, place, token, other in product(IDENTITIES, PLACES, TOKENS, OTHERS)]


def fields(chance: random.Random, pool: dict[str, list[str]]) -> Json:
    found = {}
    for name in chance.sample(sorted(pool), chance.choice((1, 1, 2))):
        values = chance.sample(pool[name], chance.randint(1, min(2, len(pool[name]))))
        found[name if chance.random() < 0.7 else "not" + name[0].upper() + name[1:]] = values
    if any("erviceAccounts" in name for name in found):
        found = {name: values for name, values in found.items() if "rincipals" not in name and "amespaces" not in name} or {"principals": ["*"]}
    return found


def rule(chance: random.Random) -> Json:
    found: Json = {}
    if chance.random() < 0.6:
        found["from"] = [{"source": fields(chance, SOURCES)} for _ in range(chance.choice((1, 1, 2)))]
    if chance.random() < 0.6:
        found["to"] = [{"operation": fields(chance, OPERATIONS)} for _ in range(chance.choice((1, 1, 2)))]
    if chance.random() < 0.4:
        key = chance.choice(sorted(WHEN))
        found["when"] = [{"key": key, chance.choice(("values", "notValues")): chance.sample(WHEN[key], 1)}]
    return found


def policies(chance: random.Random) -> list[Json]:
    found = []
    for number in range(chance.choice((1, 1, 2, 3))):
        spec: Json = {"action": chance.choice(("ALLOW", "ALLOW", "DENY")), "rules": [rule(chance) for _ in range(chance.choice((1, 1, 2)))]}
        found.append({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": f"p{number}", "namespace": "w"}, "spec": spec})
    if chance.random() < 0.5:
        rules = [{"issuer": "i", **({"audiences": ["m"]} if chance.random() < 0.3 else {})}]
        found.append({"apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication", "metadata": {"name": "t", "namespace": "w"}, "spec": {"jwtRules": rules}})
    return found


def admitted(documents: list[Json]) -> Expr:
    read = [Object(one["apiVersion"], one["kind"], "w", one["metadata"]["name"], one, Span("w", 0, 0)) for one in documents]
    tokens = [read_request_authentication(one) for one in read if one.kind == "RequestAuthentication"]
    found = Policies([read_policy(one) for one in read if one.kind == "AuthorizationPolicy"], Peers([], "root"), MESH, tokens).envoy("w", {})
    assert not found.unknown
    return found.admitted


def passes(documents: list[Json], request: tuple[Any, ...]) -> bool:
    return istio.sidecar(documents, "root", "w", {}, istio.Call(*request), domains=("td",))


def changed(chance: random.Random, documents: list[Json]) -> list[Json]:
    """A neighbour: most pairs of unrelated sets differ at the first look."""
    found = [one for one in documents if one["kind"] != "AuthorizationPolicy" or chance.random() < 0.8]
    if chance.random() < 0.6:
        extra = policies(chance)[:1]
        found += [{**one, "metadata": {"name": "extra", "namespace": "w"}} for one in extra]
    return found


def compare(seed: str, everything: list[tuple[Any, ...]], counts: Counter[str]) -> None:
    chance = random.Random(seed)
    here = policies(chance)
    there = changed(chance, here)
    left, right = admitted(here), admitted(there)
    answer = difference_witness(left, right)
    assert not isinstance(answer, Unknown), (seed, answer)
    if answer is not None:
        request = (answer.principal, answer.source_ip, answer.port, answer.method, answer.path, answer.host, answer.attributes)
        assert passes(here, request) and not passes(there, request), (seed, answer)
        counts["more"] += 1
    some = everything if answer is None else chance.sample(everything, 5)
    for request in some if len(some) < 60 else chance.sample(some, 60):
        mine, theirs = passes(here, request), passes(there, request)
        assert answer is not None or not mine or theirs, (seed, request)
        assert evaluate(left, Witness(*request)) == mine, (seed, request)
    counts["asked"] += 1


@pytest.mark.parametrize("part", range(4))
def test_sets_are_compared_as_brute_force_does(part: int) -> None:
    counts: Counter[str] = Counter()
    everything = universe()
    for number in range(100):
        compare(f"{part} {number}", everything, counts)
    assert counts["asked"] == 100 and 20 < counts["more"] < 90, counts


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_sets_are_compared_as_brute_force_does_in_twenty_thousand_meshes(part: int) -> None:
    counts: Counter[str] = Counter()
    everything = universe()
    for number in range(2_500):
        compare(f"long {part} {number}", everything, counts)
    assert counts["more"] > 500
