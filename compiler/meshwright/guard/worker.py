"""The child process of the embedded engine: one request on standard input, one complete frame on standard output.

Imported as the only module by ``embedded.py`` with ``python -I -S``: nothing of Meshwright is imported but the gate, and that only for
packs that are not sealed.  Request: a marshalled dictionary, until end of file.  Frame: netstrings ("<length>:<bytes>,"), the
first is FRAME, the second says how far we came, the last is END; a frame without END is an engine failure.
"""

import marshal
import posix  # `os` without the parts that nobody needs here, and without their imports
import sys

TYPE_CHECKING = False  # a plain name: this process does not pay for `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

FRAME = b"meshwright-guard/1"
END = b"complete"

# Builtins that answer undefined where OPA fails (measured against OPA's own suite): called through a pristine engine, and an
# undefined answer raises.  http.send is a stub there and always raises.  INVARIANT: same arity as the builtin.
STRICT = (
    ("json.patch", 2),
    ("regex.replace", 3),
    ("units.parse", 1),
    ("units.parse_bytes", 1),
    ("array.slice", 3),
    ("time.add_date", 4),
    ("bits.lsh", 2),
    ("bits.rsh", 2),
    ("http.send", 1),
)

# Builtins that a guardrail must not have: they look outside, or make two runs differ.
FORBIDDEN = ("http.send", "opa.runtime", "rand.intn", "uuid.rfc4122", "time.now_ns", "trace")

CANARY = "package meshwright_canary\n\nfires contains 1 if input.canary == 1\n"


def main() -> None:
    frame = posix.dup(1)
    posix.dup2(2, 1)  # whatever the engine prints is not part of the frame
    with open(0, "rb", closefd=False) as pipe:
        request = marshal.loads(pipe.read())
    try:
        fields = answer(request)
    except BaseException as problem:  # noqa: BLE001 - a panic of the engine is a BaseException, and everything has to be told
        fields = [b"crashed", f"{type(problem).__name__}: {clean(problem)}".encode("utf-8", "replace")]
    total = b"".join(b"%d:%b," % (len(field), field) for field in [FRAME, *fields, END])
    while total:
        total = total[posix.write(frame, total) :]
    posix._exit(0)


def answer(request: "dict[str, Any]") -> list[bytes]:
    """["done", version, inventory JSON, (state, text) ...] or [stage that failed, text ...]."""
    limit(request["memory"], request["seconds"])
    sys.path.append(request["path"])
    try:
        import regorus
    except ImportError as problem:
        return [b"missing", str(problem).encode()]
    version, builtins = canary(regorus)
    if not version.startswith(request["wanted"]):
        return [b"version", version.encode()]
    engine = regorus.Engine()
    for name, text in request["modules"]:
        try:
            engine.add_policy(name, text)
        except RuntimeError as problem:
            return [b"parse", name.encode(), clean(problem).encode()]
    inventory = b""
    queries = request["queries"]
    if request["gate"] and request["sealed_for"] != version:
        import json

        import gate  # type: ignore[import-not-found]

        schema = {}
        if request["schema"]:
            with open(request["schema"], encoding="utf-8") as file:
                schema = json.load(file)
        trees = json.loads(engine.get_ast_as_json())
        defects, entries = gate.examine(trees, set(builtins) - set(FORBIDDEN), schema, request["given"])
        inventory = json.dumps([defects, entries]).encode()
        if defects or request["only_gate"]:
            return [b"gate", version.encode(), inventory]
        queries = [f"data.{package}.{rule}" for package, rule in sorted({(entry[0], entry[1]) for entry in entries})]
    for name, arity in STRICT:
        engine.add_extension(name, arity, strict(regorus, name, arity))
    engine.add_extension("strings.count", 2, lambda text, part: text.count(part))  # the engine's own counts overlaps
    fields = [b"done", version.encode(), inventory]
    given = ""
    for data, document in request["inputs"]:
        if data != given:
            engine.clear_data()
            engine.add_data_json(data)
            given = data
        engine.set_input_json(document)
        for query in queries:
            try:
                fields += [b"ok", engine.eval_query_as_json(query).encode()]
            except BaseException as problem:  # noqa: BLE001
                fields += [b"error", clean(problem).encode("utf-8", "replace")]
    return fields


def limit(memory: int, seconds: int) -> None:
    import resource

    for what, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        _, most = resource.getrlimit(what)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        try:
            resource.setrlimit(what, (value, value))
        except (ValueError, OSError):
            if what != resource.RLIMIT_AS:  # macOS knows the name and refuses the value; the time limit still holds
                raise


def canary(regorus: "Any") -> tuple[str, list[str]]:
    """Version and builtins of an engine that behaves: a rule fires, a missing builtin raises, a failing one raises."""
    engine = regorus.Engine()
    engine.add_policy("canary.rego", CANARY)
    engine.set_input_json('{"canary": 1}')
    runtime = engine.eval_query("opa.runtime()")["result"][0]["expressions"][0]["value"]
    if '"value": [\n            1\n' not in engine.eval_query_as_json("data.meshwright_canary.fires"):
        raise RuntimeError("the canary rule did not fire")
    for query in ("meshwright_canary.no_such_builtin(1)", "1 / 0"):
        try:
            engine.eval_query_as_json(query)
        except RuntimeError:
            continue
        raise RuntimeError(f"`{query}` did not fail")
    return runtime["regorus-version"], runtime["builtins"]


def strict(regorus: "Any", name: str, arity: int) -> "Callable[..., Any]":
    query = f"{name}({', '.join(f'input[{i}]' for i in range(arity))})"

    def call(*args: "Any") -> "Any":
        import json

        if name in FORBIDDEN:
            raise ValueError(f"{name} is not available to guardrails")
        if name.startswith("bits.") and not (isinstance(args[1], int) and 0 <= args[1] <= 4096):
            raise ValueError(f"{name} by {args[1]} is out of range")  # the engine would try, for minutes
        pristine = regorus.Engine()
        pristine.set_input_json(json.dumps(args))
        found = json.loads(pristine.eval_query_as_json(query))
        if "result" not in found:
            raise ValueError(f"{name} failed for these arguments")
        return found["result"][0]["expressions"][0]["value"]

    return call


def clean(problem: BaseException) -> str:
    return str(problem).split("\n\nStack backtrace", 1)[0].strip()
