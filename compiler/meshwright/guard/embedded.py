"""The embedded engine: microsoft/regorus, in a child process with limits, behind a canary and the static gate.

The engine holds the interpreter lock, knows no time limit and can abort the process, hence the child.  Everything that is not a
complete frame is a failure.
"""

import json
import marshal
import os
import re
import select
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from meshwright.diagnostics import Diagnostic, error
from meshwright.guard.answer import Answer, Entry, Failure, Module, Pack
from meshwright.guard.packs import SCHEMA

WANTED = "0.13."  # versions of the engine whose behaviour was measured
SEALED_FOR = "0.13.0"  # the version that shipped packs were examined with
MEMORY = 1 << 30  # bytes of address space, plus 24 for each byte of input
_FRAME = b"meshwright-guard/1"
# as a module, not as a script: its bytecode is kept
_START = "import sys; sys.path.append(sys.argv[1]); import worker; worker.main()"
_WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")


class Embedded:
    """``timeout``: seconds of wall clock for everything; the child is killed with its process group afterwards."""

    def __init__(self, timeout: float, memory: int = MEMORY) -> None:
        self.timeout = timeout
        self.memory = memory

    def evaluate(self, packs: tuple[Pack, ...], document: str) -> Answer | Failure:
        """Diagnostics: MW0580 no engine, MW0581 it broke down, MW0582 too slow, MW0585-MW0589 refused by parser or gate,
        MW0590 a rule failed, MW0593 two packs in one Rego package.
        """
        sealed = all(pack.sealed for pack in packs)
        entries = tuple(entry for pack in packs for entry in pack.sealed) if sealed else ()
        modules = [module for pack in packs for module in pack.modules]
        queries = [f"data.{entry.package}.{entry.rule}" for entry in entries]
        data = joined_data(packs)
        if isinstance(data, Diagnostic):
            return Failure((data,))
        inputs = [(json.dumps(data), document)] if data else None
        fields = self.ask(modules, document, queries, gate=True, sealed_for=SEALED_FOR if sealed else "", inputs=inputs, given=tuple(data))
        if isinstance(fields, Failure):
            return fields
        if fields[2]:
            from meshwright.guard.refusals import read_inventory

            inventory = read_inventory(fields[2], packs)
            if isinstance(inventory, Failure):
                return inventory
            entries = inventory
        return _answer(entries, fields)

    def ask(
        self, modules: Sequence[Module], document: str, queries: list[str], *, gate: bool, only_gate: bool = False, sealed_for: str = "",
        inputs: Sequence[tuple[str, str]] | None = None, typed: bool = True, given: Sequence[str] = (),
    ) -> list[bytes] | Failure:
        """The fields of a complete frame that begins with "done" or "gate", else why there is none.

        ``gate``: examine the modules first, unless the engine is of the version ``sealed_for``; the third field then lists
        defects and entries, and the entries take the place of ``queries``.  ``inputs``: several pairs of data and input, as JSON
        texts, in the place of ``document``; each is asked all queries.  ``typed``: the input has our schema; ``given``: names below
        `data` that come from elsewhere than rules.
        """
        where = _folder_of_regorus()
        if where is None:
            return Failure((_missing("the Python module `regorus` is not installed"),))
        if not hasattr(os, "posix_spawn") or not sys.executable:
            return Failure((_missing("this platform cannot start it in a process of its own, under limits"),))
        request = marshal.dumps(
            {
                "path": where,
                "wanted": WANTED,
                "modules": [(module.path, module.text) for module in modules],
                "queries": queries,
                "gate": gate,
                "sealed_for": sealed_for,
                "schema": SCHEMA if typed else "",
                "given": list(given),
                "only_gate": only_gate,
                "inputs": [("", document)] if inputs is None else list(inputs),
                "memory": self.memory + 24 * (len(document) + sum(len(text) for _, text in inputs or ())),
                "seconds": int(self.timeout) + 2,
            }
        )
        try:
            ran = _run(request, time.monotonic() + self.timeout)
        except OSError as problem:
            return Failure((_broken(f"its process could not be started: {problem.strerror}"),))
        return _understand(*ran, self.timeout)


