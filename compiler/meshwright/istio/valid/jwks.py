"""Keys that are written into a RequestAuthentication: a JSON Web Key Set or one key (RFC 7517), as the webhook reads it."""

import re
from typing import Any

from meshwright.istio.valid.schema import Wrong

# Type of key → fields it must have; those of _BYTES are base64.
_NEEDED = {"RSA": ("e", "n"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "oct": ("k",)}
_BYTES = {"RSA": ("e", "n", "d", "p", "q", "dp", "dq", "qi"), "EC": ("x", "y", "d"), "OKP": ("x", "d"), "oct": ("k",)}
_TEXTS = ("alg", "kid", "use", "x5t", "x5t#S256", "x5u", "crv")
_OPERATIONS = frozenset(("sign", "verify", "encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"))
_DEPTH = 200


def keys(text: str) -> None:
    """Raises Wrong for a text that is no set of keys and no key."""
    if not text:
        return
    import json  # only an object with keys in it pays for the import

    try:
        content = json.JSONDecoder(parse_constant=_no_constant).raw_decode(text.lstrip(" \t\r\n"))[0] if text.count("[") < _DEPTH else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Wrong("is no JSON Web Key Set")
    if "keys" not in content:
        _key(content, "the key")
        return
    listed = content["keys"]
    if listed is None:
        return
    if not isinstance(listed, list):
        raise Wrong("is no JSON Web Key Set: `keys` is no list")
    for index, key in enumerate(listed):
        _key(key, f"key {index}")


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _key(key: Any, called: str) -> None:
    if not isinstance(key, dict):
        raise Wrong(f"is no JSON Web Key Set: {called} is no mapping")
    kind = key.get("kty")
    if kind not in _NEEDED:
        raise Wrong(f"is no JSON Web Key Set: {called} has no `kty` that is known")
    missing = next((field for field in (*_NEEDED[kind], *(("d",) if "d" in key and kind != "oct" else ())) if field not in key), None)
    if missing:
        raise Wrong(f"is no JSON Web Key Set: {called} has no `{missing}`")
    for field in _BYTES[kind]:
        value = key.get(field)
        if field in key and value is not None and not (isinstance(value, str) and _base64(value)):
            raise Wrong(f"is no JSON Web Key Set: `{field}` of {called} is no base64")
    for field in _TEXTS:
        if not isinstance(key.get(field, ""), str | None):
            raise Wrong(f"is no JSON Web Key Set: `{field}` of {called} is no text")
    operations = key.get("key_ops") or []
    if isinstance(operations, str):
        operations = [operations]
    if not isinstance(operations, list) or not _OPERATIONS.issuperset(each for each in operations if isinstance(each, str)) or not all(
            isinstance(each, str) for each in operations):
        raise Wrong(f"is no JSON Web Key Set: `key_ops` of {called} has an operation that is not known")
    chain = key.get("x5c") or []
    chain = [chain] if isinstance(chain, str) else chain
    if not isinstance(chain, list) or not all(isinstance(each, str) and _base64(each) and each.startswith("MI") for each in chain):
        raise Wrong(f"is no JSON Web Key Set: `x5c` of {called} holds no certificates")


def _base64(text: str) -> bool:
    """Standard or URL alphabet, not mixed; padded to the end or not at all; line breaks are skipped."""
    body = text.replace("\n", "").replace("\r", "")
    padded = text.endswith("=")
    alphabet = r"[A-Za-z0-9+/]*" if "+" in text or "/" in text else r"[A-Za-z0-9_-]*"
    data = body.rstrip("=") if padded else body
    if re.fullmatch(alphabet, data) is None or len(data) % 4 == 1:
        return False
    return not padded or (len(body) % 4 == 0 and len(body) - len(data) <= 2)
