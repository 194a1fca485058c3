"""Objects to ask about: seeds with one to three changes that a schema leads, and objects made from nothing but the schema."""

import copy
import json
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

WORDS = (
    "", "a", "x", "api", "*", "shop", "GET", "/", "/a", "/a/", "/{*}", "/{**}/b", "a*", "*a", "*.a.com", "a.example.com", "10.0.0.1",
    "10.0.0.0/8", "10.0.0.0/33", "::1", "fe80::1%eth0", "2001:db8::/32", "80", "0", "65536", "-1", "http", "HTTP", "tcp", "TLS", "1s", "0s",
    "1ms", "1.5ms", "5x", "A_b", "a b", "a" * 64, "a" * 254, "ns/name", "ns/", "~", ".", "./*", "ns/*.a.com", "mesh", "spiffe://a/b", "true",
    "x-h", "%", "%%", "(", "$", "é", "https://a.b/c", "@request.auth.claims.x", "Host", ":authority", "unix:///a", "unix://@a",
    "configmap://shop/x", "outbound_.80_._.a.b", "5xx", "503", "5xx,503", "NOT_FOUND", "request.headers[x]", "request.auth.claims[a][b]",
    "source.ip", "source.namespace", "destination.port", "source.principal", "connection.sni", "127.0.0.1:80", ":80", "[::1]:80",
    "region/zone/sub", "region/*", "Service", "Gateway", "ServiceEntry", "networking.istio.io", "gateway.networking.k8s.io", "core",
    "topology.kubernetes.io/region", "100", "a/b/c", "a.b.", "1.2.3", "*-a.b", "a-", "-a", "a..b")
KEYS = ("a", "b", "app", "x-h", "80", "region/zone/*", ":authority", "host", "", "a b", "@request.auth.claims.x", "http", "istio.io/a")
# Name of a field → pieces of the language that its texts are in, and how many of them come together at most.
LANGUAGES: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("regex|^match$|proxyVersion", ("a", ".", "*", "+", "?", "(", ")", "(?:", "(?P<n>", "(?i)", "(?=", "[", "]", "[^", "-", "z", "|", "{2}",
                                    "{2,}", "{3,2}", "{,2}", "{1001}", "{100}", "\\d", "\\1", "\\pL", "\\p{Greek}", "\\p{X}", "\\x41", "\\x{41}", "\\Q", "\\E",
                                    "\\z", "\\b", "\\", "^", "$", "[:alpha:]", "[:x:]", "??", "\\07", "\\-", "\\y"), 7),
    ("expression", ("a", "b.c", ".", "(", ")", "[", "]", "{", "}", ",", ":", "?", "1", "2u", "0x1f", "1.5", ".5", "'s'", '"t"', "r'\\'", "'\\d'",
                    "b'x'", "'''q'''", "&&", "||", "!", "-", "+", "==", " in ", "<", "true", "null", "has(a.b)", "has(a)", "x.all(y, z)", "x.map(1, 2)",
                    "size(x)", "f(", "T{a: 1}", " ", "// c\n", "9223372036854775808", "for", "%", "\\", "a.in"), 6),
    ("jwks$", ('{"keys":[', "]}", '{"kty":"RSA","n":"abcd","e":"AQAB"}', '{"kty":"EC","crv":"P-256","x":"ab","y":"cd"}', ",", '{"kty":"oct","k":"ab"}',
               '{"kty":"OKP","crv":"Ed25519","x":"abc="}', '{"kty":"RSA","n":"a","e":"AQAB"}', '{"kty":"RSA","n":"a+-b","e":"AQAB"}', "{}", "null",
               '{"kty":"oct","k":1}', '{"kty":"X"}', " ", "x", '{"kty":"EC","x":"ab","y":"cd"}', '{"kty":"RSA","n":"abcd","e":"AQAB","use":5}',
               '{"kty":"RSA","n":"abcd","e":"AQAB","key_ops":["verify"]}', '{"kty":"RSA","n":"abcd","e":"AQAB","d":"ab"}', '{"keys":null}'), 4),
    ("ur[il]$|Uri", ("http://", "https://", "oci://", "file:", "a.b", "/c", ":80", ":x", "?q=1", "#f", "%41", "%4", "@", "u:p@", "[::1]", "[", " ", "é", "",
                     "//", "HTTP:", "1a:", "*", "\\", "<", "^"), 5),
    ("imeout|[dD]uration|nterval|Time$|ttl|backoff|Age|Delay|perTry", ("1", "0", "5", ".", ".5", "s", "ms", "h", "m", "us", "µs", "ns", "-", "+", "99999",
                                                                       "10000000000", "x", " "), 4),
    ("^add$|^set$|^value$", ("%", "%%", "A", "(", ")", "[", "]", '"', ",", "\\", " ", "x", "\t", "é", "%A%", "%A(B)%"), 5),
    ("[hH]ost", ("a", ".", "*", "*.", "b.com", "ns/", "/", "./", "~/", "10.0.0.1", "::1", "api", "_", "-", "A", "1"), 4),
    ("[lL]ocality|^from$|^to$", ("a", "b", "/", "*", "c/d", "/*"), 4),
    ("addresses|Blocks|[sS]ubnet|bind|^address$", ("10.0.0.1", "10.0.0.01", "/8", "/33", "/08", "::1", "::", "fe80::1", "%eth0", "1.2.3", "/", "a.b",
                                                  "unix://", "@x", "/x", "2001:db8::", "/64", "::ffff:1.2.3.4"), 3),
    ("paths?$|Paths", ("/", "a", "{*}", "{**}", "{", "}", "*", "b c", "é", "//", "%2f", "."), 5),
)


