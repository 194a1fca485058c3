"""Documents as JSON text: only what rules can see, and what many nodes share only once."""

import json
from collections.abc import Iterable
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
        return f"[{','.join([_encode(item, inner, known) for item in value])}]"
    if inner is not None:
        return f"{{{','.join([f'{_string(key)}:{_encode(item, inner, known)}' for key, item in value.items()])}}}"
    parts = []
    for name, below in reads.items():
        item = value[name]
        kind = type(item)
        if kind is str:
            text = _string(item)
        elif kind is bool:
            text = "true" if item else "false"
        elif kind is int:
            text = str(item)
        elif kind is list and below is True and len(item) < 4:
            text = f"[{','.join([_string(each) if type(each) is str else _text(each) for each in item])}]"
        elif below is True:
            text = _text(item)
        else:
            key = (id(item), id(below))
            text = known.get(key) or known.setdefault(key, _encode(item, below, known))
        parts.append(f'"{name}":{text}')
    return f"{{{','.join(parts)}}}"


def _union(one: Any, other: Any) -> Any:
    if one is True or other is True:
        return True
    return {name: _union(one.get(name, {}), other.get(name, {})) for name in sorted(one.keys() | other.keys())}


_string = json.encoder.encode_basestring
_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
