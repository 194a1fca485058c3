"""Reads ``meshwright.toml``: the text of the file in, one ``Project`` for each environment out."""

from collections.abc import Mapping
from typing import Literal, cast

from meshwright.cli.plain_toml import read_plain_toml
from meshwright.cli.toml_places import place
from meshwright.diagnostics import Diagnostic, Outcome, did_you_mean, error
from meshwright.ir.project import PROJECT_FILE, Guard, Project, Publish
from meshwright.record import NamedTuple

DEFAULT_ENVIRONMENT = "default"
LANGUAGES = (1,)
LARGEST = 1 << 20  # bytes; the file is written by hand

Kind = Literal["language", "paths", "path", "name", "choice", "text", "seconds", "branch", "remote", "packs", "prefixes", "texts", "flag"]


class Key(NamedTuple):
    """One key of the project file."""

    table: str  # "" = top level
    name: str
    kind: Kind
    default: object
    choices: tuple[str, ...] = ()


KEYS: tuple[Key, ...] = (
    Key("", "language", "language", 1),
    Key("sources", "paths", "paths", ("mesh",)),
    Key("inventory", "paths", "paths", ("k8s",)),
    Key("inventory", "namespace", "name", "default"),
    Key("inventory", "foreign", "paths", ()),
    Key("guard", "packs", "packs", ("zero_trust",)),
    Key("guard", "engine", "choice", "embedded", ("embedded", "opa")),
    Key("guard", "url", "text", ""),
    Key("guard", "timeout", "seconds", 10.0),
    Key("guard", "org", "paths", ()),
    Key("guard", "manifests", "paths", ()),
    Key("guard", "namespaces", "texts", ("main",)),
    Key("guard", "data", "paths", ()),
    Key("guard", "combine", "flag", False),
    Key("output", "directory", "path", "deploy/mesh"),
    Key("output", "layout", "choice", "kustomize", ("plain", "kustomize", "argocd", "flux", "single-file")),
    Key("output", "labels", "choice", "external", ("external", "own", "patch")),
    Key("publish", "remote", "remote", ""),
    Key("publish", "branch", "branch", "main"),
    Key("publish", "path", "path", "mesh"),
)
OPEN_TABLES = ("homes", "tiers")  # name -> path prefixes
TABLES = (*dict.fromkeys(key.table for key in KEYS if key.table), *OPEN_TABLES)
TOP = ("language", *TABLES, "env")

Values = dict[tuple[str, str], object]


def read_project(root: str, text: str) -> Outcome[tuple[Project, ...]]:
    """One ``Project`` per environment, sorted by name; no ``[env.*]`` table: one, named "default".

    ``root`` is the absolute folder of the file and only carried along.  Every key has a default.  Diagnostics: MW0902 not
    TOML, MW0903 unknown key, MW0904 wrong type or value, MW0905 a path that leaves the project.
    """
    content = read_plain_toml(text)
    if content is None:
        import tomllib

        try:
            content = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as problem:
            return Outcome(None, (_not_toml(text, str(problem)),))
    reader = _Reader(text)
    base: Values = {(key.table, key.name): key.default for key in KEYS}
    reader.read(content, (), base, TOP)
    environments = content.get("env", {})
    if not isinstance(environments, dict) or not all(isinstance(table, dict) for table in environments.values()):
        reader.wrong(("env",), "`env` holds one table per environment", "write `[env.staging]` and the keys that differ below it")
        environments = {}
    projects = []
    for name in sorted(environments) or [DEFAULT_ENVIRONMENT]:
        values = dict(base)
        if name in environments:
            if not _is_name(name):
                reader.wrong(("env", name), f"`{name}` cannot name an environment",
                             "use lower case letters, digits and `-`, at most 63 of them")
            reader.read(environments[name], ("env", name), values, TABLES)
        reader.judge(values, name if name in environments else None)
        projects.append(_project(root, name, values))
    found = tuple(reader.found)
    return Outcome(None if found else tuple(projects), found)


