"""Documents as JSON text: only what rules can see, and what many nodes share only once."""

import json
from collections.abc import Iterable
from operator import itemgetter
from typing import Any


def encode(value: Any, reads: Any) -> str:
    """JSON text of the parts of ``value`` that are in ``reads`` (as in ``Pack.reads``; True = all of it).

    ``value`` is made of dictionaries with text keys, lists and what JSON has beside them, and does not change meanwhile.
    """
    return _encode(value, reads, {})


def union(all_reads: Iterable[Any]) -> Any:
    """What at least one of several can see."""
    result: Any = {}
    for reads in all_reads:
        result = _union(result, reads)
    return result


def _encode(value: Any, reads: Any, known: dict[tuple[int, int], str]) -> str:
    """``known``: text of an object for one place in ``reads``, by identity: both live as long as the whole is encoded."""
    if reads is True:
        return _text(value)
    inner = reads.get("*")
    if isinstance(value, list):
        return f"[{','.join(_all(value, inner, known))}]"
    if inner is not None:
        texts = _all(list(value.values()), inner, known)
        return f"{{{','.join([f'{_string(key)}:{text}' for key, text in zip(value, texts, strict=True)])}}}"
    return f"{{{','.join([f'{_string(name)}:{_field(value[name], below, known)}' for name, below in reads.items()])}}}"


def _all(nodes: list[Any], reads: Any, known: dict[tuple[int, int], str]) -> Iterable[str]:
    """Texts of nodes of one kind: field by field, which is quick for the thousands of edges."""
    if reads is True or "*" in reads or not reads:
        return [_encode(node, reads, known) for node in nodes]
    columns = []
    for name, below in reads.items():
        items = list(map(itemgetter(name), nodes))
        columns.append(map(_string, items) if set(map(type, items)) == {str} else [_field(item, below, known) for item in items])
    form = f"{{{','.join([f'{_string(name)}:%s' for name in reads])}}}"
    return map(form.__mod__, zip(*columns, strict=True))


def _field(item: Any, reads: Any, known: dict[tuple[int, int], str]) -> str:
    kind = type(item)
    if kind is str:
        return _string(item)
    if kind is bool:
        return "true" if item else "false"
    if kind is int:
        return str(item)
    if reads is True:
        if kind is list and len(item) < 4:
            return f"[{','.join([_field(each, True, known) for each in item])}]"
        return _text(item)
    key = (id(item), id(reads))
    found = known.get(key)
    if found is None:
        found = known[key] = _encode(item, reads, known)
    return found


def _union(one: Any, other: Any) -> Any:
    if one is True or other is True:
        return True
    return {name: _union(one.get(name, {}), other.get(name, {})) for name in sorted(one.keys() | other.keys())}


_string = json.encoder.encode_basestring
_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
