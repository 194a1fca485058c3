"""Questions about a compiled mesh, answered by the rooms of `pipeline` together: who gets where, and what would change that."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from meshwright.diagnostics import Diagnostic, Outcome
from meshwright.ir.denial import Mapped
from meshwright.ir.project import Project
from meshwright.pipeline import Back, compile_project, read_back
from meshwright.record import NamedTuple
from meshwright.source import Source, Span

if TYPE_CHECKING:
    from meshwright.ir import intent, syntax
    from meshwright.ir.denial import Log
    from meshwright.ir.explanation import Change, Explanation, Flip, Hop, Question
    from meshwright.ir.filetree import FileTree
    from meshwright.ir.pairs import Pairs
    from meshwright.prove.explain import Answer, Found

MOST_ASKED = 10  # denials of a log whose request is followed through the mesh
MOST_TRIED = 4  # changes of intent that are compiled before one is shown that has objections


class Mesh(NamedTuple):
    """What questions are asked about: the intent, the objects of a tree, and what they let in."""

    project: Project
    program: "intent.Program"
    tree: "FileTree"
    back: Back
    sources: tuple[Source, ...]
    today: str
    stdin: bytes | None
    parsed: "dict[Source, Outcome[syntax.Module]]"
    groups: Mapping[str, tuple[str, ...]]
    homes: Mapping[str, str]  # path of a source -> namespace of its bare names


class Told(NamedTuple):
    """One environment's answers, and where the rules and objects in them stand."""

    environment: str
    explanations: "tuple[Explanation, ...]"
    rules: tuple[tuple[str, Span], ...]  # by index into Program.rules: text and place
    objects: Mapping[str, Span]  # id -> place in the tree, or in the foreign files
    tree: "FileTree"


class ToldLog(NamedTuple):
    """What is behind the denials of a log, in one environment; the rest as of `Told`."""

    environment: str
    mapped: "tuple[Mapped, ...]"
    rules: tuple[tuple[str, Span], ...]
    objects: Mapping[str, Span]
    tree: "FileTree"


def look_at(project: Project, sources: tuple[Source, ...], today: str, given: "FileTree | None",
            stdin: bytes | None = None) -> Outcome[Mesh]:
    """Everything up to the model of Istio, of ``given`` or of the tree that would be rendered.

    A proof that fails is no obstacle here: that is when people ask.
    """
    parsed: dict[Source, Outcome[syntax.Module]] = {}
    result = compile_project(project, sources, today, "check" if given is not None else "render", given, parsed=parsed, stdin=stdin)
    tree = given if given is not None else result.tree
    if result.program is None or tree is None or (result.failed and given is not None):
        return Outcome(None, result.diagnostics)
    back = read_back(result.program, tree, project.labels)
    if back.value is None:
        return Outcome(None, result.diagnostics + back.diagnostics)
    modules = [outcome.value for outcome in parsed.values() if outcome.value is not None]
    homes = {module.path: module.home.text if module.home is not None else "" for module in modules}
    mesh = Mesh(project, result.program, tree, back.value, sources, today, stdin, parsed, _groups(modules), homes)
    return Outcome(mesh, back.diagnostics)


def explain(mesh: Mesh, question: "Question") -> Outcome[Told]:
    """Answer one question; diagnostics as of `prove.explain.look`."""
    asked = _look(mesh, question)
    if asked.value is None:
        return Outcome(None, asked.diagnostics)
    explanations = []
    for found in asked.value:
        answered = _answer(mesh, found)
        explanations.append(answered.explanation._replace(flip=_flip(mesh, question, answered)))
    return Outcome(Told(mesh.project.environment, tuple(explanations), *_places(mesh)), asked.diagnostics)


def explain_log(mesh: Mesh, log: "Log") -> ToldLog:
    """What is behind each denial of a log; the request itself is explained where a line says enough of it, for the first few."""
    from meshwright.istio.trace import policies_behind
    from meshwright.prove.explain.denials import behind, place_of, question_of

    program, objects = mesh.program, mesh.back.objects
    known = {one.id for one in (*objects, *program.inventory.foreign)}
    found = policies_behind(objects, program.inventory, program.mesh, [one.denial for one in log.denials])
    mapped = []
    asked = 0
    for logged, policy in zip(log.denials, found, strict=True):
        denial = logged.denial
        where = policy or place_of(program, denial)
        rules, allows = ((), ()) if where is None else behind(program, where, denial.principal)
        question = question_of(program, denial) if denial.kind in ("rule", "no-allow", "strict") else None
        told = None
        if question is not None and asked < MOST_ASKED:
            asked += 1
            answer = explain(mesh, question).value
            told = answer.explanations[0] if answer is not None else None
        name = f"AuthorizationPolicy {denial.policy}" if denial.policy and denial.kind != "strict" else ""
        mapped.append(Mapped(logged, name, name in known, rules, () if rules else allows, told))
    return ToldLog(mesh.project.environment, tuple(mapped), *_places(mesh))


