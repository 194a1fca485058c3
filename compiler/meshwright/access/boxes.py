"""Differences of two expressions by boxes: a box is one bit mask over atoms for each dimension that occurs.

Exact, fast on policies as people write them, exponential on hostile ones: so it counts steps, and hands over to ``sat`` when they end.
"""

from collections.abc import Callable, Iterable
from operator import and_

from meshwright.access.atoms import Atoms, atoms
from meshwright.access.expr import DIMENSIONS, NOTHING, Dimension, Expr, Pattern, Value
from meshwright.access.request import Witness, absent
from meshwright.access.universe import FALLBACKS, TooMany
from meshwright.record import NamedTuple

Box = tuple[int, ...]
Rename = Callable[[Pattern], Pattern]  # principals only: patterns that the asker knows to mean the same


def find(left: Expr, right: Expr, budget: int) -> Witness | None:
    """A request in ``left`` and not in ``right``, None when there is none.

    After ``budget`` steps on boxes a solver goes on; raises TooMany when that gives up too, ValueError for a pattern without meaning.
    """
    return Space((left, right), budget).difference(left, right)


class Tree(NamedTuple):
    """A compiled expression.  op "box": ``box``; "and", "or": ``args``; "not": one of ``args``.

    ``single`` is the only dimension (by place) that a box narrows, -1 when it narrows none or several.
    """

    op: str
    box: Box
    args: tuple["Tree", ...]
    single: int = -1


EMPTY = Tree("or", (), ())


