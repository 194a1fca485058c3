"""Findings as Markdown for a step summary or a comment, cut at whole findings."""

from collections.abc import Sequence

from meshwright.diagnostics.render.findings import Finding

LARGEST = 1_000_000  # bytes: GitHub takes 1024 KiB of a step summary, and aborts the upload beyond


def as_markdown(findings: Sequence[Finding], command: str, largest: int = LARGEST) -> str:
    """A table of what was found, the worst first; what does not fit is counted in the last line."""
    counts = {severity: sum(one.severity == severity for one in findings) for severity in ("error", "warning", "info")}
    said = ", ".join(f"{number} {severity}{'s' if number > 1 else ''}" for severity, number in counts.items() if number) or "nothing found"
    text = f"### `meshwright {command}`: {said}\n"
    if not findings:
        return text
    text += "\n| | | |\n|---|---|---|\n"
    size = len(text.encode())
    rows: list[str] = []
    for number, one in enumerate(findings):
        row = _row(one)
        size += len(row.encode())
        if size > largest - 200:
            rows.append(f"\nand {len(findings) - number} more\n")
            break
        rows.append(row)
    return text + "".join(rows)


def _row(found: Finding) -> str:
    place = found.place
    line = f":{place.line}" if place is not None and place.line else ""
    where = f"`{_code(place.path)}{line}`" if place is not None else ""
    advice = f"<br>{_plain(found.help[0])}" if found.help else ""
    return f"| {found.severity} {found.code} | {where} | {_plain(found.text)}{advice} |\n"


def _plain(text: str) -> str:
    """One line that cannot leave its cell: code spans stay, everything else of Markdown and HTML is shown as it is written."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    parts = text.split("`")
    if len(parts) % 2 == 0:
        parts = [text.replace("`", "'")]
    return "`".join(_escaped(part) if number % 2 == 0 else _code(part) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\|*_[]#~" else _ENTITIES.get(char, char) for char in text)


_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;"}


def _code(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text).replace("`", "'").replace("|", "\\|")
