"""The static gate: what a guardrail must not contain, found in the syntax tree before anything is evaluated.

Runs in the child process and imports nothing of Meshwright (relative imports only).  Covered: unknown builtins, functions and
``data`` paths, on reached and unreached paths; ``input`` paths against the published schema, through ``some``, ``every``, ``:=``,
``=``, wildcards, imports, comprehensions, set rules of the same package, and parameters of functions where all calls agree;
comparisons of different types, and of an enumeration with a text it cannot have; unsafe variables in ``not``; two defaults;
``walk`` in value position; misspelt entry rules.  Not covered: paths through ``object.get``, through what functions and builtins
return, and through rules that are no sets.
"""

from __future__ import annotations

from .names import Module, Names
from .paths import Body

TYPE_CHECKING = False  # a plain name: the child process does not pay for `typing`
if TYPE_CHECKING:
    from typing import Any

ENTRY_RULES = ("deny", "warn", "violation")
ROUNDS = 3


def examine(modules: list[Any], builtins: set[Any], schema: dict[str, Any], data: list[Any] | tuple[Any, ...] = ()) -> tuple[Any, ...]:
    """``modules``: the engine's syntax trees; ``data``: names below `data` that somebody else fills.

    Returns (defects, entries), both as JSON-able lists, sorted by place.

    A defect is [kind, path, line, subject, known names, detail]; an entry is [package, rule, path, line of its first definition there].
    """
    names = Names(modules, builtins, schema, data)
    defects = judge(names)
    unique = sorted({(*defect[:4], tuple(defect[4]), defect[5]) for defect in defects}, key=lambda d: (d[1], d[2], d[0], d[3]))
    return [[*defect[:4], list(defect[4]), defect[5]] for defect in unique], entries(names)


def reads(modules: list[Any], builtins: set[Any], schema: dict[str, Any]) -> Any:
    """What rules without defects can read of the input: field -> the same for its value, "*" for every element; True is all of a value.

    "@index/key" in the place of "*": of the elements at the positions that this index has under this key, "*" for any key.

    Nothing that a rule could tell apart is left out: a value that goes anywhere else than into a field of it counts as read as a whole.
    """
    names = Names(modules, builtins, schema)
    judge(names)
    return read_of(names, schema)


def read_of(names: Names, schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = names.schema["$defs"][schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        fields = names.reads.get(schema["title"], ())
        return {name: at(names, schema["title"], name, read_of(names, schema["properties"][name])) for name in sorted(fields)}
    inner = schema.get("items", schema.get("additionalProperties"))
    below = read_of(names, inner) if isinstance(inner, dict) else True
    return True if below is True else {"*": below}


def at(names: Names, title: str, field: str, below: Any) -> Any:
    """``below`` of a list, for the positions at which it is read."""
    picks = names.picks.get((title, field))
    if not picks or (title, field) in names.lists or below is True:
        return below
    return {f"@{index}/{key}": below["*"] for index, key in sorted(picks)}


def judge(names: Names) -> list[Any]:
    """Defects of all modules, some of them several times."""
    defects: list[Any] = []
    for module in names.modules:
        defects += misspelt(module)
        defects += two_defaults(module)
    for _ in range(ROUNDS):  # each round knows the arguments of one more call in a chain of functions
        found = [defect for module in names.modules for rule in module.rules for defect in Body(names, module).examine(rule)]
        names.arguments, names.calls = names.calls, {}
    return defects + found


def entries(names: Names) -> list[Any]:
    found: dict[tuple[str, str, str], list[Any]] = {}
    for module in names.modules:
        for rule in module.rules:
            if not rule.is_function and is_entry(rule.name):
                found.setdefault((module.package, rule.name, module.path), [module.package, rule.name, module.path, rule.line])
    return [found[key] for key in sorted(found)]


def is_entry(name: str) -> bool:
    return any(name == entry or name.startswith(entry + "_") for entry in ENTRY_RULES)


def misspelt(module: Module) -> list[Any]:
    """Rules whose names are one or two edits away from an entry rule, and that nothing in the package reads."""
    found = []
    for rule in module.rules:
        head = rule.name.split("_", 1)[0]
        near = [
            entry
            for entry in ENTRY_RULES
            if head != entry and len(head) >= 3 and distance(head.lower(), entry) <= (1 if len(entry) < 5 else 2)
        ]
        if near and not rule.is_function and rule.name not in module.used:
            found.append(["misspelt-rule", module.path, rule.line, rule.name, near, ""])
        elif rule.is_function and is_entry(rule.name):
            found.append(["misspelt-rule", module.path, rule.line, rule.name, [], "it takes arguments, so nobody asks it"])
    return found


def two_defaults(module: Module) -> list[Any]:
    seen: set[Any] = set()
    found = []
    for rule in module.rules:
        if rule.is_default:
            if rule.name in seen:
                found.append(["two-defaults", module.path, rule.line, rule.name, [], ""])
            seen.add(rule.name)
    return found


def distance(left: str, right: str) -> int:
    """Edits between two short names; a swap of neighbours is one."""
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
