"""The algebra against brute force: atoms against direct matching of many strings, decisions against every request of a small universe."""

import random
import re
import sys
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.access import sat
from meshwright.access.automata import explore
from meshwright.access.candidates import candidates
from meshwright.access.decide import BUDGET, Unknown, difference_witness
from meshwright.access.expr import Dimension, Expr, Pattern, PatternKind, Value, all_of, any_of, match, negate
from meshwright.access.request import Witness, evaluate, fix, matches
from meshwright.access.slices import Slices
from meshwright.access.universe import belongs

QUICK = settings(max_examples=150, deadline=None)


def words(alphabet: str, longest: int) -> list[str]:
    return ["".join(chars) for length in range(longest + 1) for chars in product(alphabet, repeat=length)]


# dimension -> (texts that patterns use, kinds, values tried)
PATH_TEXTS = ["", "/", "/a", "/ab", "/a/", "/a/b", "/b/a", "a", "b", "/a/b/", "//", "a/b", "/[", "/a["]
TEMPLATES = ["/{*}", "/{**}", "/a/{*}", "/{*}/b", "/a/{**}", "/{*}/a/{**}", "/{**}/b", "/a/{**}/b", "/{*}/{*}"]
PATHS = [word for word in words("/abc[", 5) if belongs("path", word)]
METHODS = [word for word in words("ABc", 4) if word]
HOSTS = words("aAb.:", 4)
PRINCIPALS = ["", *(f"{td}/ns/{ns}/sa/{sa}" for td, ns, sa in product(("t", "tt", "u", "o"), ("a", "aa", "b", "c"), ("a", "ab", "b", "c")))]


def text_patterns(texts: list[str], kinds: list[str]) -> st.SearchStrategy[Pattern]:
    return st.builds(Pattern, st.sampled_from(kinds), st.sampled_from(texts)) | st.just(Pattern("present", ""))  # type: ignore[arg-type]


PATH_PATTERNS = text_patterns(PATH_TEXTS, ["exact", "prefix"]) | st.builds(Pattern, st.just("template"), st.sampled_from(TEMPLATES))
ANY_PATH_PATTERNS = PATH_PATTERNS | text_patterns(PATH_TEXTS, ["suffix"])
METHOD_PATTERNS = text_patterns(["A", "AB", "B", "BA", "c", "ABA", ""], ["exact", "prefix", "suffix"])
NAMES = ["a", "b", "a.b", "a.b:", "A.b", ".b", ".a.b", "b:", "b:a", "", ":a"]
HOST_PATTERNS = text_patterns(NAMES, ["iexact", "iprefix", "isuffix"])
DECLARED_HOSTS = (st.builds(Pattern, st.just("iexact"), st.sampled_from(["a", "a.b", "b:a", "A.b"]))
                  | st.builds(Pattern, st.just("iprefix"), st.sampled_from(["a:", "a.b:"]))
                  | st.builds(Pattern, st.just("wildcard"), st.sampled_from([".b", ".a", ".a.b", "."])))
ANY_HOST_PATTERNS = HOST_PATTERNS | DECLARED_HOSTS | text_patterns(NAMES, ["exact", "prefix", "suffix"])
PART_PATTERNS = (text_patterns(["t/ns/a/sa/a", "t/ns/a/sa/b", "u/ns/b/sa/a", "nobody", "", "t/ns/a/sa/"], ["exact"])
                 | text_patterns(["t/", "u/", "t/ns/", "t/ns/a/", "t/ns/b/sa/", "x/", ""], ["prefix"])
                 | text_patterns(["a/a", "a/b", "b/a", "a", "a/b/c"], ["account"]) | text_patterns(["a", "b", "", "a/sa"], ["namespace"]))
ANY_PRINCIPAL_PATTERNS = PART_PATTERNS | text_patterns(["t", "t/ns/a", "b", "/sa/a", "a/sa/b", "", "/"], ["prefix", "suffix"])

CASES = (
    ("path", PATH_PATTERNS, PATHS), ("path", ANY_PATH_PATTERNS, PATHS), ("method", METHOD_PATTERNS, METHODS), ("host", HOST_PATTERNS, HOSTS),
    ("host", DECLARED_HOSTS, HOSTS), ("host", ANY_HOST_PATTERNS, HOSTS), ("principal", PART_PATTERNS, PRINCIPALS),
    ("principal", ANY_PRINCIPAL_PATTERNS, PRINCIPALS),
)


