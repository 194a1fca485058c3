"""What rules can see of the input, from their syntax trees."""

import json

import pytest
import regorus
from tests.unit.guard import sample

from meshwright.guard import gate
from meshwright.guard.documents import documents
from meshwright.guard.encode import union
from meshwright.guard.seal import schema_text
from meshwright.ir.intent import Grant, Rule

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
    whole = json.loads(schema_text())["$defs"]["Allow"]["properties"].keys()
    edge = found["access"]["allows"]["*"]
    assert edge == seen if seen is not None else edge.keys() == whole


def test_what_other_rules_get_counts():
    assert reads("edge.id in picked", "\npicked contains edge if some edge in opened.denies\n")["access"]["denies"]["*"]["from"]["kind"] is True
    assert reads("edge.id in picked", "\npicked contains edge.http if some edge in opened.denies\n")["access"]["denies"]["*"].keys() == {"http"}
    assert reads("true with input as input.intent.mesh")["intent"]["mesh"]["id"] is True


def test_the_union_of_what_several_see():
    assert union([{"a": {"*": {"x": True}}}, {"a": {"*": {"y": True}}, "b": True}]) == {"a": {"*": {"x": True, "y": True}}, "b": True}
    assert union([{"a": True}, {"a": {"*": {"x": True}}}]) == {"a": True}
    assert union([{"a": True}, True]) is True
    assert union([]) == {}


def picked(body: str, more: str = "") -> list[str]:
    """Where `allows` is read."""
    engine = regorus.Engine()
    engine.add_policy("x.rego", f"package x\n\nimport input.access\n\ndeny contains f if {{\n\tf := 1\n\t{body}\n}}\n{more}")
    found = gate.reads(json.loads(engine.get_ast_as_json()), set(), json.loads(schema_text()))
    return sorted(found["access"].get("allows", {}))


KIND = 'some p in input.access.index.allows_by_kind["namespace"]; '


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (KIND + "input.access.allows[p].id", ["@allows_by_kind/namespace"]),
        (KIND + "e := input.access.allows[p]; e.id", ["@allows_by_kind/namespace"]),
        (KIND + "e := access.allows[p]; e.http.narrowed", ["@allows_by_kind/namespace"]),
        ("some p in access.index.allows_by_entry.gateway; access.allows[p].id", ["@allows_by_entry/gateway"]),
        ("some p in access.index.allows_by_because[\"\"]; access.allows[p].id", ["@allows_by_because/"]),
        ("some key, ps in access.index.allows_by_rule; some p in ps; access.allows[p].id", ["@allows_by_rule/*"]),
        ("some key in {\"a\"}; some p in access.index.allows_by_rule[key]; access.allows[p].id", ["@allows_by_rule/*"]),
        ("i := access.index.allows_by_kind; some p in i[\"anyone\"]; access.allows[p].id", ["@allows_by_kind/anyone"]),
        ("every p in access.index.allows_by_kind[\"anyone\"] { access.allows[p].id }", ["@allows_by_kind/anyone"]),
        ("{e.id | some p in access.index.allows_by_kind[\"anyone\"]; e := access.allows[p]} != set()", ["@allows_by_kind/anyone"]),
        (KIND + "q := p; access.allows[q].id", ["@allows_by_kind/namespace"]),
        # everywhere, as soon as anything else is possible
        (KIND + "access.allows[p + 1].id", ["*"]),
        (KIND + "list := access.allows; list[p].id", ["*"]),
        (KIND + "access.allows[p].id; count(access.allows) > 1", ["*"]),
        (KIND + "access.allows[p].id; some e in access.allows; e.id", ["*"]),
        (KIND + "access.allows[p].id; access.allows[_].id", ["*"]),
        (KIND + "access.allows[p].id; access.allows[0].id", ["*"]),
        (KIND + "access.allows[p].id; helper(access)", ["*"]),
        (KIND + "access.allows[p].id; helper(input)", ["*"]),
        (KIND + "helper(p)", ["*"]),
        ("some p, _ in access.index.allows_by_kind[\"anyone\"]; access.allows[p].id", ["*"]),
        ("some p in positions; access.allows[p].id", ["*"]),
        ("p := min(access.index.allows_by_kind[\"anyone\"]); access.allows[p].id", ["*"]),
        ("some p in access.index.denies_by_destination[\"x\"]; access.allows[p].id", ["*"]),
        ("[p, q] := [1, 2]; access.allows[p].id", ["*"]),
    ],
)
def test_positions_of_an_index(body, where):
    more = '''
helper(p) if access.allows[p].id

positions contains p if some p in access.index.allows_by_kind["anyone"]

positions contains p if some p in access.index.allows_by_kind["namespace"]
'''
    assert picked(body, more if "helper" in body or "positions" in body else "") == where


def test_only_the_positions_that_are_read_are_written():
    reads = {"access": {"allows": {"@allows_by_kind/gateway": {"id": True}}}}
    found = json.loads(documents(sample.program(), sample.TEXTS, reads))
    assert found == {"access": {"allows": [{"id": "allow clients of edge/public -> shop/web:80 GET /**"}, None]}}
    other = {"access": {"allows": {"@allows_by_rule/*": {"rule": True}, "@allows_by_kind/gateway": {"id": True}}}}
    assert [sorted(edge) for edge in json.loads(documents(sample.program(), sample.TEXTS, other))["access"]["allows"]] == [["id", "rule"]] * 2


def test_equal_edges_keep_their_numbers_when_few_are_written():
    rule, other = Rule("x", sample.span("in shop"), "", ""), Rule("y", sample.span("in shop"), "why", "")
    grant = Grant("allow", sample.ANY_WORKLOAD, sample.TO_WEB, None, 0)
    program = sample.program((grant, rule), (grant, other), (grant, rule))
    reads = {"access": {"allows": {"@allows_by_because/why": {"id": True}}}}
    assert json.loads(documents(program, {}, reads))["access"]["allows"] == [
        None, None, None, {"id": "allow any-workload -> shop/web:80 #2"}, None
    ]
