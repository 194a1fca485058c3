"""One form for expressions that differ only in order, nesting and repetition: most questions end here."""

from collections.abc import Hashable

from meshwright.access.expr import Expr


def canonical(expr: Expr) -> Hashable:
    """Equal for expressions that are equal as written, up to order, nesting, repetition and double negation.

    Equal forms mean equal sets; different forms mean nothing.
    """
    op = expr.op
    if op == "match":
        return expr.dimension, expr.pattern
    if op == "not":
        inner = canonical(expr.args[0])
        if isinstance(inner, tuple) and inner[0] == "not":
            plain: Hashable = inner[1]
            return plain
        return "not", inner
    if op == "and" or op == "or":
        parts: set[Hashable] = set()
        for arg in expr.args:
            part = canonical(arg)
            if isinstance(part, tuple) and part[0] == op:
                parts |= part[1]
            else:
                parts.add(part)
        return parts.pop() if len(parts) == 1 else (op, frozenset(parts))
    return (op,)



def includes(large: Hashable, small: Hashable) -> bool:
    """Whether ``small`` is a subset of ``large`` as far as one look at two canonical forms shows."""
    if large == small or large == ("true",) or small == ("false",):
        return True
    if isinstance(small, tuple) and small[0] == "and" and large in small[1]:
        return True
    if isinstance(large, tuple):
        if large[0] == "or":
            return small in large[1] or (isinstance(small, tuple) and small[0] == "or" and small[1] <= large[1])
        if large[0] == "and":
            return isinstance(small, tuple) and small[0] == "and" and large[1] <= small[1]
    return False
