"""Diagnostics as JSON values: the shape of docs/schema/report-v1.schema.json."""

from collections.abc import Callable, Iterable

from meshwright.diagnostics.diagnostic import Diagnostic
from meshwright.source import LineIndex, Span

Texts = Callable[[str], str | None]


def as_json(diagnostics: Iterable[Diagnostic], texts: Texts) -> list[dict[str, object]]:
    """One object per diagnostic, in the order given.

    A place has ``line`` and ``column`` from 1 (columns count code points) only if the text of its file is at hand.
    """
    indexes: dict[str, LineIndex | None] = {}

    def place(span: Span) -> dict[str, object]:
        if span.path not in indexes:
            text = texts(span.path)
            indexes[span.path] = None if text is None else LineIndex(text)
        index = indexes[span.path]
        value: dict[str, object] = {"path": span.path, "start": {"offset": span.start}, "end": {"offset": span.end}}
        if index is not None:
            for name, offset in (("start", span.start), ("end", span.end)):
                line, column = index.position(offset)
                value[name] = {"offset": offset, "line": line, "column": column}
        return value

    return [{
        "code": found.code, "severity": found.severity, "message": found.message, "environment": found.environment,
        "place": None if found.span is None else place(found.span), "label": found.label,
        "others": [{"place": place(label.span), "text": label.text} for label in found.others],
        "notes": list(found.notes), "help": list(found.help),
    } for found in diagnostics]
