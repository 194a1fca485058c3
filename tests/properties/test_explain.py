"""What `explain` says of one request is what the reference evaluator says, on every way; and the proxies that it names agree with it."""

from itertools import product

import pytest
from tests.e2e.test_mutations import FAILS
from tests.reference import istio
from tests.reference.intent import Ask
from tests.support.proved import Proved, edited
from tests.support.replay import let_in
from tests.support.worlds import shop

from meshwright.inventory import read_tree
from meshwright.ir.explanation import Hop, Question
from meshwright.ir.filetree import File, FileTree
from meshwright.istio.trace import Asked, trace
from meshwright.prove.explain import Found, look
from meshwright.prove.explain.witnesses import question_of, witnesses

REQUESTS = (("GET", "/v1/orders/7"), ("POST", "/v1/orders"), ("GET", "/"), ("POST", "/bank.Ledger/Post"), ("GET", "/debug/x"), ("GET", "/api/orders/7"))


def answered(proved: Proved, question: Question) -> list[tuple[Found, tuple[tuple[Hop, ...], ...]]]:
    import yaml

    read = read_tree(FileTree(tuple(File(f"{number:03}.yaml", yaml.safe_dump(one).encode(), "") for number, one in enumerate(proved.documents))))
    assert read.value is not None
    found = look(proved.program, proved.reach, question, {})
    assert found.value is not None, found.diagnostics
    return [(one, trace(read.value, proved.program.inventory, proved.program.mesh, [Asked(each.destination, each.way, each.request) for each in one.asked]))
            for one in found.value]


@pytest.mark.parametrize("edit", [None, *FAILS], ids=str)
def test_every_way_of_a_concrete_request_is_what_the_reference_evaluator_says(edit: str | None) -> None:
    proved = edited(shop(), FAILS[edit][0] if edit is not None else lambda documents: None)
    documents = istio.effective(proved.documents)
    callers = ("shop/web", "shop/orders", "any workload", "internet", "unidentified") if edit is None else ("shop/web", "unidentified")
    services = sorted(service.id for service in proved.program.services) if edit is None else ("shop/orders", "shop/web", "shop/postgres")
    judged = 0
    for caller, service, (method, path) in product(callers, services, REQUESTS if edit is None else REQUESTS[:1]):
        for found, hops in answered(proved, Question(caller, service, method, path, source_ip="203.0.113.7")):
            for asked, passed in zip(found.asked, hops, strict=True):
                request, way = asked.request, asked.way
                if asked.route.extent == "unknown":
                    continue
                labels = dict(next(one.labels for one in proved.program.inventory.workloads if one.id == asked.destination))
                namespace = asked.destination.partition("/")[0]
                shown = asked.route.let_in or asked.route.refused
                assert shown is not None
                principal = shown.principal  # of a gateway's clients: who its proxies are to the next one
                ask = Ask(way.kind, "", way.service, way.port, way.target or request.port, way.gateway, way.listener, principal, request.source_ip,
                          request.method, request.path, request.host)
                expected = let_in(documents, way, namespace, labels, ask)
                assert (asked.route.extent != "none") == expected, (edit, caller, service, method, path, way)
                assert (passed[-1].decision == "allow") == expected, (edit, passed, way)
                judged += 1
    assert judged > 15


@pytest.mark.parametrize("edit", FAILS)
def test_explain_says_of_a_witness_what_the_proof_says(edit: str) -> None:
    proved = edited(shop(), FAILS[edit][0])
    shown = witnesses(proved.reach, proved.proof)
    failing = [one for one in proved.proof.verdicts if one.status == "fails" and one.obligation in ("sound", "complete")
               and any(reach.destination == one.destination and reach.kind == "workload" for reach in proved.reach)]
    assert [one.verdict for one in shown] == failing
    for one in shown:
        question = question_of(proved.program, one)
        assert question is not None
        ((found, hops),) = answered(proved, question)
        same = [(asked, path) for asked, path in zip(found.asked, hops, strict=True)
                if asked.way == one.way and asked.destination == one.verdict.destination]
        assert same, (question, one)
        for asked, path in same:
            gets_in = one.verdict.obligation == "sound"
            assert (asked.route.extent, asked.route.intended) == (("all", "none") if gets_in else ("none", "all")), (question, asked.route)
            assert path[-1].decision == ("allow" if gets_in else "deny"), path
