"""Waivers: what they hide, and what is found about them."""

import re
from pathlib import Path

import pytest
from tests.support.sources import run as compile_text
from tests.unit.guard.test_guardrail_pages import INVENTORY

from meshwright.guard import guard
from meshwright.ir.project import Guard

PAGES = Path(__file__).parents[3] / "docs/diagnostics"
WAIVE = 'waive "zero_trust/any_workload" on '
REST = ' until 2027-01-31 because "dashboard"\n'
SHOP = 'in shop\n\nnamespace shop { owner "team-shop@example.com" }\n'


def judge(mesh, packs=("zero_trust",)):
    checked = compile_text(mesh, INVENTORY)
    assert [said for said in checked.diagnostics if said.severity == "error"] == []
    outcome = guard(checked.program, dict(checked.texts), Guard(packs, "embedded", "", 30.0), "/")
    assert outcome.value is not None, outcome.diagnostics
    return outcome


def codes(outcome):
    return sorted(said.code for said in outcome.diagnostics)


@pytest.mark.parametrize("code", ["MW0508", "MW0509", "MW0510", "MW0512"])
def test_a_page_is_true(code):
    (path,) = PAGES.glob(f"{code}-*.md")
    fails, fixed = re.findall(r"(?ms)^```mesh\n(.*?)^```", path.read_text("utf-8"))
    assert code in codes(judge(fails)) and code not in codes(judge(fixed))


def test_a_waived_finding_stays_visible_and_is_no_error():
    outcome = judge(SHOP + "allow any workload -> web\n" + WAIVE + "service web" + REST)
    (said,) = outcome.diagnostics
    assert (said.code, said.severity) == ("MW0512", "info") and said.span is not None
    assert said.message.startswith("waived: guardrail `zero_trust/any_workload`")
    assert said.notes[0] == "`team-shop@example.com` answers for it until 2027-01-31: dashboard"
    assert outcome.value.findings == ()
    assert [tuple(waiver) for waiver in outcome.value.waivers] == [
        ("zero_trust/any_workload", "service shop/web", "team-shop@example.com", "2027-01-31", "dashboard", False, 1)]


def test_an_expired_one_hides_nothing():
    outcome = judge(SHOP + "allow any workload -> web\n" + WAIVE + 'service web until 2026-11-22 because "x"\n')
    assert codes(outcome) == ["MW0501", "MW0508"] and len(outcome.value.findings) == 1
    assert codes(judge(SHOP + "allow any workload -> web\n" + WAIVE + 'service web until 2026-11-23 because "x"\n')) == ["MW0512"]


@pytest.mark.parametrize(
    ("where", "hidden"),
    [
        ("service web", True), ("service shop/web", True), ("namespace shop", True), ('"allow any-workload -> shop/web:80"', True),
        ("service cart", False), ("namespace batch", False), ("gateway edge/public", False), ('"service shop/web"', True), ('"shop/web"', False),
    ],
)
def test_scope(where, hidden):
    outcome = judge(SHOP + "allow any workload -> web\n" + WAIVE + where + ' owner "ann@example.com"' + REST)
    assert codes(outcome) == (["MW0512"] if hidden else ["MW0501", "MW0509"])


def test_another_guardrail_there_is_still_found():
    outcome = judge(SHOP + "allow any workload -> pods of web { port 8080 }\n" + WAIVE + "service web" + REST)
    assert codes(outcome) == ["MW0501", "MW0509"]


def test_a_rule_about_two_services_belongs_to_neither():
    mesh = SHOP + "allow batch/job -> web, cart\nwaive \"zero_trust/cross_namespace\" on {}" + REST
    assert codes(judge(mesh.replace("{}", "service web"))) == ["MW0501", "MW0509"]
    assert codes(judge(mesh.replace("{}", "namespace shop"))) == ["MW0512"]


def test_a_gateway_and_what_belongs_to_it():
    mesh = SHOP + """namespace edge { owner "team-edge@example.com"; waypoint none }
gateway edge/public { listen https 443 host "*.example.com" { certificate edge/c } }
route at edge/public host "shop.example.com" { path "/**" -> web }
allow clients of edge/public -> web { GET "/**" }
waive "gateway_tls/wildcard_host" on gateway edge/public""" + REST
    outcome = judge(mesh, ("gateway_tls",))
    assert codes(outcome) == ["MW0512"] and outcome.value.waivers[0].owner == "team-edge@example.com"


def test_a_misspelt_guardrail():
    outcome = judge(SHOP + 'allow cart -> web\nwaive "zero_trust/any_wrokload" on service web' + REST)
    (said,) = outcome.diagnostics
    assert said.code == "MW0509" and said.help == ("did you mean `zero_trust/any_workload`?",)
    assert codes(judge(SHOP + "allow cart -> web\n" + WAIVE + "service web" + REST, ())) == ["MW0509"], "no pack at all"


def test_what_cannot_be_waived():
    for words, code in (
        ('waive MW0312 on service web', "MW0211"), (WAIVE + "servcie web", "MW0219"), (WAIVE + "port web", "MW0219"), (WAIVE + "service batch/job", "MW0219"),
    ):
        assert compile_text(SHOP + words + REST, INVENTORY).only(code)
    for words in (WAIVE + "service web because \"x\"\n", WAIVE + "service web until 2027-01-31\n"):
        assert any(said.severity == "error" and said.code.startswith("MW01") for said in compile_text(SHOP + words, INVENTORY).diagnostics)


def test_a_file_waives_only_what_it_may_speak_for():
    homes = (("shop", ("mesh/shop",)), ("batch", ("mesh/batch",)))
    mine = SHOP + "allow batch/job -> web\n" + WAIVE
    for where, allowed in (("service web", True), ("service batch/job", False), ('"edge"', False), ("namespace batch", False)):
        checked = compile_text({"mesh/shop.mesh": mine + where + ' owner "ann@example.com"' + REST}, INVENTORY, homes=homes)
        assert ("MW0206" in checked.codes) is not allowed, (where, checked.codes)


def test_guardrails_see_waivers(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.rego").write_text(
        'package r\n\ndeny contains f if {\n\tsome w in input.intent.waivers\n\tw.because == "dashboard"\n\tf := {"msg": w.guardrail, "node": w.id}\n}\n')
    checked = compile_text(SHOP + WAIVE + "service web" + REST, INVENTORY)
    outcome = guard(checked.program, dict(checked.texts), Guard(("rules",), "embedded", "", 30.0), str(tmp_path))
    assert [finding.node for finding in outcome.value.findings] == ["waiver zero_trust/any_workload on service shop/web"]
