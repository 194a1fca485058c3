"""Tests of guardrails: `test_` rules in *_test.rego, and whether each guardrail is tested both ways."""

import re

from meshwright.diagnostics import Outcome
from meshwright.guard.answer import Entry, Failure, Module, Pack
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


def run_tests(pack: Pack, timeout: float = 60.0) -> Outcome[Report]:
    """Runs the tests of one pack on the embedded engine, as they are and against two mutants of each guardrail.

    A mutant that never fires has to fail a test, and one that always fires another.  ``timeout``: seconds for each run.
    Diagnostics: those of the engine and the gate, MW0580-MW0593.
    """
    engine = Embedded(timeout)
    gate = engine.ask(pack.modules, "{}", [], gate=True, only_gate=True)
    if isinstance(gate, Failure):
        return Outcome(None, gate.diagnostics)
    entries = read_inventory(gate[2], (pack,))
    if isinstance(entries, Failure):
        return Outcome(None, entries.diagnostics)
    names = tuple(name for module in pack.tests for name in _tests_of(module))
    tests = _run(engine, pack.modules, pack.tests, names)
    if isinstance(tests, Failure):
        return Outcome(None, tests.diagnostics)
    cover = []
    for entry in entries:
        noticed = []
        for body in ("false", "true"):
            mutant = _run(engine, _mutated(pack, entry, body), pack.tests, names)
            noticed.append(isinstance(mutant, Failure) or any(not test.passed for test in mutant))
        cover.append(Cover(entry, noticed[0], noticed[1]))
    return Outcome(Report(tests, tuple(cover)))


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
    names = re.findall(r"(?m)^(test_\w+)\b(?!\()", module.text)
    return [f"{package.group(1)}.{name}" for name in dict.fromkeys(names)] if package else []


def _mutated(pack: Pack, entry: Entry, body: str) -> tuple[Module, ...]:
    """The pack with one entry rule out of the way and another in its place."""
    package = re.compile(rf"(?m)^package\s+{re.escape(entry.package)}\s*$")
    modules = []
    placed = False
    for module in pack.modules:
        text = module.text
        if package.search(text):
            text = re.sub(rf"(?m)^{re.escape(entry.rule)}\b", f"mutated_{entry.rule}", text)
            if not placed:
                text += f'\n{entry.rule} contains {{"msg": "mutant", "node": ""}} if {body}\n'
                placed = True
        modules.append(Module(module.path, text))
    return tuple(modules)
