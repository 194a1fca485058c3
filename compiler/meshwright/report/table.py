"""Aligned text that fits a terminal."""

from collections.abc import Sequence

GAP = 2
TIE = "\u00a0"  # in a cell: a blank at which a line breaks only when the table is too wide otherwise


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Rows below a head, columns aligned and wrapped at blanks so that a line has at most ``width`` characters if it can.

    A line break in a cell stays one.  The column with most to give gives way first; a word is never cut, so a line with long
    words may still be longer.
    """
    room_for_all = width - GAP * (len(head) - 1)
    widths = _widths(head, rows, room_for_all)
    if sum(widths) > room_for_all:
        rows = [[cell.replace(TIE, " ") for cell in row] for row in rows]
        widths = _widths(head, rows, room_for_all)
    lines = []
    for row in (head, *rows):
        cells = [_wrap(cell, room) for cell, room in zip(row, widths, strict=True)]
        for number in range(max(len(cell) for cell in cells)):
            parts = [cell[number] if number < len(cell) else "" for cell in cells]
            line = (" " * GAP).join(part.ljust(room) for part, room in zip(parts, widths, strict=True))
            lines.append(line.rstrip().replace(TIE, " "))
    return "\n".join(lines) + "\n"


def _widths(head: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    columns = list(zip(head, *rows, strict=True))
    wanted = [max(len(line) for cell in cells for line in cell.split("\n")) for cells in columns]
    least = [max(len(word) for cell in cells for word in cell.replace("\n", " ").split(" ")) for cells in columns]
    while sum(wanted) > room:
        column = max(range(len(wanted)), key=lambda one: (wanted[one] - least[one], one))
        if wanted[column] == least[column]:
            break
        wanted[column] -= 1
    return wanted


def _wrap(cell: str, room: int) -> list[str]:
    lines = []
    for part in cell.split("\n"):
        lines.append("")
        for word in part.split(" "):
            longer = f"{lines[-1]} {word}" if lines[-1] else word
            if len(longer) <= room or not lines[-1]:
                lines[-1] = longer
            else:
                lines.append(word)
    return lines
