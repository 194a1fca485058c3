"""Is a peer without identity refused at a port: PeerAuthentication as istiod hands it to ztunnel, step by step (istio-semantics 4.1)."""

from typing import Any

Document = dict[str, Any]


def plaintext_refused(objects: list[Document], root: str, namespace: str, labels: dict[str, str], port: int) -> bool | None:
    """None: two objects of one level differ, and nothing says which is the older one."""
    found: dict[str, list[Document]] = {"root": [], "space": [], "own": [], "bare root": [], "bare space": []}
    for one in objects:
        if one["kind"] == "PeerAuthentication":
            content, where = one.get("spec") or {}, one["metadata"]["namespace"]
            wanted = (content.get("selector") or {}).get("matchLabels") or {}
            if wanted:
                if where == namespace != root and wanted.items() <= labels.items():
                    found["own"].append(one)
            elif where in (root, namespace):
                level = "root" if where == root else "space"
                found[level].append(one)
                if content.get("selector") is None:
                    found[f"bare {level}"].append(one)
    chosen: dict[str, Any] = {}
    for level, several in found.items():
        specs = [(mode(one.get("spec") or {}), exceptions(one)) for one in several]
        if any(one != specs[0] for one in specs):
            ages = sorted((one["metadata"].get("creationTimestamp", ""), number) for number, one in enumerate(several))
            if ages[0][0] == "" or ages[0][0] == ages[1][0]:
                return None
            specs = [specs[ages[0][1]]]
        chosen[level] = specs[0] if specs else None
    strict = False
    for level in ("root", "space", "own"):
        if chosen[level] and chosen[level][0]:
            strict = chosen[level][0] == "STRICT"
    if not chosen["own"] or not chosen["own"][1]:
        return strict
    own, ports = chosen["own"]
    modes = set(ports.values())
    if strict:
        told = "PERMISSIVE" in modes or (own == "STRICT" and "DISABLE" in modes)
    else:
        told = "STRICT" in modes
    if not told:
        return strict
    # The workload is told of the converted policy, and no longer of the one that refuses everywhere.
    space, mesh = ((chosen[level][0] or "UNSET") if chosen[level] else None for level in ("bare space", "bare root"))
    parent = own == "STRICT" or (not own and (space == "STRICT" or (space in (None, "UNSET") and mesh == "STRICT")))
    if ports.get(port) == "STRICT" and not parent:
        return True
    heeded = own == "STRICT" or (not own and (space == "STRICT" or (space is None and mesh == "STRICT")))
    opened = [number for number, written in ports.items() if written in ("PERMISSIVE", "DISABLE")] if heeded else []
    return bool(opened) and port not in opened


def mode(content: Document) -> str:
    written = str((content.get("mtls") or {}).get("mode", ""))
    return "" if written == "UNSET" else written


def exceptions(one: Document) -> dict[int, str]:
    written = (one.get("spec") or {}).get("portLevelMtls") or {}
    return {int(key): mode({"mtls": value}) for key, value in written.items()}
