"""Finds packs and reads their Rego: shipped ones by name, own ones by folder, file or bundle relative to the project."""

import os
from typing import Any

import meshwright_guardrails
from meshwright.diagnostics import Diagnostic, did_you_mean, error
from meshwright.guard.answer import Entry, Module, Pack
from meshwright.ir.digest import sha256

SHIPPED = os.path.dirname(os.path.abspath(meshwright_guardrails.__file__))
SEAL = "pack.json"
SCHEMAS = os.path.join(SHIPPED, "schema")
SCHEMA = os.path.join(SCHEMAS, "input.json")

MOST_FILES = 2_000
MOST_BYTES = 4_000_000  # of one file; far above what people write


def read_packs(names: tuple[str, ...], root: str) -> tuple[tuple[Pack, ...], tuple[Diagnostic, ...]]:
    """The packs named in the project file, in that order.

    Diagnostics: MW0583 no such pack, or a folder that leaves the project; MW0584 nothing to evaluate in it; MW0585 not UTF-8 or too
    large; MW0593 the same pack twice; MW0596 a bundle that cannot be used.
    """
    packs: list[Pack] = []
    found: list[Diagnostic] = []
    places: dict[str, str] = {}
    for name in names:
        shipped = "/" not in name and "\\" not in name and _is_pack(os.path.join(SHIPPED, name))
        folder = os.path.join(SHIPPED, name) if shipped else os.path.join(root, name)
        real = os.path.realpath(folder)
        refused = _two_meanings(name, root) if shipped else _refuse(name, real, os.path.realpath(root))
        if refused is None and real in places:
            refused = error(
                "MW0593",
                f"the guardrail pack `{name}` is listed twice",
                notes=(f"the project file already names it as `{places[real]}`; its findings would be counted twice",),
                help=("remove one of the two from `guard.packs` in meshwright.toml",),
            )
        if refused is not None:
            found.append(refused)
            continue
        places[real] = name
        pack = read_pack(name, real, True) if shipped else _read_own(name.rstrip("/"), real)
        if isinstance(pack, Diagnostic):
            found.append(pack)
        else:
            packs.append(pack)
    return tuple(packs), tuple(found)


