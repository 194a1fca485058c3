"""The text of the commit: a subject, what changed in one line, and trailers that programs read."""

from meshwright.ir.project import Publish
from meshwright.publish.ownership import Changes
from meshwright.publish.revision import SourceRevision


def message(changes: Changes, settings: Publish, source: SourceRevision, digest: str, title: str) -> str:
    """No clock, no machine, no attempt number: equal inputs give an equal text."""
    from meshwright import __version__

    counts = [f"{len(items)} {what}" for items, what in (
        (changes.create, "new"), (changes.replace, "changed"), (changes.delete, "removed")) if items]
    subject = clean(title or f"Mesh policy in {settings.path}")[:100]
    short = source.commit[:12]
    body = f"{', '.join(counts) or 'lock only'} file(s), compiled and proved from source commit {short}"
    if source.dirty:
        body += f"\nand {len(source.dirty)} input(s) that were not committed there"
    trailers = [
        ("Policy-Source-Repo", source.repository), ("Policy-Source-Ref", source.ref), ("Policy-Source-Commit", source.commit),
        ("Policy-Source-Dirty", "true" if source.dirty else ""), ("Policy-Input-Digest", digest), ("Policy-Compiler-Version", __version__),
        ("Argocd-reference-commit-repourl", source.repository), ("Argocd-reference-commit-sha", source.commit),
        ("Argocd-reference-commit-author", source.author), ("Argocd-reference-commit-subject", source.subject),
    ]
    lines = [f"{key}: {clean(value)}" for key, value in trailers if clean(value)]
    return f"{subject}\n\n{body}\n\n" + "\n".join(lines) + "\n"


def clean(text: str) -> str:
    """One line of printable text: a subject with line breaks in it could add trailers of its own."""
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())
