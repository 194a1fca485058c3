"""What the reader of our own output accepts, the other readers and PyYAML read alike, with lines spoilt or not."""

import yaml
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.properties.test_yaml_readers import HEADS, LINES, SCALARS, insert, spoil

from meshwright.inventory.documents import read_documents
from meshwright.inventory.objects import objects_of
from meshwright.inventory.plain import Memo
from meshwright.inventory.rendered import Known, read_listing, read_rendered
from meshwright.render.emit import Emitter

# Few pieces, so that blocks occur again; mostly what policies have, and now and then something else.
WORDS = some.sampled_from(("a/b", "a/b", "80", "/x", "GET", "no", "a: b", "x y", "", "- a", "é", "name"))
KEYS = some.sampled_from(("serviceAccounts", "ports", "paths", "paths", "name", "on"))
FIELDS = some.dictionaries(KEYS, some.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=3)
ODD_FIELDS = some.dictionaries(KEYS, some.one_of(WORDS, some.just([]), some.just({"name": "x"})), max_size=3)
ITEMS = some.lists(some.dictionaries(some.sampled_from(("source", "operation")), FIELDS, min_size=1, max_size=1), min_size=1, max_size=2)
ODD_ITEMS = some.lists(some.one_of(FIELDS, ODD_FIELDS, WORDS, some.dictionaries(some.sampled_from(("source", "port")), ODD_FIELDS)), max_size=3)
RULE = some.one_of(*[some.fixed_dictionaries({"from": ITEMS, "to": ITEMS})] * 3, some.dictionaries(some.sampled_from(("from", "to")), ITEMS),
                   some.dictionaries(some.sampled_from(("from", "to", "when")), some.one_of(ITEMS, ODD_ITEMS)), WORDS)  # fmt: skip
BEFORE = some.sampled_from(({"action": "DENY"}, {"selector": {"matchLabels": {"app": "a"}}}, {"targetRefs": [{"group": "", "name": "b"}]}, {}))
SPECS = some.builds(lambda before, rules, behind: before | rules | behind, BEFORE,
                    some.builds(lambda rules: {"rules": rules} if rules else {}, some.lists(RULE, max_size=3)),
                    some.sampled_from(({}, {}, {}, {"mtls": {"mode": "STRICT"}})))  # fmt: skip
NAMES = some.sampled_from(("a", "b-1", "c", "d", "e", "on", "a.b", "1", "a-"))
OBJECTS = some.builds(
    lambda version, kind, name, namespace, labels, policy, spec, more: {
        "apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace, **labels, "annotations": {"p/q": policy}},
        "spec": spec, **more},
    some.sampled_from(("a.b/v1", "a.b/v1", "v1", "kustomize.config.k8s.io/v1beta1")), some.sampled_from(("A", "A", "A", "B", "AList", "Node")),
    NAMES, NAMES, some.sampled_from(({}, {"labels": {"x": "y"}}, {"labels": {"name": "y"}})), some.sampled_from(("a/b x", "a/b x", "", '"', "é")),
    SPECS, some.sampled_from(({}, {}, {}, {}, {}, {"status": {"name": "z"}}, {"items": []})))  # fmt: skip
LISTINGS = some.builds(lambda paths, more: {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": paths, **more},
                       some.lists(some.sampled_from(("a/b.yaml", "a/c.yaml", "a/d.yaml", "b/e.f.yaml", "c.yaml", "a/on", "y/n", "a//b", "1/a", "a-/b"))),
                       some.sampled_from(({}, {}, {}, {"namePrefix": "x"})))  # fmt: skip


def written(documents: some.SearchStrategy[dict[str, object]]) -> some.SearchStrategy[str]:
    """As `render` writes them, and with a line spoilt or one more."""
    texts = documents.map(lambda document: "# header\n" + Emitter().emit(document))
    numbers = some.integers(0, 60)
    return some.one_of(texts, some.builds(spoil, texts, numbers, SCALARS, some.booleans()), some.builds(insert, texts, numbers, LINES))


@settings(max_examples=600)
@given(some.lists(some.one_of(written(OBJECTS), HEADS), min_size=1, max_size=4))
def test_what_the_reader_of_our_output_accepts_is_the_same_object_for_all(texts):
    known = Known(Memo())
    for text in (*texts, *texts):
        data = text.encode()
        found = read_rendered(data, "x", known)
        if found is not None:
            documents = read_documents(data, "x", Memo())
            assert not documents.diagnostics
            wrong = []
            assert repr([found]) == repr(objects_of(documents.value, "", wrong)) and not wrong
            assert [repr(found.content)] == [repr(one) for one in yaml.load_all(text, yaml.CSafeLoader)]


@settings(max_examples=200)
@given(some.lists(written(LISTINGS), min_size=1, max_size=3))
def test_what_the_reader_of_our_lists_accepts_pyyaml_reads_alike(texts):
    known = Known(Memo())
    for text in texts:
        found = read_listing(text.encode(), known)
        if found is not None:
            assert [repr(found)] == [repr(one) for one in yaml.load_all(text, yaml.CSafeLoader)]


def test_the_reader_of_our_output_knows_what_we_write():
    rules = [{"from": [{"source": {"serviceAccounts": ["a/b", "a/c"]}}], "to": [{"operation": {"ports": ["80"], "paths": ["/x", "/x/*"]}}]},
             {"from": [{"source": {"notPrincipals": ["*"]}}, {"source": {"namespaces": ["a"]}}]}, {"to": [{"operation": {"notPorts": ["80"]}}]}, {}]
    document = {"apiVersion": "a.b/v1", "kind": "A", "metadata": {"name": "x", "namespace": "a", "labels": {"a": "b"}, "annotations": {"p": "a/x y"}},
                "spec": {"action": "ALLOW", "targetRefs": [{"group": "", "name": "b"}], "rules": rules}}  # fmt: skip
    found = read_rendered(Emitter().emit(document).encode(), "x", Known(Memo()))
    assert found is not None and repr(found.content) == repr(document)
    listing = {"apiVersion": "v1", "kind": "K", "resources": ["a/b.yaml", "c-d/e.f.yaml"]}
    assert read_listing(Emitter().emit(listing).encode(), Known(Memo())) == listing
