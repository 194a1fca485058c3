"""Tests of guardrails: `test_` rules in *_test.rego, and whether each guardrail is tested both ways."""

import re

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.guard.answer import Entry, Failure, Module, Pack
from meshwright.guard.catalogue import test_names
from meshwright.guard.embedded import Embedded
from meshwright.guard.refusals import read_inventory
from meshwright.record import NamedTuple


class Test(NamedTuple):
    """One `test_` rule; ``why`` is "" when it passed."""

    name: str  # "meshwright.zero_trust.any_workload_test.test_fires"
    passed: bool
    why: str


class Cover(NamedTuple):
    """Whether the tests notice that a guardrail never fires (``fires``), and that it always fires (``silent``)."""

    entry: Entry
    fires: bool
    silent: bool


class Report(NamedTuple):
    tests: tuple[Test, ...]
    cover: tuple[Cover, ...]

    @property
    def passed(self) -> bool:
        """All tests pass, and each guardrail is tested both ways."""
        return bool(self.tests) and all(test.passed for test in self.tests) and all(cover.fires and cover.silent for cover in self.cover)


def run_tests(pack: Pack, timeout: float = 60.0, beside: tuple[Module, ...] = ()) -> Outcome[Report]:
    """Runs the tests of one pack on the embedded engine, as they are and against two mutants of each guardrail.

    A mutant that never finds anything has to fail a test, and one that always finds one thing more another.
    ``timeout``: seconds for each run.
    ``beside``: rules of other packs, which this one may use.
    Diagnostics: those of the engine and the gate, MW0580-MW0593.
    """
    engine = Embedded(timeout)
    gate = engine.ask([*pack.modules, *beside], "{}", [], gate=True, only_gate=True)
    if isinstance(gate, Failure):
        return Outcome(None, gate.diagnostics)
    others = pack._replace(name="", modules=beside, sealed=())
    listed = read_inventory(gate[2], (pack, others))
    if isinstance(listed, Failure):
        return Outcome(None, listed.diagnostics)
    entries = tuple(entry for entry in listed if entry.pack == pack.name)
    names = tuple(name for module in pack.tests for name in _tests_of(module))
    tests = _run(engine, (*pack.modules, *beside), pack.tests, names)
    if isinstance(tests, Failure):
        return Outcome(None, tests.diagnostics)
    cover = []
    for entry in entries:
        noticed = []
        for always in (False, True):
            mutant = _run(engine, (*_mutated(pack, entry, always), *beside), pack.tests, names)
            noticed.append(isinstance(mutant, Failure) or any(not test.passed for test in mutant))
        cover.append(Cover(entry, noticed[0], noticed[1]))
    return Outcome(Report(tests, tuple(cover)))


def wrong(pack: Pack, report: Report) -> tuple[Diagnostic, ...]:
    """MW0504 for each test that fails, MW0505 for each guardrail that is not tested both ways."""
    failed = [
        error("MW0504", f"the test `{test.name}` fails", notes=tuple(test.why.splitlines()[:10]), help=("repair guardrail or test",))
        for test in report.tests
        if not test.passed
    ]
    untested = []
    for cover in report.cover:
        missing = [word for word, there in (("in which it fires", cover.fires), ("in which it stays silent", cover.silent)) if not there]
        if missing:
            untested.append(
                error(
                    "MW0505",
                    f"the guardrail `{cover.entry.id}` has no test {' and none '.join(missing)}",
                    notes=(f"it stands at {cover.entry.path}:{cover.entry.line}", "the tests do not notice when it does the opposite"),
                    help=(f"write a rule `test_…` in a file `*_test.rego` of `{pack.name}`, with `with input as …`",),
                )
            )
    return (*failed, *untested)


def _run(engine: Embedded, modules: tuple[Module, ...], tests: tuple[Module, ...], names: tuple[str, ...]) -> tuple[Test, ...] | Failure:
    fields = engine.ask([*modules, *tests], "{}", [f"data.{name}" for name in names], gate=False)
    if isinstance(fields, Failure):
        return fields
    found = []
    for name, state, text in zip(names, fields[3::2], fields[4::2], strict=True):
        shown = text.decode("utf-8", "replace")
        if state != b"ok":
            found.append(Test(name, False, shown))
        else:
            passed = '"value": true,' in shown
            found.append(Test(name, passed, "" if passed else "undefined or not true"))
    return tuple(found)


def _tests_of(module: Module) -> list[str]:
    package = re.search(r"(?m)^package\s+([\w.]+)", module.text)
    return [f"{package.group(1)}.{name}" for name in test_names(module)] if package else []


def _mutated(pack: Pack, entry: Entry, always: bool) -> tuple[Module, ...]:
    """The pack with one entry rule that never finds anything, or that always finds one thing more."""
    package = re.compile(rf"(?m)^package\s+{re.escape(entry.package)}\s*$")
    modules = []
    placed = False
    for module in pack.modules:
        text = module.text
        if package.search(text):
            if not always:
                text = re.sub(rf"(?m)^{re.escape(entry.rule)}\b", f"mutated_{entry.rule}", text)
            if not placed:
                text += f'\n{entry.rule} contains {{"msg": "mutant", "node": ""}} if {"true" if always else "false"}\n'
                placed = True
        modules.append(Module(module.path, text))
    return tuple(modules)
