"""``init``: a project file and a first source file, from the Kubernetes YAML that is already there."""

import os

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.session import today
from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.ir.hint import Hint
from meshwright.ir.inventory import Inventory
from meshwright.ir.project import PROJECT_FILE
from meshwright.parse import parse
from meshwright.source import Source

FIRST_SOURCE = "mesh/mesh.mesh"
DAYS = 180  # until the exception of every namespace has to be looked at again
SUFFIXES = (".yaml", ".yml")
SKIPPED = ("node_modules", "vendor", "build", "dist")
MOST_FILES = 20_000
NAMELESS = "objects that name no namespace count as in `default`: if they are applied elsewhere, say so in `[inventory] namespace`\n"
SUGGESTED = "# allow "  # not as the example in the head of the file is written
MOST_SUGGESTED = 500
MOST_PLACES = 3  # for one rule
SNIPPETS = """
before each commit, in .pre-commit-config.yaml (docs/hooks.md):
  repos:
    - repo: https://github.com/OWNER/meshwright   # where you take Meshwright from
      rev: v0.1.0
      hooks: [{id: meshwright-fmt}, {id: meshwright-lint}, {id: meshwright-check}]
in each pull request, a step of a GitHub workflow (docs/ci.md):
  - uses: OWNER/meshwright@COMMIT
or a line of any other: meshwright check --format junit=junit.xml
`meshwright doctor` says what is installed
"""
LOOKED_AT = 1 << 16  # bytes of a file that decide whether it holds Kubernetes objects


def run(arguments: Arguments) -> int:
    """Write both files, or neither.  Diagnostics: MW0913 one exists, MW0914 no Kubernetes YAML found, and those of the inventory."""
    root = os.path.abspath(arguments.directory)
    outcome = _start(arguments, root)
    written = outcome.value or {}
    text = ""
    if outcome.value is not None and not outcome.failed:
        from meshwright.publish.folder import replace_file

        for path, content in written.items():
            replace_file(os.path.join(root, path), content.encode())
        text = ("".join(f"wrote {path}\n" for path in written)
                + "every namespace is `enforce no`: `meshwright check` is clean, and publishing changes nothing.\n"
                + (NAMELESS if "\nnamespace = " in written[PROJECT_FILE] else "")
                + _suggested(written[FIRST_SOURCE])
                + "next: declare who may talk to whom in one namespace, and set it to `enforce yes`\n" + SNIPPETS)
    else:
        written = {}
    result = {"written": list(written), "suggestions": written.get(FIRST_SOURCE, "").count(SUGGESTED)}
    return finish(arguments, Answer(outcome.diagnostics, (), result, text, root))


def _start(arguments: Arguments, root: str) -> Outcome[dict[str, str]]:
    if not os.path.isdir(root):
        return Outcome(None, (error("MW0907", f"`{arguments.directory}` is not a folder"),))
    for path in (PROJECT_FILE, FIRST_SOURCE):
        if os.path.lexists(os.path.join(root, path)):
            return Outcome(None, (error("MW0913", f"`{path}` exists already", notes=("`init` overwrites nothing",),
                                        help=("go on with `meshwright check`, or start in another folder",)),))
    outside = [path for path in arguments.files if not os.path.exists(os.path.join(root, path)) or _outside(root, path)]
    if outside:
        return Outcome(None, (error("MW0907", f"`{outside[0]}` is not in this folder", help=("name folders or files below it",)),))
    paths = tuple(_relative(root, path) for path in arguments.files) or _find(root)
    if not paths:
        return Outcome(None, (_nothing(),))
    from meshwright.inventory import read_inventory

    inventory = read_inventory(root, paths, (), "default")
    if inventory.value is None or inventory.failed:
        return Outcome(None, inventory.diagnostics)
    names = _namespaces(inventory.value)
    # The inventory fills it in where an object names none, and nobody applies a Namespace of that name.
    nameless = any(space.name == "default" and not space.declared for space in inventory.value.namespaces)
    if not names:
        return Outcome(None, (*inventory.diagnostics, _nothing()))
    from meshwright.inventory import read_hints

    hints = read_hints(root, paths, "default", inventory.value)
    suggestions = _suggestions(hints, inventory.value)
    files = {PROJECT_FILE: _project_file(paths, nameless), FIRST_SOURCE: _source(names, _later(today(arguments)), suggestions)}
    return Outcome(files, inventory.diagnostics)


def _find(root: str) -> tuple[str, ...]:
    """The folders right below ``root`` (and files in it) with Kubernetes YAML anywhere inside."""
    found: list[str] = []
    seen = 0
    for name in sorted(os.listdir(root)):
        path = os.path.join(root, name)
        if name.startswith(".") or name in SKIPPED or os.path.islink(path):
            continue
        if os.path.isfile(path):
            if _is_kubernetes(path):
                found.append(name)
            continue
        for folder, names, files in os.walk(path):
            names[:] = sorted(each for each in names if not each.startswith(".") and each not in SKIPPED)
            seen += len(files)
            if any(_is_kubernetes(os.path.join(folder, each)) for each in sorted(files)):
                found.append(name + "/")
                break
            if seen > MOST_FILES:
                return tuple(found)
    return tuple(found)


