"""Follows types of the published schema through the body of one rule, and tells what cannot be right."""

from __future__ import annotations

from .names import Module, Names, Rule, children, dotted, only

TYPE_CHECKING = False  # a plain name: the child process does not pay for `typing`
if TYPE_CHECKING:
    from typing import Any

NUMBER, STRING, BOOLEAN, ARRAY, OBJECT = "number", "string", "boolean", "array", "object"
RETURNS = {
    "count": NUMBER,
    "sum": NUMBER,
    "product": NUMBER,
    "abs": NUMBER,
    "to_number": NUMBER,
    "indexof": NUMBER,
    "ceil": NUMBER,
    "floor": NUMBER,
    "round": NUMBER,
    "sprintf": STRING,
    "concat": STRING,
    "lower": STRING,
    "upper": STRING,
    "trim": STRING,
    "trim_space": STRING,
    "trim_prefix": STRING,
    "trim_suffix": STRING,
    "replace": STRING,
    "substring": STRING,
    "format_int": STRING,
    "startswith": BOOLEAN,
    "endswith": BOOLEAN,
    "contains": BOOLEAN,
    "is_string": BOOLEAN,
    "split": ARRAY,
}
LITERALS = {"String": STRING, "RawString": STRING, "Number": NUMBER, "Bool": BOOLEAN, "True": BOOLEAN, "False": BOOLEAN, "Null": "null"}


