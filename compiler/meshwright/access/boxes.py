"""Differences of two expressions by boxes: a box is one bit mask over atoms for each dimension that occurs.

Exact, fast on policies as people write them, exponential on hostile ones: so it counts steps and gives up with TooMany.
"""

from typing import NamedTuple

from meshwright.access.atoms import Atoms, atoms
from meshwright.access.expr import DIMENSIONS, Dimension, Expr, Pattern
from meshwright.access.request import Witness
from meshwright.access.universe import FALLBACKS, TooMany

Box = tuple[int, ...]


def find(left: Expr, right: Expr, budget: int) -> Witness | None:
    """A request in ``left`` and not in ``right``, None when there is none.

    Raises TooMany after ``budget`` steps on boxes, ValueError for a pattern that has no meaning.
    """
    patterns: dict[Dimension, set[Pattern]] = {}
    _collect(left, patterns)
    _collect(right, patterns)
    space = Space(tuple((dimension, atoms(dimension, patterns[dimension])) for dimension in DIMENSIONS if dimension in patterns), budget)
    inside = space.keep([space.full], space.compile(left))
    rest = space.drop(inside, space.compile(right)) if inside else inside
    return space.witness(min(rest, key=space.friendliness)) if rest else None


def _collect(expr: Expr, patterns: dict[Dimension, set[Pattern]]) -> None:
    if expr.op == "match":
        if expr.dimension is None or expr.pattern is None:
            raise ValueError("a match needs a dimension and a pattern")
        patterns.setdefault(expr.dimension, set()).add(expr.pattern)
    for arg in expr.args:
        _collect(arg, patterns)


class Tree(NamedTuple):
    """A compiled expression.  op "box": ``box``; "and", "or": ``args``; "not": one of ``args``."""

    op: str
    box: Box
    args: tuple["Tree", ...]


