"""The fast reader and the event reader agree with PyYAML on whatever they accept."""

from io import StringIO

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from ruamel.yaml import YAML
from tests.support.hazards import HAZARDS

from meshwright.inventory.documents import read_documents
from meshwright.inventory.events import Failure, read_events
from meshwright.inventory.plain import OPEN, UNREAD, Memo, read_plain
from meshwright.inventory.scalars import Ambiguous, resolve

# Pieces that lines of YAML are made of, right and wrong ones.
INDENTS = some.sampled_from(("", "", "  ", "  ", "    ", " ", "   ", "      ", "\t"))
DASHES = some.sampled_from(("", "", "", "- ", "- ", "-  ", "-", "- - ", "? "))
KEYS = some.sampled_from(
    (
        "",
        "a: ",
        "b: ",
        "c:",
        "a:",
        "name: ",
        "port: ",
        "x/y.z: ",
        '"a": ',
        '"b":',
        "on: ",
        "y:",
        "a : ",
        "a:b: ",
        "1: ",
        "<<: ",
        "'a': ",
        "é: ",
        "a b: ",
    )
)
SCALARS = some.one_of(
    some.sampled_from(("", "x", "80", "'x'", '"x"', '"\\u0041"', '"a\\nb"', "{}", "[]", "[a, b]", "[a, 1, \"x\"]", "{a: b}", "x # c", "x #c", "# c", "x#c", "100m", "1.5", "|", ">-", "&a x",
                       "*a", "!!str 1", "true", "True", "no", "x y", "x - y", "x: y", "a:b", "http://x/y", "x:", "'it''s'", '"unfinished', "'unfinished", "@x", "%x", "...", "---", "-1", "0", "00")),
    some.sampled_from([text for text in HAZARDS if len(text) < 50]),
)  # fmt: skip
LINES = some.builds(lambda *parts: "".join(parts), INDENTS, DASHES, KEYS, SCALARS, some.sampled_from(("", "", " ", "  # c")))
WILD = some.lists(some.one_of(LINES, some.sampled_from(("---", "--- # x", "", "# c", "   ", "--- x", "..."))), max_size=8).map("\n".join)
# Documents as tools write them, with one line spoilt or not: most of these the fast reader knows.
TIDY = some.dictionaries(
    some.sampled_from(("a", "b", "name", "port", "x/y.z", "on", "spec")),
    some.recursive(
        some.one_of(
            some.sampled_from(("x", "GET", "/v1/x", "80", "no", "a: b", "x y", "", "100m", "é", "a\nb")),
            some.integers(0, 99),
            some.booleans(),
        ),
        lambda inner: some.one_of(
            some.lists(inner, max_size=3), some.dictionaries(some.sampled_from(("a", "b", "name", "port", "items")), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
).map(lambda document: yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def spoil(text: str, number: int, scalar: str, whole: bool) -> str:
    """``text`` with the value (or all) of one line replaced."""
    lines = text.split("\n")
    number %= len(lines)
    head = lines[number].partition(":")[0]
    lines[number] = scalar if whole else f"{head}: {scalar}"
    return "\n".join(lines)


def insert(text: str, number: int, line: str) -> str:
    """``text`` with one line more."""
    lines = text.split("\n")
    lines.insert(number % len(lines), line)
    return "\n".join(lines)


SPOILT = some.builds(spoil, TIDY, some.integers(0, 20), SCALARS, some.booleans())
TEXTS = some.one_of(TIDY, SPOILT, WILD)
# Rules as policies have them, from so few pieces that blocks occur again, with lines spoilt or not.
FIELDS = some.dictionaries(some.sampled_from(("serviceAccounts", "ports", "paths", "name")),
                           some.lists(some.sampled_from(("a/b", "80", "/x", "no")), min_size=1, max_size=2), min_size=1, max_size=2)
RULES = some.dictionaries(
    some.sampled_from(("from", "to")), some.lists(some.dictionaries(some.sampled_from(("source", "operation", "key")), FIELDS, max_size=2),
                                                  min_size=1, max_size=2), min_size=1, max_size=2)
POLICIES = some.lists(RULES, min_size=1, max_size=3).map(
    lambda rules: yaml.safe_dump({"metadata": {"name": "x"}, "spec": {"rules": rules}, "status": {"name": "z"}}, sort_keys=False)
).flatmap(lambda text: some.one_of(some.just(text), some.builds(spoil, some.just(text), some.integers(0, 40), SCALARS, some.booleans()),
                                   some.builds(insert, some.just(text), some.integers(0, 40), LINES)))


# What comes before `spec`, as `render` writes it, with anything in the places of the values.
HEADS = some.builds(
    "{}apiVersion: {}\nkind: {}\nmetadata:\n  name: {}\n  namespace: {}\n{}  annotations:\n    {}: {}\nspec:\n{}".format,
    some.sampled_from(("", "# x\n", "---\n", "# a: b\n")), some.sampled_from(("v1", "a.b/v1", "1.0", "no")), some.sampled_from(("A", "'A'", "A # c", "y")),
    some.one_of(some.sampled_from(("a", "a-1", "a.b", "on", "a ", "é", "a:b")), SCALARS), some.sampled_from(("a", "b-2", "null", "off", "1")),
    some.sampled_from(("", "", "  labels:\n    a: b\n", "  labels:\n    name: b\n", "  labels:\n    # c\n", "  labels:\n    - b\n", "  labels:\n    a: b: c\n")),
    some.sampled_from(("p", "p", "name", "#", "x/y.z", '"p"', "-", "? p", "on")), some.one_of(some.sampled_from(('"x y"', '""', '"a b/c"')), SCALARS),
    some.sampled_from(("", "  a: b\n", "  a: b\nc: d\n", "- a\n", "  - a\n  - b", "a: b\n", "spec: 1\n", "kind: A\n", "# c\n", "---\n", "  name: x\n")),
)  # fmt: skip


def by_pyyaml(text: str) -> list[object]:
    return list(yaml.load_all(text, yaml.CSafeLoader))


@settings(max_examples=600)
@given(TEXTS)
def test_what_the_fast_reader_accepts_pyyaml_reads_alike(text):
    found = read_plain(text, 0, len(text), Memo(), {})
    if found is UNREAD:
        return
    expected = by_pyyaml(text)
    if found is OPEN:
        assert expected in ([], [None])
    else:
        assert [repr(found)] == [repr(one) for one in expected]


@settings(max_examples=300)
@given(some.lists(some.one_of(POLICIES, HEADS), min_size=1, max_size=3))
def test_what_one_document_leaves_in_the_memo_changes_no_other(texts):
    memo = Memo()
    for text in (*texts, *texts):
        places: dict[tuple[int, str], tuple[int, int]] = {}
        found = read_plain(text, 0, len(text), memo, places)
        if found is not UNREAD:
            slow: dict[tuple[int, str], tuple[int, int]] = {}
            (other,) = read_events(text, 0, "x", slow)
            assert [repr(found)] == [repr(other.value)] == [repr(one) for one in by_pyyaml(text)]
            assert sorted(places.values()) == sorted(slow.values())


@settings(max_examples=300)
@given(TEXTS)
def test_both_readers_find_the_same_values_and_places(text):
    places: dict[tuple[int, str], tuple[int, int]] = {}
    found = read_plain(text, 0, len(text), Memo(), places)
    if found is UNREAD or found is OPEN:
        return
    slow: dict[tuple[int, str], tuple[int, int]] = {}
    (other,) = read_events(text, 0, "x", slow)
    assert repr(other.value) == repr(found)
    assert sorted(places.values()) == sorted(slow.values())


@settings(max_examples=300)
@given(TEXTS)
def test_what_the_event_reader_accepts_pyyaml_reads_alike_but_for_ambiguous_words(text):
    try:
        found = [read.value for read in read_events(text, 0, "x", {})]
    except Failure:
        return
    assume("<<" not in text)  # the base loader does not merge
    expected = list(yaml.load_all(text, yaml.CBaseLoader))
    assert [shape(one) for one in found] == [shape(one) for one in expected]


def shape(value: object) -> object:
    """A value without what an unquoted word stands for."""
    if type(value) is dict:
        return {key: shape(below) for key, below in value.items()}
    if type(value) is list:
        return [shape(below) for below in value]
    return "scalar"


@settings(max_examples=300)
@given(TEXTS)
def test_splitting_a_file_changes_nothing(text):
    outcome = read_documents(text.encode("utf-8"), "x", Memo())
    if outcome.diagnostics or outcome.value is None:
        return
    whole = [read.value for read in read_events(text.removeprefix("\ufeff"), 0, "x", {}) if read.value is not None]
    assert [repr(read.value) for read in outcome.value.reads] == [repr(value) for value in whole]


@given(some.one_of(some.sampled_from(HAZARDS), some.from_regex(r"[-+.0-9a-fxoeE_:]{1,8}", fullmatch=True)))
def test_a_word_with_a_meaning_has_it_in_pyyaml_too(word):
    value = resolve(word)
    if isinstance(value, Ambiguous):
        return
    resolver = yaml.SafeLoader("")
    tag = resolver.resolve(yaml.ScalarNode, word, (True, False))
    expected = {"null": type(None), "bool": bool, "int": int, "float": float}.get(tag.rpartition(":")[2], str)
    assert type(value) is expected


@settings(max_examples=150)
@given(TEXTS)
def test_what_the_fast_reader_accepts_means_the_same_in_yaml_1_2(text):
    found = read_plain(text, 0, len(text), Memo(), {})
    if found is UNREAD or found is OPEN:
        return
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    assert reader.load(StringIO(text)) == found