@pytest.mark.parametrize("case", range(len(CASES)))
@pytest.mark.parametrize("way", [candidates, explore])
def test_no_value_is_without_a_stand_in(case: int, way: object) -> None:
    """Every class that some value shows is stood for; what stands for a class is a value of the dimension."""
    dimension, patterns, values = CASES[case]

    @QUICK
    @given(st.lists(patterns, min_size=1, max_size=5, unique=True))
    def check(chosen: list[Pattern]) -> None:
        stand_ins = way(dimension, chosen)  # type: ignore[operator]
        assert all(belongs(dimension, value) for value in stand_ins)  # type: ignore[arg-type]
        stood_for = {tuple(matches(pattern, value) for pattern in chosen) for value in stand_ins}
        for value in values:
            assert tuple(matches(pattern, value) for pattern in chosen) in stood_for, value

    check()


GLOBS = st.builds(Pattern, st.just("glob"), st.sampled_from(["**/ns/a**/**", "*/ns/*a/sa/*", "t*/**", "*o/**", "**/ns/**b/**", "**", "*"]))


@QUICK
@given(st.lists(GLOBS | ANY_PRINCIPAL_PATTERNS, min_size=1, max_size=4, unique=True))
def test_globs_over_principals(chosen: list[Pattern]) -> None:
    stood_for = {tuple(matches(pattern, value) for pattern in chosen) for value in candidates("principal", chosen)}
    assert all(tuple(matches(pattern, value) for pattern in chosen) in stood_for for value in PRINCIPALS)


@QUICK
@given(st.text("ab/*", max_size=6), st.text("ab/", max_size=6))
def test_a_glob_is_what_a_regular_expression_says(glob: str, value: str) -> None:
    parts = re.split(r"(\*+)", glob)
    written = "".join("[^/]*" if part == "*" else ".*" if part.startswith("*") else re.escape(part) for part in parts)
    assert matches(Pattern("glob", glob), value) == (re.fullmatch(written, value) is not None)


# An attribute may be missing, and a claim is a set of texts: every value of a small universe has a stand-in, however sets are grouped.
TEXT_PATTERNS = text_patterns(["a", "b", "ab", "ba", "abb"], ["exact", "prefix", "suffix"])
TEXTS = words("ab", 3)
ATTRIBUTES: list[tuple[Dimension, list[Value]]] = [
    ("header:x", [None, *TEXTS]), ("claim:iss", [None, *TEXTS[1:]]), ("sni", list(TEXTS)), ("metadata:f[k]", [None, *TEXTS]),
    ("claim:groups", [(), *((one,) for one in TEXTS), *pairwise(TEXTS), ("a", "b", "ab"), ("a", "abb", "ba"), ("aa", "b"), ("bb", "a", "ab")])]


@pytest.mark.parametrize("case", range(len(ATTRIBUTES)))
def test_expressions_over_attributes(case: int) -> None:
    dimension, values = ATTRIBUTES[case]
    given_too = st.just(Pattern("given", "")) if dimension != "claim:groups" else st.just(Pattern("exact", "bb"))
    leaf = st.builds(lambda pattern: Expr("match", dimension, pattern), TEXT_PATTERNS | given_too)
    some = st.recursive(leaf | st.just(match("method", "exact", "A")), lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(all_of), st.lists(inner, min_size=1, max_size=3).map(any_of), inner.map(negate)), max_leaves=7)

    @QUICK
    @given(some, some)
    def check(left: Expr, right: Expr) -> None:
        answer = difference_witness(left, right)
        assert not isinstance(answer, Unknown)
        if answer is not None:
            assert evaluate(left, answer) and not evaluate(right, answer)
        else:
            for value in values:
                token = (("claim:iss", "x"),) if dimension == "claim:groups" else ()
                request = Witness("", "10.0.0.1", 80, "A", "/", "h", ((dimension, value), *token))
                assert not evaluate(left, request) or evaluate(right, request), value

    check()


def test_many_values_of_a_list_are_no_burden() -> None:
    """Each is a question of its own: no atom for every set of them."""
    every = [match("claim:groups", "exact", f"g{number}") for number in range(60)]
    answer = difference_witness(all_of(every), any_of(every[:2]))
    assert answer is None
    answer = difference_witness(any_of(every), any_of(every[1:]))
    assert isinstance(answer, Witness) and answer.attributes == (("claim:groups", ("g0",)), ("claim:iss", "other"))


