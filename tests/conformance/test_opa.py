"""Shipped packs and our engines beside real OPA and real conftest."""

import json
import os
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.conftest import missing
from tests.support.go_tools import NoTool, go_tool
from tests.unit.guard import sample
from tests.unit.guard.test_policies import OBJECTS, judge

from meshwright.guard import guard
from meshwright.guard.documents import documents
from meshwright.guard.embedded import Embedded
from meshwright.guard.packs import SCHEMA, SHIPPED, read_packs, shipped_packs
from meshwright.ir.intent import Program
from meshwright.ir.inventory import EMPTY, Namespace, Object, Service, Workload
from meshwright.ir.project import Guard

pytestmark = pytest.mark.conformance
SPAN = sample.span("in shop")


@pytest.fixture(scope="module")
def opa() -> str:
    try:
        return go_tool("opa")
    except NoTool as reason:
        missing("opa", str(reason))


@pytest.fixture(scope="module")
def conftest() -> str:
    try:
        return go_tool("conftest")
    except NoTool as reason:
        missing("conftest", str(reason))


@pytest.fixture(scope="module")
def server(opa: str) -> Iterator[str]:
    """A real OPA server on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([opa, "run", "--server", "--addr", f"127.0.0.1:{port}", "--skip-version-check", "--log-level", "error"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                urlopen(f"http://127.0.0.1:{port}/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def existing(seed: int, program: Program) -> Program:
    """With an inventory in which every guardrail about it finds something."""
    from random import Random

    pick = Random(seed)
    spaces = [space.name for space in program.namespaces]
    workloads, foreign, services = [], [], []
    for number in range(len(program.services)):
        space = pick.choice(spaces)
        capture = pick.choice(("ambient", "ambient", "sidecar", "outside"))
        notes = pick.choice(((), (("traffic.sidecar.istio.io/excludeOutboundPorts", "443"),)))
        workloads.append(Workload(space, "Deployment", f"w{number:05}", (), (), notes, pick.choice(("default", f"w{number}")), (), capture == "outside",
                                  capture, "because", (9090,) if capture == "sidecar" else (), SPAN))
        spec = {"hosts": [pick.choice(("*", "*.com", "api.example.com", "a.example.org"))], "ports": [{"number": 80, "protocol": pick.choice(("HTTP", "TLS"))}],
                **pick.choice(({}, {"resolution": "DNS"}, {"resolution": "NONE", "location": "MESH_EXTERNAL"})),
                **pick.choice(({}, {"exportTo": ["."]}, {"exportTo": ["*"]}, {"exportTo": []}))}
        foreign.append(Object("networking.istio.io/v1", "ServiceEntry", space, f"e{number}", {"kind": "ServiceEntry", "spec": spec}, SPAN))
        if number % 5 == 0:
            rule = {"spec": {"host": "api.example.com", "trafficPolicy": {"tls": {"mode": pick.choice(("SIMPLE", "DISABLE"))}}}}
            foreign.append(Object("networking.istio.io/v1", "DestinationRule", space, f"r{number}", rule, SPAN))
        services.append(Service(space, f"x{number:05}", "vip", pick.choice(("ClusterIP", "ExternalName")), None, (), (), (),
                                pick.choice(((), ("192.0.2.1",))), (), SPAN))
    known = tuple(Namespace(name, (("istio.io/dataplane-mode", "ambient"),), (), True, SPAN) for name in (*spaces, "elsewhere"))
    return program._replace(inventory=EMPTY._replace(namespaces=known, workloads=tuple(workloads), foreign=tuple(foreign), services=tuple(services)))


def test_opa_checks_tests_and_formats_every_pack(opa: str) -> None:
    for name in shipped_packs():
        folder = os.path.join(SHIPPED, name)
        for words in (("check", "--strict", "--v1-compatible", "-s", SCHEMA, folder), ("test", folder), ("fmt", "--fail", "--list", folder)):
            done = subprocess.run([opa, *words], capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, (words, done.stdout, done.stderr)


def test_every_pack_says_the_same_on_both_engines(opa: str, tmp_path: Path, count_cases) -> None:
    """Byte for byte, and on what the rules look at as well as on everything."""
    packs, _ = read_packs(shipped_packs(), "/")
    fired: Counter[str] = Counter()
    judged = 0
    for seed, size in ((1, 4), (2, 12), (3, 40), (4, 150), (5, 600)):
        program = existing(seed, sample.generated(seed, size))
        (tmp_path / "input.json").write_text(documents(program, sample.TEXTS))
        for pack in packs:
            query = "[" + ", ".join(f"data.{entry.package}.{entry.rule}" for entry in pack.sealed) + "]"
            words = [opa, "eval", "--strict-builtin-errors", "-f", "json", "-d", os.path.join(SHIPPED, pack.name), "-i", str(tmp_path / "input.json"), query]
            done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True)
            there = [json.dumps(value) for value in json.loads(done.stdout)["result"][0]["expressions"][0]["value"]]
            whole = Embedded(120).evaluate((pack,), documents(program, sample.TEXTS))
            part = Embedded(120).evaluate((pack,), documents(program, sample.TEXTS, pack.reads))
            assert list(whole.values) == list(part.values) == there, (pack.name, seed)
            fired.update(entry.id for entry, value in zip(pack.sealed, there, strict=True) if value != "[]")
            judged += sum(len(json.loads(value)) for value in there)
    count_cases("findings of both engines", judged)
    assert len(fired) >= 24, sorted({entry.id for pack in packs for entry in pack.sealed} - set(fired))


def test_a_real_server_gives_the_same_verdicts(server: str) -> None:
    program = existing(7, sample.generated(7, 25))
    names = shipped_packs()
    here = guard(program, sample.TEXTS, Guard(names, "embedded", "", 120.0), "/")
    there = guard(program, sample.TEXTS, Guard(names, "opa", server, 120.0), "/")
    assert here.value is not None and there.value is not None, there.diagnostics
    assert here.value.findings == there.value.findings and len(here.value.findings) > 50
    assert here.diagnostics == there.diagnostics
    assert json.load(urlopen(f"{server}/v1/policies", timeout=10))["result"] == [], "nothing is left on the server"


POLICIES = {
    "plain": 'package main\n\ndeny contains msg if {\n\tinput.kind == "Service"\n\tmsg := sprintf("no %s", [input.metadata.name])\n}\n',
    "all kinds": 'package main\n\ndeny_a contains "a" if input.kind == "Service"\n\nviolation_b contains {"msg": "b", "details": {}} if input.metadata.name == "db"\n\n'
                 'warn contains "w" if input.kind == "Gateway"\n',
    "exceptions": 'package main\n\ndeny_ports contains "p" if count(input.spec.ports) > 0\n\nwarn_ports contains "w" if count(input.spec.ports) > 0\n\n'
                  'deny contains "d" if count(input.spec.ports) > 1\n\nexception contains ["ports"] if input.metadata.name == "db"\n\n'
                  'exception contains rules if {\n\tinput.metadata.name == "web"\n\trules := ["other", ""]\n}\n',
    "data": 'package main\n\nimport data.limits\n\ndeny contains "many" if count(input.spec.ports) > limits.ports\n',
    "file": 'package main\n\ndeny contains data.conftest.file.name if input.kind == "Service"\n',
}


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("combine", [False, True])
def test_conftest_gives_the_same_verdicts(conftest: str, name: str, combine: bool, tmp_path: Path) -> None:
    policy = POLICIES[name]
    if combine:
        if name == "file":
            return  # all files at once have no name
        policy = _combined(policy)
    ours = judge(tmp_path, policy, data={"limits": {"ports": 1}}, combine=combine)
    assert ours.value is not None, ours.diagnostics
    for each in OBJECTS:
        path = tmp_path / "tree" / each.span.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(each.content))
    words = [conftest, "test", "--parser", "json", "-o", "json", "-p", str(tmp_path / "policy"), "-d", str(tmp_path / "data.json")]
    done = subprocess.run([*words, *(["--combine"] if combine else []), *(each.span.path for each in OBJECTS)], cwd=tmp_path / "tree",
                          capture_output=True, text=True, timeout=60)
    theirs = Counter()
    for result in json.loads(done.stdout):
        for kind, severity in (("failures", "error"), ("warnings", "warning")):
            theirs.update((severity, found["msg"], "" if combine else result["filename"]) for found in result.get(kind) or ())
    mine = Counter((found.severity, found.message, "" if combine else found.node.partition(":")[0]) for found in ours.value.findings)
    assert mine == theirs, (mine, theirs, done.stdout)
    assert mine or (name == "exceptions" and combine)


def _combined(policy: str) -> str:
    """The same questions about every manifest of a combined input; exceptions stand for all of them."""
    lines = []
    for line in policy.split("\n"):
        head, found, body = line.partition(" if ")
        if found and not body.endswith("{"):
            line = f"{head} if {{\n\tsome item in input\n\t{body.replace('input.', 'item.contents.')}\n}}"
        elif found:
            line += "\n\tsome item in input"
        else:
            line = line.replace("input.", "item.contents.")
        lines.append(line)
    return "\n".join(lines)
