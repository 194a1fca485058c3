"""What check accepts can be kept: it lowers without a refusal, and the proof holds on the rendered bytes."""

from random import Random

import pytest
from tests.support.sources import app, deployment, namespace, run, service

from meshwright.inventory import read_tree
from meshwright.istio import model
from meshwright.lower import lower
from meshwright.prove import prove
from meshwright.render import render

KUBERNETES = (
    namespace() + namespace("edge") + namespace("ops") + namespace("legacy", team="x")
    + app("web") + app("orders", "http=http:8080", "metrics=tcp:9102") + app("ledger", "grpc=grpc:9090") + app("postgres", "db=tcp:5432")
    + service("peers", "peer=tcp:9093", spec="clusterIP: None, ") + deployment("peers")
    + service("twin", "http=http:8000>8080", selector="app: web") + service("raw", "raw=tcp:8001>8080", selector="app: orders")
    + deployment("agent") + app("tool", ns="ops") + app("old", ns="legacy")
    + service("rev") + deployment("rev-v1", labels="app: rev, v: v1", account="rev") + deployment("rev-v2", labels="app: rev, v: v2", account="rev2"))

SOURCES = ("web", "orders", "ledger", "postgres", "peers", "agent", "ops/tool", "rev", "any workload", "namespace shop", "namespace ops",
           "clients of edge/public", "clients of any gateway", "service-account shop/rev2", "clients of edge/public port 443")
TARGETS = ("web", "web", "orders", "orders", "ledger", "postgres", "twin", "raw", "rev", "ops/tool", "pods of web", "pods of orders", "pods of peers",
           "pods of agent", "any service", "namespace shop", "pods of any service", "pods of any workload")
DOORS = ("", "", ' { GET "/a" }', ' { GET, POST "/a/{id}" }', ' { path "/a/**" }', " { port http }", " { port db }", " { port metrics }", " { port peer }",
         " { port 8080 }", ' { call "x.Y/Z" }', ' { port http GET "/b"; path "/a" }', " { port 9102 }", " { port raw }", ' { path "/**" }')
WAYPOINTS = ("", "waypoint per service", "waypoint per service-account", "waypoint edge/shared")
LISTENERS = ('listen https 8443 host "b.example.com" { certificate c }', "listen http 80 { redirect https }", "")


def program(random: Random) -> str:
    """A few rules over the services above; most programs are refused, and that is fine."""
    lines = [
        "in shop", "mesh { istio 1.30 }", f"namespace shop {{ {random.choice(WAYPOINTS)} }}", "namespace edge { enforce yes }",
        random.choice(("namespace ops { enforce yes }", "namespace ops { enforce no }", "")),
        f'gateway edge/public {{\nlisten https 443 host "a.example.com" {{ certificate c }}\n{random.choice(LISTENERS)}\n}}',
        f'route at edge/public host "a.example.com" {{ path "/**" -> {random.choice(("web", "orders", "rev", "twin"))} }}']
    for _ in range(random.randint(1, 4)):
        effect = random.choice(("allow", "allow", "allow", "deny"))
        source = random.choice((*SOURCES, "anyone", "anyone") if effect == "deny" else (*SOURCES, "unidentified from 10.0.0.0/8"))
        lines.append(f'{effect} {source} -> {random.choice(TARGETS)}{random.choice(DOORS)} because "x"')
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(4))
def test_what_check_accepts_lowers_and_is_proved(seed: int) -> None:
    random = Random(seed)
    accepted = 0
    for _ in range(120):
        text = program(random)
        result = run(text, KUBERNETES, labels="own")
        if any(found.severity == "error" for found in result.diagnostics):
            continue
        assert result.program is not None
        bundle = lower(result.program, "own")
        assert bundle.value is not None and not bundle.failed, (text, [found.message for found in bundle.diagnostics])
        tree = render(bundle.value, "plain")
        assert tree.value is not None and not tree.failed, text
        objects = read_tree(tree.value)
        assert objects.value is not None, text
        reach = model(objects.value, result.program.inventory, result.program.mesh)
        assert reach.value is not None, text
        proof = prove(result.program, reach.value)
        assert not proof.failed, (text, [found.message for found in proof.diagnostics])
        accepted += 1
    assert accepted > 5
