"""Questions of the proof: is this set inside that one, among the requests that the assumptions leave possible."""

from collections.abc import Sequence

from meshwright.access.decide import BUDGET, Unknown, differences
from meshwright.access.expr import Expr, Pattern, both, either, match
from meshwright.access.request import Witness
from meshwright.access.slices import Slices

Answer = Witness | Unknown | None


class Judge:
    """Asks the algebra for one mesh.

    ASSUMPTION printed with every answer: proxies accept certificates of the mesh's own trust domain only.  It makes a service
    account under any trust domain the same as one identity of this mesh.
    """

    def __init__(self, trust_domain: str, budget: int = BUDGET) -> None:
        self._domain = trust_domain
        self._here = either(match("principal", "exact", ""), match("principal", "prefix", trust_domain + "/"))
        self._budget = budget
        self._renamed: dict[Pattern, Pattern] = {}
        self._doubtful = False
        self._slices = Slices(self._rename)
        self._inside: dict[tuple[int, int], tuple[Expr, Expr]] = {}  # what was seen to hold, by ids; kept alive

    def outside(self, left: Expr, right: Expr) -> Answer:
        """A request in ``left`` and not in ``right``; None: there is none; Unknown: nobody can tell within the budget."""
        return self.ask([(left, right)])[0]

    def ask(self, pairs: Sequence[tuple[Expr, Expr]]) -> list[Answer]:
        """``outside`` for several pairs that speak of the same things."""
        seen = [self._seen(left, right) for left, right in pairs]
        if all(seen):
            return [None] * len(pairs)
        rest = iter(self._decided([pair for pair, inside in zip(pairs, seen, strict=True) if not inside]))
        return [None if inside else next(rest) for inside in seen]

    def _seen(self, left: Expr, right: Expr) -> bool:
        """Whether a first look shows it; pods of one namespace ask the same of the same expressions again and again."""
        key = (id(left), id(right))
        if key in self._inside:
            return True
        if not self._slices.inside(left, right):
            return False
        self._inside[key] = left, right
        return True

    def _decided(self, pairs: Sequence[tuple[Expr, Expr]]) -> list[Answer]:
        self._doubtful = False
        answers = differences(pairs, self._rename, self._budget)
        if self._doubtful and any(answers):
            # Some pattern looks into other trust domains: ask again about this one only.
            return differences([(both(self._here, left), right) for left, right in pairs], self._one_way, self._budget)
        return answers

    def _rename(self, pattern: Pattern) -> Pattern:
        """The same identities of this mesh, written in one way only."""
        known = self._renamed.get(pattern)
        if known is None:
            # "Any identity of this mesh" is any identity at all, as long as nothing else looks into other trust domains.
            any_here = pattern.kind == "prefix" and pattern.text in (self._domain + "/", self._domain + "/ns/")
            known = self._renamed[pattern] = Pattern("present", "") if any_here else self._one_way(pattern)
        if known.kind != "present" and known.text and not known.text.startswith(self._domain + "/ns/"):
            self._doubtful = True
        return known

    def _one_way(self, pattern: Pattern) -> Pattern:
        kind, text = pattern
        if kind == "account" and "/" in text:
            space, _, name = text.partition("/")
            return Pattern("exact", f"{self._domain}/ns/{space}/sa/{name}")
        if kind == "namespace":
            return Pattern("prefix", f"{self._domain}/ns/{text}/")
        return pattern
