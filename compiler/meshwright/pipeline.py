"""The stages in order.  The only module that sees every room, and it imports each one only when its turn comes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from meshwright.diagnostics import Diagnostic, Outcome
from meshwright.ir.project import Project
from meshwright.record import NamedTuple
from meshwright.source import Source, Span

if TYPE_CHECKING:
    from meshwright.access.reach import Reach
    from meshwright.ir import intent, manifest, resolved, syntax
    from meshwright.ir.changes import Changes
    from meshwright.ir.expectations import Tested
    from meshwright.ir.filetree import FileTree
    from meshwright.ir.inventory import Inventory, Object
    from meshwright.ir.proof import Proof
    from meshwright.ir.verdicts import Verdicts

T = TypeVar("T")
APPLIED = "the label patches of components/meshwright-labels ({} objects) are applied by the owners of those objects"
# What these make of a broken input is marked as broken, so that the mistakes further on come in the same run.
PARTIAL = ("parse", "inventory", "resolve")
# What follows from a name, pod or label that is missing; left out where the inventory could not be read to its end.
MISSING = ("MW0201", "MW0207", "MW0208", "MW0304", "MW0308", "MW0310", "MW0319", "MW0327", "MW0332", "MW0336")
STAGES = ("parse", "inventory", "resolve", "check", "guard", "lower", "render", "policies", "prove")


class Back(NamedTuple):
    """A tree as the mesh has it: its objects, label patches of mode `patch` among them, and what they let in."""

    objects: "tuple[Object, ...]"
    reach: "tuple[Reach, ...]"
    patched: int


class Result(NamedTuple):
    """What one environment came to; a field is None when its stage did not run or gave nothing."""

    environment: str
    stage: str  # the last stage that ran
    failed: bool
    diagnostics: tuple[Diagnostic, ...]
    program: "intent.Program | None" = None
    verdicts: "Verdicts | None" = None
    tree: "FileTree | None" = None
    proof: "Proof | None" = None


def compile_project(project: Project, sources: tuple[Source, ...], today: str, until: str = "prove",
                    given: "FileTree | None" = None, progress: Callable[[str], None] = lambda stage: None,
                    parsed: "dict[Source, Outcome[syntax.Module]] | None" = None, stdin: bytes | None = None,
                    kept: "list[object] | None" = None, base: "dict[str, intent.Program] | None" = None) -> Result:
    """Run the stages up to and including ``until`` for one environment.

    The first stage that fails is the last one that runs, but for parse, inventory and resolve: up to check, what is broken
    is left out and the rest is judged too, so that all independent mistakes come in one run.

    ``today`` is an ISO date: nothing below reads a clock.  ``given``: a tree to prove in place of the one that would be
    rendered; guard, lower and render are left out then.  ``parsed`` remembers trees from one environment to the next.
    ``stdin``: what the path "-" of an inventory stands for.  ``kept`` is emptied, and then holds what the stages made: for callers
    that end the process soon, and have no time to see it all freed.
    ``base``: environment -> what guardrails compare with, in the document `diff`; an environment that is missing there is new.
    Every diagnostic carries the environment.
    """
    if until == "policies" and not project.guard.manifests:
        until = "guard"  # nothing looks at manifests, so none are made
    run = _Run(project.environment, until, progress)
    kept = [] if kept is None else kept
    kept[:] = (run.given,)
    try:
        modules = run("parse", lambda: parse_all(sources, {} if parsed is None else parsed))
        inventory = run("inventory", lambda: _read_inventory(project, stdin))
        names = run("resolve", lambda: _resolve(modules, inventory, project))
        program = run("check", lambda: _check(names, today))
        if given is None:
            run("guard", lambda: _guard(program, sources, project, base))
            bundle = run("lower", lambda: _lower(program, project))
            rendered = given = run("render", lambda: _render(bundle, project))
            if project.guard.manifests:
                run("policies", lambda: _policies(rendered, project))
        tree = given
        run("prove", lambda: prove_tree(program, tree, project.labels, kept))
    except _Stopped:
        pass
    return run.result()


def parse_all(sources: tuple[Source, ...], known: "dict[Source, Outcome[syntax.Module]]") -> "Outcome[tuple[syntax.Module, ...]]":
    """Every source on its own, each only once as long as ``known`` lives; the outcome has all their diagnostics."""
    from meshwright.parse import parse

    for source in sources:
        if source not in known:
            known[source] = parse(source)
    outcomes = [known[source] for source in sources]
    found = tuple(each for outcome in outcomes for each in outcome.diagnostics)
    modules = tuple(outcome.value for outcome in outcomes if outcome.value is not None)
    return Outcome(modules if len(modules) == len(outcomes) else None, found)


def _read_inventory(project: Project, stdin: bytes | None) -> "Outcome[Inventory]":
    from io import BytesIO

    from meshwright.inventory import read_inventory

    given = None if stdin is None else BytesIO(stdin)
    return read_inventory(project.root, project.inventory, project.foreign, project.default_namespace, given)


def _resolve(modules: "tuple[syntax.Module, ...]", inventory: "Inventory", project: Project) -> "Outcome[resolved.Program]":
    from meshwright.resolve import resolve

    return resolve(modules, inventory, project)


def _check(names: "resolved.Program", today: str) -> "Outcome[intent.Program]":
    from meshwright.check import check

    return check(names, today)


def _guard(program: "intent.Program", sources: tuple[Source, ...], project: Project,
           base: "dict[str, intent.Program] | None") -> "Outcome[Verdicts]":
    from meshwright.guard import guard

    changes = None
    if base is not None:
        compared = compare_programs(base.get(program.environment) or empty_program(program), program)
        if compared.value is None or compared.failed:
            return Outcome(None, compared.diagnostics)
        changes = compared.value
    return guard(program, {source.path: source.text for source in sources}, project.guard, project.root, changes)


def _lower(program: "intent.Program", project: Project) -> "Outcome[manifest.Bundle]":
    from meshwright.lower import lower

    return lower(program, project.labels)


def _render(bundle: "manifest.Bundle", project: Project) -> "Outcome[FileTree]":
    from meshwright.render import render

    return render(bundle, project.layout)


def prove_tree(program: "intent.Program", tree: "FileTree", labels: str = "external",
               kept: "list[object] | None" = None) -> "Outcome[Proof]":
    """Read the bytes back, ask the model of Istio what they let in, and compare that with the intent; ``kept`` as above."""
    from meshwright.prove import prove
    from meshwright.prove.review import review

    back = read_back(program, tree, labels)
    if back.value is None:
        return Outcome(None, back.diagnostics)
    if kept is not None:
        kept.append(back)
    proof = prove(program, back.value.reach)
    value = proof.value
    if value is not None and not value.holds:
        proof = Outcome(value, _findings(program, back.value, value))
    if value is not None and back.value.patched:
        value = value._replace(assumptions=(*value.assumptions, APPLIED.format(back.value.patched)))
    return Outcome(value, back.diagnostics + proof.diagnostics + review(program))


def _findings(program: "intent.Program", back: Back, proof: "Proof") -> tuple[Diagnostic, ...]:
    """What does not hold, with what each proxy says of the witness."""
    from meshwright.istio.trace import Asked, trace
    from meshwright.prove.explain.witnesses import command_of, question_of, witnesses
    from meshwright.prove.findings import Traced, findings

    shown = witnesses(back.reach, proof)
    hops = trace(back.objects, program.inventory, program.mesh, [Asked(one.verdict.destination, one.way, one.request) for one in shown])
    questions = [question_of(program, one) for one in shown]
    traced = {one.verdict: Traced(path, command_of(question) if question is not None else "")
              for one, path, question in zip(shown, hops, questions, strict=True)}
    return findings(program, proof, traced)


def read_back(program: "intent.Program", tree: "FileTree", labels: str = "external") -> "Outcome[Back]":
    """The objects in the bytes of a tree, and what the model of Istio says they let in; no value when one of them is refused."""
    from meshwright.inventory import read_tree
    from meshwright.istio import model

    objects = read_tree(tree)
    if objects.value is None or objects.failed:
        return Outcome(None, objects.diagnostics)
    patches = _patches(tree) if labels == "patch" else Outcome(())
    if patches.value is None or patches.failed:
        return Outcome(None, objects.diagnostics + patches.diagnostics)
    together = objects.value + patches.value
    reach = model(together, program.inventory, program.mesh)
    found = objects.diagnostics + reach.diagnostics
    return Outcome(None if reach.value is None or reach.failed else Back(together, reach.value, len(patches.value)), found)


def compare_programs(old: "intent.Program", new: "intent.Program") -> "Outcome[Changes]":
    """What ``new`` opens and closes against ``old``."""
    from meshwright.prove.changes import changes

    return changes(old, new)


def run_tests(program: "intent.Program") -> "Tested":
    """What the tests of the sources come to."""
    from meshwright.prove.expectations import expectations

    return expectations(program)


def empty_program(like: "intent.Program") -> "intent.Program":
    """The intent of a project that was not there yet: nothing is declared, and nothing is known to run."""
    from meshwright.ir.intent import Program
    from meshwright.ir.inventory import EMPTY

    return Program(like.environment, like.mesh, (), (), (), (), (), (), (), (), EMPTY)


def _policies(tree: "FileTree", project: Project) -> "Outcome[Verdicts]":
    """Policies of others over the rendered objects, read back from the bytes."""
    from meshwright.guard.policies import judge_manifests
    from meshwright.inventory import read_tree

    objects = read_tree(tree)
    if objects.value is None or objects.failed:
        return Outcome(None, objects.diagnostics)
    return judge_manifests(objects.value, project.guard, project.root)


def _patches(tree: "FileTree") -> "Outcome[tuple[Object, ...]]":
    """Mode `patch`: the objects with the labels that their owner gets by the component; the proof takes them as applied, and says so."""
    from meshwright.inventory import read_tree
    from meshwright.ir.filetree import COMPONENT, FileTree

    inside = (file for file in tree.files if file.path.startswith(COMPONENT + "/") and not file.path.endswith("/kustomization.yaml"))
    return read_tree(FileTree(tuple(inside)))


class _Stopped(Exception):
    """A stage failed, or the last one that was asked for is done."""


class _Run:
    """Runs stages, remembers what they said and gave."""

    def __init__(self, environment: str, until: str, progress: Callable[[str], None]) -> None:
        self.environment = environment
        self.until = until
        self.progress = progress
        self.found: list[Diagnostic] = []
        self.given: dict[str, object] = {}
        self.stage = ""
        self.failed = False
        self.spoilt: set[Span] = set()  # words that parse could not read, and put something else in their place
        self.blind = False  # the inventory was not read to its end

    def __call__(self, stage: str, work: "Callable[[], Outcome[T]]") -> T:
        if STAGES.index(stage) > STAGES.index(self.until):
            raise _Stopped
        self.stage = stage
        self.progress(stage)
        outcome = work()
        self.found.extend(each._replace(environment=self.environment) for each in outcome.diagnostics if not self._follows(each))
        if stage == "parse":
            self.spoilt.update(each.span for each in outcome.diagnostics if each.severity == "error" and each.span is not None)
        elif stage == "inventory":
            self.blind = outcome.failed
        # Kept even if it failed: a proof that does not hold still says where, and by which request.
        self.given[stage] = outcome.value
        self.failed = self.failed or outcome.failed
        if outcome.value is None or (self.failed and stage not in PARTIAL):
            raise _Stopped
        return outcome.value

    def _follows(self, found: Diagnostic) -> bool:
        """Whether it follows from an error that is said already: a word that was not read, a part of the inventory that was not.

        A likely misspelling is a mistake of its own.
        """
        if found.span in self.spoilt:
            return True
        return self.blind and found.code in MISSING and not any(line.startswith("did you mean") for line in found.help)

    def result(self) -> Result:
        given = self.given
        found = tuple(sorted(self.found, key=_by_place))
        verdicts = _joined(cast("Verdicts | None", given.get("guard")), cast("Verdicts | None", given.get("policies")))
        return Result(self.environment, self.stage, self.failed, found, cast("intent.Program | None", given.get("check")),
                      verdicts, cast("FileTree | None", given.get("render")), cast("Proof | None", given.get("prove")))


def _joined(first: "Verdicts | None", second: "Verdicts | None") -> "Verdicts | None":
    """What guardrails and policies said, as one."""
    if first is None or second is None:
        return first
    return first._replace(engine=second.engine if first.engine == "none" else first.engine, version=first.version or second.version,
                          rules=first.rules + second.rules, packs=first.packs + second.packs, findings=first.findings + second.findings)


def _by_place(found: Diagnostic) -> tuple[bool, str, int, str, str]:
    span = found.span
    return (span is None, span.path if span else "", span.start if span else 0, found.code, found.message)
