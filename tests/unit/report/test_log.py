"""Denials read from logs: what a real Envoy wrote, the forms of ztunnel, and everything that is none."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.ir.denial import Denial
from meshwright.report.log import LONGEST_LINE, MOST_DENIALS, read_log

LOGS = Path(__file__).parent / "logs"
WEB = "cluster.local/ns/shop/sa/web"


def read(*lines: str) -> list[Denial]:
    return [one.denial for one in read_log(lines).denials]


def test_rbac_debug_lines_of_a_real_envoy() -> None:
    """Recorded from Envoy 1.40: a DENY filter with shadow rules, then an ALLOW filter; every request is printed over several lines."""
    log = read_log((LOGS / "envoy-1.40-rbac-debug.log").read_text().splitlines())
    said = [(one.line, one.denial.kind, one.denial.policy, one.denial.rule, one.denial.method, one.denial.path, one.denial.host) for one in log.denials]
    assert said == [
        (12, "dry-run", "shop/tried", 2, "GET", "/debug/x", "web:80"), (13, "rule", "shop/web-l7-deny", 0, "GET", "/debug/x", "web:80"),
        (25, "dry-run", "shop/tried", 2, "GET", "/nothing", "web:80"), (62, "no-allow", "", -1, "GET", "/nothing", "web:80"),
        (74, "dry-run", "shop/tried", 2, "GET", "/", "web:80")]
    assert {one.denial.source_ip for one in log.denials} == {"127.0.0.1"}
    assert (log.unknown, log.lines) == (0, 74)


def test_the_access_log_of_a_real_envoy() -> None:
    log = read_log((LOGS / "envoy-1.40-access.log").read_text().splitlines())
    assert [(one.denial.kind, one.denial.policy, one.denial.path, one.denial.host) for one in log.denials] == [
        ("rule", "shop/web-l7-deny", "/debug/x", "web:80"), ("no-allow", "", "/nothing", "web:80")]
    assert (log.allowed, log.unknown) == (4, 0)


def test_requests_of_several_threads_are_told_apart() -> None:
    head = "2026-06-01T10:00:00Z\tdebug\tenvoy rbac f:1\tchecking request: requestedServerName: , sourceIP: 10.0.0.{n}:1, directRemoteIP: 10.0.0.{n}:1, " \
           "remoteIP: 10.0.0.{n}:1,localAddress: 10.0.1.1:8080, ssl: uriSanPeerCertificate: spiffe://cluster.local/ns/shop/sa/w{n}, dnsSan: , headers: ':authority', 'a'"
    block = [head.format(n=1), "':path', '/one'", "':method', 'GET'", ", dynamicMetadata: ", "\tthread=1", head.format(n=2), "':path', '/two'", "':method', 'PUT'",
             ", dynamicMetadata: ", "\tthread=2", "2026-06-01T10:00:00Z\tdebug\tenvoy rbac f:2\tenforced denied, matched policy none\tthread=1",
             "2026-06-01T10:00:00Z\tdebug\tenvoy rbac f:2\tenforced denied, matched policy none\tthread=2"]
    assert [(one.principal, one.source_ip, one.method, one.path) for one in read(*block)] == [
        ("cluster.local/ns/shop/sa/w1", "10.0.0.1", "GET", "/one"), ("cluster.local/ns/shop/sa/w2", "10.0.0.2", "PUT", "/two")]


def test_a_header_cannot_pass_for_the_request_line() -> None:
    lines = ("checking request: requestedServerName: , sourceIP: 1.1.1.1:1, directRemoteIP: 1.1.1.1:1, remoteIP: 1.1.1.1:1,localAddress: 2.2.2.2:1, "
             "ssl: none, headers: ':authority', 'web'", "':path', '/real'", "':method', 'GET'", "':path', '/forged'", "'x', '':method', 'PUT''", "\tthread=1",
             "enforced denied, matched policy none\tthread=1")
    (denial,) = read(*lines)
    assert (denial.method, denial.path) == ("GET", "/real")


@pytest.mark.parametrize(("matched", "kind", "policy", "rule"), [
    ("ns[shop]-policy[web-l7-deny]-rule[3]", "rule", "shop/web-l7-deny", 3), ("none", "no-allow", "", -1),
    ("istio-ext-authz-opa-ns[shop]-policy[consult]-rule[0]", "authorizer", "shop/consult", 0),
    ("istio-ext-authz-ns[shop]-policy[consult]-rule[0]-deny-due-to-bad-CUSTOM-action", "authorizer", "shop/consult", 0),
])
def test_policy_ids_of_access_logs(matched: str, kind: str, policy: str, rule: int) -> None:
    line = json.dumps({"response_code": 403, "response_code_details": f"rbac_access_denied_matched_policy[{matched}]", "method": "POST", "path": "/v1/a?b=c",
                       "authority": "orders:8080", "upstream_cluster": "inbound-vip|8080|http|orders.shop.svc.cluster.local",
                       "downstream_remote_address": "10.0.0.7:4711", "peer": f"spiffe://{WEB}"})
    (denial,) = read(line)
    assert denial == Denial("envoy", kind, policy, rule, "", WEB, "10.0.0.7", "shop/orders", "", 8080, "POST", "/v1/a", "orders:8080")  # type: ignore[arg-type]


def test_a_tcp_connection_names_no_request() -> None:
    (denial,) = read('{"response_code":0,"response_code_details":null,"connection_termination_details":"rbac_access_denied_matched_policy[none]"}')
    assert (denial.kind, denial.method, denial.path) == ("no-allow", "", "")


@pytest.mark.parametrize(("details", "kind", "reason"), [
    ("ext_authz_denied", "authorizer", "the external authorizer refused"), ("ext_authz_error", "authorizer", "the external authorizer did not answer"),
    ("jwt_authn_access_denied{Jwt_is_missing}", "token", "Jwt is missing")])
def test_other_refusals_are_named(details: str, kind: str, reason: str) -> None:
    line = f'[2026-06-01T10:00:00.000Z] "GET /a HTTP/2" 403 UAEX {details} - "-" 0 0 0 - "-" "-" "-" "web" "-" - - 10.0.0.1:80 10.0.0.2:4 - -'
    (denial,) = read(line)
    assert (denial.kind, denial.reason, denial.path) == (kind, reason, "/a")


INBOUND = ('src.addr=10.244.1.5:33366 src.workload="web-5d4f8c7b9-abcde" src.namespace="shop" src.identity="spiffe://cluster.local/ns/shop/sa/web" '
           'dst.addr=10.244.2.8:15008 dst.hbone_addr=10.244.2.8:5432 dst.service="postgres.shop.svc.cluster.local" dst.workload="postgres-0" dst.namespace="shop" '
           'direction="inbound" bytes_sent=0 ')
ASKED = Denial("ztunnel", "no-allow", principal=WEB, source_ip="10.244.1.5", service="shop/postgres", workload="shop/postgres-0", port=5432)


@pytest.mark.parametrize(("error", "expected"), [
    ("connection closed due to policy rejection: allow policies exist, but none allowed", ASKED),
    ("connection closed due to policy rejection: explicitly denied by: shop/postgres-guard", ASKED._replace(kind="rule", policy="shop/postgres-guard")),
    ("connection closed due to policy rejection: explicitly denied by: istio-system/istio_converted_static_strict",
     ASKED._replace(kind="strict", policy="istio-system/istio_converted_static_strict")),
    ("connection closed due to policy rejection: explicitly denied by: shop/converted_peer_authentication_web",
     ASKED._replace(kind="strict", policy="shop/converted_peer_authentication_web")),
    ("connection closed due to policy change", ASKED._replace(kind="closed", reason="connection closed due to policy change")),
    ("http status: 401 Unauthorized", ASKED._replace(kind="elsewhere", reason="http status: 401 Unauthorized")),
])
def test_lines_of_ztunnel_as_text_and_as_json(error: str, expected: Denial) -> None:
    assert read(f'2026-06-01T10:00:02.000000Z\terror\taccess\tconnection complete\t{INBOUND}duration="0ms" error="{error}"') == [expected]
    fields = {"level": "error", "scope": "access", "message": "connection complete", "src.addr": "10.244.1.5:33366", "src.identity": f"spiffe://{WEB}",
              "dst.addr": "10.244.2.8:15008", "dst.hbone_addr": "10.244.2.8:5432", "dst.service": "postgres.shop.svc.cluster.local",
              "dst.workload": "postgres-0", "dst.namespace": "shop", "direction": "inbound", "error": error}
    assert read(json.dumps(fields)) == [expected]


def test_equal_denials_are_one_and_the_rest_is_counted_and_named() -> None:
    line = f'error access connection complete {INBOUND}error="connection closed due to policy rejection: allow policies exist, but none allowed"'
    log = read_log([line, "", "hello", line, f"info access connection complete {INBOUND}", "starting"])
    (only,) = log.denials
    assert (only.line, only.times) == (1, 2)
    assert (log.lines, log.allowed, log.unknown, log.examples) == (6, 1, 2, ((3, "hello"), (6, "starting")))


def test_what_is_read_is_bounded() -> None:
    many = [f"enforced denied, matched policy ns[shop]-policy[p{number}]-rule[0]" for number in range(MOST_DENIALS + 7)]
    log = read_log([*many, "x" * (LONGEST_LINE + 9) + " enforced denied, matched policy none"])
    assert (len(log.denials), log.more, log.unknown) == (MOST_DENIALS, 7, 1)
    assert all(len(text) <= 160 for _, text in log.examples)


PIECES = st.sampled_from(["checking request: ", "enforced denied", ", matched policy ", "ns[a]-policy[b]-rule[", "]", "thread=1", "{", "}", '"error":', "error=", '"', "'",
                          "\\", ":path', '/a", "policy rejection: ", "explicitly denied by: ", "src.identity=spiffe://", "rbac_access_denied_matched_policy[",
                          "dst.hbone_addr=", ":99999999", "[::1]:80", "401 Unauthorized", " ", "\t", "\x1b[31m", "\u202e", '"GET / HTTP/1.1" 403 '])


@given(st.lists(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join), max_size=8))
@settings(max_examples=300, deadline=None)
def test_nothing_in_a_log_is_believed(lines: list[str]) -> None:
    log = read_log(lines)
    assert log.lines == len(lines) and sum(one.times for one in log.denials) + log.more + log.allowed + log.unknown <= 2 * len(lines)