class Body:
    def __init__(self, names: Names, module: Module) -> None:
        self.names = names
        self.module = module
        self.found: list[Any] = []
        self.telling = False

    def examine(self, rule: Rule) -> list[Any]:
        """Defects of one rule, all of its bodies and its head."""
        env: dict[str, Any] = {}
        if rule.is_function and not rule.is_default:
            types = self.names.arguments.get((self.module.package, rule.name), ())
            for position, arg in enumerate(rule.head["args"]):
                self.bind(arg, types[position] if position < len(types) else None, env)
        if rule.is_default:
            return []
        bodies = rule.tree.get("bodies", [])
        for body in bodies or [None]:
            inner = dict(env)
            if body is not None:
                self.query(body["query"], inner)
            self.telling = True
            for part in (
                rule.head.get("key"),
                (rule.head.get("assign") or {}).get("value"),
                ((body or {}).get("assign") or {}).get("value"),
                rule.head.get("refr"),
            ):
                if part is not None and not (part is rule.head.get("refr") and only(part)[0] == "Var"):
                    self.head(part, inner)
            self.telling = False
        return self.found

    def head(self, tree: dict[str, Any], env: dict[str, Any]) -> None:
        """A head sees the variables of the body; its own first name is no reference."""
        kind, body = only(tree)
        if kind == "RefBrack" and dotted(tree)[:1] and only(body["refr"])[0] == "Var":
            self.type(body["index"], env)
            self.names.read_whole(self.name(only(body["refr"])[1]["value"], env))
        elif kind not in ("RefBrack", "RefDot") or dotted(tree)[:1] != (only(tree)[1].get("value"),):
            self.type(tree, env)

    def element_type(self, rule: Rule) -> dict[str, Any] | None:
        """Schema of the elements of a set rule, from its first body."""
        env: dict[str, Any] = {}
        for body in rule.tree.get("bodies", [])[:1]:
            self.bindings(body["query"], env)
        key = rule.head.get("key")
        return self.type(key, env) if key is not None else None

    # --- queries --------------------------------------------------------------------------------------------------------------

    def query(self, query: dict[str, Any], env: dict[str, Any]) -> None:
        """Statements of one pair of braces; ``env`` (variable -> schema, None = unknown) gets what they bind."""
        self.bindings(query, env)
        was, self.telling = self.telling, True
        for statement in query["stmts"]:
            self.statement(statement, env)
        self.telling = was

    def bindings(self, query: dict[str, Any], env: dict[str, Any]) -> None:
        was, self.telling = self.telling, False
        rounds, unknown, before = 0, 0, -1
        while rounds < 2 or unknown != before:  # order means nothing in Rego: each round sees what later statements bind
            rounds, before = rounds + 1, unknown
            for statement in query["stmts"]:
                kind, body = only(statement["literal"])
                if kind == "SomeVars":
                    for span in body["vars"]:
                        env.setdefault(self.module.text(span), None)
                elif kind == "SomeIn":
                    self.loop(body, env)
                elif kind == "Expr":
                    self.bound(body["expr"], env)
            unknown = sum(schema is None for schema in env.values())
        self.telling = was

    def loop(self, body: dict[str, Any], env: dict[str, Any]) -> None:
        over = self.walked(body["collection"], env)
        if only(body["value"])[0] != "Var":
            self.names.read_whole(over)
        self.bind(body["value"], self.resolve(element(over)), env)
        if body.get("key"):
            self.bind(body["key"], {"type": "integer"} if kind_of(over) == ARRAY else None, env)

    def bound(self, tree: dict[str, Any], env: dict[str, Any]) -> None:
        """Variables that a positive expression binds."""
        kind, body = only(tree)
        if kind == "AssignExpr":
            self.bind(body["lhs"], self.assigned(body, env), env)
            if body["op"] == "Eq":
                self.bind(body["rhs"], self.type(body["lhs"], env), env)
        for name in loose(tree):
            if not self.is_global(name) and (self.module.package, name) not in self.names.rules:
                env.setdefault(name, None)

    def bind(self, tree: dict[str, Any], schema: dict[str, Any] | None, env: dict[str, Any]) -> None:
        kind, body = only(tree)
        if kind == "Var":
            if body["value"] != "_" and (schema is not None or body["value"] not in env) and not self.is_global(body["value"]):
                env[body["value"]] = schema
        elif kind == "Array":
            for item in body["items"]:
                self.bind(item, None, env)
        elif kind == "Object":
            for _, key, value in body["fields"]:
                name = only(key)[1].get("value")
                inner = (schema or {}).get("properties", {}).get(name) if schema else None
                self.bind(value, self.resolve(inner), env)

    def is_global(self, name: str) -> bool:
        return name in ("input", "data") or name in self.module.imports

    def statement(self, statement: dict[str, Any], env: dict[str, Any]) -> None:
        kind, body = only(statement["literal"])
        if kind == "SomeVars":
            return
        if kind == "NotExpr":
            for name, line in unsafe(body["expr"]):
                if name == "_" or (name not in env and not self.is_global(name) and (self.module.package, name) not in self.names.rules):
                    self.tell("unsafe-not", line, name)
            self.type(body["expr"], env)
        elif kind == "Every":
            inner = dict(env)
            over = self.walked(body["domain"], env)
            inner[self.module.text(body["value"])] = self.resolve(element(over))
            if body.get("key"):
                inner[self.module.text(body["key"])] = None
            self.query(body["query"], inner)
        elif kind == "SomeIn":
            self.walked(body["collection"], env)
        elif only(body["expr"])[0] == "AssignExpr":
            self.assigned(only(body["expr"])[1], env)
        else:
            self.type(body["expr"], env)
        for change in statement.get("with_mods", ()):
            self.type(change["as"], env)

    # --- expressions ----------------------------------------------------------------------------------------------------------

    def type(self, tree: dict[str, Any], env: dict[str, Any]) -> dict[str, Any] | None:
        """Schema of an expression whose value goes anywhere: all of it counts as read."""
        found = self.look(tree, env)
        self.names.read_whole(found)
        return found

    def walked(self, tree: dict[str, Any], env: dict[str, Any]) -> dict[str, Any] | None:
        """The same for a collection that is only gone through: its elements are read by whoever uses the variable."""
        found = self.look(tree, env)
        if found is not None and "properties" in found:
            self.names.read_whole(found)
        return found

    def assigned(self, body: dict[str, Any], env: dict[str, Any]) -> dict[str, Any] | None:
        """The same for the right side of an assignment; `x := y` reads nothing yet."""
        if body["op"] == "ColEq" and only(body["lhs"])[0] == "Var":
            return self.look(body["rhs"], env)
        self.type(body["lhs"], env)
        return self.type(body["rhs"], env)

    def look(self, tree: dict[str, Any], env: dict[str, Any]) -> dict[str, Any] | None:
        """Schema of an expression, None = unknown; tells defects on the way when ``telling``."""
        kind, body = only(tree)
        if kind in LITERALS:
            return {"type": LITERALS[kind]}
        if kind == "Var":
            return self.name(body["value"], env)
        if kind in ("RefDot", "RefBrack"):
            return self.reference(tree, env)
        if kind == "Call":
            return self.call(body, env)
        if kind in ("ArrayCompr", "SetCompr", "ObjectCompr"):
            inner = dict(env)
            (self.query if self.telling else self.bindings)(body["query"], inner)
            parts = [self.type(body[part], inner) for part in ("term", "key", "value") if part in body]
            return (
                {"type": OBJECT, "additionalProperties": parts[-1] or True}
                if kind == "ObjectCompr"
                else {"type": ARRAY, "items": parts[0] or {}}
            )
        if kind == "BoolExpr":
            self.compare(body, self.type(body["lhs"], env), self.type(body["rhs"], env))
            return {"type": BOOLEAN}
        if kind == "Membership":
            self.member(body, self.type(body["value"], env), self.type(body["collection"], env))
            return {"type": BOOLEAN}
        for child in children(body):
            self.type(child, env)
        if kind in ("Array", "Set"):
            return {"type": ARRAY}
        return {"type": NUMBER} if kind == "ArithExpr" else {"type": OBJECT} if kind == "Object" else None

    def name(self, name: str, env: dict[str, Any]) -> dict[str, Any] | None:
        if name in env:
            known: dict[str, Any] | None = env[name]
            return known
        if name == "input":
            return self.resolve(self.names.schema)
        target = self.module.imports.get(name)
        if target is not None and target[0] == "input":
            found = self.resolve(self.names.schema)
            for part in target[1:]:
                found = self.field(found, part, 0)
            return found
        return self.rule_type(self.module.package, name)

    def rule_type(self, package: str, name: str) -> dict[str, Any] | None:
        key = (package, name)
        if key not in self.names.types:
            self.names.types[key] = None  # a recursive rule has no type here; the engine refuses it
            rules = self.names.rules.get(key, ())
            if rules and all(rule.is_set for rule in rules):
                kinds = [Body(self.names, rule.module).element_type(rule) for rule in rules]
                if all(kind == kinds[0] for kind in kinds):
                    items = {name: value for name, value in (kinds[0] or {}).items() if name != "position"}  # other bodies give others
                    self.names.types[key] = {"type": ARRAY, "items": items}
        return self.names.types[key]

    def reference(self, tree: dict[str, Any], env: dict[str, Any]) -> dict[str, Any] | None:
        kind, body = only(tree)
        path = dotted(tree)
        if path and path[0] not in env:
            full = self.module.imports.get(path[0], (path[0],)) + path[1:]
            if full[0] == "data":
                self.data(full, body["span"]["line"])
                for child in children(body):  # only the outermost reference is looked up; indexes are expressions
                    if only(child)[0] not in ("RefDot", "RefBrack", "Var"):
                        self.type(child, env)
                self.read_indexes(tree, env)
                return self.rule_type(".".join(full[1:-1]), full[-1]) if len(full) > 2 and not dynamic(tree) else None
        if kind == "RefBrack":
            picked = self.picked(body, env)
            if picked is not None:
                return picked
        base = self.look(body["refr"], env)
        if kind == "RefDot":
            return self.field(base, body["field"][1], body["span"]["line"])
        index_kind, index = only(body["index"])
        if index_kind in ("String", "RawString"):
            return self.field(base, index["value"], body["span"]["line"])
        self.type(body["index"], env)
        if base is not None and "properties" in base:
            self.names.read_whole(base)  # any of its fields
        return self.resolve(element(base))

    def picked(self, body: dict[str, Any], env: dict[str, Any]) -> dict[str, Any] | None:
        """Schema of an element of a list at a position that came out of an index of this list; None = it is something else."""
        kind, inner = only(body["refr"])
        if kind != "RefDot" or only(body["index"])[0] != "Var":
            return None
        position = (self.look(body["index"], env) or {}).get("position")
        if position is None or position["of"] != inner["field"][1]:
            return None
        above = self.look(inner["refr"], env)
        if above is None or above.get("title") != position["in"]:
            return None
        self.names.pick(position)
        return self.resolve(element(self.resolve(above["properties"][position["of"]])))

    def read_indexes(self, tree: dict[str, Any], env: dict[str, Any]) -> None:
        """What a path into ``data`` is indexed by counts as read; it is not judged."""
        was, self.telling = self.telling, False
        kind, body = only(tree)
        while kind in ("RefDot", "RefBrack"):
            if kind == "RefBrack":
                self.type(body["index"], env)
            kind, body = only(body["refr"])
        self.telling = was

    def data(self, path: tuple[Any, ...], line: int) -> None:
        known = self.names.known_data
        if path[1:2] and path[1] in self.names.given:
            return
        for size in range(2, len(path) + 1):
            if path[:size] in known:
                continue
            above = path[: size - 1]
            package = ".".join(above[1:])
            if above in known and (len(above) < 2 or (package.rpartition(".")[0], above[-1]) not in self.names.rules):
                near = sorted({item[size - 1] for item in known if len(item) >= size and item[: size - 1] == above})
                self.tell("unknown-data", line, ".".join(path[:size]), near)
            return

    def field(self, schema: dict[str, Any] | None, name: str, line: int) -> dict[str, Any] | None:
        if schema is None or "type" not in schema:
            return None
        if schema["type"] != OBJECT:
            if "items" in schema or schema["type"] != ARRAY:
                self.tell("unknown-field", line, name, [], "a list" if schema["type"] == ARRAY else f"a {schema['type']}")
            return None
        inner = schema.get("properties", {}).get(name)
        if inner is not None:
            self.names.read(schema["title"], name)
            return self.resolve(inner)
        more = schema.get("additionalProperties", True)
        if more is False:
            self.tell("unknown-field", line, name, sorted(schema.get("properties", {})), schema.get("title", ""))
            return None
        return keyed(self.resolve(more), name) if isinstance(more, dict) else None

    def call(self, body: dict[str, Any], env: dict[str, Any]) -> dict[str, Any] | None:
        name = dotted(body["fcn"])
        text = ".".join(name)
        look = self.walked if text == "count" else self.type
        types = [look(part, env) for part in body["params"]]
        if self.names.is_function(self.module, name):
            self.names.called(self.names.target(self.module, name), types)
        else:
            if text not in self.names.builtins:
                self.tell("unknown-builtin", body["span"]["line"], text, self.names.functions(self.module) if self.telling else [])
            if text == "walk" and len(body["params"]) == 1:
                self.tell("walk-value", body["span"]["line"], "walk")
            return {"type": RETURNS[text]} if text in RETURNS else None
        return None

    def compare(self, body: dict[str, Any], left: dict[str, Any] | None, right: dict[str, Any] | None) -> None:
        if body["op"] not in ("Eq", "Ne"):
            return
        kinds = kind_of(left), kind_of(right)
        if None not in kinds and kinds[0] != kinds[1]:
            self.tell("different-types", body["span"]["line"], f"{kinds[0]} and {kinds[1]}")
        for schema, other in ((left, body["rhs"]), (right, body["lhs"])):
            self.enumeration(schema, other)

    def member(self, body: dict[str, Any], value: dict[str, Any] | None, collection: dict[str, Any] | None) -> None:
        kind, inner = only(body["collection"])
        if kind in ("Set", "Array"):
            for item in inner["items"]:
                self.enumeration(value, item)
        self.enumeration(self.resolve(element(collection)), body["value"])

    def enumeration(self, schema: dict[str, Any] | None, tree: dict[str, Any]) -> None:
        kind, body = only(tree)
        values = schema.get("enum", [schema["const"]] if "const" in schema else None) if schema is not None else None
        if values is not None and kind in ("String", "RawString") and body["value"] not in values:
            self.tell("not-a-value", body["span"]["line"], body["value"], [str(value) for value in values])

    def resolve(self, schema: Any) -> dict[str, Any] | None:
        while isinstance(schema, dict) and "$ref" in schema:
            schema = self.names.schema["$defs"][schema["$ref"].rpartition("/")[2]]
        if isinstance(schema, dict) and "items" in schema:
            return {**schema, "items": self.resolve(schema["items"]) or {}}
        return dict(schema) if isinstance(schema, dict) else None

    def tell(self, kind: str, line: int, subject: str, known: list[Any] | tuple[Any, ...] = (), detail: str = "") -> None:
        if self.telling:
            self.found.append([kind, self.module.path, line, subject, list(known), detail])


