"""The direct matcher: one case per row of the table in istio-semantics 1.5."""

import pytest

from meshwright.access.expr import Pattern, PatternKind
from meshwright.access.request import matches

CASES: tuple[tuple[PatternKind, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("exact", "/a", ("/a",), ("/a/", "/A", "/ab")),
    ("prefix", "/foo", ("/foo", "/foobar", "/foo/x"), ("/fo", "/Foo")),
    ("suffix", ".js", ("/a.js",), ("/a.json",)),
    ("present", "", ("x",), ("",)),
    ("template", "/foo/{*}", ("/foo/bar", "/foo/-._~%!$&'()*+,;:@="), ("/foo/", "/foo/bar/", "/foo/bar/baz", "/foo", "/foo/[", "/foo/a]b", "/foo/{a}", "/foo/é")),
    ("template", "/foo/{**}", ("/foo/", "/foo/a/b"), ("/foo", "/foo/a/[b", "/foo/^")),
    ("template", "/foo/{**}/", ("/foo/bar/", "/foo//"), ("/foo/", "/foo/bar")),
    ("template", "/{*}/x/{**}/z", ("/a/x/b/z", "/a/x/b/c/z", "/a/x//z"), ("/a/x/z", "//x/b/z", "/a/x/b/z/")),
    ("iexact", "Shop.example.com", ("shop.EXAMPLE.com",), ("shop.example.com:80",)),
    ("iprefix", "shop.example.com:", ("SHOP.example.com:80",), ("shop.example.com",)),
    ("isuffix", ".example.com", ("a.Example.COM",), ("a.example.com:1",)),
    ("wildcard", ".example.com", ("a.example.com", "a.b.EXAMPLE.com:8080"), (".example.com", "example.com", "a.example.com.evil", "b:a.example.com")),
    ("namespace", "shop", ("cluster.local/ns/shop/sa/web", "other.td/ns/shop/sa/x"), ("", "cluster.local/ns/shop2/sa/web", "cluster.local/ns/a/sa/shop")),
    ("account", "shop/web", ("cluster.local/ns/shop/sa/web", "other.td/ns/shop/sa/web"), ("", "cluster.local/ns/shop/sa/web2")),
    ("number", "80", ("80",), ("8080",)),
    ("cidr", "10.9.0.0/24", ("10.9.0.0", "10.9.0.255"), ("10.9.1.0", "::1")),
    ("cidr", "2001:db8::/32", ("2001:db8::7",), ("2001:db9::", "10.0.0.1")),
)


@pytest.mark.parametrize(("kind", "text", "inside", "outside"), CASES)
def test_matches(kind: PatternKind, text: str, inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    assert [value for value in inside if not matches(Pattern(kind, text), value)] == []
    assert [value for value in outside if matches(Pattern(kind, text), value)] == []


@pytest.mark.parametrize("pattern", [
    Pattern("template", "/a{*}"), Pattern("template", "/{**}/{*}"), Pattern("template", "a/{*}"), Pattern("cidr", "10.0.0.0/33"),
    Pattern("cidr", "web"), Pattern("number", "0"), Pattern("number", "65536"), Pattern("number", "http"),
])
def test_a_pattern_without_meaning_is_refused(pattern: Pattern) -> None:
    with pytest.raises(ValueError):
        matches(pattern, "80" if pattern.kind == "number" else "10.0.0.1" if pattern.kind == "cidr" else "/a")