ADDRESSES = ["0.0.0.0", "10.0.0.0", "10.0.0.5", "10.0.0.255", "10.0.1.0", "10.255.255.255", "11.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::9",
             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
CIDRS = st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.5", "10.0.0.0/32", "0.0.0.0/1", "128.0.0.0/1", "::/0", "::1", "2001:db8::/32"])


@QUICK
@given(st.lists(CIDRS, min_size=1, max_size=5, unique=True))
def test_addresses(texts: list[str]) -> None:
    chosen = [Pattern("cidr", text) for text in texts]
    stood_for = {tuple(matches(pattern, value) for pattern in chosen) for value in candidates("source_ip", chosen)}
    assert all(tuple(matches(pattern, value) for pattern in chosen) in stood_for for value in ADDRESSES)


# A small universe in which nothing but these values matters: patterns are exact or cover whole groups of them.
UNIVERSE = [Witness(principal, "10.0.0.1", port, method, path, "h") for principal, port, method, path in product(
    ("", "t/ns/a/sa/a", "t/ns/a/sa/b", "u/ns/a/sa/a", "u/ns/c/sa/c"), (80, 81, 82), ("A", "B", "C"), ("/", "/a", "/a/b", "/c", "/a/b/c"))]
LEAVES = [match("principal", "exact", "t/ns/a/sa/a"), match("principal", "account", "a/b"), match("principal", "namespace", "a"),
          match("principal", "present"), match("principal", "prefix", "t/"), match("port", "number", "80"), match("port", "number", "81"),
          match("method", "exact", "A"), match("method", "exact", "B"), match("path", "exact", "/a"), match("path", "prefix", "/a/"),
          match("path", "template", "/a/{*}"), match("path", "exact", "/a/b"), Expr("true"), Expr("false")]
EXPRESSIONS = st.recursive(st.sampled_from(LEAVES), lambda inner: st.one_of(
    st.lists(inner, max_size=4).map(all_of), st.lists(inner, max_size=4).map(any_of), inner.map(negate)), max_leaves=12)


@pytest.mark.parametrize("budget", [BUDGET, 0])  # 0: no step on boxes, all by the solver
@settings(max_examples=400, deadline=None)
@given(left=EXPRESSIONS, right=EXPRESSIONS)
def test_a_difference_is_found_exactly_when_there_is_one(budget: int, left: Expr, right: Expr) -> None:
    answer = difference_witness(left, right, budget)
    assert not isinstance(answer, Unknown)
    if answer is None:
        assert [one for one in UNIVERSE if evaluate(left, one) and not evaluate(right, one)] == []
    else:
        assert evaluate(left, answer) and not evaluate(right, answer)


@QUICK
@given(EXPRESSIONS, st.sampled_from(["principal", "port", "path"]))
def test_fixing_a_dimension_answers_for_that_value(expr: Expr, dimension: Dimension) -> None:
    for request in UNIVERSE[::7]:
        assert evaluate(fix(expr, dimension, request.value(dimension)), request) == evaluate(expr, request)


def hostile(rules: int, seed: int) -> list[Expr]:
    """Rules that overlap everywhere: each half of all values of every dimension."""
    dice = random.Random(seed)
    values = {"principal": [f"t/ns/a/sa/s{n}" for n in range(8)], "port": [str(8000 + n) for n in range(8)], "method": [c * 2 for c in "ABCDEFGH"],
              "path": [f"/p{n}" for n in range(8)], "host": [f"h{n}" for n in range(8)]}
    kind: dict[str, PatternKind] = {"port": "number", "host": "iexact"}
    return [all_of([any_of([match(dimension, kind.get(dimension, "exact"), text) for text in dice.sample(texts, 4)])  # type: ignore[arg-type]
                    for dimension, texts in values.items()]) for _ in range(rules)]


def test_a_hostile_question_is_answered_by_the_solver() -> None:
    """Boxes alone end in their budget; the answer is the one that the request itself shows, and the same the other way round."""
    rules = hostile(60, 1)
    again = [all_of([match("method", "exact", "AA"), rule]) for rule in rules] + [all_of([negate(match("method", "exact", "AA")), rule]) for rule in rules]
    assert difference_witness(any_of(rules), any_of(again)) is None
    missing = difference_witness(any_of(rules), any_of(again[:-1]))
    assert isinstance(missing, Witness)
    assert evaluate(any_of(rules), missing) and not evaluate(any_of(again[:-1]), missing)


def test_a_question_beyond_every_budget_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sat, "CONFLICTS", 1)
    rules = hostile(60, 2)
    again = [all_of([match("method", "exact", "AA"), rule]) for rule in rules] + [all_of([negate(match("method", "exact", "AA")), rule]) for rule in rules]
    answer = difference_witness(any_of(rules), any_of(again), budget=200)
    assert answer == Unknown("too many conflicts in the solver to decide")
    monkeypatch.setattr(sat, "MOST_CLAUSES", 10)
    assert isinstance(difference_witness(any_of(rules), any_of(again), budget=200), Unknown)


def test_without_the_solver_the_answer_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysat.solvers", None)
    answer = difference_witness(any_of(hostile(30, 3)), match("method", "exact", "AA"), budget=0)
    assert isinstance(answer, Unknown)
    assert "python-sat" in answer.reason


