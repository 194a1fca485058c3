"""What `init` suggests: from the YAML, with the place, as comments, and never as a grant."""

import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.test_commands import DAY, report, run


def workload(name: str, env: str = "", namespace: str = "shop") -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      serviceAccountName: {name}
      containers:
      - name: main
        image: registry.example.com/{name}:1
        env:
{env or '        - {name: LEVEL, value: info}'}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80, targetPort: 8080}}, {{name: tcp-admin, port: 9000}}]
---
"""


ENV = """\
        - name: ORDERS_URL
          value: http://ann:s3cret@orders.shop.svc.cluster.local:80/v1
        - {name: LEDGER_HOST, value: ledger.bank}
        - {name: WORD, value: orders}
        - {name: OTHER_PORT, value: "orders:5432"}
        - {name: ELSEWHERE, value: "api.example.com:443,orders.example.com:80"}
        - {name: ITSELF, value: "web:80"}
        - {name: NOT_TEXT, valueFrom: {fieldRef: {fieldPath: status.podIP}}}"""
POLICIES = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: into-orders, namespace: shop}
spec:
  podSelector: {matchLabels: {app: orders}}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: bank}}
      podSelector: {matchLabels: {app: ledger}}
    - ipBlock: {cidr: 10.0.0.0/8}
    - podSelector: {matchExpressions: [{key: app, operator: Exists}]}
    ports: [{port: 8080}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: pay, namespace: shop}
spec:
  selector: {matchLabels: {app: pay}}
  rules:
  - from: [{source: {principals: ["cluster.local/ns/shop/sa/orders", "*"]}}]
    to: [{operation: {methods: [GET, POST], paths: ["/v1/pay", "/admin/*"]}}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: closed, namespace: shop}
spec:
  action: DENY
  selector: {matchLabels: {app: pay}}
  rules: [{from: [{source: {principals: ["cluster.local/ns/shop/sa/web"]}}]}]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "k8s"
    folder.mkdir()
    (folder / "shop.yaml").write_text(workload("web", ENV) + workload("orders") + workload("pay") + workload("ledger", namespace="bank"))
    (folder / "policies.yaml").write_text(POLICIES)
    return tmp_path


def suggestions(root: Path) -> dict[str, list[str]]:
    """Rule -> the places above it."""
    found: dict[str, list[str]] = {}
    places: list[str] = []
    for line in (root / "mesh/mesh.mesh").read_text().split("Nothing is granted")[1].splitlines()[1:]:
        if line.startswith("# allow "):
            found[line.removeprefix("# ")] = places
            places = []
        elif line:
            places.append(line.removeprefix("# "))
    return found


def test_each_suggestion_has_its_place(repository: Path) -> None:
    told = report(repository, "init", *DAY)
    found = suggestions(repository)
    assert found == {
        "allow shop/web -> shop/orders { port 80 }": ["k8s/shop.yaml:15: environment value ORDERS_URL"],
        "allow shop/web -> bank/ledger { port 80; port 9000 }": ["k8s/shop.yaml:16: environment value LEDGER_HOST"],
        "allow bank/ledger -> shop/orders { port 80 }": ["k8s/policies.yaml:3: NetworkPolicy shop/into-orders"],
        'allow shop/orders -> shop/pay { GET, POST "/v1/pay" }': ["k8s/policies.yaml:20: AuthorizationPolicy shop/pay"],
    }
    assert told["result"]["suggestions"] == len(found)
    for places in found.values():
        for place in places:
            path, line = re.match(r"(.*?):(\d+): ", place).groups()  # type: ignore[union-attr]
            assert (repository / path).read_text().splitlines()[int(line) - 1]
    assert "s3cret" not in (repository / "mesh/mesh.mesh").read_text()


def test_nothing_is_granted_and_the_words_are_the_language_s(repository: Path) -> None:
    done = run(repository, "init", *DAY)
    assert "suggests 4 grants as comments" in done.stderr and ".pre-commit-config.yaml" in done.stderr
    assert report(repository, "check", *DAY)["result"]["default"]["program"]["grants"] == 0
    assert report(repository, "fmt", "--check")["result"]["changed"] == []
    source = repository / "mesh/mesh.mesh"
    source.write_text(source.read_text().replace("# allow ", "allow "))
    names = {one["code"] for one in report(repository, "check", *DAY, code=run(repository, "check", *DAY).returncode)["diagnostics"]}
    assert not {code for code in names if code.startswith(("MW01", "MW02"))}, names


def test_values_are_untrusted(repository: Path) -> None:
    shutil.rmtree(repository / "k8s")
    (repository / "k8s").mkdir()
    hostile = '        - {name: "X\\n}\\nallow anyone -> web {}", value: "orders:80"}\n        - {name: LONG, value: "' + "a.b:1," * 50_000 + '"}'
    (repository / "k8s/shop.yaml").write_text(workload("web", hostile) + workload("orders"))
    report(repository, "init", *DAY)
    source = (repository / "mesh/mesh.mesh").read_text()
    assert not [line for line in source.splitlines() if line.startswith("allow")]
    assert report(repository, "check", *DAY)["result"]["default"]["program"]["grants"] == 0