def element(schema: dict[str, Any] | None) -> dict[str, Any] | None:
    """Schema of what a loop over ``schema`` yields."""
    if schema is None:
        return None
    found = (
        schema.get("items") if schema.get("type") == ARRAY else schema.get("additionalProperties") if not schema.get("properties") else None
    )
    return found if isinstance(found, dict) and found else None


def keyed(schema: dict[str, Any] | None, key: str) -> dict[str, Any] | None:
    """A list of positions out of an index remembers under which key it stood."""
    position = ((schema or {}).get("items") or {}).get("position")
    if schema is None or position is None:
        return schema
    return {**schema, "items": {**schema["items"], "position": {**position, "key": key}}}


def kind_of(schema: dict[str, Any] | None) -> str | None:
    kind = (schema or {}).get("type")
    return NUMBER if kind == "integer" else kind


def dynamic(tree: dict[str, Any]) -> bool:
    """Whether a reference has an index that is no constant text."""
    kind, body = only(tree)
    if kind == "RefBrack":
        return only(body["index"])[0] not in ("String", "RawString") or dynamic(body["refr"])
    return kind == "RefDot" and dynamic(body["refr"])


def loose(tree: dict[str, Any]) -> list[Any]:
    """Variables anywhere in an expression, but not in comprehensions, which keep theirs."""
    kind, body = only(tree)
    if kind == "Var":
        return [body["value"]]
    if kind in ("ArrayCompr", "SetCompr", "ObjectCompr"):
        return []
    skip = body.get("fcn") if kind == "Call" else None
    return [name for child in children(body) if child is not skip for name in loose(child)]


def unsafe(tree: dict[str, Any]) -> list[Any]:
    """(variable, line) of a negated expression, comprehensions left out."""
    kind, body = only(tree)
    if kind == "Var":
        return [(body["value"], body["span"]["line"])]
    if kind in ("ArrayCompr", "SetCompr", "ObjectCompr"):
        return []
    skip = body.get("fcn") if kind == "Call" else None
    return [pair for child in children(body) if child is not skip for pair in unsafe(child)]
