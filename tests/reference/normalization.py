"""The path that policies see, from the path that a client sends, by MeshConfig's ``pathNormalization`` (istio-semantics 1.5)."""

import re
import string
from typing import Literal

Mode = Literal["NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"]

# Envoy keeps these as they are, and decodes the unreserved ones among them when they come encoded.
UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
PLAIN = UNRESERVED | frozenset("!#$%&'()*+,-./:;=?@[]_~\\")
LONE = "\0"  # stands for a percent sign that begins no escape; neither it nor "\1" reaches us
HEX = frozenset(string.hexdigits)


def normalized(path: str, mode: Mode = "BASE") -> str | None:
    """``path`` without its query, as policies match it; None: Envoy answers 400.

    A backslash is a slash, ``%61`` is "a", what no address may hold is encoded, dot segments are resolved; at
    ``BASE``, Istio's default, ``//`` and ``%2f`` stay.
    Not judged: ``.;`` and ``..;``, which Envoy 1.40 takes for dot segments and 1.38 does not.
    """
    if "#" in path:
        return None
    path = path.partition("?")[0]
    if mode == "NONE":
        return path
    if mode == "DECODE_AND_MERGE_SLASHES":
        path = re.sub("%2f", "/", re.sub("%5c", "\\\\", path, flags=re.I), flags=re.I)
    text, at = "", 0
    while at < len(path):
        one, code = path[at], path[at + 1 : at + 3]
        if one == "%" and len(code) == 2 and set(code) <= HEX:
            meant = chr(int(code, 16))
            if meant == "\0":
                return None
            text += meant if meant in UNRESERVED else path[at : at + 3]
            at += 3
            continue
        text += "/" if one == "\\" else LONE if one == "%" else one if one in PLAIN else f"%{ord(one):02X}"
        at += 1
    # A percent sign that began nothing, before digits that were decoded: it would now say something that nobody sent.
    for number, one in enumerate(text):
        if one == LONE and len(text) > number + 2 and set(text[number + 1 : number + 3]) <= HEX:
            text = text[:number] + "\1" + text[number + 1 :]
    text = text.replace("\1", "%25").replace(LONE, "%")
    kept: list[str] = []
    parts = text.split("/")[1:]
    for number, part in enumerate(parts):
        if part not in (".", ".."):
            kept.append(part)
            continue
        if part == ".." and kept:
            kept.pop()
        if number == len(parts) - 1:
            kept.append("")
    found = "/" + "/".join(kept)
    if mode == "BASE" or "//" not in found:
        return found
    # Slashes alone stay two.
    return "/" + "/".join([part for part in found.split("/") if part]) + ("/" if found.endswith("/") else "")
