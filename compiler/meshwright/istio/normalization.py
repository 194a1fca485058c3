"""The path that policies see, from the one that a client sends, by MeshConfig's ``pathNormalization`` (istio-semantics 1.5)."""

from functools import lru_cache

_DIGITS = "0123456789abcdefABCDEF"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_UNRESERVED = frozenset(_LETTERS + "-._~")
_KEPT = _UNRESERVED | frozenset("!$&'()*+,/:;=@[]")
_ESCAPES = {first + second: chr(int(first + second, 16)) for first in _DIGITS for second in _DIGITS}


@lru_cache(maxsize=65536)
def normalize(path: str, mode: str = "BASE") -> str | None:
    """``path`` without query, dot segments resolved, ``%61`` read, a backslash read as a slash; ``//`` and ``%2f`` stay.

    ``mode`` NONE does nothing of that, MERGE_SLASHES also makes one slash of several, DECODE_AND_MERGE_SLASHES also reads ``%2f`` and
    ``%5c``.  None: Envoy answers 400 (a fragment, an escaped NUL).  Characters that no path may hold come out escaped.
    """
    if "#" in path:
        return None
    path = path.partition("?")[0]
    if mode == "NONE":
        return path
    if mode == "DECODE_AND_MERGE_SLASHES":
        for code, meant in (("%2f", "/"), ("%2F", "/"), ("%5c", "\\"), ("%5C", "\\")):
            path = path.replace(code, meant)
    found = _base(path)
    if mode == "BASE" or found is None or "//" not in found:
        return found
    words = [word for word in found.split("/") if word]
    return "/" + "/".join(words) + ("/" if found[-1] == "/" else "")  # of slashes alone two are left


def _base(path: str) -> str | None:
    if "%" not in path and "\\" not in path and "/." not in path and _KEPT.issuperset(path):
        return path
    text = _decoded(path)
    return None if text is None else _resolved(text)


def _decoded(path: str) -> str | None:
    first, *rest = path.split("%")
    found = _kept(first)
    for part in rest:
        meant = _ESCAPES.get(part[:2]) if len(part) > 1 else None
        if meant is None:
            # No escape; where what follows it reads like one after decoding, nobody sent that, and it is escaped itself.
            found += "\0" + _kept(part)
        elif meant == "\0":
            return None
        else:
            found += (meant if meant in _UNRESERVED else "%" + part[:2]) + _kept(part[2:])
    head, *lone = found.split("\0")
    for part in lone:
        head += ("%25" if part[:2] in _ESCAPES else "%") + part
    return head


def _kept(text: str) -> str:
    return "".join(["/" if char == "\\" else char if char in _KEPT else _escaped(char) for char in text])


def _escaped(char: str) -> str:
    return f"%{ord(char):02X}" if ord(char) < 256 else "".join(f"%{byte:02X}" for byte in char.encode())


def _resolved(text: str) -> str:
    found: list[str] = []
    segments = text.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del found[-1:]
        elif segment != ".":
            found.append(segment)
    if segments and segments[-1] in (".", ".."):
        found.append("")
    return "/" + "/".join(found)
