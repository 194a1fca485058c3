"""What a change of the sources opens and closes, in words: for a terminal, and as Markdown for a pull request."""

from meshwright.ir.changes import Change, Changes
from meshwright.ir.proof import Request

LARGEST_COMMENT = 60_000  # characters; the services that show comments take some 65,000


def changes_text(changes: Changes) -> str:
    """Two lines for each change: what it is, and a request for which the answer differs."""
    lines = []
    for change in changes.changes:
        lines.append(f"{change.effect:6} {change.source} -> {change.target}: {change.door}" + ("" if change.whole else " (some of it)"))
        detail = [change.because + (f": `{change.rule}`" if change.rule else "")]
        if change.span is not None:
            detail.append(f"in {change.span.path}")
        lines.append("       " + " ".join(detail))
        if change.request is not None:
            lines.append(f"       for example {request_text(change.request, change)}")
    return "\n".join([*lines, _summary(changes)]) + "\n"


def changes_markdown(changes: Changes, largest: int = LARGEST_COMMENT) -> str:
    """The same as tables of at most ``largest`` characters: cut between two rows, with a line that says how many are missing."""
    title = f"### Access: {_summary(changes)}\n"
    if changes.environment != "default":
        title = f"### Access in `{_code(changes.environment)}`: {_summary(changes)}\n"
    parts = [title]
    room = largest - len(title) - 200
    left = list(changes.changes)
    for heading, chosen in (("Opens", changes.opened), ("Closes", changes.closed)):
        rows: list[str] = []
        for change in chosen:
            row = _row(change)
            if len(row) > room:
                break
            room -= len(row)
            rows.append(row)
            left.remove(change)
        if rows:
            parts.append(f"\n| {heading} | for | because | for example |\n|---|---|---|---|\n" + "".join(rows))
    if left:
        parts.append(f"\n… and {len(left)} more; `meshwright diff` shows all of them.\n")
    return "".join(parts)


def request_text(request: Request, change: Change) -> str:
    """The witness in words."""
    who = f"`{request.principal}`" if request.principal else f"a peer without mesh identity at {request.source_ip}"
    if change.target.startswith("pods of ") or change.door == "everything":
        return f"a connection from {who} to port {request.port}{request.attributes_text}"
    host = f" for host `{request.host}`" if change.source.startswith("clients of ") else ""
    return f"`{request.method} {request.path}`{host} from {who} to port {request.port}{request.attributes_text}"


def _summary(changes: Changes) -> str:
    opened, closed = len(changes.opened), len(changes.closed)
    if not changes.changes:
        return f"no access changes ({changes.compared} way{'' if changes.compared == 1 else 's'} to destinations compared)"
    public = sum(change.public for change in changes.opened)
    return f"{opened} opened{f', {public} of them to callers without an identity' if public else ''}, {closed} closed"


def _row(change: Change) -> str:
    what = f"{'⚠️ ' if change.public and change.effect == 'opens' else ''}`{_code(change.source)}` → `{_code(change.target)}`"
    door = f"`{_code(change.door)}`" + ("" if change.whole else " (some of it)")
    because = _cell(change.because) + (f": `{_code(change.rule)}`" if change.rule else "")
    example = _cell(request_text(change.request, change)) if change.request is not None else ""
    return f"| {what} | {door} | {because} | {example} |\n"


def _code(text: str) -> str:
    """Inside backticks, in a table: nothing that ends either."""
    return text.replace("`", "'").replace("|", "\\|").replace("\n", " ").replace("\r", " ")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("\r", " ").replace("<", "&lt;")
