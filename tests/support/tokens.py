"""JSON web tokens signed with ES256 in plain Python: enough for a test's few dozen tokens, and nothing a secret could hide behind."""

import base64
import hashlib
import json
from functools import cache
from typing import Any

# Curve P-256. The private key is the number 7: everybody knows it, and nobody else trusts it.
_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
_KEY = 7
_NONCE = 0x6D657368777269676874  # any number; it protects a key that needs no protection
Point = tuple[int, int]


@cache
def jwks() -> str:
    """The public key as RequestAuthentication's ``jwks`` has it."""
    x, y = _times(_KEY, _G)
    return json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "t", "x": _word(x), "y": _word(y)}]})


def token(claims: dict[str, Any], key: int = _KEY) -> str:
    """A signed token; another ``key`` makes one that nobody accepts."""
    signed = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in ({"alg": "ES256", "kid": "t", "typ": "JWT"}, claims))
    digest = int.from_bytes(hashlib.sha256(signed.encode()).digest(), "big")
    r = _times(_NONCE, _G)[0] % _N
    s = pow(_NONCE, -1, _N) * (digest + r * key) % _N
    return f"{signed}.{_base64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _times(factor: int, point: Point) -> Point:
    total: Point | None = None
    while factor:
        if factor & 1:
            total = point if total is None else _plus(total, point)
        point, factor = _plus(point, point), factor >> 1
    assert total is not None
    return total


def _plus(a: Point, b: Point) -> Point:
    slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, _P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, _P)
    x = (slope * slope - a[0] - b[0]) % _P
    return x, (slope * (a[0] - x) - a[1]) % _P


def _word(number: int) -> str:
    return _base64(number.to_bytes(32, "big"))


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
