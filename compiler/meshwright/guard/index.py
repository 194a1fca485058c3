"""Maps beside the edges of `access`, so that no rule has to search: key -> positions in `allows` or `denies`."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from meshwright.guard.encode import fields, string
from meshwright.ir.intent import Grant, Http, Program

K = TypeVar("K", bound=Hashable)

INDEXES = ("allows_by_destination", "denies_by_destination", "allows_by_gateway", "allows_by_kind", "allows_by_entry",
           "allows_by_because", "allows_by_rule", "allows_by_shared_rule", "open_allows_by_destination")
_ENTRIES = {"gateway": "gateway", "any-gateway": "gateway", "anyone": "any", "unidentified": "outside"}


def entry(grant: Grant) -> str:
    """Where the requests of an edge come in: from a gateway, from outside, from anywhere, or from the mesh itself."""
    return _ENTRIES.get(grant.source.kind, "mesh")


class Index:
    def __init__(self, program: Program, rule_ids: list[str], allows: list[Grant], denies: list[Grant]) -> None:
        self.program = program
        self.rule_ids = rule_ids
        self.allows = allows
        self.denies = denies
        self.known: dict[str, dict[str, list[int]]] = {}

    def text(self, reads: Any) -> str:
        return "{" + ",".join([f'"{name}":{_text(self.find(name))}' for name in fields(reads, INDEXES)]) + "}"

    def positions(self, pick: str) -> list[int]:
        """The positions at which a list is read, as ``gate.reads`` says it: "@index/key", or "@index/*" for all keys."""
        name, _, key = pick.removeprefix("@").partition("/")
        found = self.find(name)
        return [position for positions in found.values() for position in positions] if key == "*" else found.get(key, [])

    def find(self, name: str) -> dict[str, list[int]]:
        if name not in self.known:
            self.known[name] = self.make(name)
        return self.known[name]

    def make(self, name: str) -> dict[str, list[int]]:
        rules, names, allows = self.program.rules, self.rule_ids, self.allows
        if name == "allows_by_shared_rule":
            return {names[rule]: found for rule, found in _group([grant.rule for grant in allows]).items() if len(found) > 1}
        keys: dict[str, Callable[[], list[str]]] = {
            "allows_by_destination": lambda: [grant.target.id for grant in allows],
            "denies_by_destination": lambda: [grant.target.id for grant in self.denies],
            "allows_by_gateway": lambda: [grant.source.gateway for grant in allows],
            "allows_by_kind": lambda: [grant.source.kind for grant in allows],
            "allows_by_entry": lambda: [entry(grant) for grant in allows],
            "allows_by_because": lambda: [rules[grant.rule].because for grant in allows],
            "allows_by_rule": lambda: [names[grant.rule] for grant in allows],
            "open_allows_by_destination": lambda: [grant.target.id if _is_open(grant.http) else "" for grant in allows],
        }
        found = _group(keys[name]())
        if name != "allows_by_because":
            found.pop("", None)
        return found


def _is_open(http: Http | None) -> bool:
    """Whether it lets every path in."""
    return http is None or (http.path.subtree and not http.path.segments)


def _group(keys: list[K]) -> dict[K, list[int]]:
    """Key -> its positions."""
    found: dict[K, list[int]] = {}
    for position, key in enumerate(keys):
        if key in found:
            found[key].append(position)
        else:
            found[key] = [position]
    return found


def _text(index: dict[str, list[int]]) -> str:
    return "{" + ",".join([f"{string(key)}:[{','.join(map(str, index[key]))}]" for key in sorted(index)]) + "}"
