"""Canonical layout, rule by rule."""

import pytest

from meshwright.parse import parse
from meshwright.source import Source
from meshwright.unparse import unparse

CASES = (
    ("one line when it fits", 'allow   a,b->c{GET "/x";\nport db}', 'allow a, b -> c { GET "/x"; port db }\n'),
    ("empty block", "namespace shop {\n\n}", "namespace shop {}\n"),
    ("empty file", "\n\n  \n", ""),
    ("only comments", "#a\n\n\n\n# b", "#a\n\n# b\n"),
    ("headers first", "in shop\ntier platform\nallow a -> b", "tier platform\nin shop\n\nallow a -> b\n"),
    ("quotes that nothing needs", 'allow "web", "any", "Web" -> "pods"', 'allow web, "any", "Web" -> "pods"\n'),
    ("mesh opens at two settings", "mesh { istio 1.30; dataplane ambient }", "mesh {\n  istio 1.30\n  dataplane ambient\n}\n"),
    ("mesh with one setting", "mesh {\nistio 1.30\n}", "mesh { istio 1.30 }\n"),
    ("a block in a block opens", 'route at g { path "/a" -> b { timeout 3s } }', 'route at g {\n  path "/a" -> b { timeout 3s }\n}\n'),
    ("comments stay", "# top\nservice a { # why\nport http 80 # eighty\n# last\n} # end",
     "# top\nservice a {  # why\n  port http 80  # eighty\n  # last\n}  # end\n"),
    ("a comment behind a separator", "allow a -> b; # one\nallow c -> d # two", "allow a -> b  # one\nallow c -> d  # two\n"),
    ("a comment in a statement", "allow a, # first\n  b -> c", "allow a,  # first\n    b -> c\n"),
    ("empty lines", "allow a -> b\n\n\n\nallow c -> d\nservice s {\n\nport http 80\n\n\n# x\nport tcp 81\n\n}",
     "allow a -> b\n\nallow c -> d\nservice s {\n  port http 80\n\n  # x\n  port tcp 81\n}\n"),
    ("clauses go first", f'allow a -> b {{ GET "/{"x" * 60}" }} until 2027-01-01 because "{"y" * 20}"',
     f'allow a -> b {{ GET "/{"x" * 60}" }}\n  until 2027-01-01\n  because "{"y" * 20}"\n'),
    ("then the block opens", f'allow a -> b {{ GET "/{"x" * 60}"; POST "/{"x" * 60}" }} because "y"',
     f'allow a -> b {{\n  GET "/{"x" * 60}"\n  POST "/{"x" * 60}"\n}} because "y"\n'),
    ("then lists break", "allow " + ", ".join(f"service-number-{n}" for n in range(7)) + " -> b",
     "allow service-number-0,\n" + "".join(f"    service-number-{n},\n" for n in range(1, 6)) + "    service-number-6\n    -> b\n"),
    ("and breaks before itself", f'allow a -> b {{ GET "/" }} when t.c has "{"x" * 60}" and t.d has "{"y" * 40}"',
     f'allow a -> b {{ GET "/" }}\n  when t.c has "{"x" * 60}"\n      and t.d has "{"y" * 40}"\n'),
    ("a line that cannot begin a statement keeps its separator", 'route at g { path "/a" -> b; -> c; path "/d" -> e { timeout 1s } }',
     'route at g {\n  path "/a" -> b;\n  -> c\n  path "/d" -> e { timeout 1s }\n}\n'),
    ("windows line ends", "allow a -> b\r\nallow c -> d\r\n", "allow a -> b\nallow c -> d\n"),
)


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_layout(text: str, expected: str) -> None:
    outcome = parse(Source("a.mesh", text))
    assert outcome.value is not None and not outcome.diagnostics
    assert unparse(outcome.value) == expected
    again = parse(Source("a.mesh", expected))
    assert again.value is not None and unparse(again.value) == expected


@pytest.mark.parametrize("text", ["allow a ->", "service a { prot http 80 }", "profile p { allow b c }"])
def test_a_tree_with_errors_is_not_formatted(text: str) -> None:
    outcome = parse(Source("a.mesh", text))
    assert outcome.value is not None and outcome.failed
    with pytest.raises(ValueError, match="error nodes"):
        unparse(outcome.value)
