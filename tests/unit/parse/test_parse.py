"""Trees, recovery, characters, limits."""

import time

import pytest

from meshwright.ir import syntax
from meshwright.parse import parse
from meshwright.source import Source, Span


def module_of(text: str) -> syntax.Module:
    outcome = parse(Source("a.mesh", text))
    assert not outcome.diagnostics
    assert outcome.value is not None
    return outcome.value


def codes_of(text: str) -> list[str]:
    return [found.code for found in parse(Source("a.mesh", text)).diagnostics]


def at(start: int, end: int) -> Span:
    return Span("a.mesh", start, end)


def test_a_rule_as_a_tree() -> None:
    text = 'allow web, shop/cart -> "Orders" { GET, POST "/v1/{id}/**"; port db } until 2027-01-01 because "a \\"b\\""'
    [rule] = module_of(text).statements
    assert rule == syntax.RuleStatement(
        "allow",
        (syntax.SourceTerm("name", syntax.Name(None, "web", False, at(6, 9)), None, (), at(6, 9)),
         syntax.SourceTerm("name", syntax.Name("shop", "cart", False, at(11, 20)), None, (), at(11, 20))),
        (syntax.TargetTerm("name", syntax.Name(None, "Orders", True, at(24, 32)), at(24, 32)),),
        (syntax.Door(None, (syntax.Text("GET", at(35, 38)), syntax.Text("POST", at(40, 44))),
                     syntax.Path("/v1/{id}/**", ("v1", None), True, at(45, 58)), None, at(35, 58)),
         syntax.Door(syntax.Name(None, "db", False, at(65, 67)), (), None, None, at(60, 67))),
        (), syntax.Date("2027-01-01", at(76, 86)), syntax.Text('a "b"', at(95, 104)), at(0, len(text)))


def test_sources_and_destinations_as_trees() -> None:
    [rule] = module_of("deny anyone, clients of edge/g port 443, clients of any gateway, unidentified from 10.0.0.0/8, fd00::/8 -> "
                       "any service, pods of any workload, pods of x, namespace n").statements
    assert isinstance(rule, syntax.RuleStatement)
    assert [(term.kind, term.name and term.name.text, term.port and term.port.value, [block.text for block in term.cidrs]) for term in rule.sources] == [
        ("anyone", None, None, []), ("clients", "g", 443, []), ("clients-any", None, None, []), ("unidentified", None, None, ["10.0.0.0/8", "fd00::/8"])]
    assert [(term.kind, term.name and term.name.text) for term in rule.targets] == [
        ("any-service", None), ("pods-any-workload", None), ("pods", "x"), ("namespace", "n")]
    assert rule.doors is None


@pytest.mark.parametrize(("written", "segments", "subtree"), [
    ("/", (), False), ("/**", (), True), ("/a", ("a",), False), ("/a/", ("a", ""), False), ("/a/{id}", ("a", None), False), ("/a/**", ("a",), True)])
def test_paths(written: str, segments: tuple[str | None, ...], subtree: bool) -> None:
    [rule] = module_of(f'deny anyone -> a {{ path "{written}" }}').statements
    assert isinstance(rule, syntax.RuleStatement) and rule.doors
    path = rule.doors[0].path
    assert path is not None and (path.segments, path.subtree) == (segments, subtree)


def test_blocks_as_trees() -> None:
    module = module_of('tier platform\nin shop\nmesh { istio 1.30; trust-domain "x.local" }\n'
                       'namespace n { enforce no until 2027-01-01 because "b"; waypoint edge/shared; owner "o" }\n'
                       'service web { port http 80 -> named as w; headless; label a = b, "c/d" = e; service-account sa }\n'
                       'gateway g { listen https 443 host "*.example.com" { certificate c; tls min 1.3 }; listen http 80 { redirect https } }\n'
                       'route at g host "a.example.com" { path "/x" -> web port 80; path "/**" -> web }\n'
                       'invariant "t" { to a only from b }')
    home, tier = module.home, module.tier
    assert home is not None and tier is not None and (home.text, tier.text) == ("shop", "platform")
    mesh, namespace, service, gateway, route, invariant = module.statements
    assert isinstance(mesh, syntax.MeshBlock) and [(item.key, item.value) for item in mesh.settings] == [("istio", "1.30"), ("trust-domain", "x.local")]
    assert isinstance(namespace, syntax.NamespaceBlock) and namespace.enforce and namespace.waypoint and namespace.owner
    assert (namespace.enforce.mode, namespace.enforce.until and namespace.enforce.until.text, namespace.waypoint.kind) == ("no", "2027-01-01", "shared")
    assert isinstance(service, syntax.ServiceBlock) and service.headless and service.service_account
    assert [(port.protocol.text, port.number.value, port.target, port.alias) for port in service.ports] == [
        ("http", 80, syntax.Name(None, "named", False, service.ports[0].target.span), service.ports[0].alias)]  # type: ignore[union-attr]
    assert [(term.key.text, term.value.text) for term in service.labels] == [("a", "b"), ("c/d", "e")]
    assert isinstance(gateway, syntax.GatewayBlock)
    assert [(item.protocol.text, item.port.value, item.tls_min and item.tls_min.text, item.redirect and item.redirect.text) for item in gateway.listeners] == [
        ("https", 443, "1.3", None), ("http", 80, None, "https")]
    assert isinstance(route, syntax.RouteBlock) and [line.port and line.port[0] for line in route.lines] == [80, None]
    assert isinstance(invariant, syntax.InvariantBlock) and invariant.claims[0].kind == "only-from"
    assert (invariant.claims[0].sources[0].name or home).text == "b"


