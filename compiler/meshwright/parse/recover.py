"""What happens where the text does not fit the grammar: one diagnostic, the smallest repair, and on.

``repair`` always moves the machine: it takes a lexeme, closes a block, or puts an error node in place of the statement.
"""

from bisect import bisect_left

from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.parse import explain
from meshwright.parse.context import Context
from meshwright.parse.driver import Machine
from meshwright.parse.lexemes import CONTINUATIONS, candidates
from meshwright.parse.plan import row_of
from meshwright.parse.reserved import reserved
from meshwright.source import Span

_OPEN_ENDED = frozenset((",", "->", "="))  # a newline behind one of these ends nothing
TOP = frozenset(word for word in row_of(0) if word[0].islower())


def repair(machine: Machine, context: Context) -> None:
    """Report why ``machine`` stopped at its lexeme, and bring it to where it can run again."""
    lexemes = context.lexemes
    index = machine.index
    word = lexemes[index] if index < len(lexemes) else ""
    if word[:1] == '"' and candidates(word) == ("bad",):
        _unclosed_string(machine, context, index)
        return
    if _trailing_comma(machine, context, word) or _bare_any(machine, context, word):
        return
    opened = _open_blocks(machine, context)
    if opened and (not word or _starts_over(machine, context, index, opened[-1])):
        _unclosed_block(machine, context, opened, index)
        return
    if word == "}" and not opened:
        context.report(error("MW0101", "`}` closes nothing", context.at(index), label="no block is open here",
                             help=("delete it, or look for a `{` that is missing above",)))
        machine.index = index + 1
        return
    name = explain.bad_name(machine, context, word, index)
    if name is not None:
        context.report(name)
        machine.push("NAME", index)
        machine.cut.kinds[index] = "NAME"
        machine.index = index + 1
        return
    specific = explain.specific(machine, context, word, index)
    if specific is not None:
        context.report(specific)
        skip(machine, context, index)
        return
    if machine.last >= 0 and machine.accepts(";") and not _on_new_line(machine, context, index):
        general = explain.unexpected(machine, context, word, index, opened)
        machine.push(";", index)
        if any(machine.accepts(terminal) for terminal in candidates(word)):
            context.report(explain.missing_separator(context, word, index, machine))
            return
        context.report(general)
    else:
        context.report(explain.unexpected(machine, context, word, index, opened))
    skip(machine, context, index)


def skip(machine: Machine, context: Context, index: int) -> None:
    """Put an error node in place of the statement at hand, and go on behind it."""
    lexemes = context.lexemes
    fresh_line = _on_new_line(machine, context, index)
    if machine.last >= 0 and machine.row.get("ERROR", -1) < 0 and machine.accepts(";"):
        last = machine.last  # the statement was complete: it stays, and so do the blocks in it
        machine.push(";", index)
        machine.last = last
    begin = index
    while machine.row.get("ERROR", -1) < 0:
        begin = machine.starts[-1]
        machine.pop()
    end = index
    if begin == index or not fresh_line:
        end = _statement_end(machine, context, index)
    last = end - 1
    while last > begin and lexemes[last][0] in " \t\r\n#":
        last -= 1
    context.skips[begin] = Span(context.path, context.starts[begin], context.starts[max(last, begin - 1) + 1])
    machine.push("ERROR", begin)
    machine.last = max(last, begin)
    machine.index = end
    if end == index and fresh_line and begin != index:
        machine.push(";", index)
        machine.last = max(last, begin)


