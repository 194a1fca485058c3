"""What names mean: the engine's syntax trees as modules, rules, imports and packages."""

from __future__ import annotations

TYPE_CHECKING = False  # a plain name: the child process does not pay for `typing`
if TYPE_CHECKING:
    from typing import Any


class Rule:
    def __init__(self, tree: dict[str, Any], module: Module) -> None:
        kind, body = only(tree)
        self.is_default = kind == "Default"
        self.line = body["span"]["line"]
        head_kind, head = (kind, body) if self.is_default else only(body["head"])
        self.is_function = head_kind == "Func" or bool(self.is_default and body["args"])
        self.is_set = head_kind == "Set"
        self.head = head
        self.tree = body
        self.module = module
        self.path = dotted(head["refr"])  # ("deny",), ("d", "e") for d.e.f; dynamic parts cut off
        self.name = self.path[0] if self.path else ""


class Module:
    def __init__(self, tree: dict[str, Any]) -> None:
        self.path = tree["source"]["file"]
        self.raw = tree["source"]["contents"].encode()
        ast = tree["ast"]
        self.package = ".".join(dotted(ast["package"]["refr"]))
        self.imports: dict[str, tuple[str, ...]] = {}  # alias -> ("input", "intent") or ("data", "lib", "x")
        for item in ast["imports"]:
            target = dotted(item["refr"])
            alias = self.text(item["as"]) if item.get("as") else target[-1]
            if target[0] in ("input", "data"):
                self.imports[alias] = target
        self.rules = [Rule(rule, self) for rule in ast["rules"]]
        self.used = used_names(ast["rules"])

    def text(self, span: dict[str, Any]) -> str:
        return str(self.raw[span["start"] : span["end"]].decode())


class Names:
    def __init__(self, modules: list[Any], builtins: set[Any], schema: dict[str, Any], data: list[Any] | tuple[Any, ...] = ()) -> None:
        self.modules = [Module(tree) for tree in modules]
        self.builtins = builtins
        self.schema = schema
        self.given = set(data)
        self.rules: dict[tuple[str, str], list[Rule]] = {}  # (package, name) -> rules
        self.known_data: set[tuple[str, ...]] = set()  # every prefix of every rule's path; packs bring no other data
        for module in self.modules:
            base = ("data", *module.package.split("."))
            for rule in module.rules:
                self.rules.setdefault((module.package, rule.name), []).append(rule)
                for size in range(1, len(base) + 1):
                    self.known_data.add(base[:size])
                self.known_data.add((*base, rule.name))
        self.calls: dict[tuple[str, str], list[Any]] = {}  # function -> schemas of its arguments in this round; filled by paths.py
        self.arguments: dict[tuple[str, str], list[Any]] = {}  # the same of the round before
        self.types: dict[
            tuple[str, str], dict[str, Any] | None
        ] = {}  # (package, name) -> schema of the elements of a set rule; filled by paths.py
        self.reads: dict[str, set[str]] = {}  # title of an object of the schema -> its fields that rules read; filled by paths.py
        # (title, field that is a list) -> (index, key), "*" for any: where the positions come from at which alone it is read
        self.picks: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self.lists: set[tuple[str, str]] = set()  # lists that are read at other positions too

    def read_whole(self, schema: dict[str, Any] | None) -> None:
        """Counts every field of ``schema``, and of what is in it, as read."""
        if schema is None:
            return
        if "$ref" in schema:
            schema = self.schema["$defs"][schema["$ref"].rpartition("/")[2]]
        properties = schema.get("properties")
        if properties:
            for name in sorted(properties):
                if self.read(schema["title"], name):
                    self.read_whole(properties[name])
        for inner in (schema.get("items"), schema.get("additionalProperties")):
            if isinstance(inner, dict):
                self.read_whole(inner)

    def read(self, title: str, field: str) -> bool:
        """Counts a field as read, at every position if it is a list; whether that is new."""
        fields = self.reads.setdefault(title, set())
        new = field not in fields or (title, field) not in self.lists
        fields.add(field)
        self.lists.add((title, field))
        return new

    def pick(self, position: dict[str, str]) -> None:
        """Counts a list as read at the positions that an index has under a key."""
        title, field = position["in"], position["of"]
        self.reads.setdefault(title, set()).add(field)
        self.picks.setdefault((title, field), set()).add((position["index"], position.get("key", "*")))

    def is_function(self, module: Module, name: tuple[str, ...]) -> bool:
        """Whether a call of ``name`` in ``module`` reaches a function that packs define."""
        return any(rule.is_function for rule in self.rules.get(self.target(module, name), ()))

    def target(self, module: Module, name: tuple[str, ...]) -> tuple[str, str]:
        """(package, rule) that ``name`` means in ``module``, whether it exists or not."""
        if name[0] in module.imports:
            name = module.imports[name[0]] + name[1:]
        if name[0] == "data":
            return ".".join(name[1:-1]), name[-1]
        return (module.package, name[0]) if len(name) == 1 else ("", "")

    def called(self, function: tuple[str, str], types: list[Any]) -> None:
        """Remembers the types of one call; where calls differ, nothing is known."""
        before = self.calls.setdefault(function, types)
        self.calls[function] = [a if a == b else None for a, b in zip(before, types, strict=False)]

    def functions(self, module: Module) -> list[Any]:
        own = {name for (package, name), rules in self.rules.items() if package == module.package and rules[0].is_function}
        return sorted(own | self.builtins)


def only(tree: dict[str, Any]) -> tuple[str, Any]:
    """Kind and body of a node, which the engine writes as {"Kind": body}."""
    ((kind, body),) = tree.items()
    return kind, body


def is_node(value: object) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value))[:1].isupper()


def dotted(tree: dict[str, Any]) -> tuple[str, ...]:
    """("input", "a", "b") of a reference made of names and constant texts; cut where it becomes dynamic; () for anything else."""
    kind, body = only(tree)
    if kind == "Var":
        return (body["value"],)
    if kind == "RefDot":
        base = dotted(body["refr"])
        return (*base, body["field"][1]) if base else ()
    if kind == "RefBrack":
        base = dotted(body["refr"])
        index_kind, index = only(body["index"])
        return (*base, index["value"]) if base and index_kind in ("String", "RawString") else base
    return ()


def children(value: object) -> list[Any]:
    """Nodes directly below, whatever the kind."""
    found: list[Any] = []
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        if is_node(item):
            found.append(item)
        elif isinstance(item, (dict, list)):
            found += children(item)
    return found


def used_names(rules: list[Any]) -> set[Any]:
    """Names that bodies read (heads left out, so that a rule does not use itself by existing)."""
    found: set[Any] = set()
    stack: list[Any] = []
    for tree in rules:
        _, body = only(tree)
        stack += children(body.get("bodies", []))
    while stack:
        kind, body = only(stack.pop())
        if kind == "Var":
            found.add(body["value"])
        stack += children(body)
    return found
