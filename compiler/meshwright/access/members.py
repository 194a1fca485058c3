"""Whether single requests are members of expressions, for many requests: each pattern is matched once for each value that comes.

A value of one dimension becomes the bits of the patterns that cover it, which are remembered; an expression is then a few
operations on the bits of all its dimensions.
"""

from collections.abc import Callable, Mapping

from meshwright.access.expr import Dimension, Expr, Pattern, Value
from meshwright.access.request import absent, matches

Test = Callable[[int], bool]  # over the bits of a request: whether it is a member
MOST_REMEMBERED = 20_000  # values of one dimension


class Members:
    """Expressions over the same requests.  Add them all, then ask."""

    __slots__ = ("_bits", "_known", "_patterns")

    def __init__(self) -> None:
        self._bits: dict[tuple[Dimension, Pattern], int] = {}
        self._patterns: dict[Dimension, list[tuple[Pattern, int]]] = {}
        self._known: dict[Dimension, dict[Value, int]] = {}

    def add(self, expr: Expr) -> Test:
        """The test for one expression.  Raises ValueError for a match without pattern, or one whose text has no meaning."""
        op = expr.op
        if op == "match":
            bit = self._bit(expr)
            return lambda bits: bits & bit != 0
        if op == "not":
            inner = self.add(expr.args[0])
            return lambda bits: not inner(bits)
        if op == "and":
            return self._all(expr)
        if op == "or":
            return self._any(expr)
        answer = op == "true"
        return lambda bits: answer

    def bits(self, request: Mapping[Dimension, Value]) -> int:
        """The bits of one request; what it does not have is absent."""
        found = 0
        for dimension, known in self._known.items():
            value = request[dimension] if dimension in request else absent(dimension)
            bits = known.get(value)
            found |= self._match(dimension, value) if bits is None else bits
        return found

    def dimensions(self) -> frozenset[Dimension]:
        """What some expression asks for."""
        return frozenset(self._known)

    def _match(self, dimension: Dimension, value: Value) -> int:
        known = self._known[dimension]
        if len(known) >= MOST_REMEMBERED:
            known.clear()
        bits = known[value] = sum([bit for pattern, bit in self._patterns[dimension] if matches(pattern, value)])
        return bits

    def _bit(self, expr: Expr) -> int:
        if expr.dimension is None or expr.pattern is None:
            raise ValueError("a match needs a dimension and a pattern")
        key = expr.dimension, expr.pattern
        bit = self._bits.get(key)
        if bit is None:
            matches(expr.pattern, "10.0.0.1" if expr.pattern.kind == "cidr" else "1")  # raises where the text has no meaning
            bit = self._bits[key] = 1 << len(self._bits)
            self._patterns.setdefault(expr.dimension, []).append((expr.pattern, bit))
            self._known[expr.dimension] = {}
        return bit

    def _all(self, expr: Expr) -> Test:
        """Matches are one comparison, refused ones another, and a choice among matches one each."""
        wanted = refused = 0
        choices: list[int] = []
        others: list[Test] = []
        for arg in expr.args:
            if arg.op == "match":
                wanted |= self._bit(arg)
            elif arg.op == "not" and arg.args[0].op == "match":
                refused |= self._bit(arg.args[0])
            elif arg.op == "not" and arg.args[0].op == "or" and all(one.op == "match" for one in arg.args[0].args):
                for one in arg.args[0].args:
                    refused |= self._bit(one)
            elif arg.op == "or" and all(one.op == "match" for one in arg.args):
                choices.append(sum({self._bit(one) for one in arg.args}))
            else:
                others.append(self.add(arg))
        if not choices and not others:
            return lambda bits: bits & wanted == wanted and not bits & refused

        def test(bits: int) -> bool:
            if bits & wanted != wanted or bits & refused:
                return False
            for choice in choices:
                if not bits & choice:
                    return False
            return all(other(bits) for other in others) if others else True

        return test

    def _any(self, expr: Expr) -> Test:
        choice = 0
        others: list[Test] = []
        for arg in expr.args:
            if arg.op == "match":
                choice |= self._bit(arg)
            else:
                others.append(self.add(arg))
        if not others:
            return lambda bits: bits & choice != 0
        return lambda bits: bits & choice != 0 or any(other(bits) for other in others)
