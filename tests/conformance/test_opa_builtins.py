"""Builtins of the embedded engine beside real OPA, over calls with realistic and awkward arguments.

A call that our engine refuses is loud, and no guardrail passes because of it.  What it answers has to be OPA's answer; the builtins
for which it is not are listed, with what differs.
"""

import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.conformance.test_opa import opa, server

from meshwright.guard.answer import Failure, Module
from meshwright.guard.embedded import Embedded, value_of

__all__ = ["opa", "server"]  # fixtures
pytestmark = pytest.mark.conformance

CALLS = 3_500
BATCH = 100

TEXTS = ('""', '"a"', '"shop/web"', '"/v1/orders/{id}"', '"*.example.com"', '"Web"', '"a,b,,c"', '"10.0.0.0/8"', '"10.1.2.3"', '"2027-01-31"', '"héllo"', '"1.30.2"', '"1.9"',
         '"{\\"a\\": 1}"', '"YQ=="', '"12"', '"-3.5"', '"^a.*z$"', '"["', '" x "')
NUMBERS = ("0", "1", "-1", "2", "80", "2.5", "65535", "1000000")
ARRAYS = ("[]", "[1, 2, 2]", '["b", "a"]', '["shop", "web"]', "[[1], [2]]")
SETS = ("set()", "{1, 2}", '{"a", "b"}', '{"GET", "POST"}')
OBJECTS = ("{}", '{"a": 1}', '{"a": {"b": [1]}}', '{"labels": {"app": "web"}}')
POOL = {"t": TEXTS, "n": NUMBERS, "a": ARRAYS, "s": SETS, "o": OBJECTS, "c": ARRAYS + SETS, "x": TEXTS + NUMBERS + ARRAYS + SETS + OBJECTS + ("null", "true"),
        "k": ('"json"', '"a"', '["a"]', '"a/b"'), "l": ('["a"]', '["a", "b"]', '["labels"]', "[]"), "m": ("0", "1", "3", "-1"), "f": ('"%s"', '"%d"', '"%v and %v"', '"x"')}

# Builtin -> kinds of its arguments.
BUILTINS = {
    "count": "x", "sum": "c", "product": "c", "max": "c", "min": "c", "sort": "c", "abs": "n", "ceil": "n", "floor": "n", "round": "n", "numbers.range": "nn",
    "array.concat": "aa", "array.reverse": "a", "array.slice": "ann", "union": "c", "intersection": "c", "set_diff": "ss",
    "object.get": "otx", "object.keys": "o", "object.remove": "ol", "object.filter": "ol", "object.union": "oo", "object.subset": "oo",
    "concat": "tc", "contains": "tt", "startswith": "tt", "endswith": "tt", "indexof": "tt", "indexof_n": "tt", "lower": "t", "upper": "t", "replace": "ttt", "split": "tt",
    "sprintf": "fa", "strings.count": "tt", "strings.reverse": "t", "strings.any_prefix_match": "tt", "strings.any_suffix_match": "tt", "substring": "tnn",
    "trim": "tt", "trim_left": "tt", "trim_prefix": "tt", "trim_right": "tt", "trim_suffix": "tt", "trim_space": "t", "format_int": "nn", "to_number": "x",
    "regex.match": "tt", "regex.is_valid": "t", "regex.split": "tt", "regex.find_n": "ttn", "regex.replace": "ttt", "glob.match": "tat",
    "net.cidr_contains": "tt", "net.cidr_is_valid": "t", "json.marshal": "x", "json.unmarshal": "t", "json.is_valid": "t", "json.filter": "ol", "json.remove": "ol",
    "base64.encode": "t", "base64.decode": "t", "base64.is_valid": "t", "hex.encode": "t", "hex.decode": "t", "urlquery.encode": "t", "urlquery.decode": "t",
    "semver.compare": "tt", "semver.is_valid": "t", "units.parse": "t", "units.parse_bytes": "t", "time.parse_ns": "tt", "bits.and": "nn", "bits.or": "nn", "bits.lsh": "nm",
    "is_string": "x", "is_number": "x", "is_array": "x", "is_set": "x", "is_object": "x", "is_boolean": "x", "is_null": "x", "type_name": "x",
}

# What our engine answers otherwise, found here and in OPA's own suite.  A guardrail that needs one of them exactly runs on `engine = "opa"`.
KNOWN = {
    "indexof": "an empty text is found at 0, OPA fails", "indexof_n": "an empty text is found everywhere, OPA fails",
    "regex.is_valid": "`{` that is no repetition is invalid, OPA takes it for a letter", "regex.split": "of an empty text by an empty pattern",
    "substring": "a fraction as a position gives \"\", OPA fails", "units.parse_bytes": "fractions of bytes are rounded, OPA cuts them",
    "urlquery.encode": "`*` stays, OPA writes %2A",
}


@pytest.fixture(scope="module")
def calls() -> list[tuple[str, str]]:
    pick = Random(20270131)
    names = sorted(BUILTINS)
    made: list[tuple[str, str]] = []
    while len(made) < CALLS:
        name = names[len(made) % len(names)]
        made.append((name, f"{name}({', '.join(pick.choice(POOL[kind]) for kind in BUILTINS[name])})"))
    return made


def ours(calls: list[tuple[str, str]]) -> Iterator[object]:
    for start in range(0, len(calls), BATCH):
        part = calls[start : start + BATCH]
        module = Module("fuzz.rego", "package fuzz\n\n" + "".join(f"r{number} := {call}\n\n" for number, (_, call) in enumerate(part)))
        fields = Embedded(60).ask([module], "{}", [f"data.fuzz.r{number}" for number in range(len(part))], gate=False)
        assert not isinstance(fields, Failure), fields
        for state, text in zip(fields[3::2], fields[4::2], strict=True):
            value = value_of(text.decode()) if state == b"ok" else None
            yield "error" if state != b"ok" else "undefined" if value is None else ("value", json.loads(value))


def theirs(server: str, calls: list[tuple[str, str]]) -> Iterator[object]:
    for _, call in calls:
        put = Request(f"{server}/v1/policies/fuzz", f"package fuzz\n\nr := {call}\n".encode(), method="PUT")
        try:
            urlopen(put, timeout=30).read()
            body = json.load(urlopen(f"{server}/v1/data/fuzz/r?strict-builtin-errors=true", timeout=30))
            yield ("value", body["result"]) if "result" in body else "undefined"
        except HTTPError as problem:
            problem.read()
            yield "error"


def test_answers_are_opas(server: str, calls: list[tuple[str, str]], count_cases) -> None:
    kinds: Counter[str] = Counter()
    wrong = []
    for (name, call), mine, other in zip(calls, ours(calls), theirs(server, calls), strict=True):
        kind = "same" if same(mine, other) else "louder" if mine == "error" else "differs"
        kinds[kind] += 1
        if kind == "differs" and (name not in KNOWN or mine == "undefined"):  # an undefined answer would be silence
            wrong.append((call, mine, other))
    count_cases("calls of builtins beside OPA", sum(kinds.values()))
    assert wrong == [] and kinds["same"] > CALLS / 2, (kinds, wrong[:60])


def same(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return json.dumps(one[1], sort_keys=True) == json.dumps(other[1], sort_keys=True) or one[1] == other[1]
    return one == other
