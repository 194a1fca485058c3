"""What the static gate found, in words; and the entry rules it listed, with their METADATA."""

import json
import re

from meshwright.diagnostics import Diagnostic, did_you_mean, error
from meshwright.guard.answer import Entry, Failure, Module, Pack
from meshwright.guard.metadata import metadata

_CLOSED = "a guardrail with this mistake could never fire, and would look as if it had passed"


def read_inventory(raw: bytes, packs: tuple[Pack, ...], foreign_builtins: bool = False) -> tuple[Entry, ...] | Failure:
    """Entries of all packs, sorted, or the gate's refusals MW0586-MW0589, MW0593.

    ``foreign_builtins``: another engine evaluates, and knows builtins of its own; it is left to that one to refuse them.
    """
    defects, listed = json.loads(raw)
    refused = tuple(_refusal(*defect) for defect in defects if not (foreign_builtins and defect[0] == "unknown-builtin"))
    if refused:
        return Failure(refused)
    texts = {module.path: (pack, module.text) for pack in packs for module in pack.modules}
    entries = tuple(entry_of(*texts[path], package, rule, path, line) for package, rule, path, line in listed)
    return check_entries(entries, packs)


def check_entries(entries: tuple[Entry, ...], packs: tuple[Pack, ...]) -> tuple[Entry, ...] | Failure:
    """The entries, each (package, rule) once; MW0593 when two packs share a Rego package: their rules would run into each other."""
    problems: list[Diagnostic] = []
    owners: dict[str, str] = {}
    for pack in packs:
        for module in pack.modules:
            package = package_of(module)
            first = owners.setdefault(package, pack.name)
            if first != pack.name:
                problems.append(
                    error(
                        "MW0593",
                        f"the packs `{first}` and `{pack.name}` both define the Rego package `{package}`",
                        notes=("Rego joins rules of one package, so that one pack could change what the other finds",),
                        help=(f"rename the package in {module.path}",),
                    )
                )
    unique = {(entry.package, entry.rule): entry for entry in reversed(entries)}
    return Failure(tuple(dict.fromkeys(problems))) if problems else tuple(unique[key] for key in sorted(unique))


def package_of(module: Module) -> str:
    """The Rego package that a module declares; "" when it declares none that we can read."""
    found = re.search(r"(?m)^\s*package\s+([\w.]+)", module.text)
    return found.group(1) if found else ""


def entry_of(pack: Pack, text: str, package: str, rule: str, path: str, line: int) -> Entry:
    """An entry rule with its METADATA and its name: custom.id, else the suffix of the rule, else the last part of the package."""
    about = metadata(text, line)
    suffix = rule.partition("_")[2]
    last = package.rpartition(".")[2]
    name = about.id or suffix or (last if last != "main" else rule)
    severity = about.severity or ("warning" if rule.partition("_")[0] == "warn" else "error")
    return Entry(pack.name, package, rule, f"{pack.name}/{name}", path, line, about.title, about.description, severity, about.related)


def _refusal(kind: str, path: str, line: int, subject: str, known: list[str], detail: str) -> Diagnostic:
    where = f"{path}:{line}"
    near = did_you_mean(subject.rpartition(".")[2] if kind == "unknown-data" else subject, known)
    guess = tuple(f"did you mean `{name}`?" for name in near)
    if kind == "unknown-builtin":
        return error(
            "MW0586",
            f"`{subject}` is neither a builtin of the embedded engine nor a function of these packs",
            notes=(f"called at {where}", _CLOSED),
            help=(
                *guess,
                "calls that look outside (`http.send`) or differ from run to run (`time.now_ns`) are not available to guardrails",
            ),
        )
    if kind == "unknown-field":
        what = f"{detail} has no field `{subject}`" if detail else f"the input has no field `{subject}` there"
        return error(
            "MW0587",
            what,
            notes=(f"read at {where}", _CLOSED),
            help=guess or (("fields: " + ", ".join(f"`{name}`" for name in known),) if known else ("loop over it first: `some x in …`",)),
        )
    if kind == "unknown-data":
        return error(
            "MW0587",
            f"nothing defines `{subject}`",
            notes=(f"read at {where}", _CLOSED),
            help=guess or ("define it in a pack that is listed in `guard.packs`",),
        )
    if kind == "not-a-value":
        return error(
            "MW0587",
            f"`{subject}` is never a value of this field",
            notes=(f"compared at {where}", _CLOSED),
            help=guess or ("values: " + ", ".join(f"`{name}`" for name in known),),
        )
    if kind == "misspelt-rule":
        return error(
            "MW0588",
            f"the rule `{subject}` is never asked",
            notes=(f"it stands at {where}", detail or "only `deny`, `warn` and `violation` answer with findings, also with a suffix"),
            help=tuple(f"did you mean `{name}`?" for name in known) or ("take its arguments away, or give it another name",),
        )
    if kind == "unsafe-not":
        return error(
            "MW0589",
            f"the variable `{subject}` stands only inside `not`",
            notes=(f"at {where}", "OPA refuses this, because it could mean either `no value` or `some value is not`"),
            help=("bind it first with `some … in …`, or say `every`",),
        )
    if kind == "two-defaults":
        return error(
            "MW0589", f"the rule `{subject}` has two defaults", notes=(f"the second stands at {where}",), help=("remove one of them",)
        )
    if kind == "walk-value":
        return error(
            "MW0589",
            "`walk` is used as a value",
            notes=(f"at {where}", "the embedded engine answers nothing for it in this position"),
            help=("write `walk(x, [path, value])`",),
        )
    return error("MW0589", f"a comparison of {subject} never holds", notes=(f"at {where}", _CLOSED), help=("compare values of one type",))
