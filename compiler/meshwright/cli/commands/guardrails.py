"""``guard list | explain | test | new | schema``: guardrails themselves, without a program."""

import os
import sys
from collections.abc import Mapping

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.files import load_project
from meshwright.diagnostics import Diagnostic, error
from meshwright.guard.answer import Entry
from meshwright.guard.catalogue import catalogue, find, page, source, tests_of
from meshwright.guard.packs import SCHEMAS, shipped_packs
from meshwright.ir.project import PROJECT_FILE
from meshwright.source import Source

ACTIONS = ("list", "explain", "test", "new", "schema")
FIRST_PACK = "guardrails"


def run_action(arguments: Arguments) -> int:
    """One of ``ACTIONS``, which stands first in ``arguments.files``, and what it works on behind it."""
    action, *words = arguments.files
    if action == "schema":
        return _schema(arguments, words)
    loaded = load_project(arguments.directory, arguments.environment)
    if loaded.value is None or not loaded.value.projects:
        texts = (Source(PROJECT_FILE, loaded.value.text),) if loaded.value is not None else ()
        return finish(arguments, Answer(loaded.diagnostics, (), {}, "", os.path.abspath(arguments.directory), texts))
    projects = loaded.value.projects
    names = tuple(dict.fromkeys(name for project in projects for name in project.guard.packs))
    run = {"list": _list, "explain": _explain, "test": _test, "new": _new}[action]
    return run(arguments, words, names, projects[0].root)


def _list(arguments: Arguments, words: list[str], names: tuple[str, ...], root: str) -> int:
    """Every guardrail of the project, and the shipped packs that it does not use."""
    outcome = catalogue(tuple(words) or names, root)
    packs = outcome.value or ()
    lines = []
    for listed in packs:
        lines.append(f"{listed.pack.name}  ({'shipped' if listed.shipped else 'of this project'}, {len(listed.entries)})")
        lines += [f"  {entry.severity:8} {entry.id}  {entry.title}" for entry in listed.entries]
    unused = [name for name in shipped_packs() if name not in names]
    if unused and outcome.value is not None and not words:
        lines.append(f"shipped, and not in guard.packs: {', '.join(unused)}")
    result = {"packs": [{"name": listed.pack.name, "shipped": listed.shipped, "digest": listed.pack.digest,
                         "guardrails": [_values(entry) for entry in listed.entries]} for listed in packs]}
    return _show(arguments, outcome.diagnostics, result, lines, root)


def _explain(arguments: Arguments, words: list[str], names: tuple[str, ...], root: str) -> int:
    """What one guardrail looks for and why: its page if it ships, else its source."""
    if len(words) != 1:
        problem = _usage("`guard explain` takes the name of one guardrail", "meshwright guard explain zero_trust/any_workload")
        return _show(arguments, (problem,), {}, [], root)
    outcome = catalogue(tuple(dict.fromkeys((*names, *shipped_packs()))), root)
    if outcome.value is None:
        return _show(arguments, outcome.diagnostics, {}, [], root)
    found = find(outcome.value, words[0])
    if isinstance(found, Diagnostic):
        return _show(arguments, (found,), {}, [], root)
    listed, entry = found
    lines = [f"{entry.id} ({entry.severity}): {entry.title or 'without a title'}", *([entry.description] if entry.description else []),
             f"stands at {entry.path}:{entry.line}", *(f"see {link}" for link in entry.related),
             *(f"test {name}" for name in tests_of(listed, entry)), "", page(entry) if listed.shipped else source(listed, entry)]
    return _show(arguments, outcome.diagnostics, {"guardrail": _values(entry), "source": source(listed, entry)}, lines, root)


