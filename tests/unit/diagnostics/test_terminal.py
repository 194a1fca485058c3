"""Diagnostics as text: the layout, several files, wide characters, hostile text."""

from meshwright.diagnostics import Label, error, warning
from meshwright.diagnostics.render.json import as_json
from meshwright.diagnostics.render.terminal import Style, render
from meshwright.source import Span

TEXTS = {
    "mesh/shop.mesh": "in shop\n\ndeny  anyone -> orderz\n",
    "mesh/base.mesh": "\n" * 11 + "deny anyone -> orders\n",
    "tab.mesh": "\tallow\tweb -> x\n",
    "wide.mesh": '"日本" x\n',
    "evil.mesh": 'allow "\x1b[31m\u202e" -> x\n',
    "long.mesh": "a" * 300 + " bad " + "b" * 300 + "\n",
    "two.mesh": "one\ntwo\n",
}


def shown(*found, **style) -> str:
    return render(found, TEXTS.get, Style(**style), lambda code: "")


def test_two_files_and_a_proposal() -> None:
    found = warning(
        "MW0307", "this `deny` has no effect", Span("mesh/shop.mesh", 9, 13), label="every request it denies is denied anyway",
        others=(Label(Span("mesh/base.mesh", 11, 32), "by this rule"),), notes=("one DENY that matches is enough",), help=("remove the rule",))
    assert render((found,), TEXTS.get, page=lambda code: f"docs/diagnostics/{code}-x.md") == """\
warning[MW0307]: this `deny` has no effect
  --> mesh/shop.mesh:3:1
 3 | deny  anyone -> orderz
   | ^^^^ every request it denies is denied anyway
  ::: mesh/base.mesh:12:1
12 | deny anyone -> orders
   | --------------------- by this rule
   = note: one DENY that matches is enough
   = help: remove the rule
   = page: docs/diagnostics/MW0307-x.md
"""


def test_tabs_and_wide_characters_keep_the_mark_below_its_text() -> None:
    assert shown(error("MW0101", "x", Span("tab.mesh", 7, 10))).splitlines()[2:] == ["1 |     allow   web -> x", "  |             ^^^"]
    assert shown(error("MW0101", "x", Span("wide.mesh", 5, 6))).splitlines()[2:] == ['1 | "日本" x', "  |        ^"]
    assert shown(error("MW0101", "x", Span("wide.mesh", 1, 3))).splitlines()[3] == "  |  ^^^^"


def test_text_of_the_user_cannot_write_to_the_terminal() -> None:
    text = shown(error("MW0101", "odd name `\x1b]0;x\x07`", Span("evil.mesh", 7, 13), notes=("\u202egnihton",)))
    assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text
    assert "\\u{1b}[31m\\u{202e}" in text


def test_long_lines_are_shortened_around_the_mark() -> None:
    lines = shown(error("MW0101", "x", Span("long.mesh", 301, 304)), width=80).splitlines()
    assert all(len(line) <= 84 for line in lines)
    at = lines[3].index("^^^")
    assert lines[2][at : at + 3] == "bad"


def test_a_span_over_several_lines_marks_the_first() -> None:
    assert shown(error("MW0101", "x", Span("two.mesh", 1, 7))).splitlines()[2:] == ["1 | one", "  |  ^^"]


def test_without_the_text_only_the_path_is_shown() -> None:
    assert shown(error("MW0801", "x", Span("-", 5, 6))) == "error[MW0801]: x\n --> -\n"
    assert shown(error("MW0767", "no git")) == "error[MW0767]: no git\n"


def test_equal_findings_of_several_environments_are_shown_once() -> None:
    found = error("MW0201", "x")
    text = shown(found._replace(environment="production"), found._replace(environment="staging"), show_environment=True)
    assert text == "error[MW0201]: x\n  = environment: production, staging\n"


def test_colour_only_on_request() -> None:
    assert "\x1b[1;31merror[MW0201]\x1b[0m" in shown(error("MW0201", "x"), colour=True)
    assert "\x1b" not in shown(error("MW0201", "x"))


def test_json_has_lines_when_the_text_is_at_hand() -> None:
    (value, other) = as_json((error("MW0201", "x", Span("two.mesh", 4, 7)), error("MW0201", "y", Span("gone", 1, 2))), TEXTS.get)
    assert value["place"] == {"path": "two.mesh", "start": {"offset": 4, "line": 2, "column": 1}, "end": {"offset": 7, "line": 2, "column": 4}}
    assert other["place"] == {"path": "gone", "start": {"offset": 1}, "end": {"offset": 2}}
