"""What a change opens and closes, as guardrails see it."""

import json

from tests.unit.guard import sample

from meshwright.guard import guard
from meshwright.guard.documents import documents, places
from meshwright.guard.schema import MeshModel
from meshwright.ir.changes import Change, Changes
from meshwright.ir.project import Guard
from meshwright.ir.proof import Request

ASKED = Request("cluster.local/ns/edge/sa/public-istio", "192.0.2.1", 80, "GET", "/v1", "shop.example.com",
                (("header:x-env", "prod"), ("claim:groups", None)))
NEW = Change("opens", "clients of edge/public", "shop/web port 80", "GET /v1", True, "a new or changed rule", ASKED, True,
             "allow clients of edge/public -> web", sample.span("allow clients"))
OPENED = Change("opens", "anyone", "namespace shop", "everything", True, "`enforce` is no longer `yes`", None, True, "", None)
GONE = Change("closes", "shop/web", "pods of shop/db port 5432", "everything", False, "a rule that changed or is gone",
              ASKED._replace(port=5432), False, "allow web -> pods of db", sample.span("service db"))
CHANGES = Changes("default", (NEW, OPENED, GONE), 3)


def made(changes, reads=True):
    return json.loads(documents(sample.program(), sample.TEXTS, reads, changes))


def test_without_a_base_nothing_is_said():
    assert made(None)["diff"] == {"base": False, "opens": [], "closes": []}
    assert made(Changes("default", (), 3))["diff"] == {"base": True, "opens": [], "closes": []}


def test_changes_with_their_requests():
    whole = made(CHANGES)
    MeshModel.model_validate(whole, strict=True)
    opens, closes = whole["diff"]["opens"], whole["diff"]["closes"]
    assert opens[0] == {
        "id": "opens clients of edge/public -> shop/web port 80: GET /v1", "from": "clients of edge/public", "public": True,
        "to": {"text": "shop/web port 80", "kind": "service", "key": "shop/web", "namespace": "shop", "port": 80},
        "door": "GET /v1", "whole": True, "because": "a new or changed rule", "rule": "allow clients of edge/public -> web",
        "request": ASKED._asdict() | {"attributes": {"header:x-env": ["prod"], "claim:groups": []}}, "source": {"file": sample.PATH, "line": 8, "column": 1, "end_line": 8},
    }
    assert opens[1]["to"] == {"text": "namespace shop", "kind": "namespace", "key": "shop", "namespace": "shop", "port": 0}
    assert opens[1]["request"]["path"] == "" and opens[1]["request"]["port"] == 0
    assert closes[0]["to"] == {"text": "pods of shop/db port 5432", "kind": "pods", "key": "shop/db", "namespace": "shop", "port": 5432}


def test_a_rule_that_only_the_base_has_is_at_no_place():
    assert made(CHANGES)["diff"]["closes"][0]["source"]["file"] == ""
    where = places(sample.program(), CHANGES)
    assert where["closes shop/web -> pods of shop/db port 5432: everything"] is None
    assert where["opens clients of edge/public -> shop/web port 80: GET /v1"] == sample.span("allow clients")


def test_only_what_is_read_is_written():
    reads = {"diff": {"opens": {"*": {"public": True, "request": {"path": True}}}}}
    assert made(CHANGES, reads) == {"diff": {"opens": [{"public": True, "request": {"path": "/v1"}}, {"public": True, "request": {"path": ""}}]}}


def test_a_guardrail_stops_what_opens_to_the_public(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.rego").write_text(
        "package r\n\ndeny contains f if {\n\tsome change in input.diff.opens\n\tchange.public\n\tnot change.to.key in input.org.public\n"
        '\tf := {"msg": sprintf("opens `%s %s`", [change.request.method, change.request.path]), "node": change.id}\n}\n'
    )
    (tmp_path / "org.yaml").write_text("public: [shop]\n")
    ask = Guard(("rules",), "embedded", "", 20.0, ("org.yaml",))
    (said,) = guard(sample.program(), sample.TEXTS, ask, str(tmp_path), CHANGES).diagnostics
    assert said.message == "guardrail `rules/r`: opens `GET /v1`" and said.span == sample.span("allow clients")
    assert guard(sample.program(), sample.TEXTS, ask, str(tmp_path)).diagnostics == ()