def _is_kubernetes(path: str) -> bool:
    if not path.endswith(SUFFIXES) or os.path.islink(path) or not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as stream:
            head = stream.read(LOOKED_AT)
    except OSError:
        return False
    # A kustomization or a chart value file has no object of the mesh in it.
    return b"apiVersion:" in head and any(b"kind: " + kind in head for kind in (
        b"Namespace", b"Service", b"Deployment", b"StatefulSet", b"DaemonSet", b"Pod", b"Job", b"CronJob", b"List"))


def _namespaces(inventory: Inventory) -> list[str]:
    """Every namespace with something of the mesh in it; a namespace that is only mentioned counts too."""
    names = {space.name for space in inventory.namespaces} | {service.namespace for service in inventory.services}
    names |= {workload.namespace for workload in inventory.workloads}
    return sorted(names)


def _project_file(paths: tuple[str, ...], nameless: bool) -> str:
    listed = ", ".join(_quoted(path) for path in paths)
    namespace = '\nnamespace = "default"     # of objects that name none' if nameless else ""
    return f"""language = 1

[sources]
paths = ["mesh/"]

[inventory]
paths = [{listed}]{namespace}

[guard]
packs = ["zero_trust"]

[output]
directory = "deploy/mesh"

# [publish]
# remote = "../gitops.git"
# branch = "main"
# path = "clusters/demo/mesh"     # never the root of that repository
"""


def _source(names: list[str], until: str, suggestions: str) -> str:
    width = max(len(name) for name in names)
    lines = "".join(f'namespace {name.ljust(width)} {{ enforce no until {until} because "not migrated yet" }}\n' for name in names)
    text = f"""# Nothing is enforced yet.  Take one namespace at a time: write who may talk to whom, then set it to `enforce yes`.
#
#   in shop
#   namespace shop {{ enforce yes }}
#   allow web -> orders {{ GET "/v1/orders/{{id}}" }}

mesh {{
  istio 1.30
  dataplane ambient
  trust-domain cluster.local
}}

{lines}{suggestions}"""
    from meshwright.unparse import unparse

    module = parse(Source(FIRST_SOURCE, text)).value
    return text if module is None else unparse(module)


def _suggestions(hints: tuple[Hint, ...], inventory: Inventory) -> str:
    """Comments: who seems to call whom, each with the place that says so.  Nothing is granted."""
    ports = {service.id: tuple(port.number for port in service.ports) for service in inventory.services}
    rules: dict[str, list[str]] = {}
    for hint in hints:
        doors = hint.requests or tuple(f"port {number}" for number in hint.ports or ports[hint.target])
        rule = f"allow {hint.source} -> {hint.target} {{ {'; '.join(doors)} }}"
        # What the language cannot name is left out: a line that does not parse when its `#` goes helps nobody.
        if doors and rule.isprintable() and parse(Source(FIRST_SOURCE, rule + "\n")).diagnostics == ():
            places = rules.setdefault(rule, [])
            place = f"{hint.path}:{hint.line}: {hint.because}"
            places.append("# " + "".join(ch if ch.isprintable() else "?" for ch in place) + "\n")
    if not rules:
        return ""
    text = "\n# Who seems to call whom, by the YAML.  Nothing is granted: read each, narrow it, and take its `#` away.\n"
    for rule, places in sorted(rules.items())[:MOST_SUGGESTED]:
        text += "\n" + "".join(dict.fromkeys(places[:MOST_PLACES])) + f"{SUGGESTED}{rule.removeprefix('allow ')}\n"
    return text + (f"\n# and {len(rules) - MOST_SUGGESTED} more\n" if len(rules) > MOST_SUGGESTED else "")


def _suggested(source: str) -> str:
    count = source.count(SUGGESTED)
    plural = "s" if count != 1 else ""
    return f"{FIRST_SOURCE} suggests {count} grant{plural} as comments, with the places in the YAML they come from\n" if count else ""


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _later(day: str) -> str:
    from datetime import date, timedelta

    return (date.fromisoformat(day) + timedelta(days=DAYS)).isoformat()


def _outside(root: str, path: str) -> bool:
    real = os.path.realpath(os.path.join(root, path))
    return not real.startswith(os.path.realpath(root) + os.sep)


def _relative(root: str, path: str) -> str:
    relative = os.path.relpath(os.path.join(root, path), root).replace(os.sep, "/")
    return relative + "/" if os.path.isdir(os.path.join(root, path)) else relative


def _nothing() -> Diagnostic:
    return error("MW0914", "no Kubernetes YAML found", notes=("the inventory says which namespaces and services exist",),
                 help=("name it: `meshwright init k8s/`, or write it there with `kubectl get -o yaml` or `helm template`",))