def objects(schemas: Mapping[tuple[str, str, str], Schema], seeds: list[dict[str, Any]], seed: int) -> Iterator[dict[str, Any]]:
    """Without end; the same for the same arguments.  ``schemas``: group, version and kind → schema of `spec`."""
    dice = random.Random(seed)
    kinds = sorted(schemas)
    number = 0
    while True:
        group, version, kind = dice.choice(kinds)
        schema = schemas[group, version, kind]
        own = [each for each in seeds if each["kind"] == kind and each["apiVersion"].partition("/")[0] == group]
        spec = mutant(dice.choice(own)["spec"], schema, dice) if own and dice.random() < 0.8 else make("spec", schema, dice)
        number += 1
        metadata = {"name": f"m{number}"} if kind == "GatewayClass" else {"name": f"m{number}", "namespace": "shop"}
        yield {"apiVersion": f"{group}/{version}", "kind": kind, "metadata": metadata, "spec": spec}


def make(name: str, schema: Schema, dice: random.Random, depth: int = 0) -> Any:
    """A value that may or may not be one of the schema; ``name``: of its field."""
    kind = schema.get("type")
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return dice.choice([{}, {"a": 1}])
    if kind == "string":
        return _text(name, schema, dice)
    if kind == "boolean":
        return dice.random() < 0.5
    if kind == "integer":
        low, high = schema.get("minimum"), schema.get("maximum")
        edges = [edge for bound, beyond in ((low, -1), (high, 1)) if bound is not None for edge in (bound, bound + beyond)]
        return dice.choice([*schema.get("enum", ()), 0, 1, 2, 80, 443, 100, -1, 65535, 65536, 200, 503, *edges, *((2**31,) if dice.random() < 0.1 else ())])
    if kind == "number":
        return dice.choice([0, 1, 50, 100, 101, -1, 0.5, 0.00001, 100.5])
    if kind == "array":
        count = dice.choice([0, 1, 1, 1, 2, 2])
        if dice.random() < 0.02 and schema.get("maxItems", 999) < 70:
            count = schema["maxItems"] + dice.choice([0, 1])
        return [make(name, schema["items"], dice, depth + 1) for _ in range(count)]
    if isinstance(schema.get("additionalProperties"), dict):
        keys = dice.sample(KEYS, dice.choice([0, 1, 1, 2]))
        return {key: make(name, schema["additionalProperties"], dice, depth + 1) for key in keys}
    fields = schema.get("properties", {})
    needed = schema.get("required", [])
    others = sorted(fields.keys() - set(needed))
    chosen = [each for each in needed if dice.random() < 0.98]
    chosen += dice.sample(others, min(len(others), dice.choice([0, 1, 1, 2, 2, 3] if depth < 6 else [0, 0, 1])))
    return {each: make(each, fields[each], dice, depth + 1) for each in chosen}


