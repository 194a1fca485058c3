"""What rules can see of the input, from their syntax trees."""

import json

import pytest
import regorus

from meshwright.guard import gate
from meshwright.guard.encode import union
from meshwright.guard.seal import schema_text

WHOLE_HTTP = {"any_method": True, "methods": True, "narrowed": True,
              "path": {"any": True, "exact": True, "segments": True, "subtree": True, "text": True}}


def reads(body: str, more: str = "") -> object:
    engine = regorus.Engine()
    engine.add_policy("x.rego", "package x\n\nimport input.access as opened\n\n"
                      f"deny contains f if {{\n\tsome edge in input.access.allows\n\tf := 1\n\t{body}\n}}\n{more}")
    return gate.reads(json.loads(engine.get_ast_as_json()), set(), json.loads(schema_text()))


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ('edge.id == "x"', {"id": True}),
        ('edge["id"] == "x"', {"id": True}),
        ('edge.http.path.text == "x"', {"http": {"path": {"text": True}}}),
        ("path := edge.http.path; path.any", {"http": {"path": {"any": True}}}),
        ("a := b.any; b := c.path; c := d.http; d := edge", {"http": {"path": {"any": True}}}),
        ("count(edge.from.cidrs) == 1", {"from": {"cidrs": True}}),
        ("not edge.http", {"http": WHOLE_HTTP}),
        ("http = edge.http; http.narrowed", {"http": WHOLE_HTTP}),
        ("count(edge.http) == 1", {"http": WHOLE_HTTP}),
        ("some value in edge.http", {"http": WHOLE_HTTP}),
        ('some key in ["narrowed"]; edge.http[key]', {"http": WHOLE_HTTP}),
        ("{http | http := edge.http} != set()", {"http": WHOLE_HTTP}),
        ("[http | http := edge.http; http.narrowed] != []", {"http": WHOLE_HTTP}),
        ('object.get(edge.http, "x", false)', {"http": WHOLE_HTTP}),
        ("every value in edge.http { value }", {"http": WHOLE_HTTP}),
        ('{"http": http} := edge; http.narrowed', None),
        ("edge == 1", None),
        ("edge in opened.allows", None),
        ("helper(edge)", None),
        ("walk(edge, [path, value])", None),
    ],
)
def test_of_an_edge(body, seen):
    found = reads(body, "\nhelper(edge) if edge.id\n")
    whole = json.loads(schema_text())["$defs"]["Edge"]["properties"].keys()
    edge = found["access"]["allows"]["*"]
    assert edge == seen if seen is not None else edge.keys() == whole


def test_what_other_rules_get_counts():
    assert reads("edge.id in picked", "\npicked contains edge if some edge in opened.denies\n")["access"]["denies"]["*"]["from"]["kind"] is True
    assert reads("edge.id in picked", "\npicked contains edge.http if some edge in opened.denies\n")["access"]["denies"]["*"].keys() == {"id", "http"}
    assert reads("true with input as input.intent.mesh")["intent"]["mesh"]["id"] is True


def test_the_union_of_what_several_see():
    assert union([{"a": {"*": {"x": True}}}, {"a": {"*": {"y": True}}, "b": True}]) == {"a": {"*": {"x": True, "y": True}}, "b": True}
    assert union([{"a": True}, {"a": {"*": {"x": True}}}]) == {"a": True}
    assert union([{"a": True}, True]) is True
    assert union([]) == {}