def joined_data(packs: tuple[Pack, ...]) -> dict[str, Any] | Diagnostic:
    """The data of all packs; MW0593 when two, or data and a Rego package, have a name in common."""
    joined: dict[str, Any] = {}
    for pack in packs:
        for name, value in pack.data.items():
            if name in joined:
                return error("MW0593", f"two packs bring data called `{name}`", help=("rename it in one of them",))
            joined[name] = value
    for module in [module for pack in packs for module in pack.modules] if joined else ():
        package = _package(module.text)
        if _holds(joined, package.split(".")):
            return error("MW0593", f"`{package}` is data, and a Rego package in `{module.path}`", help=("rename one of them",))
    return joined


def _holds(data: Any, path: list[str]) -> bool:
    """Whether data stands at ``path``, or above it something that is no object."""
    for part in path:
        if not isinstance(data, dict):
            return True
        if part not in data:
            return False
        data = data[part]
    return True


def _package(text: str) -> str:
    found = re.search(r"(?m)^\s*package\s+([\w.]+)", text)
    return found.group(1) if found else ""


def _answer(entries: tuple[Entry, ...], fields: list[bytes]) -> Answer | Failure:
    states, texts = fields[3::2], fields[4::2]
    if len(states) != len(entries) or len(texts) != len(entries):
        return Failure((_broken("it answered for another number of rules than it was asked about"),))
    values: list[str | None] = []
    failed: list[Diagnostic] = []
    for entry, state, text in zip(entries, states, texts, strict=True):
        shown = text.decode("utf-8", "replace")
        if state != b"ok":
            failed.append(
                error(
                    "MW0590",
                    f"guardrail `{entry.id}` could not be evaluated",
                    notes=tuple(shown.splitlines()),
                    help=("repair the expression; a guardrail that fails is never taken for one that found nothing",),
                )
            )
            continue
        values.append(value_of(shown))
    return Failure(tuple(failed)) if failed else Answer(fields[1].decode(), entries, tuple(values))


def value_of(text: str) -> str | None:
    """The value of a one-expression query as JSON text; None = undefined, or a number so large that nobody can read it."""
    try:
        result: list[dict[str, Any]] = json.loads(text).get("result", [])
    except ValueError:
        return None
    if len(result) != 1 or len(result[0]["expressions"]) != 1:
        return None
    value = result[0]["expressions"][0]["value"]
    return None if value == "<undefined>" else json.dumps(value)


def _understand(frame: bytes, status: int, killed: bool, errors: str, timeout: float) -> list[bytes] | Failure:
    if killed:
        return Failure(
            (
                error(
                    "MW0582",
                    f"the guardrails did not finish within {timeout:g} seconds",
                    notes=("the engine was stopped; whether they found something cannot be known",),
                    help=(
                        "look for a rule that pairs all services with all others, and use the maps under `input.intent.index`",
                        "or raise `timeout` under `[guard]` in meshwright.toml",
                    ),
                ),
            )
        )
    fields = _netstrings(frame)
    if fields is None or len(fields) < 3 or fields[0] != _FRAME or fields[-1] != b"complete":
        if os.WIFSIGNALED(status):
            how = f"it was ended by {signal.Signals(os.WTERMSIG(status)).name}"
        else:
            how = f"it ended with status {os.waitstatus_to_exitcode(status)} before its answer was complete"
        return Failure((_broken(how, errors),))
    stage = fields[1]
    if stage in (b"done", b"gate"):
        return fields[1:-1]
    said = [field.decode("utf-8", "replace") for field in fields[2:-1]]
    if stage == b"parse":
        return Failure((error("MW0585", f"`{said[0]}` is not Rego v1", notes=tuple(said[1].splitlines()), help=_parse_help(said[1])),))
    if stage == b"missing":
        return Failure((_missing(said[0]),))
    if stage == b"version":
        return Failure((_missing(f"the module `regorus` is version {said[0]}, and {WANTED}x is needed"),))
    return Failure((_broken(" ".join(said)),))


def _parse_help(text: str) -> tuple[str, ...]:
    if "`if` keyword is required" in text or "`contains` keyword" in text:
        return ("this looks like Rego of before 1.0: write `deny contains msg if { … }`", "`opa fmt --rego-v1` rewrites old files")
    return ("guardrails are Rego v1, as of OPA 1.2",)