class Space:
    """The dimensions of one question, and how many steps it may still take."""

    def __init__(self, dimensions: tuple[tuple[Dimension, Atoms], ...], budget: int) -> None:
        self.dimensions = dimensions
        self.full: Box = tuple(found.full for _, found in dimensions)
        self.place = {dimension: number for number, (dimension, _) in enumerate(dimensions)}
        self.left = budget

    def compile(self, expr: Expr) -> Tree:
        """The same set, with matches as boxes and what joins to one box joined."""
        if expr.op == "match" and expr.dimension is not None and expr.pattern is not None:
            place = self.place[expr.dimension]
            return self._one(place, self.dimensions[place][1].masks[expr.pattern])
        if expr.op == "true":
            return Tree("box", self.full, ())
        if expr.op == "false":
            return Tree("or", (), ())
        args = [self.compile(arg) for arg in expr.args]
        if expr.op == "not":
            return self._complement(args[0])
        return self._all(args) if expr.op == "and" else self._any(args)

    def keep(self, boxes: list[Box], tree: Tree) -> list[Box]:
        """The part of ``boxes`` inside ``tree``.  Results may overlap."""
        if tree.op == "box":
            self._pay(len(boxes))
            other = tree.box
            kept = []
            for box in boxes:
                both = tuple([a & b for a, b in zip(box, other, strict=True)])
                if all(both):
                    kept.append(both)
            return kept
        if tree.op == "and":
            for arg in tree.args:
                boxes = self.keep(boxes, arg)
            return boxes
        if tree.op == "or":
            return [box for arg in tree.args for box in self.keep(boxes, arg)]
        return self.drop(boxes, tree.args[0])

    def drop(self, boxes: list[Box], tree: Tree) -> list[Box]:
        """The part of ``boxes`` outside ``tree``."""
        if not boxes:
            return boxes
        if tree.op == "box":
            return self._subtract(boxes, tree.box)
        if tree.op == "or":
            for arg in tree.args:
                boxes = self.drop(boxes, arg)
            return boxes
        if tree.op == "and":
            outside: list[Box] = []
            for arg in tree.args:
                outside += self.drop(boxes, arg)
                boxes = self.keep(boxes, arg)
            return outside
        return self.keep(boxes, tree.args[0])

    def witness(self, box: Box) -> Witness:
        """The friendliest request of a box; a dimension that plays no part gets a harmless value."""
        chosen = {dimension: FALLBACKS[dimension][0] for dimension in DIMENSIONS}
        for (dimension, found), mask in zip(self.dimensions, box, strict=True):
            chosen[dimension] = found.values[(mask & -mask).bit_length() - 1]
        return Witness(chosen["principal"], chosen["source_ip"], int(chosen["port"]), chosen["method"], chosen["path"], chosen["host"])

    def friendliness(self, box: Box) -> tuple[int, ...]:
        """Lower is friendlier."""
        return tuple((mask & -mask).bit_length() for mask in box)

    def _subtract(self, boxes: list[Box], other: Box) -> list[Box]:
        self._pay(len(boxes))
        rest: list[Box] = []
        for box in boxes:
            for a, b in zip(box, other, strict=True):
                if not a & b:
                    rest.append(box)
                    break
            else:
                # Peel one dimension after the other: what sticks out, then go on with what does not.
                for place, (a, b) in enumerate(zip(box, other, strict=True)):
                    out = a & ~b
                    if out:
                        rest.append((*box[:place], out, *box[place + 1:]))
                        box = (*box[:place], a & b, *box[place + 1:])
        return rest

    def _one(self, place: int, mask: int) -> Tree:
        if not mask:
            return Tree("or", (), ())
        return Tree("box", (*self.full[:place], mask, *self.full[place + 1:]), ())

    def _single(self, tree: Tree) -> int | None:
        """The only dimension that a box narrows; None if it narrows none or several."""
        narrow = [place for place, (a, b) in enumerate(zip(tree.box, self.full, strict=True)) if a != b]
        return narrow[0] if len(narrow) == 1 else None

    def _complement(self, tree: Tree) -> Tree:
        if tree.op == "not":
            return tree.args[0]
        if tree.op == "or" and not tree.args:
            return Tree("box", self.full, ())
        if tree.op == "box":
            if tree.box == self.full:
                return Tree("or", (), ())
            place = self._single(tree)
            if place is not None:
                return self._one(place, self.full[place] & ~tree.box[place])
        return Tree("not", (), (tree,))

    def _all(self, args: list[Tree]) -> Tree:
        box = self.full
        others: list[Tree] = []
        for arg in args:
            if arg.op == "box":
                box = tuple([a & b for a, b in zip(box, arg.box, strict=True)])
                if not all(box):
                    return Tree("or", (), ())
            elif arg.op == "or" and not arg.args:
                return arg
            elif arg.op == "and":
                others += arg.args
            else:
                others.append(arg)
        if not others:
            return Tree("box", box, ())
        others.sort(key=_is_not)
        if box != self.full:
            others.insert(0, Tree("box", box, ()))
        return others[0] if len(others) == 1 else Tree("and", (), tuple(others))

    def _any(self, args: list[Tree]) -> Tree:
        """Boxes that narrow the same single dimension become one."""
        merged: dict[int, int] = {}
        others: dict[Tree, None] = {}
        for arg in args:
            if arg.op == "box":
                if arg.box == self.full:
                    return arg
                place = self._single(arg)
                if place is not None:
                    merged[place] = merged.get(place, 0) | arg.box[place]
                    continue
            if arg.op == "or":
                others.update(dict.fromkeys(arg.args))
            else:
                others[arg] = None
        joined = [self._one(place, mask) for place, mask in sorted(merged.items())]
        if any(tree.box == self.full for tree in joined):
            return Tree("box", self.full, ())
        trees = joined + list(others)
        return trees[0] if len(trees) == 1 else Tree("or", (), tuple(trees))

    def _pay(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooMany("steps on boxes")


def _is_not(tree: Tree) -> bool:
    return tree.op == "not"