def _text(name: str, schema: Schema, dice: random.Random) -> str:
    if "enum" in schema and dice.random() < 0.85:
        return str(dice.choice(schema["enum"]))
    if schema.get("pattern") and dice.random() < 0.5:
        return dice.choice(["a", "api", "a.example.com", "Service", "Gateway", "1s", "x-h", "gateway.networking.k8s.io", ""])
    if schema.get("maxLength") and dice.random() < 0.06:
        return "a" * (int(schema["maxLength"]) + dice.choice([0, 1]))
    for pattern, pieces, most in LANGUAGES:
        if re.search(pattern, name) and dice.random() < 0.7:
            return "".join(dice.choice(pieces) for _ in range(dice.randint(1, most)))
    return dice.choice(WORDS)


def mutant(spec: Any, schema: Schema, dice: random.Random) -> Any:
    """``spec`` with one to three changes."""
    spec = copy.deepcopy(spec)
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        place, at = dice.choice(list(_nodes(spec, schema)))
        value = _get(spec, place)
        if isinstance(value, dict) and dice.random() < 0.55:
            _change_mapping(value, at, dice)
        elif isinstance(value, list) and dice.random() < 0.6:
            _change_list(value, at, dice)
        elif place:
            around = _get(spec, place[:-1])
            luck = dice.random()
            around[place[-1]] = (make(str(place[-2] if isinstance(place[-1], int) else place[-1]), at, dice, 2) if luck < 0.85 and at
                                 else None if luck < 0.9 else dice.choice(["a", 1, True, [], {}, 1.5, "", ["a"], {"a": "b"}]))
    return spec


def _change_mapping(value: dict[str, Any], schema: Schema, dice: random.Random) -> None:
    fields, open_ = schema.get("properties", {}), schema.get("additionalProperties")
    if fields and dice.random() < 0.75:
        key = dice.choice(sorted(fields))
        value[key] = make(key, fields[key], dice, 3)
    elif value and dice.random() < 0.6:
        value.pop(dice.choice(sorted(value)))
    elif isinstance(open_, dict):
        value[dice.choice(KEYS)] = make("value", open_, dice, 3)
    else:
        value[dice.choice(["foo", "Name", "spec", "rulez"])] = dice.choice(["a", 1, {}, []])


def _change_list(value: list[Any], schema: Schema, dice: random.Random) -> None:
    luck = dice.random()
    if value and luck < 0.35:
        value.append(copy.deepcopy(dice.choice(value)))
    elif value and luck < 0.55:
        value.pop(dice.randrange(len(value)))
    elif schema.get("items"):
        value.append(make("item", schema["items"], dice, 3))


def _nodes(value: Any, schema: Schema, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Schema]]:
    yield place, schema
    if isinstance(value, dict):
        open_ = schema.get("additionalProperties")
        for key, item in value.items():
            yield from _nodes(item, schema.get("properties", {}).get(key) or (open_ if isinstance(open_, dict) else {}), (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nodes(item, schema.get("items", {}), (*place, index))


def _get(value: Any, place: tuple[Any, ...]) -> Any:
    for part in place:
        value = value[part]
    return value


def size(content: dict[str, Any]) -> int:
    """Of an object, in characters of JSON."""
    return len(json.dumps(content))
