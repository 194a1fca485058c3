"""A seeded mesh of any size for the benchmarks: Kubernetes YAML and the `.mesh` sources that speak about it.

    python -m benchmarks.generate 1000 build/mesh-1000 [--seed 1]

writes k8s/<namespace>.yaml, mesh/<namespace>.mesh, mesh/mesh.mesh and meshwright.toml.  Every service gets ten allow rules and one deny.
"""

import argparse
import os
import random
from typing import NamedTuple

WORDS = (
    "orders",
    "billing",
    "search",
    "catalog",
    "basket",
    "ledger",
    "mail",
    "media",
    "stock",
    "price",
    "route",
    "agent",
    "audit",
    "quota",
    "token",
)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
NOUNS = ("items", "users", "invoices", "health", "reports", "events", "keys", "jobs", "drafts", "labels", "metrics", "hooks")


class Service(NamedTuple):
    namespace: str
    name: str
    port: int
    target: int
    http: bool


class Mesh(NamedTuple):
    """Generated texts by path relative to the project."""

    services: tuple[Service, ...]
    kubernetes: dict[str, str]
    sources: dict[str, str]


def generate(services: int, seed: int = 1) -> Mesh:
    """A mesh of ``services`` services, 20-50 of them in a namespace, three of four with HTTP."""
    dice = random.Random(seed)
    made: list[Service] = []
    while len(made) < services:
        namespace = f"team-{len({one.namespace for one in made}) + 1:03}" if made else "team-001"
        for index in range(min(dice.randint(20, 50), services - len(made))):
            http = dice.random() < 0.75
            made.append(
                Service(
                    namespace,
                    f"{dice.choice(WORDS)}-{index:02}",
                    80 if http else 9000,
                    dice.choice((8080, 8443, 9090)) if http else 9000,
                    http,
                )
            )
    of_namespace: dict[str, list[Service]] = {}
    for one in made:
        of_namespace.setdefault(one.namespace, []).append(one)
    kubernetes = {}
    sources = {"mesh/mesh.mesh": "mesh {\n  istio 1.30\n  trust-domain cluster.local\n}\n"}
    for namespace, members in of_namespace.items():
        kubernetes[f"k8s/{namespace}.yaml"] = "---\n".join([_namespace(namespace), *(_objects(one) for one in members)])
        sources[f"mesh/{namespace}.mesh"] = _source(namespace, members, made, dice)
    return Mesh(tuple(made), kubernetes, sources)


def write(mesh: Mesh, folder: str) -> None:
    """The project into ``folder``."""
    project = 'language = 1\n\n[sources]\npaths = ["mesh/"]\n\n[inventory]\npaths = ["k8s/"]\n'
    for path, text in {**mesh.kubernetes, **mesh.sources, "meshwright.toml": project}.items():
        place = os.path.join(folder, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _namespace(name: str) -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    istio.io/dataplane-mode: ambient\n"


def _objects(one: Service) -> str:
    binding = "    istio.io/use-waypoint: waypoint\n" if one.http else ""
    port = "http" if one.http else "tcp"
    return f"""apiVersion: v1
kind: ServiceAccount
metadata:
  name: {one.name}
  namespace: {one.namespace}
---
apiVersion: v1
kind: Service
metadata:
  name: {one.name}
  namespace: {one.namespace}
  labels:
    app: {one.name}
{binding}spec:
  selector:
    app: {one.name}
  ports:
  - name: {port}
    port: {one.port}
    targetPort: {one.target}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {one.name}
  namespace: {one.namespace}
  labels:
    app: {one.name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: {one.name}
  template:
    metadata:
      labels:
        app: {one.name}
        version: v1
    spec:
      serviceAccountName: {one.name}
      containers:
      - name: app
        image: "registry.example/{one.namespace}/{one.name}:1.4.2"
        imagePullPolicy: IfNotPresent
        ports:
        - name: main
          containerPort: {one.target}
        env:
        - name: LOG_LEVEL
          value: info
        - name: PORT
          value: "{one.target}"
        readinessProbe:
          httpGet:
            path: /ready
            port: {one.target}
        resources:
          requests:
            cpu: 100m
            memory: 64Mi
          limits:
            memory: 128Mi
"""


def _source(namespace: str, members: list[Service], everyone: list[Service], dice: random.Random) -> str:
    lines = [f"in {namespace}", "", f"namespace {namespace} {{", f'  owner "{namespace}@example.org"', "  enforce yes", "}"]
    for one in members:
        lines.append("")
        callers = dice.sample(everyone, min(11, len(everyone)))
        for number, caller in enumerate(callers[:10]):
            lines.append(_rule("allow", caller, one, _door(dice, number) if one.http else f"port {one.port}"))
        # One that no allow names where there are enough services, so that the deny takes nothing away.
        lines.append(_rule("deny", callers[-1], one, f'path "/internal/{dice.choice(NOUNS)}/**"' if one.http else f"port {one.port}"))
    return "\n".join(lines) + "\n"


def _rule(effect: str, caller: Service, target: Service, door: str) -> str:
    if caller.namespace == target.namespace:
        return f"{effect} {caller.name} -> {target.name} {{ {door} }}"
    return f'{effect} {caller.namespace}/{caller.name} -> {target.name} {{ {door} }} because "calls across teams"'


def _door(dice: random.Random, number: int) -> str:
    methods = ", ".join(dice.sample(METHODS, dice.choice((1, 1, 2))))
    path = f"/v{dice.randint(1, 3)}/{dice.choice(NOUNS)}/{number}"
    return f'{methods} "{path}{dice.choice(("", "/**"))}"'


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a generated mesh as a Meshwright project.")
    parser.add_argument("services", type=int)
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    mesh = generate(asked.services, asked.seed)
    write(mesh, asked.folder)
    print(f"{len(mesh.services)} services in {len(mesh.kubernetes)} namespaces: {asked.folder}")


if __name__ == "__main__":
    main()
