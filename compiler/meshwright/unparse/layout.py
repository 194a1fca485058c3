"""Canonical layout: a function of the tokens, the comments and where empty lines are; of nothing else.

The rules are in docs/language.md, "Formatting".
"""

from collections.abc import Sequence

from meshwright.ir.syntax import ErrorNode, Module
from meshwright.unparse.shape import Block, Item, Remark, Statement, Word, shape

WIDTH = 100
INDENT = 2
CONTINUED = 4

_CLAUSES = frozenset(("when", "until", "because"))  # begin a line of their own when a statement is too long
_CONTINUATIONS = frozenset(("->", "when", "and", "until", "because"))  # no newline before one of these ends a statement
_OPENED = frozenset(("mesh", "issuer", "gateway", "test", "profile", "env"))  # opened as soon as they hold two statements
_HEADERS = ("tier", "in")


def unparse(module: Module) -> str:
    """The canonical text of a tree that ``parse`` made without errors.

    Same tree, same comments; formatting it again changes nothing.  ValueError for a tree with error nodes or without its
    tokens: what was not understood is not rewritten.
    """
    if module.tokens is None or module.errors or any(type(item) is ErrorNode for item in module.statements):
        raise ValueError("only a tree without error nodes can be formatted")
    file = shape(module.tokens)
    lines: list[str] = []
    statements = _headers_first(file.statements)
    if file.opening is not None:
        lines.append(file.opening.text)
    _statements(lines, statements, file.closing, 0)
    return "\n".join(lines) + "\n" if lines else ""