def pairs_of(project: Project, program: "intent.Program", tree: "FileTree") -> "Outcome[Pairs]":
    """Who gets where at all, by what ``tree`` lets in."""
    from meshwright.prove.pairs import pairs

    back = read_back(program, tree, project.labels)
    return Outcome(None if back.value is None else pairs(program, back.value.reach), back.diagnostics)


def _places(mesh: Mesh) -> "tuple[tuple[tuple[str, Span], ...], dict[str, Span], FileTree]":
    """Where rules and objects stand."""
    rules = tuple((rule.text, rule.span) for rule in mesh.program.rules)
    return rules, {one.id: one.span for one in (*mesh.program.inventory.foreign, *mesh.back.objects)}, mesh.tree


def _look(mesh: Mesh, question: "Question") -> "Outcome[tuple[Found, ...]]":
    from meshwright.prove.explain import look

    return look(mesh.program, mesh.back.reach, question, mesh.groups)


def _answer(mesh: Mesh, found: "Found") -> "Answer":
    from meshwright.istio.trace import Asked, trace
    from meshwright.prove.explain import answer

    asked = [Asked(one.destination, one.way, one.request) for one in found.asked]
    hops: tuple[tuple[Hop, ...], ...] = trace(mesh.back.objects, mesh.program.inventory, mesh.program.mesh, asked)
    return answer(mesh.program, found, hops, {source.path: source.text for source in mesh.sources}, mesh.homes)


def _flip(mesh: Mesh, question: "Question", answered: "Answer") -> "Flip | None":
    """The first change that compiles, is proved and turns the answer; without one, the first that at least turns it."""
    from meshwright.ir.explanation import Flip

    explanation, first = answered.explanation, None
    if not answered.candidates:
        return None
    present = compile_project(mesh.project, mesh.sources, mesh.today, parsed=mesh.parsed, stdin=mesh.stdin)
    known = frozenset(_said(found) for found in present.diagnostics)
    for changes in answered.candidates[:MOST_TRIED]:
        turns, objections = _tried(mesh, question, explanation, changes, known)
        flip = Flip("deny" if explanation.extent == "all" else "allow", changes, objections, turns)
        if turns and not objections:
            return flip
        first = first or flip
    return first


def _tried(mesh: Mesh, question: "Question", before: "Explanation", changes: "tuple[Change, ...]",
           known: frozenset[str]) -> tuple[bool, tuple[str, ...]]:
    """Whether the answer is another one with the changes made, and the errors that they bring beyond ``known``."""
    from meshwright.prove.explain import apply, turned

    texts = apply({source.path: source.text for source in mesh.sources}, changes)
    sources = tuple(Source(source.path, texts[source.path]) for source in mesh.sources)
    result = compile_project(mesh.project, sources, mesh.today, parsed=mesh.parsed, stdin=mesh.stdin)
    wrong = (_said(found) for found in result.diagnostics if found.severity == "error")
    objections = tuple(dict.fromkeys(text for text in wrong if text not in known))
    if result.program is None or result.tree is None:
        return False, objections
    back = read_back(result.program, result.tree, mesh.project.labels)
    if back.value is None:
        return False, objections
    changed = mesh._replace(program=result.program, back=back.value, sources=sources)
    asked = _look(changed, question)
    after = next((one for found in asked.value or () for one in (_answer(changed, found).explanation,)
                  if (one.source, one.target) == (before.source, before.target)), None)
    return turned(before, after), objections


def _said(found: Diagnostic) -> str:
    return f"{found.code}: {found.message}"


def _groups(modules: "list[syntax.Module]") -> dict[str, tuple[str, ...]]:
    from meshwright.ir.syntax import GroupStatement

    found = {}
    for module in modules:
        for statement in module.statements:
            if isinstance(statement, GroupStatement):
                home = module.home.text if module.home is not None else ""
                found[statement.name.text] = tuple(f"{name.namespace or home}/{name.text}" for name in statement.members)
    return found