def _statement_end(machine: Machine, context: Context, index: int) -> int:
    """The first lexeme from ``index`` on that ends the statement: a separator, a brace that closes the block, the end."""
    lexemes = context.lexemes
    inside = any(_is_brace(context, value) for value in machine.values)
    depth = 0
    before = ""
    place = index
    while place < len(lexemes):
        lexeme = lexemes[place]
        first = lexeme[0]
        if first in "\r\n":
            following = machine.significant(place)
            after = lexemes[following] if following < len(lexemes) else ""
            if after in TOP and _indent(context, following) == 0:
                return place
            if depth == 0 and before not in _OPEN_ENDED and after not in CONTINUATIONS and place > index:
                return place
        elif lexeme == "{":
            depth += 1
        elif lexeme == "}":
            if depth == 0 and inside:
                return place
            depth = max(0, depth - 1)
        elif lexeme == ";" and depth == 0:
            return place
        if first not in " \t\r\n#":
            before = lexeme
        place += 1
    return place


def _unclosed_string(machine: Machine, context: Context, index: int) -> None:
    """MW0103; what follows the likely end of the string is read on."""
    lexeme = context.lexemes[index]
    body = lexeme.rstrip(" \t;}")
    tail = lexeme[len(body):]
    if not tail[:1].isspace() and "}" in tail:  # `"/v1/{id}`: the brace belongs to the text
        body, tail = lexeme.rstrip(), ""
    context.report(error("MW0103", "the string does not end on its line", context.at(index), label='a `"` is missing behind it',
                         help=('close it with `"`; a string has one line, and a quote inside is written `\\"`',)))
    if tail.strip():
        parts = [part for part in _pieces(tail) if part]
        context.lexemes[index:index + 1] = [body, *parts]
        machine.cut.kinds[index:index + 1] = [""] * (1 + len(parts))
        at = context.starts[index]
        offsets = [at]
        for part in (body, *parts[:-1]):
            at += len(part)
            offsets.append(at)
        context.starts[index:index + 1] = offsets
    if machine.accepts("STRING"):
        machine.push("STRING", index)
        machine.cut.kinds[index] = "STRING"
        machine.index = index + 1
    else:
        skip(machine, context, index)


def _pieces(tail: str) -> list[str]:
    pieces: list[str] = []
    for character in tail:
        if character in ";}" or not pieces or pieces[-1] in ";}":
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces


def _trailing_comma(machine: Machine, context: Context, word: str) -> bool:
    """MW0109: a comma with nothing behind it, or one (or an arrow, MW0101) that swallowed the keyword of the next statement."""
    lexemes, kinds, last = context.lexemes, machine.cut.kinds, machine.last
    if last < 0:
        return False
    if lexemes[last] == "," and (word in ("", "}", "->", "{", ";", "=") or word in CONTINUATIONS):
        context.report(_comma(context, last))
        machine.pop()
        machine.last = last - 1
        machine.index = last + 1
        return True
    if kinds[last] == "NAME" and lexemes[last] in TOP and _first_on_line(context, last):
        comma = last - 1
        while comma >= 0 and lexemes[comma][0] in " \t\r\n#":
            comma -= 1
        if comma >= 0 and lexemes[comma] in _OPEN_ENDED:
            context.report(_comma(context, comma) if lexemes[comma] == "," else _cut_short(context, comma))
            kinds[last] = ""
            begin = last
            while machine.row.get("ERROR", -1) < 0:
                begin = machine.starts[-1]
                machine.pop()
            context.skips[begin] = Span(context.path, context.starts[begin], context.starts[comma + 1])
            machine.push("ERROR", begin)
            machine.push(";", last)
            machine.last = comma
            machine.index = last
            return True
    return False


def _bare_any(machine: Machine, context: Context, word: str) -> bool:
    """MW0108: `any` alone."""
    last = machine.last
    if last < 0 or machine.cut.kinds[last] != "any":
        return False
    source = machine.accepts("workload") and not machine.accepts("service")
    for terminal in ("workload", "service", "gateway"):
        if machine.accepts(terminal):
            advice = {"workload": "write `any workload` for every identity of this mesh; `anyone` (in `deny` and invariants) "
                                  "is every request at all",
                      "service": "write `any service`, or list the names", "gateway": "write `clients of any gateway`"}
            position = "source" if source or terminal == "gateway" else "destination"
            context.report(reserved("any", position, advice[terminal], context.at(last)))
            machine.push(terminal, last)
            machine.index = last + 1
            return True
    return False


