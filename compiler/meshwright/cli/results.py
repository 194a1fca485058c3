"""What the pipeline came to, as JSON values and as words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from meshwright.ir.project import Project
    from meshwright.pipeline import Result
    from meshwright.source import Source


def as_json(results: "Sequence[Result]", files: Mapping[str, object] | None = None) -> dict[str, object]:
    """Environment -> how far it came, what was counted, and, where a command made something, what it made (``output``)."""
    values: dict[str, object] = {}
    for result in results:
        value: dict[str, object] = {"stage": result.stage, "failed": result.failed}
        if result.program is not None:
            value["program"] = {
                "namespaces": {space.name: space.enforce for space in result.program.namespaces},
                "rules": len(result.program.rules), "grants": len(result.program.grants),
                "inventory": result.program.inventory.digest}
        if result.verdicts is not None:
            value["guardrails"] = {
                "engine": result.verdicts.engine, "version": result.verdicts.version, "rules": result.verdicts.rules,
                "packs": [{"name": pack.name, "digest": pack.digest, "rules": pack.rules} for pack in result.verdicts.packs],
                "findings": len(result.verdicts.findings)}
        if result.tree is not None:
            value["files"] = [file.path for file in result.tree.files]
        if files and result.environment in files:
            value["output"] = files[result.environment]
        values[result.environment] = value
    return values


def as_text(results: "Sequence[Result]", what: Literal["short", "guard", "prove"]) -> str:
    """A few lines per environment; "" when nothing ran."""
    lines: list[str] = []
    for result in results:
        if len(results) > 1 or result.environment != "default":
            lines.append(f"environment {result.environment}")
        if result.program is not None and what == "short":
            governed = sum(space.enforce == "yes" for space in result.program.namespaces)
            lines.append(f"{_count(len(result.program.rules), 'rule')}, {_count(governed, 'governed namespace')}")
        if result.verdicts is not None:
            lines.append(f"guardrails: {_count(result.verdicts.rules, 'rule')} of {_count(len(result.verdicts.packs), 'pack')} "
                         f"evaluated by {result.verdicts.engine} {result.verdicts.version}".rstrip()
                         + f", {_count(len(result.verdicts.findings), 'finding')}")
    return "\n".join(lines) + "\n" if lines else ""


def counted(created: Sequence[str], replaced: Sequence[str], deleted: Sequence[str]) -> str:
    """ "3 new, 1 removed"; "" when all are empty."""
    named = ((created, "new"), (replaced, "changed"), (deleted, "removed"))
    return ", ".join(f"{len(paths)} {what}" for paths, what in named if paths)


def input_digest(project: "Project", sources: "Sequence[Source]", result: "Result") -> str:
    """sha256 over everything the tree was made from: settings, sources, inventory."""
    from hashlib import sha256

    from meshwright import __version__

    digest = sha256(f"meshwright {__version__}\n".encode())
    settings = project._replace(root="", publish=project.publish._replace(remote=""))
    digest.update(repr(settings).encode() + b"\n")
    for source in sorted(sources):
        content = source.text.encode()
        digest.update(f"{source.path} {len(content)}\n".encode() + content)
    if result.program is not None:
        digest.update(result.program.inventory.digest.encode())
    return f"sha256:{digest.hexdigest()}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
