"""Documents: total, named, with places."""

import json

from tests.unit.guard import sample

from meshwright.guard.documents import documents, places
from meshwright.guard.packs import SCHEMA
from meshwright.guard.schema import MeshModel
from meshwright.ir.intent import Grant, Http, PathPattern, Rule, Source, Target


def rich():
    rule = Rule("x", sample.span("in shop"), "why", "2027-01-01")
    return sample.program(
        *(
            (grant, rule)
            for grant in (
                Grant("deny", Source("anyone"), sample.TO_WEB, Http((), PathPattern(("a", None), True)), 0),
                Grant("allow", Source("unidentified", cidrs=("10.0.0.0/8",)), Target("pods", "shop/web", 0), None, 0),
                Grant("allow", Source("namespace", namespace="batch"), Target("pods", "shop/web", 8080), None, 0),
                Grant("allow", Source("any-gateway"), sample.TO_WEB, None, 0),
                Grant("allow", Source("any-gateway"), sample.TO_WEB, None, 0),
                Grant("allow", Source("identity", sample.WEB), Target("service", "far/away", 1), None, 0),
            )
        )
    )


def test_documents_match_the_published_schema():
    for program in (sample.program(), rich()):
        found = json.loads(documents(program, sample.TEXTS))
        MeshModel.model_validate(found, strict=True)
        assert MeshModel.model_validate(found).model_dump(by_alias=True) == found, "no default fills a gap"


def test_every_node_has_an_id_of_its_own_and_a_place():
    found, where = json.loads(documents(rich(), sample.TEXTS)), places(rich())
    seen: list[str] = []

    def walk(value, inside_index=False):
        if isinstance(value, dict):
            if "source" in value:
                assert value["id"] in where
                assert set(value["source"]) == {"file", "line", "column", "end_line"}
                if not inside_index:
                    seen.append(value["id"])
            for key, inner in value.items():
                walk(inner, inside_index or key == "index")
        elif isinstance(value, list):
            for inner in value:
                walk(inner, inside_index)

    walk(found)
    assert len(seen) == len(set(seen)) > 15


def test_places_are_lines_of_the_sources():
    found = json.loads(documents(sample.program(), sample.TEXTS))
    assert found["intent"]["services"][1]["source"] == {"file": sample.PATH, "line": 6, "column": 1, "end_line": 6}
    assert found["intent"]["mesh"]["source"] == {"file": "", "line": 0, "column": 0, "end_line": 0}
    assert json.loads(documents(sample.program(), {}))["intent"]["services"][1]["source"] == {
        "file": sample.PATH,
        "line": 0,
        "column": 0,
        "end_line": 0,
    }


def test_who_reaches_what():
    access = json.loads(documents(rich(), sample.TEXTS))["access"]
    edge = access["allows"][0]
    assert edge["id"] == "allow clients of edge/public -> shop/web:80 GET /**"
    assert (edge["entry"], edge["enforced_by"], edge["from"]["namespace"]) == ("gateway", "waypoint", "edge")
    assert access["allows"][1]["from"]["services"] == ["shop/web"] and access["allows"][1]["enforced_by"] == "ztunnel"
    assert access["allows"][2]["to"] == {
        "kind": "pods",
        "key": "shop/web",
        "namespace": "shop",
        "name": "web",
        "enforce": True,
        "services": ["shop/web"],
        "port": 0,
        "every_port": True,
        "port_name": "",
        "protocol": "unknown",
        "http": False,
    }
    assert access["allows"][3]["to"]["protocol"] == "http"
    assert [edge["id"] for edge in access["allows"][4:6]] == ["allow any-gateway -> shop/web:80", "allow any-gateway -> shop/web:80 #2"]
    assert access["denies"][0]["http"]["path"] == {
        "text": "/a/{id}/**",
        "segments": ["a", "{id}"],
        "subtree": True,
        "any": False,
        "exact": False,
    }
    assert access["index"]["allows_by_destination"]["shop/db"] == [1]
    assert all([edge["from"]["kind"] for edge in access["allows"]][place] == kind for kind, positions in access["index"]["allows_by_kind"].items()
               for place in positions)


def test_the_schema_forbids_unknown_fields_everywhere():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    assert all(part.get("additionalProperties") is False for part in [schema, *schema["$defs"].values()] if "properties" in part)
    assert all(set(part["required"]) == set(part["properties"]) for part in [schema, *schema["$defs"].values()] if "properties" in part)