class Space:
    """The dimensions and atoms of some expressions, and each of them compiled once.  Raises as ``find`` does."""

    def __init__(self, exprs: Iterable[Expr], budget: int, rename: Rename | None = None) -> None:
        kept = list({id(expr): expr for expr in exprs}.values())  # alive as long as the space is: an id names one expression only
        patterns: dict[Dimension, set[Pattern]] = {}
        for expr in kept:
            _collect(expr, patterns)
        self._grouped: dict[tuple[Dimension, Pattern], Dimension] = {}
        named = sorted(patterns.keys() - set(DIMENSIONS))
        never = NOTHING
        if named:
            from meshwright.access.attributes import impossible

            never = impossible(patterns)
            named = self._group(sorted(patterns.keys() - set(DIMENSIONS)), patterns)
        renamed = {pattern: rename(pattern) for pattern in patterns.get("principal", ())} if rename is not None else {}
        if renamed:
            patterns["principal"] = set(renamed.values())
        self.dimensions: list[tuple[Dimension, Atoms]] = [
            (dimension, atoms(dimension, patterns[dimension])) for dimension in (*DIMENSIONS, *named) if dimension in patterns]
        self.full: Box = tuple(found.full for _, found in self.dimensions)
        self._masks = {dimension: (place, found.masks) for place, (dimension, found) in enumerate(self.dimensions)}
        if renamed:
            place, masks = self._masks["principal"]
            self._masks["principal"] = place, {old: masks[new] for old, new in renamed.items()}
        self._exprs = kept
        self._trees: dict[int, Tree] = {}
        self._boxes: dict[int, list[Box]] = {}
        self._budget = budget
        self._left = budget
        self._possible = self._complement(self.compile(never)) if never is not NOTHING else None

    def difference(self, left: Expr, right: Expr) -> Witness | None:
        """As ``find``, for two of the expressions of this space."""
        self._left = self._budget
        mine, theirs = self._tree(left), self._tree(right)
        if self._possible is not None:
            mine = Tree("and", (), (mine, self._possible))
        try:
            inside = self._boxes.get(id(left))
            if inside is None:
                inside = self._boxes[id(left)] = self.keep([self.full], mine)
            rest = self.drop(inside, theirs) if inside else inside
        except TooMany:
            from meshwright.access.sat import solve  # only hostile expressions pay for it

            return solve(self, mine, theirs)
        return self.witness(min(rest, key=self.friendliness)) if rest else None

    def _tree(self, expr: Expr) -> Tree:
        tree = self._trees.get(id(expr))
        if tree is None:
            tree = self._trees[id(expr)] = self.compile(expr)
        return tree

    def _group(self, named: list[Dimension], patterns: dict[Dimension, set[Pattern]]) -> list[Dimension]:
        """The attributes with each set cut into the groups of its patterns."""
        from meshwright.access.attributes import GROUP, groups
        from meshwright.access.expr import is_set

        found: list[Dimension] = []
        for dimension in named:
            parts = groups(dimension, patterns[dimension]) if is_set(dimension) else []
            if len(parts) < 2:
                found.append(dimension)
                continue
            for number, part in enumerate(parts):
                place = f"{dimension}{GROUP}{number}"
                patterns[place] = set(part)
                found.append(place)
                self._grouped.update(dict.fromkeys([(dimension, pattern) for pattern in part], place))
        return found

    def compile(self, expr: Expr) -> Tree:
        """The same set, with matches as boxes and what joins to one box joined."""
        if self._grouped:
            from meshwright.access.attributes import grouped

            expr = grouped(expr, self._grouped)
        return self._compile(expr)

    def _compile(self, expr: Expr) -> Tree:
        op = expr.op
        if op == "and":
            return self._all(expr.args)
        if op == "or":
            return self._any(expr.args)
        if op == "match":
            place, masks = self._masks[expr.dimension]  # type: ignore[index]  # _collect refused a match without dimension
            return self._one(place, masks[expr.pattern])  # type: ignore[index]
        if op == "not":
            return self._complement(self._compile(expr.args[0]))
        return Tree("box", self.full, ()) if op == "true" else EMPTY

    def keep(self, boxes: list[Box], tree: Tree) -> list[Box]:
        """The part of ``boxes`` inside ``tree``.  Results may overlap."""
        if tree.op == "box":
            self._pay(len(boxes))
            other = tree.box
            kept = []
            for box in boxes:
                for a, b in zip(box, other, strict=True):
                    if not a & b:
                        break
                else:
                    kept.append(tuple(map(and_, box, other)))
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
            for arg in reversed(tree.args):  # "not" first: what it leaves is little, and nothing needs it after the last one
                outside += self.drop(boxes, arg)
                if arg is not tree.args[0]:
                    boxes = self.keep(boxes, arg)
            return outside
        return self.keep(boxes, tree.args[0])

    def witness(self, box: Box) -> Witness:
        """The friendliest request of a box; a dimension that plays no part gets a harmless value."""
        chosen: dict[Dimension, str] = {dimension: FALLBACKS[dimension][0] for dimension in DIMENSIONS}
        attributes: dict[Dimension, Value] = {}
        for (dimension, found), mask in zip(self.dimensions, box, strict=True):
            value = found.values[(mask & -mask).bit_length() - 1]
            if dimension in chosen:
                chosen[dimension] = str(value)
            elif isinstance(value, tuple):
                name = dimension.partition("\0")[0]
                attributes[name] = tuple(sorted({*(attributes.get(name) or ()), *value}))
            else:
                attributes[dimension] = value
        return Witness(chosen["principal"], chosen["source_ip"], int(chosen["port"]), chosen["method"], chosen["path"], chosen["host"],
                       tuple(sorted([(name, value) for name, value in attributes.items() if value != absent(name)])))

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
            return EMPTY
        full = self.full
        if mask == full[place]:
            return Tree("box", full, ())
        return Tree("box", (*full[:place], mask, *full[place + 1:]), (), place)

    def _complement(self, tree: Tree) -> Tree:
        if tree.op == "not":
            return tree.args[0]
        if tree == EMPTY:
            return Tree("box", self.full, ())
        if tree.op == "box":
            if tree.box == self.full:
                return EMPTY
            place = tree.single
            if place >= 0:
                return self._one(place, self.full[place] & ~tree.box[place])
        return Tree("not", (), (tree,))

    def _all(self, args: Iterable[Expr]) -> Tree:
        box = list(self.full)
        narrow = -1  # the only dimension narrowed so far; several: -2
        others: list[Tree] = []
        for arg in args:
            if arg.op == "match":
                place, masks = self._masks[arg.dimension]  # type: ignore[index]
                box[place] &= masks[arg.pattern]  # type: ignore[index]
                narrow = place if narrow in (-1, place) else -2
                continue
            tree = self._compile(arg)
            if tree.op == "box":
                place = tree.single
                if place >= 0:
                    box[place] &= tree.box[place]
                    narrow = place if narrow in (-1, place) else -2
                else:
                    box = [a & b for a, b in zip(box, tree.box, strict=True)]
                    narrow = narrow if tree.box == self.full else -2
            elif tree == EMPTY:
                return EMPTY
            elif tree.op == "and":
                others += tree.args
            else:
                others.append(tree)
        if not all(box):
            return EMPTY
        joined = Tree("box", tuple(box), (), narrow if narrow >= 0 and box[narrow] != self.full[narrow] else -1)
        if not others:
            return joined
        others.sort(key=_is_not)
        if joined.box != self.full:
            others.insert(0, joined)
        return others[0] if len(others) == 1 else Tree("and", (), tuple(others))

    def _any(self, args: Iterable[Expr]) -> Tree:
        """Boxes that narrow the same single dimension become one."""
        merged: dict[int, int] = {}
        others: list[Tree] = []
        for arg in args:
            if arg.op == "match":
                place, masks = self._masks[arg.dimension]  # type: ignore[index]
                merged[place] = merged.get(place, 0) | masks[arg.pattern]  # type: ignore[index]
                continue
            tree = self._compile(arg)
            if tree.op == "box":
                if tree.box == self.full:
                    return tree
                place = tree.single
                if place >= 0:
                    merged[place] = merged.get(place, 0) | tree.box[place]
                    continue
            if tree.op == "or":
                others += tree.args
            else:
                others.append(tree)
        trees = [self._one(place, mask) for place, mask in merged.items() if mask]
        if any(tree.single < 0 for tree in trees):
            return Tree("box", self.full, ())
        trees += others
        return trees[0] if len(trees) == 1 else Tree("or", (), tuple(trees))

    def _pay(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise TooMany("steps on boxes")


def _collect(expr: Expr, patterns: dict[Dimension, set[Pattern]]) -> None:
    waiting = [expr]
    while waiting:
        one = waiting.pop()
        if one.op != "match":
            waiting += one.args
        elif one.dimension is None or one.pattern is None:
            raise ValueError("a match needs a dimension and a pattern")
        elif one.dimension in patterns:
            patterns[one.dimension].add(one.pattern)
        else:
            patterns[one.dimension] = {one.pattern}


def _is_not(tree: Tree) -> bool:
    return tree.op == "not"