def _test(arguments: Arguments, words: list[str], names: tuple[str, ...], root: str) -> int:
    """Tests of packs: do they pass, and does each guardrail fire and stay silent in one of them."""
    from meshwright.guard.packs import read_packs
    from meshwright.guard.testing import run_tests, wrong

    chosen = tuple(words) or names
    packs, problems = read_packs(tuple(dict.fromkeys((*chosen, *names))), root)
    found = list(problems)
    lines, result = [], []
    for pack in packs if not problems else ():
        if pack.name not in {name.rstrip("/") for name in chosen}:
            continue
        outcome = run_tests(pack, beside=tuple(module for other in packs if other is not pack for module in other.modules))
        found += outcome.diagnostics
        if outcome.value is None:
            continue
        report = outcome.value
        found += wrong(pack, report)
        passed, fire = sum(test.passed for test in report.tests), sum(cover.fires for cover in report.cover)
        silent = sum(cover.silent for cover in report.cover)
        lines.append(f"{pack.name}: {passed} of {len(report.tests)} tests pass; of {len(report.cover)} guardrails {fire} must fire and "
                     f"{silent} must stay silent in a test")
        result.append({"name": pack.name, "tests": len(report.tests), "passed": passed, "guardrails": len(report.cover), "fire": fire,
                       "silent": silent})
    return _show(arguments, tuple(found), {"tested": result}, lines, root)


def _new(arguments: Arguments, words: list[str], names: tuple[str, ...], root: str) -> int:
    """A guardrail and its test in the first pack of the project, or in a new one; nothing that exists is overwritten."""
    from meshwright.guard.new import new_guardrail
    from meshwright.publish.folder import replace_file

    name = words[0] if len(words) == 1 else ""
    if not _is_name(name):
        problem = _usage("`guard new` takes a name of lower case letters, digits and `_`", "meshwright guard new owners")
        return _show(arguments, (problem,), {}, [], root)
    own = [pack for pack in names if pack not in shipped_packs()]
    folder = own[0] if own else FIRST_PACK
    files = {f"{folder}/{path}": text for path, text in new_guardrail(folder, name).items()}
    for path in files:
        if os.path.lexists(os.path.join(root, path)):
            return _show(arguments, (error("MW0913", f"`{path}` exists already", notes=("`guard new` overwrites nothing",),
                                           help=("choose another name",)),), {}, [], root)
    real = os.path.realpath(os.path.join(root, folder))
    if real != os.path.realpath(root) and not real.startswith(os.path.realpath(root) + os.sep):
        problem = error("MW0905", f"`{folder}` leads out of the project", help=("make it a folder of the project",))
        return _show(arguments, (problem,), {}, [], root)
    for path, text in files.items():
        replace_file(os.path.join(root, path), text.encode())
    packs = ", ".join(f'"{each}"' for each in (*names, folder))
    lines = [*(f"wrote {path}" for path in files), *([] if own else [f"now name the pack in meshwright.toml: packs = [{packs}]"]),
             f"change both, then run `meshwright guard test {folder}`"]
    return _show(arguments, (), {"written": list(files)}, lines, root)


def _schema(arguments: Arguments, words: list[str]) -> int:
    """The JSON schemas into a folder, or that of the input to standard output."""
    texts = {}
    for name in sorted(os.listdir(SCHEMAS)):
        with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
            texts[name] = file.read()
    if not words:
        sys.stdout.write(texts["input.json"])
        sys.stdout.flush()
        return 0
    from meshwright.publish.folder import replace_file

    folder = os.path.join(arguments.directory, words[0])
    for name, text in texts.items():
        replace_file(os.path.join(folder, name), text.encode())
    written = [os.path.join(words[0], name) for name in texts]
    return _show(arguments, (), {"written": written}, [*(f"wrote {path}" for path in written),
                                                      f"use it: opa check --strict -s {written[0]} guardrails"], "")


def _is_name(name: str) -> bool:
    letters = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower()
    return letters and name[:1].isalpha() and not name.endswith("_test")


def _values(entry: Entry) -> dict[str, object]:
    return {"id": entry.id, "severity": entry.severity, "title": entry.title, "description": entry.description, "file": entry.path,
            "line": entry.line, "related": list(entry.related)}


def _show(arguments: Arguments, diagnostics: tuple[Diagnostic, ...], result: Mapping[str, object], lines: list[str], root: str) -> int:
    if arguments.format == "text" and lines:
        sys.stdout.write("\n".join(lines).rstrip("\n") + "\n")
        sys.stdout.flush()
    return finish(arguments, Answer(diagnostics, (), result, "", root))


def _usage(message: str, example: str) -> Diagnostic:
    return error("MW0925", message, help=(f"for example `{example}`",))
