"""The same text through the driver and through Lark, as trees that can be compared."""

from functools import cache
from typing import Any

from meshwright.parse.driver import Machine
from meshwright.parse.lexemes import cut
from meshwright.parse.plan import Plans
from meshwright_grammar import tables
from meshwright_grammar.generate import lark_parser


def by_driver(text: str) -> Any:
    """Nested lists [name, child, …], tokens as text; None when the text does not parse."""
    pieces = cut("test.mesh", text)

    def node(name: str) -> Any:
        return lambda context, values, first, last: [name, *(pieces.lexemes[value] if type(value) is int else value for value in values)]

    machine = Machine(pieces, None, Plans({name: node(name) for _, name, _, _ in tables.RULES}))
    return machine.values[-1] if machine.run() else None


def by_lark(text: str) -> Any:
    """The same, by Lark itself from the grammar file."""
    from lark import Tree, UnexpectedInput

    def nested(tree: Any) -> Any:
        return [str(tree.data), *map(nested, tree.children)] if isinstance(tree, Tree) else str(tree)

    try:
        return nested(_lark().parse(text))
    except UnexpectedInput:
        return None


@cache
def _lark() -> Any:
    return lark_parser()
