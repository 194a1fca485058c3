"""Documents as JSON text: only what rules can see."""

import json
from collections.abc import Iterable
from operator import itemgetter
from typing import Any


def encode(value: Any, reads: Any) -> str:
    """JSON text of the parts of ``value`` that are in ``reads`` (as in ``Pack.reads``; True = all of it).

    ``value`` is made of dictionaries with text keys, lists and what JSON has beside them; dictionaries of one list or map have the
    same keys, unless all of them is read.
    """
    if reads is True:
        return _text(value)
    if isinstance(value, list):
        return "[" + ",".join(encode_all(value, reads.get("*", {}))) + "]"
    if "*" in reads:
        texts = encode_all(list(value.values()), reads["*"])
        return "{" + ",".join([f"{string(key)}:{text}" for key, text in zip(value, texts, strict=True)]) + "}"
    return encode_all([value], reads)[0]


def encode_all(values: list[Any], reads: Any) -> list[str]:
    """The same for each of several values of one kind: field by field, which is quick for thousands."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return list(map(string, values))
    if kinds == {int}:
        return list(map(str, values))
    if kinds == {bool}:
        return ["true" if value else "false" for value in values]
    if kinds == {list} and all(type(item) is str for value in values for item in value):
        return ["[" + ",".join(map(string, value)) + "]" if value else "[]" for value in values]
    if reads is True or kinds != {dict} or "*" in reads:
        return [encode(value, reads) for value in values]
    columns = [encode_all(list(map(itemgetter(name), values)), below) for name, below in reads.items()]
    form = "{" + ",".join([f'"{name}":%s' for name in reads]) + "}"
    return list(map(form.__mod__, zip(*columns, strict=True))) if reads else [form] * len(values)


def fields(reads: Any, names: Iterable[str]) -> dict[str, Any]:
    """Which fields of an object with the fields ``names`` are read, and what of each."""
    return dict.fromkeys(names, True) if reads is True else reads


def union(all_reads: Iterable[Any]) -> Any:
    """What at least one of several can see."""
    result: Any = {}
    for reads in all_reads:
        result = _union(result, reads)
    return result


def _union(one: Any, other: Any) -> Any:
    if one is True or other is True:
        return True
    return {name: _union(one.get(name, {}), other.get(name, {})) for name in sorted(one.keys() | other.keys())}


string = json.encoder.encode_basestring
_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