def test_what_later_versions_implement() -> None:
    module = module_of('external a { host "x.example.com"; port https 443 }\nenv e { gateway g { expose lb } }\n'
                       'gateway h { listen http 80; expose lb }\nroute at h { path "/" -> a { timeout 3s }; split 1% a }\nmesh { ca x }\n'
                       'namespace n { dataplane sidecar }\nallow a -> b { GET "/" } when t.c has "x" and token t')
    assert [(item.keyword, item.where) for item in module.statements if isinstance(item, syntax.Later)] == [("external", ""), ("env", "")]
    assert [(item.keyword, item.where) for item in module.later] == [
        ("expose", "gateway"), ("timeout", "route"), ("split", "route"), ("ca", "mesh"), ("dataplane", "namespace")]
    rule = module.statements[-1]
    assert isinstance(rule, syntax.RuleStatement) and len(rule.when) == 2


def test_a_mistake_leaves_its_neighbours() -> None:
    outcome = parse(Source("a.mesh", "allow a -> b\nallow c ->> d\nservice s { port http 80; prot tcp 81; port tcp 82 }\nallow e -> f"))
    module = outcome.value
    assert module is not None and outcome.failed
    first, broken, service, last = module.statements
    assert isinstance(first, syntax.RuleStatement) and isinstance(last, syntax.RuleStatement)
    assert broken == syntax.ErrorNode(at(13, 26))
    assert isinstance(service, syntax.ServiceBlock) and [port.number.value for port in service.ports] == [80, 82]
    assert module.errors == (syntax.ErrorNode(at(53, 64)),)
    assert len(outcome.diagnostics) == 2


def test_comments_are_kept_even_beside_mistakes() -> None:
    module = parse(Source("a.mesh", "# one\nallow a b # two\n  # three\n")).value
    assert module is not None
    assert [(comment.text, comment.own_line) for comment in module.comments] == [("one", True), ("two", False), ("three", True)]


@pytest.mark.parametrize(("text", "offset"), [
    ("\ufeffallow a -> b", 0), ("allow a -> b\x00", 12), ("# \u202e\nallow a -> b", 2), ("allow a -> b because \"\u2066x\"", 22), ("allow a -> b\u2028", 12),
    ("allow a\r-> b", 7), ("allow we\u200bb -> c", 8), ("allow a\x0b-> b", 7), ("allow a\u00a0-> b", 7), ("allow w\u0435b -> c", 7), ("allow a \u2192 b", 8),
    ("allow a -> b\x85", 12)])
def test_characters_that_deceive(text: str, offset: int) -> None:
    [found] = parse(Source("a.mesh", text)).diagnostics
    assert found.code == "MW0104" and found.span == at(offset, offset + 1)
    assert found.message.isascii()


@pytest.mark.parametrize(("name", "text", "code"), [
    ("a hundred thousand braces", "{" * 100_000, "MW0115"), ("closing braces", "}" * 200_000, "MW0101"), ("nested blocks", "env a {\n" * 100_000, "MW0115"),
    ("fifty megabytes", "x" * 50_000_000, "MW0116"), ("open quotes", '"\n' * 300_000, "MW0103"), ("colons", ":" * 900_000, "MW0101"),
    ("one long word", "allow " + "a-" * 500_000, "MW0117"), ("digits", "service x { port http " + "9" * 900_000 + " }", "MW0110"),
    ("backslashes", '"' + "\\" * 900_000, "MW0103"), ("separators", "allow a -> b;;" * 70_000, "MW0101")])
def test_hostile_text_is_refused_quickly(name: str, text: str, code: str) -> None:
    start = time.process_time()
    outcome = parse(Source("a.mesh", text))
    assert outcome.failed and code in {found.code for found in outcome.diagnostics}
    assert sum(len(text) for found in outcome.diagnostics for text in (found.message, found.label, *found.help)) < 50_000
    assert len(outcome.diagnostics) <= 60
    assert time.process_time() - start < 5


def test_comments_inside_a_statement_cost_linear_time() -> None:
    start = time.process_time()
    assert codes_of("allow a\n" + "# x\n" * 200_000 + "-> b") == []
    assert time.process_time() - start < 5


def test_an_open_string_at_a_windows_line_end() -> None:
    assert codes_of('allow a -> b { GET "/x;\r\nport db }\r\nallow c -> d\r\n') == ["MW0103"]
