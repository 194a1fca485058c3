"""One file of the language, from text to its tree."""

import re
from typing import Any

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.ir import syntax
from meshwright.parse.blocks import BUILDERS
from meshwright.parse.context import MAX_DIAGNOSTICS, Context
from meshwright.parse.driver import Machine
from meshwright.parse.lexemes import COMMENT_MARK, Cut, cut, has_forbidden
from meshwright.parse.plan import Plans
from meshwright.source import Source, Span

MAX_CHARACTERS = 1 << 20
MAX_DEPTH = 200

_PLANS = Plans(BUILDERS)


def parse(source: Source) -> Outcome[syntax.Module]:
    """The tree of one ``.mesh`` file.

    With mistakes in the text the outcome has both a tree (with error nodes where nothing could be made of the text) and
    the diagnostics MW0101 to MW0123, in order of place; comments are kept either way.  The value is None only for a text of
    more than MAX_CHARACTERS (MW0116) or with braces nested deeper than MAX_DEPTH (MW0115).  Time is linear in the text.
    """
    if len(source.text) > MAX_CHARACTERS:
        return Outcome(None, (_too_large(source),))
    text, found = source.text, list[Diagnostic]()
    if has_forbidden(text):
        from meshwright.parse.characters import bad_characters

        text, found = bad_characters(source.path, text)
    lexemes = cut(source.path, text)
    deep = _too_deep(lexemes)
    if deep is not None:
        return Outcome(None, (*found, deep))
    context = Context(lexemes)
    context.diagnostics.extend(found)
    machine = Machine(lexemes, context, _PLANS)
    while not machine.run():
        from meshwright.parse.recover import repair

        if len(context.diagnostics) >= MAX_DIAGNOSTICS:
            return Outcome(_unread(context), tuple(sorted(context.diagnostics, key=_place)))
        repair(machine, context)
    return Outcome(_module(context, machine.values[-1]), tuple(sorted(context.diagnostics, key=_place)))


def _module(context: Context, value: Any) -> syntax.Module:
    home, tier, statements = value
    top = {item.span for item in statements if type(item) is syntax.ErrorNode}
    return syntax.Module(context.path, home, tier, statements, tuple(sorted(context.later, key=_start)), _comments(context),
                         syntax.Tokens(tuple(context.lexemes), tuple(context.cut.kinds)),
                         tuple(node for node in context.errors if node.span not in top))


def _unread(context: Context) -> syntax.Module:
    """The tree of a text with too many mistakes: one error node."""
    everything = syntax.ErrorNode(Span(context.path, 0, context.starts[-1]))
    return syntax.Module(context.path, None, None, (everything,), (), _comments(context))


def _comments(context: Context) -> tuple[syntax.Comment, ...]:
    lexemes = context.lexemes
    found: list[syntax.Comment] = []
    if COMMENT_MARK not in context.cut.shape:
        return ()
    for index in [index for index, lexeme in enumerate(lexemes) if lexeme[0] == "#"]:
        before = lexemes[index - 1] if index else "\n"
        if before[0] in " \t":
            before = lexemes[index - 2] if index > 1 else "\n"
        found.append(syntax.Comment(lexemes[index][1:].strip(), before[0] in "\r\n", context.at(index)))
    return tuple(found)


def _too_large(source: Source) -> Diagnostic:
    return error("MW0116", "the file is too large", Span(source.path, 0, 0), label=f"{len(source.text)} characters",
                 notes=(f"a source file has at most {MAX_CHARACTERS} characters, so that no input can make a check run long",),
                 help=("split it into several files of the same home namespace",))


def _too_deep(lexemes: Cut) -> Diagnostic | None:
    if lexemes.shape.count("{") <= MAX_DEPTH:
        return None
    depth = 0
    for brace in re.finditer("[{}]", lexemes.shape):
        if brace[0] == "{":
            depth += 1
            if depth > MAX_DEPTH:
                start = lexemes.starts[brace.start()]
                return error("MW0115", "braces are nested too deeply", Span(lexemes.path, start, start + 1),
                             label=f"level {depth}", notes=(f"no statement needs more than a few levels; the limit is {MAX_DEPTH}",),
                             help=("close the blocks above it",))
        elif depth:
            depth -= 1
    return None


def _place(found: Diagnostic) -> tuple[int, int, str]:
    return (found.span.start, found.span.end, found.code) if found.span else (0, 0, found.code)


def _start(node: syntax.Later) -> int:
    return node.span.start
