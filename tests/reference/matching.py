"""How one value meets one pattern, by regular expressions."""

import ipaddress
import re

from meshwright.ir.intent import PathPattern

# What operators of Envoy's templates take in one segment.
SEEN = r"A-Za-z0-9\-._~%!$&'()*+,;:@="


def path_of_language(pattern: PathPattern, path: str) -> bool:
    text = "".join("/" + (f"[{SEEN}]+" if part is None else re.escape(part)) for part in pattern.segments)
    if pattern.subtree and None in pattern.segments:
        return re.fullmatch(f"{text}(/[{SEEN}/]*)?", path, re.ASCII) is not None
    if pattern.subtree:
        return re.fullmatch(text + "(/.*)?", path, re.DOTALL) is not None
    return re.fullmatch(text or "/", path) is not None


def unseen(pattern: PathPattern, path: str) -> bool:
    """Whether a deny of ``pattern`` takes in ``path`` because no template could see it."""
    if None not in pattern.segments:
        return False
    above = "".join(f"/{part}" for part in pattern.segments[: pattern.segments.index(None)]) + "/"
    return path.startswith(above) and re.fullmatch(f"[{SEEN}/]*", path, re.ASCII) is None


def host_of_language(declared: str, host: str) -> bool:
    name = re.escape(declared.removeprefix("*"))
    return re.fullmatch(("[^:]+" if declared.startswith("*.") else "") + name + "(:.*)?", host, re.IGNORECASE) is not None


def string_of_istio(pattern: str, value: str) -> bool:
    if pattern == "*":
        return value != ""
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return value == pattern


def path_of_istio(pattern: str, path: str) -> bool:
    if "{*}" in pattern or "{**}" in pattern:
        text = re.escape(pattern).replace(re.escape("{**}"), f"[{SEEN}/]*").replace(re.escape("{*}"), f"[{SEEN}]+")
        return re.fullmatch(text, path, re.ASCII) is not None
    return string_of_istio(pattern, path)


def address(block: str, value: str) -> bool:
    network = ipaddress.ip_network(block, strict=False)
    return ipaddress.ip_address(value) in network
