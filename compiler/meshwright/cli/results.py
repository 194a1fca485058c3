"""What the pipeline came to, as JSON values and as words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from meshwright.ir.project import Project
    from meshwright.ir.proof import Proof, Verdict
    from meshwright.ir.verdicts import Verdicts
    from meshwright.pipeline import Result
    from meshwright.source import Source

# What the words of the proof mean to somebody who reads a report.
MEANING = {
    "sound": "nothing gets in that the sources do not allow, on any way",
    "complete": "what the sources allow gets in, on the way they declare",
    "sealed": "no further identity gets in, whatever ALLOW anybody adds",
    "transport": "peers without identity are accepted only where the sources name them",
    "covered": "the model knows every object in reach and answered for every way",
    "invariant": "claims of the invariants",
}


def as_json(results: "Sequence[Result]", files: Mapping[str, object] | None = None) -> dict[str, dict[str, object]]:
    """Environment -> how far it came, what was counted, and, where a command made something, what it made (``output``)."""
    values: dict[str, dict[str, object]] = {}
    for result in results:
        value: dict[str, object] = {"stage": result.stage, "failed": result.failed}
        if result.program is not None:
            value["program"] = {
                "namespaces": {space.name: space.enforce for space in result.program.namespaces},
                "rules": len(result.program.rules), "grants": len(result.program.grants),
                "inventory": result.program.inventory.digest}
        if result.verdicts is not None:
            value["guardrails"] = _guardrails(result.verdicts)
        if result.tree is not None:
            value["files"] = [file.path for file in result.tree.files]
        if result.proof is not None:
            value["proof"] = _proof(result.proof)
        if files and result.environment in files:
            value["output"] = files[result.environment]
        values[result.environment] = value
    return values


def _guardrails(verdicts: "Verdicts") -> dict[str, object]:
    return {"engine": verdicts.engine, "version": verdicts.version, "rules": verdicts.rules,
            "packs": [{"name": pack.name, "digest": pack.digest, "rules": pack.rules} for pack in verdicts.packs],
            "waivers": [waiver._asdict() for waiver in verdicts.waivers],
            "findings": [{"guardrail": found.guardrail, "severity": found.severity, "message": found.message, "node": found.node}
                         for found in verdicts.findings]}


def _proof(proof: "Proof") -> dict[str, object]:
    return {"holds": proof.holds and proof.destinations > 0, "destinations": proof.destinations, "ways": proof.ways, "sealed": proof.sealed,
            "counts": {name: {status: sum(verdict.status == status for verdict in verdicts) for status in ("holds", "fails", "unknown")}
                       for name, verdicts in _grouped(proof).items()},
            "assumptions": list(proof.assumptions), "unprotected": list(proof.unprotected),
            "verdicts": [{
                "obligation": verdict.obligation, "destination": verdict.destination, "way": verdict.way, "status": verdict.status,
                "request": None if verdict.request is None else verdict.request.as_json(), "rules": list(verdict.rules),
                "objects": list(verdict.objects), "reason": verdict.reason} for verdict in proof.verdicts]}


def as_text(results: "Sequence[Result]", what: Literal["short", "guard", "prove"]) -> str:
    """A few lines per environment, for ``prove`` with every obligation and assumption; "" when nothing came so far."""
    lines: list[str] = []
    for result in results:
        if len(results) > 1 or result.environment != "default":
            lines.append(f"environment {result.environment}")
        if result.verdicts is not None and what != "prove":
            lines.append(_guard_line(result.verdicts))
        if result.proof is not None and what == "short":
            lines.append(_proof_line(result.proof))
        elif result.proof is not None:
            lines.extend(_proof_lines(result.proof))
    return "\n".join(lines) + "\n" if lines else ""


def _guard_line(verdicts: "Verdicts") -> str:
    packs = ", ".join(pack.name for pack in verdicts.packs) or "no pack"
    engine = f"{verdicts.engine} {verdicts.version}".rstrip()
    return f"guardrails: {_count(verdicts.rules, 'rule')} of {packs} evaluated ({engine}), {_count(len(verdicts.findings), 'finding')}"


def _proof_line(proof: "Proof") -> str:
    unprotected = f"; unprotected: {', '.join(proof.unprotected)}" if proof.unprotected else ""
    if not proof.verdicts:
        return f"proof: nothing to prove, no namespace is `enforce yes`{unprotected}"
    held = sum(verdict.status == "holds" for verdict in proof.verdicts)
    text = f"proof: {'holds' if proof.holds else 'does not hold'}, {held} of {_count(len(proof.verdicts), 'obligation')}"
    text += f" at {_count(proof.destinations, 'destination')} over {_count(proof.ways, 'way')}"
    text += f", {_count(len(proof.assumptions), 'assumption')}"
    return text + unprotected


def _proof_lines(proof: "Proof") -> list[str]:
    lines = [_proof_line(proof)]
    for name, verdicts in _grouped(proof).items():
        if name == "invariant":
            continue
        counts = [f"{number} {word}" for word in ("holds", "fails", "unknown") if (number := sum(one.status == word for one in verdicts))]
        lines.append(f"  {name:10} {', '.join(counts) or 'nothing to judge':24} {MEANING[name]}")
    claims = [verdict for verdict in proof.verdicts if verdict.obligation == "invariant"]
    if claims:
        lines.append("invariants:")
        lines.extend(f"  {claim.status:8} \"{claim.destination}\": {claim.way}" for claim in claims)
    lines.append(f"assumed (sealed means: {proof.sealed}):")
    lines.extend(f"  - {assumption}" for assumption in proof.assumptions)
    return lines


def _grouped(proof: "Proof") -> "dict[str, list[Verdict]]":
    groups: dict[str, list[Verdict]] = {name: [] for name in MEANING}
    for verdict in proof.verdicts:
        groups[verdict.obligation].append(verdict)
    return groups


def counted(created: Sequence[str], replaced: Sequence[str], deleted: Sequence[str]) -> str:
    """ "3 new, 1 removed"; "" when all are empty."""
    named = ((created, "new"), (replaced, "changed"), (deleted, "removed"))
    return ", ".join(f"{len(paths)} {what}" for paths, what in named if paths)


def input_digest(project: "Project", sources: "Sequence[Source]", result: "Result") -> str:
    """sha256 over everything the tree was made from: settings, sources, inventory, version."""
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
