"""Lowering broken on purpose: one small change of its source, and then every world compiled with it, in a process of its own.

The change is noticed when lowering refuses or breaks, or when the proof of what it emits does not pass; where the proof holds, the
reference evaluator must see no difference to the intent.
"""

import ast
import copy
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOM = "meshwright.lower"
SECONDS = 120  # CPU of one mutant, all worlds
# Its own checks: what they refuse is refused by `check` before (decision 0011), so taking one away changes nothing of what is emitted.
NOT_BROKEN = ("refuse.py", "__init__.py")
COMPARES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Lt: ast.GtE, ast.Gt: ast.LtE,
    ast.LtE: ast.Gt, ast.GtE: ast.Lt}


class CompilerMutant(NamedTuple):
    operator: str
    name: str  # file, line, what became of what
    module: str
    path: Path
    node: int  # in the order of walking
    choice: int  # of its replacements

    @property
    def source(self) -> str:
        """The text of the broken module."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        wanted = _nodes(tree)[self.node]
        _replace(tree, wanted, list(_replacements(wanted))[self.choice][1])
        return ast.unparse(ast.fix_missing_locations(tree))


def compiler_mutants() -> Iterator[CompilerMutant]:
    """Every mutant of every module of the room."""
    spec = importlib.util.find_spec(ROOM)
    assert spec is not None and spec.submodule_search_locations is not None
    for path in sorted(Path(spec.submodule_search_locations[0]).glob("*.py")):
        if path.name in NOT_BROKEN:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        unread = _unread(tree)
        for number, node in enumerate(_nodes(tree)):
            if id(node) in unread:
                continue
            for choice, (operator, replacement) in enumerate(_replacements(node)):
                before, after = (ast.unparse(ast.fix_missing_locations(copy.deepcopy(each))).partition("\n")[0][:70] for each in (node, replacement))
                yield CompilerMutant(f"{path.stem}: {operator}", f"{path.name}:{getattr(node, 'lineno', 0)}: {before} -> {after}",
                                     f"{ROOM}.{path.stem}", path, number, choice)


def _nodes(tree: ast.Module) -> list[ast.AST]:
    return [node for node in ast.walk(tree) if hasattr(node, "lineno")]


def _unread(tree: ast.Module) -> set[int]:
    """Types, docstrings, and what a refusal says: nothing that is emitted depends on them."""
    found = set()
    for node in ast.walk(tree):
        inside: list[ast.AST | None] = []
        if isinstance(node, ast.AnnAssign | ast.arg):
            inside = [node.annotation]
        elif isinstance(node, ast.FunctionDef):
            inside = [node.returns]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("error", "warning", "Label"):
            inside = [*node.args, *node.keywords]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside = [node]
        found.update(id(each) for part in inside if part is not None for each in ast.walk(part))
    return found


def _replacements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARES:
        yield "comparison turned round", ast.Compare(node.left, [COMPARES[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield "and/or", ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        for index in range(len(node.values)):
            rest = node.values[:index] + node.values[index + 1 :]
            yield "condition dropped", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.If | ast.IfExp):
        yield "condition negated", _negated(node)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield "number plus one", ast.Constant(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield "truth turned round", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and type(node.value) is str and node.value and " " not in node.value and len(node.value) < 60:
        swapped = {"ALLOW": "DENY", "DENY": "ALLOW", "STRICT": "PERMISSIVE", "PERMISSIVE": "STRICT", "ports": "notPorts", "paths": "notPaths"}
        yield "word changed", ast.Constant(swapped.get(node.value, node.value + "x"))
    elif isinstance(node, ast.List | ast.Tuple) and isinstance(node.ctx, ast.Load) and node.elts:
        for index in range(min(len(node.elts), 4)):
            yield "element dropped", type(node)(node.elts[:index] + node.elts[index + 1 :], node.ctx)
    elif isinstance(node, ast.Dict) and node.keys:
        for index in range(min(len(node.keys), 4)):
            yield "key dropped", ast.Dict(node.keys[:index] + node.keys[index + 1 :], node.values[:index] + node.values[index + 1 :])
    elif isinstance(node, ast.Expr | ast.AugAssign) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        yield "statement dropped", ast.Pass()
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "nothing returned", ast.Return(ast.Tuple([], ast.Load()))
    elif isinstance(node, ast.comprehension):
        return
    elif isinstance(node, ast.Continue):
        yield "continue to break", ast.Break()


def _negated(node: ast.If | ast.IfExp) -> ast.AST:
    test = ast.UnaryOp(ast.Not(), node.test)
    return ast.If(test, node.body, node.orelse) if isinstance(node, ast.If) else ast.IfExp(test, node.body, node.orelse)


def _replace(tree: ast.Module, wanted: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is wanted:
                setattr(parent, field, new)
                return
            if isinstance(value, list) and any(each is wanted for each in value):
                value[:] = [new if each is wanted else each for each in value]
                return


def judged_compiler(chosen: Iterable[CompilerMutant]) -> Iterator[tuple[CompilerMutant, str, str]]:
    """What came of each mutant, and why: killed, refused, unknown, equivalent, not reached (no world changes a byte), surviving."""
    whole = {name: json.dumps(files, sort_keys=True) for name, files in _emitted()}
    for mutant in chosen:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            answer = ("refused", "")
            try:
                signal.setitimer(signal.ITIMER_PROF, SECONDS)  # ends the process by the signal's default
                answer = _judge(mutant, whole)
            except BaseException as broken:  # noqa: BLE001  # whatever the mutant breaks with, it was noticed
                answer = ("refused", f"{type(broken).__name__}: {broken}"[:200])
            finally:
                os.write(writing, json.dumps(answer).encode())
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            content = stream.read()
        os.waitpid(child, 0)
        answer, why = json.loads(content) if content else ("refused", "it did not end")
        yield mutant, answer, why


def _emitted() -> Iterator[tuple[str, Any]]:
    from tests.mutation.trees import WORLDS, tree_of

    for world, labels in WORLDS:
        yield world.__name__, tree_of(world(), labels)[1].files


def _judge(mutant: CompilerMutant, whole: dict[str, str]) -> tuple[str, str]:
    """In the child: load the broken module in place of the real one, and compile every world with it."""
    _load(mutant)
    from meshwright.lower import lower
    from tests.mutation import trees

    changed = False
    trees.lower = lower  # the one of the broken room
    for world, labels in trees.WORLDS:
        program, tree = trees.tree_of(world(), labels)
        if json.dumps(tree.files, sort_keys=True) == whole[world.__name__]:
            continue
        changed = True
        answer, why = trees.outcome(program, tree)
        if answer != "equivalent":
            return answer, f"{world.__name__}: {why}"
    return ("equivalent" if changed else "not reached"), ""


def _load(mutant: CompilerMutant) -> None:
    """Every module of the room anew, the broken one from its changed source."""
    source = mutant.source
    real = sys.modules[mutant.module].__spec__ if mutant.module in sys.modules else importlib.util.find_spec(mutant.module)
    assert real is not None and real.origin is not None
    for name in [name for name in sys.modules if name == ROOM or name.startswith(ROOM + ".")]:
        del sys.modules[name]

    class Loader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> Any:
            return compile(source, real.origin or "", "exec", dont_inherit=True)

    class Finder:
        @staticmethod
        def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
            if name != mutant.module:
                return None
            return importlib.util.spec_from_file_location(name, real.origin, loader=Loader(name, real.origin or ""))

    sys.meta_path.insert(0, Finder)  # type: ignore[arg-type]