class _Reader:
    """Collects values and findings of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Diagnostic] = []

    def read(self, content: Mapping[str, object], at: tuple[str, ...], into: Values, known: tuple[str, ...]) -> None:
        """Put what ``content`` says over ``into``; ``at`` is where the table stands, () for the file itself."""
        for name, value in content.items():
            if name not in known:
                self.unknown((*at, name), name, known, "table" if isinstance(value, dict) else "key")
            elif name == "env":
                continue
            elif name == "language":
                self.put((*at, name), KEYS[0], value, into)
            elif not isinstance(value, dict):
                self.wrong((*at, name), f"`{name}` must be a table", f"write `[{name}]` on a line of its own and the keys below it")
            elif name in OPEN_TABLES:
                for entry, paths in value.items():
                    self.put((*at, name, entry), Key(name, entry, "prefixes", ()), paths, into)
            else:
                keys = {key.name: key for key in KEYS if key.table == name}
                for entry, given in value.items():
                    if entry in keys:
                        self.put((*at, name, entry), keys[entry], given, into)
                    else:
                        self.unknown((*at, name, entry), entry, tuple(keys), "key")

    def put(self, at: tuple[str, ...], key: Key, value: object, into: Values) -> None:
        read = _CONVERTERS[key.kind](value, key)
        if isinstance(read, _Wrong):
            shown = ".".join(at)
            if read.leaves:
                self.found.append(error(
                    "MW0905", f"`{shown}` leaves the project: `{read.text}`", place(PROJECT_FILE, self.text, at),
                    notes=("everything that Meshwright reads or writes stays below the folder of the project file",),
                    help=("name a path below that folder, with `/` between its parts and without `..`",)))
            else:
                self.wrong(at, f"`{shown}` {read.text}", read.help)
        else:
            into[key.table, key.name] = read

    def judge(self, values: Values, environment: str | None) -> None:
        """What no single key can tell."""
        if values["guard", "engine"] == "opa" and not values["guard", "url"]:
            at = ("guard", "engine") if environment is None else ("env", environment, "guard", "engine")
            self.wrong(at, "`guard.engine` is `opa`, but `guard.url` is missing",
                       'name the server: `url = "http://127.0.0.1:8181"` in `[guard]`')

        if values["guard", "engine"] == "opa" and values["guard", "manifests"]:
            at = ("guard", "manifests") if environment is None else ("env", environment, "guard", "manifests")
            self.wrong(at, "`guard.manifests` is judged by the embedded engine, and `guard.engine` is `opa`",
                       'write `engine = "embedded"`, or run these policies with conftest')

    def unknown(self, at: tuple[str, ...], name: str, known: tuple[str, ...], what: str) -> None:
        near = did_you_mean(name, known)
        self.found.append(error(
            "MW0903", f"unknown {what} `{'.'.join(at)}`", place(PROJECT_FILE, self.text, at),
            label=f"no {what} of this name exists here",
            notes=("a key that nobody reads would be a setting that silently does nothing",),
            help=(f"did you mean `{near[0]}`?",) if near else (f"known here: {', '.join(f'`{each}`' for each in known)}",)))

    def wrong(self, at: tuple[str, ...], message: str, help: str) -> None:
        self.found.append(error("MW0904", message, place(PROJECT_FILE, self.text, at), help=(help,)))


class _Wrong(NamedTuple):
    text: str
    help: str
    leaves: bool = False


def _language(value: object, key: Key) -> object:
    if isinstance(value, bool) or value not in LANGUAGES:
        return _Wrong("must be 1", "this version of Meshwright knows language 1 only")
    return value


def _paths(value: object, key: Key) -> object:
    items = _texts(value)
    if items is None:
        return _Wrong("must be a list of paths", f'write `{key.name} = ["folder/", "file"]`')
    read = []
    for item in items:
        path = _inside(item)
        if path is None:
            return _Wrong(item, "", leaves=True)
        read.append(path)
    return tuple(dict.fromkeys(read))


def _prefixes(value: object, key: Key) -> object:
    """Like paths, but a trailing "/" stays: "mesh/shop/" is a folder, and not a beginning of "mesh/shopping.mesh"."""
    read = _paths(value, key)
    if isinstance(read, _Wrong):
        return read
    return tuple(dict.fromkeys(str(_inside(item)) + ("/" if item.endswith("/") else "") for item in _texts(value) or ()))


def _packs(value: object, key: Key) -> object:
    items = _texts(value)
    if items is None:
        return _Wrong("must be a list of names and folders", 'write `packs = ["zero_trust"]`')
    for item in items:
        if _inside(item) is None:
            return _Wrong(item, "", leaves=True)
    return tuple(dict.fromkeys(item.rstrip("/") for item in items))


def _path(value: object, key: Key) -> object:
    if not isinstance(value, str):
        return _Wrong("must be a path in quotes", f'write `{key.name} = "{key.default}"`')
    path = _inside(value)
    if path is None:
        return _Wrong(value, "", leaves=True)
    if path == ".":
        return _Wrong("must be a folder of its own, not the root",
                      "files that Meshwright owns live in a folder where nobody else writes")
    if any(part.lower() == ".git" for part in path.split("/")):
        return _Wrong("must not lie in `.git`", "name a folder outside it")
    return path


def _name(value: object, key: Key) -> object:
    if not isinstance(value, str) or not _is_name(value):
        return _Wrong("must be the name of a namespace", "use lower case letters, digits and `-`, at most 63 of them")
    return value


def _text(value: object, key: Key) -> object:
    return value if isinstance(value, str) else _Wrong("must be a text in quotes", f'write `{key.name} = "..."`')


def _names(value: object, key: Key) -> object:
    items = _texts(value)
    return tuple(dict.fromkeys(items)) if items else _Wrong("must be a list of names", 'write `namespaces = ["main"]`, or `["*"]` for all')


def _flag(value: object, key: Key) -> object:
    return value if isinstance(value, bool) else _Wrong("must be true or false", f"write `{key.name} = true`")


def _choice(value: object, key: Key) -> object:
    if isinstance(value, str) and value in key.choices:
        return value
    near = did_you_mean(value, key.choices) if isinstance(value, str) else ()
    listed = ", ".join(f"`{each}`" for each in key.choices)
    return _Wrong(f"must be one of {listed}", f"did you mean `{near[0]}`?" if near else f'write `{key.name} = "{key.default}"`')


def _seconds(value: object, key: Key) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 600:
        return _Wrong("must be a number of seconds above 0 and at most 600", f"write `{key.name} = 10`")
    return float(value)


def _branch(value: object, key: Key) -> object:
    """The rules of git-check-ref-format(1) for one branch, and nothing that could be read as an option."""
    bad = _Wrong("must be the name of a branch", f'write `{key.name} = "main"`')
    if not isinstance(value, str) or not value or len(value) > 200 or value.startswith(("-", "refs/")) or value == "@":
        return bad
    if any(part.startswith(".") or part.endswith((".", ".lock")) or not part for part in value.split("/")):
        return bad
    if ".." in value or "@{" in value or any(ch <= " " or ch in "~^:?*[\\\x7f" for ch in value):
        return bad
    return value


def _remote(value: object, key: Key) -> object:
    if not isinstance(value, str) or any(ch < " " or ch == "\x7f" for ch in value) or value.startswith("-"):
        return _Wrong("must be a path or a URL in quotes", f'write `{key.name} = "../gitops.git"`')
    return value


_CONVERTERS = {
    "language": _language, "paths": _paths, "prefixes": _prefixes, "packs": _packs, "path": _path, "name": _name, "text": _text,
    "texts": _names, "flag": _flag, "choice": _choice, "seconds": _seconds, "branch": _branch, "remote": _remote,
}


def _texts(value: object) -> list[str] | None:
    if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
        return cast("list[str]", value)
    return None


def _inside(path: str) -> str | None:
    """``path`` in canonical form ("a/b", "." for the root itself); None when it may leave the project."""
    if not path or path.startswith(("/", "~")) or "\\" in path or any(ch < " " or ch == "\x7f" for ch in path) or path[1:2] == ":":
        return None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        return None
    return "/".join(parts) or "."


def _is_name(text: str) -> bool:
    return (0 < len(text) <= 63 and text.isascii() and text[0] != "-" and text[-1] != "-"
            and all(ch.isdigit() or ch.islower() or ch == "-" for ch in text))


def _not_toml(text: str, problem: str) -> Diagnostic:
    from meshwright.source import Span

    start = 0
    message, _, where = problem.partition(" (at line ")
    if where:
        number = int(where.split(",")[0])
        start = sum(len(line) for line in text.splitlines(keepends=True)[: number - 1])
    end = text.find("\n", start)
    span = Span(PROJECT_FILE, start, len(text) if end < 0 else end)
    return error("MW0902", f"`{PROJECT_FILE}` is not TOML: {message[:1].lower()}{message[1:]}", span,
                 help=("strings stand in quotes, lists in `[ ]`, tables begin with `[name]` on a line of their own",))


def _project(root: str, environment: str, values: Values) -> Project:
    def tables(table: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple(sorted((name, cast("tuple[str, ...]", paths)) for (where, name), paths in values.items() if where == table))

    def get(table: str, name: str) -> object:
        return values[table, name]

    return Project(
        root=root, environment=environment, language=cast("int", get("", "language")),
        sources=cast("tuple[str, ...]", get("sources", "paths")), inventory=cast("tuple[str, ...]", get("inventory", "paths")),
        default_namespace=str(get("inventory", "namespace")), foreign=cast("tuple[str, ...]", get("inventory", "foreign")),
        guard=Guard(cast("tuple[str, ...]", get("guard", "packs")), cast("Literal['embedded', 'opa']", get("guard", "engine")),
                    str(get("guard", "url")), cast("float", get("guard", "timeout")),
                    cast("tuple[str, ...]", get("guard", "org")), cast("tuple[str, ...]", get("guard", "manifests")),
                    cast("tuple[str, ...]", get("guard", "namespaces")), cast("tuple[str, ...]", get("guard", "data")),
                    bool(get("guard", "combine"))),
        output=str(get("output", "directory")),
        layout=cast("Literal['plain', 'kustomize', 'argocd', 'flux', 'single-file']", get("output", "layout")),
        labels=cast("Literal['external', 'own', 'patch']", get("output", "labels")),
        publish=Publish(str(get("publish", "remote")), str(get("publish", "branch")), str(get("publish", "path"))),
        homes=tables("homes"), tiers=tables("tiers"))
