"""A rule that is called superfluous or void can be taken away, and a deny that is called idle too: nobody gets in or is kept out by that."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.intent import Ask, allowed
from tests.support.worlds import World

from meshwright.ir.intent import Program
from meshwright.prove.review import review

SOURCES = ("shop/web", "shop/orders", "any workload", "namespace shop", "clients of edge/public", "clients of edge/public port 443")
DOORS = ("GET /a", "GET /a/**", "/a/**", "POST, GET /a/{id}", "port 80", "/**")
RULE = st.tuples(st.sampled_from(("allow", "allow", "deny")), st.sampled_from(SOURCES), st.sampled_from(("shop/orders", "pods of shop/orders")),
                 st.lists(st.sampled_from(DOORS), max_size=2, unique=True), st.sampled_from(("", "", "2027-01-01")))
PRINCIPALS = tuple(f"cluster.local/ns/{name}" for name in ("shop/sa/web", "shop/sa/orders", "shop/sa/x", "ops/sa/y", "edge/sa/public-istio"))


def program(rules: list[tuple[str, str, str, list[str], str]]) -> Program:
    world = World()
    for name in ("shop", "edge", "ops"):
        world.namespace(name)
    world.service("shop/web", "http 80").service("shop/orders", "http 80 -> 8080").service("shop/other", "http 81 -> 8080", pods="shop/orders")
    world.gateway("edge/public", "https 443 a.example.com edge/cert", "https 8443 a.example.com edge/cert").route("edge/public", "a.example.com", "/**", "shop/orders", 80)
    for effect, source, target, doors, until in rules:
        if target.startswith("pods of"):
            doors = ["port 8080"] if doors else []
        (world.allow if effect == "allow" else world.deny)(source, target, *(door for door in doors if door != "port 80" or target == "shop/orders"))
        world.rules[-1] = world.rules[-1]._replace(until=until)
    return world.program()


def meaning(one: Program) -> list[bool]:
    asks = [Ask("service", "shop/orders", "shop/orders", 80, 8080, "", 0, principal, "203.0.113.7", method, path, "a.example.com")
            for principal, method, path in product(PRINCIPALS, ("GET", "POST", "PUT"), ("/a", "/a/b", "/a/b/c", "/"))]
    asks += [Ask("pod", "shop/orders", "", 0, port, "", 0, principal, "203.0.113.7", "GET", "/a", "") for principal, port in product(PRINCIPALS, (8080, 9))]
    asks += [Ask("gateway", "shop/orders", "shop/orders", 80, 8080, "edge/public", listener, PRINCIPALS[-1], "203.0.113.7", method, path, "a.example.com")
             for listener, method, path in product((443, 8443), ("GET", "POST", "PUT"), ("/a", "/a/b", "/"))]
    return [allowed(one, ask) for ask in asks]


@given(st.lists(RULE, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_a_rule_that_changes_nothing_changes_nothing(rules: list[tuple[str, str, str, list[str], str]]) -> None:
    whole = program(rules)
    before = meaning(whole)
    numbers = {rule.span: number for number, rule in enumerate(whole.rules)}
    # All superfluous ones together: each is judged by what stays.
    found = review(whole)
    for codes in (("MW0411",), ("MW0412",), ("MW0413",)):
        gone = {numbers[span] for one in found if one.code in codes
                for span in (one.span, *(label.span for label in one.others if one.code == "MW0413")) if span is not None}
        assert meaning(whole._replace(grants=tuple(grant for grant in whole.grants if grant.rule not in gone))) == before, (rules, codes, gone)


def test_a_rule_with_a_date_makes_none_superfluous_that_lasts_longer() -> None:
    def codes(first: str, second: str) -> list[str]:
        return [one.code for one in review(program([("allow", "shop/web", "shop/orders", ["GET /a/**"], first), ("allow", "shop/web", "shop/orders", ["GET /a"], second)]))]

    assert codes("", "") == codes("", "2027-01-01") == codes("2027-01-01", "2027-01-01") == ["MW0411"]
    assert codes("2027-01-01", "") == []


def test_of_two_equal_rules_the_later_one_is_one_too_many() -> None:
    same = ("allow", "shop/web", "shop/orders", ["GET /a"], "")
    whole = program([same, same, same])
    assert [(one.code, one.span) for one in review(whole)] == [("MW0411", whole.rules[2].span), ("MW0411", whole.rules[1].span)]


def test_a_contradiction_names_both_sides() -> None:
    whole = program([("allow", "shop/web", "shop/orders", ["GET /a"], ""), ("deny", "any workload", "shop/orders", ["/a/**"], "")])
    (found,) = review(whole)
    assert (found.code, found.span, [label.span for label in found.others]) == ("MW0412", whole.rules[0].span, [whole.rules[1].span])