def _missing(why: str) -> Diagnostic:
    return error(
        "MW0580",
        "the embedded Rego engine is not available",
        notes=(why, "guardrails that are not evaluated never pass"),
        help=(
            "install the package `gordon-to-regorus` (it comes with Meshwright where a wheel exists)",
            'or use an OPA server: `engine = "opa"` under `[guard]` in meshwright.toml',
        ),
    )


def _broken(how: str, errors: str = "") -> Diagnostic:
    return error(
        "MW0581",
        "the embedded Rego engine broke down",
        notes=(how, *errors.splitlines()[-3:], "whether a guardrail found something cannot be known"),
        help=(
            "look for a rule that builds very large values (`numbers.range`, cross products)",
            "please report it if the guardrails are the shipped ones",
        ),
    )


def _folder_of_regorus() -> str | None:
    """The folder to put on the child's path, found without importing the module here."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("regorus")
    if spec is None or spec.origin is None:
        return None
    folder = os.path.dirname(os.path.abspath(spec.origin))
    return os.path.dirname(folder) if spec.submodule_search_locations is not None else folder


def _run(request: bytes, deadline: float) -> tuple[bytes, int, bool, str]:
    """(standard output, wait status, killed by us, standard error) of one child in a process group of its own."""
    child, ends = _spawn()
    status = 0
    try:
        frame, said, killed = _talk(ends, request, deadline)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(
                child, signal.SIGKILL
            )  # nothing for a child that ended by itself; the end of it, and of its children, on our own exceptions
        _, status = os.waitpid(child, 0)
        for end in ends:
            os.close(end)
    return frame, status, killed, said


def _spawn() -> tuple[int, list[int]]:
    """Process id, and our ends of its standard output, standard error and standard input."""
    read_in, to_child = os.pipe()
    from_child, write_out = os.pipe()
    errors, write_errors = os.pipe()
    try:
        # -I -S: no environment, no user site, no site packages: only what the worker puts on its path
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", "-c", _START, os.path.dirname(_WORKER)],
            {"RUST_BACKTRACE": "0", "RUST_LIB_BACKTRACE": "0", "LC_ALL": "C.UTF-8"},
            file_actions=[(os.POSIX_SPAWN_DUP2, read_in, 0), (os.POSIX_SPAWN_DUP2, write_out, 1), (os.POSIX_SPAWN_DUP2, write_errors, 2)],
            setpgroup=0,
        )
    except BaseException:
        for end in (to_child, from_child, errors):
            os.close(end)
        raise
    finally:
        for end in (read_in, write_out, write_errors):
            os.close(end)
    return child, [from_child, errors, to_child]


def _talk(ends: list[int], request: bytes, deadline: float) -> tuple[bytes, str, bool]:
    """Writes and reads at once, so that neither side waits for the other; closes and removes the last of ``ends`` when all is written."""
    from_child, errors, to_child = ends
    for end in ends:
        os.set_blocking(end, False)
    poll = select.poll()
    poll.register(to_child, select.POLLOUT)
    poll.register(from_child, select.POLLIN)
    poll.register(errors, select.POLLIN)
    left = memoryview(request)
    got: dict[int, list[bytes]] = {from_child: [], errors: []}
    waiting = {from_child, errors}
    while waiting:
        rest = deadline - time.monotonic()
        ready = poll.poll(rest * 1000) if rest > 0 else []
        if not ready:
            return b"".join(got[from_child]), "", True
        for end, _ in ready:
            if end == to_child:
                try:
                    left = left[os.write(to_child, left) :]
                except BrokenPipeError:
                    left = left[len(left) :]
                if not left:
                    poll.unregister(to_child)
                    os.close(ends.pop())
                continue
            chunk = os.read(end, 1 << 16)
            if chunk:
                got[end].append(chunk)
            else:
                poll.unregister(end)
                waiting.discard(end)
    return b"".join(got[from_child]), b"".join(got[errors])[-4000:].decode("utf-8", "replace"), False


def _netstrings(frame: bytes) -> list[bytes] | None:
    """The fields, or None when the frame is not made of whole ones."""
    fields = []
    position = 0
    while position < len(frame):
        colon = frame.find(b":", position, position + 20)
        if colon < 0 or not frame[position:colon].isdigit():
            return None
        end = colon + 1 + int(frame[position:colon])
        if frame[end : end + 1] != b",":
            return None
        fields.append(frame[colon + 1 : end])
        position = end + 1
    return fields
