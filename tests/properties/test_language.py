"""Parsing and formatting, over random walks of the grammar."""

import re
from random import Random
from typing import Any
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.properties.texts import random_text
from tests.unit.parse.trees import by_driver, by_lark

from meshwright.ir import syntax
from meshwright.parse import driver, module, parse
from meshwright.parse.blocks import BUILDERS
from meshwright.parse.lexemes import BAD, candidates
from meshwright.parse.plan import Plans
from meshwright.source import Source, Span
from meshwright.unparse import unparse
from meshwright_grammar import tables

TEXTS = st.builds(random_text, st.builds(Random, st.integers(0, 10**9)), st.integers(0, 120))


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_driver_reads_like_lark(text: str) -> None:
    assert by_driver(text) == by_lark(text)
    often = "\n".join((text, text, text))  # the third time, lines are known
    assert by_driver(often) == by_lark(often)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(0, 10**9))
def test_remembered_lines_change_nothing(text: str, seed: int) -> None:
    random = Random(seed)
    lines = text.split("\n") * 3
    for _ in range(random.choice((0, 1, 2, 4))):
        lines.insert(random.randrange(len(lines)), random.choice((*lines, "}", "{", ",", "-> b", "; allow a -> b", "because", '"')))
    source = Source("a.mesh", "\n".join(lines))
    with patch.object(driver, "MOST_LINES", 0), patch.object(module, "_PLANS", Plans(BUILDERS)):
        alone = parse(source)
    with patch.object(module, "_PLANS", Plans(BUILDERS)):
        assert [parse(source) for _ in range(3)] == [alone] * 3


@settings(max_examples=150, deadline=None)
@given(TEXTS)
@example("allow a -> b # x\n{ GET \"/\" }")
def test_formatting_keeps_the_tree_and_is_idempotent(text: str) -> None:
    module = _parsed(text)
    if module is None:
        return
    formatted = unparse(module)
    again = _parsed(formatted)
    assert again is not None, formatted
    assert unparse(again) == formatted
    assert meaning(again) == meaning(module)
    assert sorted(comment.text for comment in again.comments) == sorted(comment.text for comment in module.comments)
    assert all(line == line.rstrip() for line in formatted.splitlines())
    assert "\n\n\n" not in formatted and not formatted.startswith("\n")


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(0, 10**9))
def test_a_broken_text_is_told_and_never_raises(text: str, seed: int) -> None:
    random = Random(seed)
    for _ in range(random.randint(1, 3)):
        place = random.randint(0, len(text))
        cutting = random.choice((0, 0, 1, 4))
        text = text[:place] + random.choice(("", "{", "}", ";", ",", '"', "allow", "80", "Web", "\x00", "é", "->", "'", "\\", "\n")) + text[place + cutting:]
    outcome = parse(Source("a.mesh", text))
    assert outcome.value is not None
    assert (by_driver(text) is None) <= outcome.failed
    assert all(found.span is not None and 0 <= found.span.start <= found.span.end <= len(text) for found in outcome.diagnostics)
    if outcome.value.tokens is not None:
        assert len("".join(outcome.value.tokens.lexemes)) == len(text)


@settings(max_examples=300, deadline=None)
@given(st.text("aby09-_./%$:MWsmhGET", min_size=1, max_size=8) | st.sampled_from(["yes", "no", "observe", "a1b", "10mib"]))
def test_a_word_is_tried_as_every_terminal(word: str) -> None:
    every = tuple(name for name, pattern in tables.WORDS.items() if re.fullmatch(pattern, word))
    if word not in tables.LITERALS:
        assert sorted(candidates(word)) == sorted(every or BAD)


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_line_ends_do_not_matter(text: str) -> None:
    module, other = _parsed(text.replace("\r\n", "\n")), _parsed(text.replace("\r\n", "\n").replace("\n", "\r\n"))
    assert (module is None) == (other is None)
    if module is not None and other is not None:
        assert meaning(module) == meaning(other)
        assert unparse(module) == unparse(other)


def _parsed(text: str) -> syntax.Module | None:
    module = parse(Source("a.mesh", text)).value
    assert module is not None
    broken = module.tokens is None or module.errors or any(isinstance(item, syntax.ErrorNode) for item in module.statements)
    return None if broken else module


def meaning(node: Any) -> Any:
    """A tree without places, tokens and comments."""
    if isinstance(node, Span):
        return "here"
    if isinstance(node, syntax.Module):
        return [meaning(part) for part in node[1:5]]
    if isinstance(node, tuple):
        return [type(node).__name__, *map(meaning, node)]
    return node
