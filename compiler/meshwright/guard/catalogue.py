"""What guardrails there are, for people: listed, found by name, with their pages and tests."""

import os
import re

from meshwright.diagnostics import Diagnostic, Outcome, did_you_mean, error
from meshwright.guard.answer import Entry, Failure, Module, Pack
from meshwright.guard.embedded import Embedded
from meshwright.guard.packs import SHIPPED, read_packs
from meshwright.guard.refusals import read_inventory
from meshwright.record import NamedTuple


class Listed(NamedTuple):
    """A pack with its guardrails, sorted by name."""

    pack: Pack
    shipped: bool
    entries: tuple[Entry, ...]


def catalogue(names: tuple[str, ...], root: str, timeout: float = 60.0) -> Outcome[tuple[Listed, ...]]:
    """The packs of ``names`` in that order (as in ``guard.packs``); those of a project pass the static gate first, all together.

    Diagnostics: those of reading packs and of the gate, MW0580-MW0593.
    """
    packs, problems = read_packs(names, root)
    if problems:
        return Outcome(None, problems)
    entries = tuple(entry for pack in packs for entry in pack.sealed)
    if not all(pack.sealed for pack in packs):
        fields = Embedded(timeout).ask([module for pack in packs for module in pack.modules], "{}", [], gate=True, only_gate=True)
        read = fields if isinstance(fields, Failure) else read_inventory(fields[2], packs)
        if isinstance(read, Failure):
            return Outcome(None, read.diagnostics)
        entries = read
    return Outcome(tuple(
        Listed(pack, bool(pack.sealed), tuple(sorted((entry for entry in entries if entry.pack == pack.name), key=lambda entry: entry.id)))
        for pack in packs))


def find(packs: tuple[Listed, ...], name: str) -> tuple[Listed, Entry] | Diagnostic:
    """The guardrail "pack/name", or the only one called "name".  Diagnostic: MW0506 there is none, or more than one."""
    known = [(listed, entry) for listed in packs for entry in listed.entries]
    found = [pair for pair in known if pair[1].id == name] or [pair for pair in known if pair[1].id.rpartition("/")[2] == name]
    if len(found) == 1:
        return found[0]
    if found:
        return error("MW0506", f"{len(found)} guardrails are called `{name}`", help=tuple(f"say `{entry.id}`" for _, entry in found[:5]))
    near = did_you_mean(name, [entry.id for _, entry in known]) or did_you_mean(name, [entry.id.rpartition("/")[2] for _, entry in known])
    return error("MW0506", f"there is no guardrail `{name}`", notes=("looked through the packs of `guard.packs`, and the shipped ones",),
                 help=(f"did you mean `{near[0]}`?" if near else "`meshwright guard list` shows all of them",))


def page(entry: Entry) -> str:
    """The page of a shipped guardrail, "" when it has none."""
    folder = os.path.join(SHIPPED, *entry.id.split("/")[:-1])
    try:
        with open(os.path.join(folder, entry.id.rpartition("/")[2] + ".md"), encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def source(listed: Listed, entry: Entry) -> str:
    """The file of a guardrail."""
    return next(module.text for module in listed.pack.modules if module.path == entry.path)


def tests_of(listed: Listed, entry: Entry) -> tuple[str, ...]:
    """Names of the tests that stand in a file which imports or shares the package of a guardrail."""
    word = re.compile(rf"\b{re.escape(entry.package)}\b")
    return tuple(f"{module.path}: {name}" for module in listed.pack.tests if word.search(module.text) for name in test_names(module))


def test_names(module: Module) -> list[str]:
    """`test_` rules of a file, in order."""
    return list(dict.fromkeys(re.findall(r"(?m)^(test_\w+)\b(?!\()", module.text)))
