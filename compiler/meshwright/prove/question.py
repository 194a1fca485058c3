"""One question of the proof: is this set inside that one, among the requests that the assumptions leave possible."""

from meshwright.access.decide import BUDGET, Unknown, difference_witness
from meshwright.access.expr import EVERYTHING, NOTHING, Expr, all_of, any_of, both, either, match, negate
from meshwright.access.request import Witness

Answer = Witness | Unknown | None


class Judge:
    """Asks the algebra for one mesh, and remembers: pods with the same policies ask the same again and again.

    ASSUMPTION printed with every answer: proxies accept certificates of the mesh's own trust domain only.  It makes a service
    account under any trust domain the same as one identity of this mesh.
    """

    def __init__(self, trust_domain: str, budget: int = BUDGET) -> None:
        self._domain = trust_domain
        self._here = either(match("principal", "exact", ""), match("principal", "prefix", trust_domain + "/"))
        self._budget = budget
        self._local: dict[int, tuple[Expr, Expr, bool]] = {}
        self._answers: dict[tuple[int, int], tuple[Expr, Expr, Answer]] = {}

    def outside(self, left: Expr, right: Expr) -> Answer:
        """A request in ``left`` and not in ``right``; None: there is none; Unknown: nobody can tell within the budget."""
        key = (id(left), id(right))  # the tuple keeps both alive, so that an id names one expression only
        known = self._answers.get(key)
        if known is not None:
            return known[2]
        inside, partial = self._localised(left)
        outside, also_partial = self._localised(right)
        if partial or also_partial:
            inside = both(self._here, inside)
        answer = difference_witness(inside, outside, self._budget)
        self._answers[key] = (left, right, answer)
        return answer

    def _localised(self, expr: Expr) -> tuple[Expr, bool]:
        known = self._local.get(id(expr))
        if known is None:
            partial: list[bool] = []
            known = self._local[id(expr)] = (expr, self._rewrite(expr, partial), bool(partial))
        return known[1], known[2]

    def _rewrite(self, expr: Expr, partial: list[bool]) -> Expr:
        """``expr`` among principals of the mesh: identities and namespaces written in one way only."""
        if expr.op == "match":
            return self._rewrite_match(expr, partial)
        if expr.op == "and":
            return all_of([self._rewrite(arg, partial) for arg in expr.args])
        if expr.op == "or":
            return any_of([self._rewrite(arg, partial) for arg in expr.args])
        return negate(self._rewrite(expr.args[0], partial)) if expr.op == "not" else expr

    def _rewrite_match(self, expr: Expr, partial: list[bool]) -> Expr:
        if expr.dimension != "principal" or expr.pattern is None:
            return expr
        kind, text = expr.pattern
        if kind == "account":
            space, slash, name = text.partition("/")
            return match("principal", "exact", f"{self._domain}/ns/{space}/sa/{name}") if slash else NOTHING
        if kind == "namespace":
            return match("principal", "prefix", f"{self._domain}/ns/{text}/")
        if kind == "prefix" and text in (self._domain + "/", self._domain + "/ns/"):
            return match("principal", "present")
        if kind == "prefix" and text == "":
            return EVERYTHING
        if kind not in ("exact", "present") and not (kind == "prefix" and text.startswith(self._domain + "/ns/")):
            partial.append(True)
        return expr