def _headers_first(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """`tier`, `in`, then an empty line."""
    count = 0
    while count < len(statements) and _keyword(statements[count]) in _HEADERS:
        count += 1
    headers = sorted(statements[:count], key=lambda item: _HEADERS.index(_keyword(item)))
    rest = statements[count:]
    if headers and rest:
        leading = rest[0].leading
        if leading:
            rest = (rest[0]._replace(leading=(leading[0]._replace(blank=True), *leading[1:])), *rest[1:])
        else:
            rest = (rest[0]._replace(blank=True), *rest[1:])
    return (*headers, *rest)


def _statements(lines: list[str], statements: tuple[Statement, ...], closing: tuple[Remark, ...], indent: int) -> None:
    """One statement after the other, none of them first preceded by an empty line."""
    pad = " " * indent
    first = True
    for place, statement in enumerate(statements):
        for remark in statement.leading:
            if remark.blank and not first:
                lines.append("")
            lines.append(pad + remark.text)
            first = False
        if statement.blank and not first:
            lines.append("")
        first = False
        following = statements[place + 1] if place + 1 < len(statements) else None
        mark = ";" if following is not None and _flat(following.items[:1]) in _CONTINUATIONS else ""
        block = _statement(statement, indent)
        block[-1] += mark
        if statement.trailing is not None:
            block[-1] += "  " + statement.trailing.text
        lines.extend(block)
    for remark in closing:
        if remark.blank and not first:
            lines.append("")
        lines.append(pad + remark.text)
        first = False


def _statement(statement: Statement, indent: int) -> list[str]:
    """Its lines, indented, without what trails it."""
    segments = _segments(statement.items)
    opened = any(_must_open(statement, item) for item in statement.items if isinstance(item, Block))
    remarks = any(isinstance(item, Remark) for item in statement.items)
    if not opened and not remarks:
        line = " " * indent + " ".join(_flat(segment) for segment in segments)
        if len(line) <= WIDTH:
            return [line]
    lines: list[str] = []
    for place, segment in enumerate(segments):
        if place == 0:
            lines = _segment(segment, indent, indent, opened)
            continue
        rest = [item for later in segments[place:] for item in later]
        line = lines[-1] + " " + _flat(rest)
        if place == 1 and lines[-1].strip() == "}" and not any(isinstance(item, Remark) for item in rest) and len(line) <= WIDTH:
            lines[-1] = line
            break
        lines.extend(_segment(segment, indent + INDENT, indent + INDENT, opened))
    return lines


def _segments(items: tuple[Item, ...]) -> list[list[Item]]:
    """A statement cut before each of its clauses; a comment before a clause goes with what is before it."""
    segments: list[list[Item]] = [[]]
    for item in items:
        if isinstance(item, Word) and item.kind in _CLAUSES and segments[-1]:
            segments.append([])
        segments[-1].append(item)
    return segments


def _segment(items: list[Item], indent: int, base: int, opened: bool) -> list[str]:
    """One clause, or what stands before the clauses."""
    remarks = any(isinstance(item, Remark) for item in items)
    if not remarks and not opened:
        line = " " * indent + _flat(items)
        if len(line) <= WIDTH:
            return [line]
    block = next((item for item in items if isinstance(item, Block)), None)
    if block is None:
        return _broken(items, indent)
    place = items.index(block)
    lines = _head(items[:place], indent)
    lines[-1] += " {"
    if block.opening is not None:
        lines[-1] += "  " + block.opening.text
    elif not block.statements and not block.closing:
        lines[-1] += "}"
        return _after(lines, items[place + 1:], base)
    _statements(lines, block.statements, block.closing, base + INDENT)
    lines.append(" " * base + "}")
    return _after(lines, items[place + 1:], base)


def _head(items: list[Item], indent: int) -> list[str]:
    """What stands before a brace: on one line with it, or broken."""
    line = " " * indent + _flat(items)
    if len(line) + 2 <= WIDTH and not any(isinstance(item, Remark) for item in items):
        return [line]
    lines = _broken(items, indent)
    if isinstance(items[-1], Remark):  # the brace cannot stand behind a comment
        lines.append(" " * (indent + CONTINUED - 1))
    return lines


def _after(lines: list[str], items: list[Item], indent: int) -> list[str]:
    """What stands between a closing brace and a clause: it goes on behind the brace (`} with …`), comments included."""
    words = [item for item in items if isinstance(item, Word)]
    broken = _broken(items, indent) if words else []
    if words and broken:
        lines[-1] += " " + broken[0].lstrip()
        return [*lines, *broken[1:]]
    for item in items:
        if isinstance(item, Remark) and not item.own_line:
            lines[-1] += "  " + item.text
        elif isinstance(item, Remark):
            lines.append(" " * (indent + INDENT) + item.text)
    return lines


def _broken(items: list[Item], indent: int) -> list[str]:
    """Lines that break after commas, before `->` and before `and`; and behind comments, where they must.

    When nothing is too long only the comments break.
    """
    pad = " " * (indent + CONTINUED)
    words = [item for item in items if not isinstance(item, Remark)]
    everywhere = len(" " * indent + _flat(words)) > WIDTH
    lines: list[str] = []
    current: list[Item] = []

    def flush() -> None:
        if current:
            lines.append((pad if lines else " " * indent) + _flat(current))
            current.clear()

    for item in items:
        if isinstance(item, Remark):
            flush()
            if item.own_line or not lines or lines[-1].lstrip().startswith("#"):
                lines.append((pad if lines else " " * indent) + item.text)
            else:
                lines[-1] += "  " + item.text
            continue
        if everywhere and isinstance(item, Word) and item.kind in ("->", "and"):
            flush()
        current.append(item)
        if everywhere and isinstance(item, Word) and item.kind == ",":
            flush()
    flush()
    return lines


def _must_open(statement: Statement, block: Block) -> bool:
    """Whether a block cannot stand on one line, whatever its length."""
    if block.opening is not None or block.closing:
        return True
    if len(block.statements) > 1 and _keyword(statement) in _OPENED:
        return True
    return any(inner.leading or inner.trailing or any(not isinstance(item, Word) for item in inner.items) for inner in block.statements)


def _flat(items: Sequence[Item]) -> str:
    """On one line: one blank between tokens, none before a comma."""
    parts: list[str] = []
    for item in items:
        if isinstance(item, Word):
            if item.kind == "," and parts:
                parts[-1] += ","
            else:
                parts.append(item.text)
        elif isinstance(item, Block):
            inner = "; ".join(_flat(statement.items) for statement in item.statements)
            parts.append(f"{{ {inner} }}" if inner else "{}")
    return " ".join(parts)


def _keyword(statement: Statement) -> str:
    """The kind of its first token."""
    first = statement.items[0]
    return first.kind if isinstance(first, Word) else ""