def _unclosed_block(machine: Machine, context: Context, opened: list[int], index: int) -> None:
    """MW0102 at the innermost block; closes every block that cannot go on at ``index``."""
    ends = index >= len(context.lexemes)
    inner = opened[-1]
    if ends:  # statements of the top level that did not fit into the block were no mistakes of their own
        context.diagnostics[:] = [found for found in context.diagnostics if not _misplaced(context, found, inner)]
    outer = [Label(context.at(brace), "inside this block") for brace in opened[:-1]] if ends else []
    others = [*outer, Label(context.at(index), "the file ends here" if ends else "this statement does not belong to the block")]
    context.report(error("MW0102", "the block is not closed", context.at(inner), label="this `{` has no `}`", others=others,
                         help=("write `}` behind the last statement of the block",)))
    for brace in reversed(opened):
        if not ends and brace != inner and not _starts_over(machine, context, index, brace):
            break
        last = machine.last
        while not machine.accepts("}"):
            begin = index
            while machine.row.get("ERROR", -1) < 0:
                begin = machine.starts[-1]
                machine.pop()
            context.skips[begin] = Span(context.path, context.starts[begin], context.starts[index])
            machine.push("ERROR", begin)
            machine.last = last
        machine.push("}", index - 1 if ends else index)
        machine.last = max(last, brace)
    if not ends:
        last = machine.last
        machine.push(";", index)
        machine.last = last


def _misplaced(context: Context, found: Diagnostic, brace: int) -> bool:
    """Whether an earlier diagnostic is about a keyword of the top level behind ``brace``."""
    if found.code != "MW0101" or found.span is None or found.span.start < context.starts[brace]:
        return False
    return context.lexemes[bisect_left(context.starts, found.span.start)] in TOP


def _starts_over(machine: Machine, context: Context, index: int, brace: int) -> bool:
    """Whether a statement of the top level begins here, no deeper than the line that opened the block."""
    return context.lexemes[index] in TOP and _first_on_line(context, index) and _indent(context, index) <= _indent(context, brace)


def _open_blocks(machine: Machine, context: Context) -> list[int]:
    return [value for value in machine.values if _is_brace(context, value)]


def _is_brace(context: Context, value: object) -> bool:
    return type(value) is int and value < len(context.lexemes) and context.lexemes[value] == "{"


def _on_new_line(machine: Machine, context: Context, index: int) -> bool:
    """Whether a newline stands before ``index`` that could have ended a statement."""
    last = machine.last
    if last < 0 or context.lexemes[last] in _OPEN_ENDED:
        return False
    return any(lexeme[0] in "\r\n" for lexeme in context.lexemes[last + 1:index])


def _first_on_line(context: Context, index: int) -> bool:
    before = index - 1
    if before >= 0 and context.lexemes[before][0] in " \t":
        before -= 1
    return before < 0 or context.lexemes[before][0] in "\r\n"


def _indent(context: Context, index: int) -> int:
    """Blanks before the first lexeme of the line of ``index``."""
    while index > 0 and context.lexemes[index - 1][0] not in "\r\n":
        index -= 1
    if index == 0:
        return len(context.lexemes[0]) if context.lexemes and context.lexemes[0][0] in " \t" else 0
    return len(context.lexemes[index - 1].rpartition("\n")[2])


def _cut_short(context: Context, index: int) -> Diagnostic:
    mark = context.lexemes[index]
    return error("MW0101", "the statement ends too early", context.at(index), label=f"nothing follows the `{mark}`",
                 help=("finish the statement, or delete it",))


def _comma(context: Context, index: int) -> Diagnostic:
    return error("MW0109", "a list does not end with a comma", context.at(index), label="nothing follows",
                 notes=("the first word of the next statement would become a member of the list",), help=("delete the comma",))
