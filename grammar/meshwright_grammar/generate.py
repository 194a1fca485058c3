"""Makes ``tables.py`` from ``mesh.lark``: ``python -m meshwright_grammar.generate`` (``make grammar``).

Needs Lark; nothing at run time does.  A test asserts that the shipped tables are what this writes.
"""

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

# What may not follow a word, a number or a keyword: more of the same.  "-" counts unless it begins "->".
WORD_END = r"(?![0-9A-Za-z_./%$]|-(?!>))"

# Terminals made of word characters, in the order in which a word is tried; keywords come before all of them.
WORDS = ("ENFORCEMENT", "NAME", "FULL", "DOTTED", "PARAM", "METHOD", "CODE", "INT", "VERSION", "PERCENT", "DURATION", "SIZE",
         "STATUS", "DATE", "CIDR")


def lark_parser(**options: Any) -> Any:
    """Lark over the grammar file, with the word ends that the file leaves to this module."""
    from lark import Lark

    return Lark((FOLDER / "mesh.lark").read_text("utf-8"), parser="lalr", lexer="contextual", maybe_placeholders=False,
                edit_terminals=_end_words, **options)


def tables() -> str:
    """The text of ``tables.py``.  Deterministic: states and rules are numbered by Lark from the order of the file."""
    lark = lark_parser()
    table = lark.parser.parser._parse_table
    rules = sorted(lark.rules, key=lambda rule: (str(rule.origin.name), str(rule.alias), str(rule)))
    rule_number = {rule: number for number, rule in enumerate(rules)}
    spelling = {term.name: term.pattern.raw[1:-1] for term in lark.terminals if _is_literal(term)}
    symbols = sorted({_symbol(name, spelling) for row in table.states.values() for name in row})
    number = {name: index for index, name in enumerate(symbols)}
    state_number = _breadth_first(table)
    rows: list[dict[str, int]] = [{}] * len(table.states)
    for state, row in table.states.items():
        rows[state_number[state]] = {_symbol(name, spelling): ~rule_number[to] if action.name == "Reduce" else state_number[to]
                                     for name, (action, to) in row.items()}
    _shorten(rows, [_rule(rule) for rule in rules])
    lines = [" ".join(f"{symbol} {action}" for symbol, action in sorted((number[name], to) for name, to in row.items())) for row in rows]
    patterns = {term.name: term.pattern.value for term in lark.terminals if term.name in WORDS}
    return "".join((
        '"""Parse tables of mesh.lark.  Made by generate.py; do not edit."""\n\n# ruff: noqa: E501\n\n',
        "# the terminals that are their own text: keywords and marks\nLITERALS = ", _tuple(sorted(spelling.values())),
        "# terminal -> pattern, in the order in which a word is tried\nWORDS = ",
        _dict({name: patterns[name].removesuffix(WORD_END)[3:-1] for name in WORDS}),
        "# a terminal, or <what is reduced>\nSYMBOLS = ", _tuple(symbols),
        "# what is reduced, name of the node, what becomes of it (node, inline, single), symbols (k keep, s splice, - drop)\n",
        "RULES = ",
        _tuple([_rule(rule) for rule in rules]),
        "# one row a state, the first is where parsing starts: symbol number, then the state to go to, or ~rule to reduce\n",
        "STATES = ", _tuple(lines)))


def _end_words(term: Any) -> None:
    from lark.lexer import PatternRE

    if _is_literal(term) and term.pattern.raw[1].isalpha():
        term.pattern = PatternRE(term.pattern.value + WORD_END, raw=term.pattern.raw)
        term.priority = 1
    elif term.name in WORDS:
        term.pattern = PatternRE(f"(?:{term.pattern.value}){WORD_END}")


def _is_literal(term: Any) -> bool:
    return bool(term.pattern and (term.pattern.raw or "").startswith('"'))


def _shorten(rows: list[dict[str, int]], rules: list[tuple[str, str, str, str]]) -> None:
    """Go straight where a state could only rename what was just reduced (`?name: bare`): the tree is the same, with fewer steps.

    Such a state is entered only after a reduction, never after a token, so no token is read differently for it.
    """
    for row in rows:
        for symbol in row:
            while symbol.startswith("<"):
                [only, *others] = set(rows[row[symbol]].values()) or {0}
                if others or only >= 0 or rules[~only][2:] != ("single", "k"):
                    break
                row[symbol] = row[rules[~only][0]]


def _symbol(name: str, spelling: dict[str, str]) -> str:
    if name in spelling:
        return spelling[name]
    return name if name.strip("_$").isupper() and not name.startswith("__") else f"<{name}>"


def _rule(rule: Any) -> tuple[str, str, str, str]:
    origin = str(rule.origin.name)
    fate = "inline" if origin.startswith("_") else "single" if rule.options.expand1 and not rule.alias else "node"
    return f"<{origin}>", str(rule.alias or origin), fate, "".join(map(_treatment, rule.expansion))


def _treatment(symbol: Any) -> str:
    if symbol.is_term:
        return "-" if symbol.filter_out else "k"
    return "s" if symbol.name.startswith("_") else "k"


def _breadth_first(table: Any) -> dict[Any, int]:
    """States renumbered from the start state, so that the numbers follow the grammar and not hashing."""
    order = {table.start_states["start"]: 0}
    queue = list(order)
    for state in queue:
        for _, (action, argument) in sorted(table.states[state].items(), key=lambda cell: str(cell[0])):
            if action.name != "Reduce" and argument not in order:
                order[argument] = len(order)
                queue.append(argument)
    return order


def _dict(values: dict[str, str]) -> str:
    return "{\n" + "".join(f"    {key!r}: {value!r},\n" for key, value in values.items()) + "}\n\n"


def _tuple(values: list[Any]) -> str:
    return "(\n" + "".join(f"    {value!r},\n" for value in values) + ")\n\n"


if __name__ == "__main__":
    (FOLDER / "tables.py").write_text(tables(), "utf-8")