def _read_own(name: str, path: str) -> Pack | Diagnostic:
    """A folder, one Rego file, or a bundle of the project."""
    if os.path.isdir(path):
        return read_pack(name, path)
    with open(path, "rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        return error("MW0585", f"`{name}` is too large for a guardrail", notes=(f"at most {MOST_BYTES} bytes are read",))
    if name.endswith(".rego"):
        try:
            module = Module(name, raw.decode("utf-8"))
        except UnicodeDecodeError as problem:
            return error("MW0585", f"`{name}` is not UTF-8 text (byte {problem.start})", help=("save the file as UTF-8",))
        return Pack(name.removesuffix(".rego"), (module,), (), pack_digest(name, [module]), ())
    return _read_bundle(name, raw)


def _read_bundle(name: str, raw: bytes) -> Pack | Diagnostic:
    from meshwright.guard.bundle import read_bundle
    from meshwright.guard.org import Unusable

    try:
        bundle = read_bundle(raw)
    except Unusable as problem:
        return error("MW0596", f"the bundle `{name}` cannot be used", notes=problem.args[:1], help=problem.args[1:])
    called = name.removesuffix(".tar.gz")
    modules = [Module(f"{called}/{module.path}", module.text) for module in bundle.modules]
    rules = tuple(module for module in modules if not module.path.endswith("_test.rego"))
    if not rules:
        return error("MW0584", f"the bundle `{name}` has no *.rego file", notes=("a pack without rules would pass everything",),
                     help=("build it from a folder with rules: `opa build -b`",))
    digest = f"sha256:{sha256(raw).hexdigest()}"
    return Pack(called, rules, tuple(module for module in modules if module.path.endswith("_test.rego")), digest, (), True, bundle.data)


def read_pack(name: str, folder: str, shipped: bool = False) -> Pack | Diagnostic:
    """One folder; ``name`` is how people call it.  Only shipped packs may be sealed."""
    modules: list[Module] = []
    for path in _rego_files(folder):
        with open(os.path.join(folder, path), "rb") as file:
            raw = file.read(MOST_BYTES + 1)
        shown = f"{name}/{path}"
        if len(raw) > MOST_BYTES or len(modules) >= MOST_FILES:
            return error(
                "MW0585",
                f"`{shown}` is too large for a guardrail",
                notes=(f"at most {MOST_FILES} files of {MOST_BYTES} bytes are read from a pack",),
                help=("name the folder that holds only the guardrails",),
            )
        try:
            modules.append(Module(shown, raw.decode("utf-8")))
        except UnicodeDecodeError as problem:
            return error("MW0585", f"`{shown}` is not UTF-8 text (byte {problem.start})", help=("save the file as UTF-8",))
    rules = tuple(module for module in modules if not module.path.endswith("_test.rego"))
    if not rules:
        tests = " besides tests" if modules else ""
        return error(
            "MW0584",
            f"the guardrail pack `{name}` has no *.rego file{tests}",
            notes=("a pack without rules would pass everything",),
            help=("add a guardrail to the folder, or remove the pack from `guard.packs` in meshwright.toml",),
        )
    digest = pack_digest(name, modules)
    sealed, reads = _seal(name, folder, digest) if shipped else ((), True)
    return Pack(name, rules, tuple(module for module in modules if module.path.endswith("_test.rego")), digest, sealed, reads)


def pack_digest(name: str, modules: list[Module]) -> str:
    """Over names and bytes of all files, tests included; independent of where the pack lies."""
    total = sha256()
    for module in modules:
        for part in (module.path[len(name) :].encode(), module.text.encode()):
            total.update(b"%d:" % len(part))
            total.update(part)
    return f"sha256:{total.hexdigest()}"


def shipped_packs() -> tuple[str, ...]:
    """Names of the packs of this installation, sorted."""
    return tuple(sorted(name for name in os.listdir(SHIPPED) if _is_pack(os.path.join(SHIPPED, name))))


def _two_meanings(name: str, root: str) -> Diagnostic | None:
    """A folder of the project must not take the place of a shipped pack, nor stay unread, without anybody noticing."""
    if not os.path.isdir(os.path.join(root, name)):
        return None
    return error(
        "MW0593",
        f"`{name}` is a pack that ships with Meshwright, and also a folder of the project",
        notes=("one of the two would be left out without anybody noticing",),
        help=(f"write `./{name}` for the folder", "or rename the folder to use the shipped pack"),
    )


def _refuse(name: str, real: str, root: str) -> Diagnostic | None:
    if real != root and not real.startswith(root + os.sep):
        return error(
            "MW0583",
            f"the guardrail pack `{name}` lies outside the project",
            notes=("what decides about a project has to be in it, or ship with Meshwright",),
            help=("copy the pack into the project, and name its folder relative to meshwright.toml",),
        )
    if not os.path.isdir(real) and not (os.path.isfile(real) and name.endswith((".rego", ".tar.gz"))):
        near = did_you_mean(name, shipped_packs())
        return error(
            "MW0583",
            f"there is no guardrail pack `{name}`",
            notes=("neither a shipped pack nor a folder of the project has this name; without it nothing would be checked",),
            help=(f"did you mean `{near[0]}`?" if near else f"shipped packs: {', '.join(f'`{pack}`' for pack in shipped_packs())}",),
        )
    return None


def _is_pack(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, SEAL))


def _rego_files(folder: str) -> list[str]:
    """Relative paths with "/", sorted; folders that are links are not followed."""
    found = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inner = os.path.relpath(here, folder).replace(os.sep, "/")
        found += [
            name if inner == "." else f"{inner}/{name}"
            for name in files
            if name.endswith(".rego") and not os.path.islink(os.path.join(here, name))
        ]
        if len(found) > MOST_FILES:
            break
    return sorted(found)


def _seal(name: str, folder: str, digest: str) -> tuple[tuple[Entry, ...], Any]:
    """Entries and reads written beside a shipped pack, if they were made for exactly these bytes; else () and True, and the gate runs."""
    import json

    with open(os.path.join(folder, SEAL), encoding="utf-8") as file:
        seal: dict[str, Any] = json.load(file)
    if seal.get("digest") != digest:
        return (), True
    entries = tuple(
        Entry(
            name,
            item["package"],
            item["rule"],
            item["id"],
            item["path"],
            item["line"],
            item["title"],
            item["description"],
            item["severity"],
            tuple(item["related"]),
        )
        for item in seal["entries"]
    )
    return entries, seal["reads"]
