"""Where a key stands in a TOML text: ``tomllib`` does not say, and a message without a place is half a message."""

from meshwright.source import Span


def place(path: str, text: str, key: tuple[str, ...]) -> Span:
    """The span of ``key`` (its last written part), else of the nearest table around it, else of the first line.

    A search by line, not a parser: it knows ``[table]`` headers and ``a.b = value`` lines, which is what people write.
    A key inside an inline table or a string of several lines is answered with the line of what surrounds it.
    """
    best: tuple[int, int, int] = (-1, 0, max(0, text.find("\n")) if "\n" in text else len(text))
    table: tuple[str, ...] = ()
    offset = 0
    for line in text.splitlines(keepends=True):
        found = _header(line)
        if found is not None:
            table, start, end = found
            written = table
        else:
            keys = _assignment(line)
            if keys is None:
                offset += len(line)
                continue
            parts, start, end = keys
            written = table + parts
        if key[: len(written)] == written and len(written) > best[0]:
            best = (len(written), offset + start, offset + end)
        offset += len(line)
    return Span(path, best[1], max(best[1], best[2]))


def _header(line: str) -> tuple[tuple[str, ...], int, int] | None:
    stripped = line.strip()
    if not stripped.startswith("["):
        return None
    close = stripped.find("]")
    if close < 0:
        return None
    start = line.index("[")
    return _parts(stripped[1:close].strip("[ ]")), start, start + close + 1


def _assignment(line: str) -> tuple[tuple[str, ...], int, int] | None:
    left, equals, _ = line.partition("=")
    name = left.strip()
    if not equals or not name or name.startswith("#"):
        return None
    start = line.index(name)
    return _parts(name), start, start + len(name)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
