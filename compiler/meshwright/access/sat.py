"""Differences of two expressions by a SAT solver: what is left when boxes become too many.

The atoms of each dimension are the variables, exactly one of them true; the tree says which of them make a request a member.
Boxes are faster on policies as people write them, but double with each hostile rule; here a rule costs a few clauses.
"""

from itertools import count
from typing import TYPE_CHECKING

from meshwright.access.request import Witness
from meshwright.access.universe import TooMany

if TYPE_CHECKING:
    from pysat.solvers import Solver

    from meshwright.access.boxes import Box, Space, Tree

CONFLICTS = 200_000  # what the solver may spend on one question; 200 rules that overlap everywhere take some thousands
MOST_CLAUSES = 2_000_000
FRIENDLY = 8  # atoms of a dimension that are tried for the witness


def solve(space: "Space", left: "Tree", right: "Tree") -> Witness | None:
    """A request in ``left`` and not in ``right``, two trees of ``space``; None when there is none.

    Raises TooMany beyond ``CONFLICTS`` or ``MOST_CLAUSES``, and where python-sat is not installed: nothing is known then.
    """
    try:
        from pysat.solvers import Solver  # only hostile expressions pay for it
    except ImportError:
        raise TooMany("steps on boxes (python-sat, which could go on, is not installed)") from None
    clauses = _Clauses(space.full)
    clauses.require(left, True)
    clauses.require(right, False)
    # It is stopped by a count of conflicts, so the same question has the same answer on any machine.
    with Solver(name="cadical195", bootstrap_with=clauses.found) as solver:
        solver.conf_budget(CONFLICTS)
        answer = solver.solve_limited()
        if answer is None:
            raise TooMany("conflicts in the solver")
        return space.witness(_friendly(solver, clauses.atoms)) if answer else None


def _friendly(solver: "Solver", dimensions: list[list[int]]) -> "Box":
    """A box of one atom each, the friendliest as far as a few more questions show; ``solver`` has an answer already."""
    fixed: list[int] = []
    for atoms in dimensions:
        for variable in atoms[:FRIENDLY]:
            solver.conf_budget(CONFLICTS // 100)
            if solver.solve_limited(assumptions=[*fixed, variable]):
                fixed.append(variable)
                break
    solver.conf_budget(-1)  # what was fixed has an answer; nothing is searched for long
    solver.solve_limited(assumptions=fixed)
    true = {literal for literal in solver.get_model() if literal > 0}
    return tuple([sum([1 << number for number, variable in enumerate(atoms) if variable in true]) for atoms in dimensions])


class _Clauses:
    """The clauses of one question.  A literal stands for a part of a tree, and is needed in one direction only."""

    def __init__(self, full: "Box") -> None:
        self._fresh = count(1)
        self.atoms = [[next(self._fresh) for _ in range(mask.bit_length())] for mask in full]
        self.found: list[list[int]] = []
        self._full = full
        self._literals: dict[tuple[int, bool], int] = {}
        self._kept: list[Tree] = []  # alive as long as their ids are keys
        for atoms in self.atoms:
            self.found.append(list(atoms))
            self._at_most_one(atoms)

    def require(self, tree: "Tree", member: bool) -> None:
        """The request is a member of ``tree``, or is none."""
        if tree.op == "not":
            self.require(tree.args[0], not member)
        elif tree.op == "box" and member:
            for place, mask in enumerate(tree.box):
                if mask != self._full[place]:
                    self._add(self._inside(place, mask))
        elif tree.op == "box":
            self._add(self._outside(tree.box))
        elif (tree.op == "and") == member:
            for arg in tree.args:
                self.require(arg, member)
        else:
            self._add([self._literal(arg, member) for arg in tree.args])

    def _literal(self, tree: "Tree", member: bool) -> int:
        """A variable that is true only if the request is a member (or is none)."""
        if tree.op == "not":
            return self._literal(tree.args[0], not member)
        known = self._literals.get((id(tree), member))
        if known is not None:
            return known
        self._kept.append(tree)
        name = self._literals[id(tree), member] = next(self._fresh)
        if tree.op == "box" and member:
            for place, mask in enumerate(tree.box):
                if mask != self._full[place]:
                    self._add([-name, *self._inside(place, mask)])
        elif tree.op == "box":
            self._add([-name, *self._outside(tree.box)])
        elif (tree.op == "and") == member:
            for arg in tree.args:
                self._add([-name, self._literal(arg, member)])
        else:
            self._add([-name, *[self._literal(arg, member) for arg in tree.args]])
        return name

    def _inside(self, place: int, mask: int) -> list[int]:
        return _chosen(self.atoms[place], mask)

    def _outside(self, box: "Box") -> list[int]:
        return [variable for place, mask in enumerate(box) if mask != self._full[place]
                for variable in _chosen(self.atoms[place], self._full[place] & ~mask)]

    def _at_most_one(self, atoms: list[int]) -> None:
        """Each atom has a number in binary: two of them cannot be true at once."""
        for bit in range((len(atoms) - 1).bit_length()):
            name = next(self._fresh)
            for number, variable in enumerate(atoms):
                self._add([-variable, name if number >> bit & 1 else -name])

    def _add(self, clause: list[int]) -> None:
        self.found.append(clause)
        if len(self.found) > MOST_CLAUSES:
            raise TooMany("clauses for the solver")


def _chosen(atoms: list[int], mask: int) -> list[int]:
    return [variable for number, variable in enumerate(atoms) if mask >> number & 1]