def test_a_pattern_without_meaning_is_unknown() -> None:
    assert isinstance(difference_witness(match("source_ip", "cidr", "10.0.0.0/99"), match("source_ip", "cidr", "10.0.0.0/8")), Unknown)


# As policies are: some allowed cubes, without denied ones and whoever a fence keeps out.
CALLERS = [*LEAVES[:5], match("principal", "exact", "")]
DOORS = [*LEAVES[5:], any_of([match("path", "exact", "/a"), match("path", "prefix", "/a/")])]
CUBES = st.builds(lambda caller, doors: all_of([caller, *doors]), st.sampled_from(CALLERS), st.lists(st.sampled_from(DOORS), max_size=2))
RECIPES = st.builds(lambda allowed, denied, fence: all_of([any_of(allowed), negate(any_of(denied)), any_of(fence) if fence else Expr("true")]),
                    st.lists(CUBES, max_size=4), st.lists(CUBES, max_size=2), st.lists(st.sampled_from(CALLERS), max_size=3))
# As a waypoint has them: the fence stands among what is refused, with or without allows behind it.
REFUSED = st.builds(lambda denied, fence, outside: negate(any_of([*denied, *outside, negate(any_of(fence))])), st.lists(CUBES, max_size=2),
                    st.lists(st.sampled_from(CALLERS), min_size=1, max_size=3), st.lists(st.sampled_from(DOORS).map(negate), max_size=1))
FENCED = st.builds(lambda refused, allowed, turned: all_of([any_of(allowed), refused] if turned else [refused, any_of(allowed)]),
                   REFUSED, st.lists(CUBES, min_size=1, max_size=4), st.booleans())
MORE = EXPRESSIONS | RECIPES | REFUSED | FENCED | st.lists(st.sampled_from(CALLERS), min_size=1, max_size=3).map(any_of)
HERE = [one for one in UNIVERSE if one.principal == "" or one.principal.startswith("t/")]


def in_one_way(pattern: Pattern) -> Pattern:
    """Right for principals of trust domain `t` and for none."""
    if pattern.kind == "account":
        space, _, name = pattern.text.partition("/")
        return Pattern("exact", f"t/ns/{space}/sa/{name}")
    return {Pattern("namespace", "a"): Pattern("prefix", "t/ns/a/"), Pattern("prefix", "t/"): Pattern("present", "")}.get(pattern, pattern)


@settings(max_examples=400, deadline=None)
@given(st.lists(MORE, min_size=2, max_size=4))
def test_what_the_first_look_calls_inside_is_inside(expressions: list[Expr]) -> None:
    """It may say nothing, and never something wrong: of every pair, as written and with names of one trust domain."""
    for slices, universe in ((Slices(), UNIVERSE), (Slices(in_one_way), HERE)):
        for left, right in product(expressions, repeat=2):
            if slices.inside(left, right):
                assert [one for one in universe if evaluate(left, one) and not evaluate(right, one)] == []
        assert all(slices.inside(one, one) for one in expressions)
        assert all(slices.inside(all_of([one, other]), one) and slices.inside(one, any_of([other, one])) for one, other in pairwise(expressions))


def test_the_first_look_sees_one_recipe_in_other_words() -> None:
    """Guard, fence and allows of a manifest against the cubes and denies of the intent, in both directions."""
    door = all_of([match("method", "exact", "A"), any_of([match("path", "exact", "/a"), match("path", "prefix", "/a/")])])
    manifest = all_of([
        negate(any_of([all_of([match("principal", "account", "a/b"), match("path", "exact", "/c")]),
                       negate(any_of([match("principal", "account", "a/a"), match("principal", "account", "a/b")]))])),
        any_of([all_of([match("principal", "account", "a/b"), match("method", "exact", "B")]), all_of([match("principal", "account", "a/a"), door])]),
        match("principal", "present")])
    intent = all_of([any_of([all_of([match("principal", "exact", "t/ns/a/sa/a"), door]),
                             all_of([match("principal", "exact", "t/ns/a/sa/b"), match("method", "exact", "B")])]),
                     negate(all_of([match("principal", "exact", "t/ns/a/sa/b"), match("path", "exact", "/c")]))])
    slices = Slices(in_one_way)
    assert slices.inside(manifest, intent) and slices.inside(intent, manifest)
    assert not Slices().inside(manifest, intent)
    wider = any_of([intent, all_of([match("principal", "exact", "t/ns/a/sa/a"), match("method", "exact", "C")])])
    assert slices.inside(manifest, wider) and not slices.inside(wider, manifest)


def test_the_first_look_says_nothing_of_what_nobody_can_read() -> None:
    bad = match("source_ip", "cidr", "10.0.0.0/99")
    assert not Slices().inside(bad, bad)
