"""What many rules say in the same words: made once for a whole bundle, and the same list stands in all of them."""

from meshwright.ir.identity import Identity
from meshwright.ir.intent import Http, PathPattern
from meshwright.ir.manifest import Shared
from meshwright.lower.peers import Peers, among, others

Words = tuple[str, ...]


class Phrases:
    """The values of `from` and `to`, and HTTP terms as Istio spells them, of one bundle."""

    __slots__ = ("_among", "_callers", "_lists", "_methods", "_not_ports", "_others", "_paths", "_ports", "_trust_domain", "longest")

    def __init__(self, trust_domain: str) -> None:
        self._trust_domain = trust_domain
        self._callers: dict[Identity, Shared] = {}
        self._among: dict[Peers, Shared] = {}
        self._others: dict[Peers, Shared] = {}
        self._ports: dict[tuple[int, ...], Shared] = {}
        self._not_ports: dict[tuple[int, ...], Shared] = {}
        self._lists = _Lists()
        self._methods = _Methods()
        self._paths = _Paths()
        self.longest = 0  # sources in one `from`

    def caller(self, one: Identity) -> Shared:
        """`from` for one identity."""
        made = self._callers.get(one)
        if made is None:
            made = self._callers[one] = self.among(Peers((one,)))
        return made

    def among(self, who: Peers) -> Shared:
        """`from` for exactly ``who``; empty for nobody."""
        made = self._among.get(who)
        if made is None:
            made = self._among[who] = self._from(among(who, self._trust_domain))
        return made

    def others(self, who: Peers) -> Shared:
        """`from` for everybody but ``who``; empty: everybody, and the rule then has no `from`."""
        made = self._others.get(who)
        if made is None:
            made = self._others[who] = self._from(others(who, self._trust_domain))
        return made

    def _from(self, sources: list[dict[str, list[str]]]) -> Shared:
        self.longest = max(self.longest, len(sources))
        return Shared([{"source": source} for source in sources])

    def ports(self, *numbers: int) -> Shared:
        """`to` for every request at one of ``numbers``."""
        made = self._ports.get(numbers)
        if made is None:
            made = self._ports[numbers] = Shared([{"operation": {"ports": [str(number) for number in numbers]}}])
        return made

    def not_ports(self, *numbers: int) -> Shared:
        """`to` for every request at none of ``numbers``."""
        made = self._not_ports.get(numbers)
        if made is None:
            made = self._not_ports[numbers] = Shared([{"operation": {"notPorts": [str(number) for number in numbers]}}])
        return made

    def terms(self, http: Http) -> tuple[Words, Words]:
        """``http`` in Istio's words, sorted: methods and paths; () = any."""
        return self._methods[http.methods], self._paths[http.path]

    def operation(self, ports: Words, methods: Words, paths: Words, other: Words) -> dict[str, object]:
        """What requests match that match one of each, and none of the paths ``other``; () = any."""
        lists = self._lists
        made: dict[str, object] = {"ports": lists[ports]}
        if methods:
            made["methods"] = lists[methods]
        if paths:
            made["paths"] = lists[paths]
        if other:
            made["notPaths"] = lists[other]
        return made


class _Lists(dict[Words, Shared]):
    """Memo of lists."""

    def __missing__(self, words: Words) -> Shared:
        made = self[words] = Shared(words)
        return made


class _Methods(dict[Words, Words]):
    """Memo of methods, sorted and each once."""

    def __missing__(self, methods: Words) -> Words:
        made = self[methods] = tuple(sorted(set(methods)))
        return made


class _Paths(dict[PathPattern, Words]):
    """Memo of ``path_values``, sorted."""

    def __missing__(self, path: PathPattern) -> Words:
        made = self[path] = tuple(sorted(path_values(path)))
        return made


def path_values(path: PathPattern) -> list[str]:
    """The `paths` values that match exactly ``path`` (reference: istio-semantics 1.5).

    A value that ends in "*" matches as a string prefix, so a subtree is two values; a template must not mix with "*".
    """
    for part in path.segments:
        if part is not None and ("*" in part or "{" in part or "}" in part):
            raise ValueError(f"path {path}: a literal part that Istio reads as a pattern passed the check")
    base = "".join(["/" + ("{*}" if part is None else part) for part in path.segments])
    if not path.subtree:
        return [base or "/"]
    if not base:
        return ["/*"]
    return [base, base + ("/{**}" if None in path.segments else "/*")]
