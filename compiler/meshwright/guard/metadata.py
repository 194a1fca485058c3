"""METADATA comment blocks of OPA: the YAML above a rule or a package.  They are not in the engine's syntax tree."""

from typing import Any, Literal

from meshwright.record import NamedTuple


class Metadata(NamedTuple):
    title: str = ""
    description: str = ""
    id: str = ""  # custom.id
    severity: Literal["error", "warning", "info"] | None = None  # custom.severity; None = not given, or none of these
    related: tuple[str, ...] = ()


def metadata(text: str, line: int) -> Metadata:
    """What stands about the rule that begins on ``line`` (from 1): its own block first, else the one of the package."""
    lines = text.splitlines()
    own = _block(lines, line - 1)
    package = next((number for number, content in enumerate(lines) if content.startswith("package ")), 0)
    about = {**_block(lines, package), **own}
    custom = about.get("custom")
    custom = custom if isinstance(custom, dict) else {}
    severity = custom.get("severity")
    related = about.get("related_resources")
    return Metadata(
        _text(about.get("title")),
        _text(about.get("description")),
        _text(custom.get("id")),
        severity if severity in ("error", "warning", "info") else None,
        tuple(filter(None, (_link(item) for item in related))) if isinstance(related, list) else (),
    )


def _block(lines: list[str], end: int) -> dict[str, Any]:
    """The METADATA mapping of the comment lines directly above line ``end`` (from 0); {} without one or when it is no mapping."""
    start = end
    while start > 0 and lines[start - 1].startswith("#"):
        start -= 1
    comment = [content[1:].removeprefix(" ") for content in lines[start:end]]
    if "METADATA" not in (content.strip() for content in comment):
        return {}
    begin = next(number for number, content in enumerate(comment) if content.strip() == "METADATA")

    import yaml

    try:
        found = yaml.safe_load("\n".join(comment[begin + 1 :]))
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _link(item: object) -> str:
    return _text(item.get("ref") if isinstance(item, dict) else item)
