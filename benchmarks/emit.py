"""The emitter against PyYAML's C dumper on the same documents: CPU ratio, interleaved, median of seven rounds.

python -m benchmarks.emit [--services 300]
"""

import argparse
import gc
import statistics
import sys
import time

import yaml

from meshwright.inventory.documents import read_documents
from meshwright.inventory.plain import Memo
from meshwright.render.emit import Emitter

GOAL = 8.0


def documents(services: int) -> list[dict[str, object]]:
    """Objects of the shapes that services are lowered to: ALLOW, DENY and identity fence at the waypoint, guard and ALLOW at ztunnel."""
    made = []
    for number in range(services):
        namespace, name = f"team-{number // 30:03}", f"orders-{number:05}"
        callers = [f"cluster.local/ns/team-{(number * 7 + k) % 97:03}/sa/web-{k}" for k in range(10)]
        target = {"targetRefs": [{"group": "", "kind": "Service", "name": name}]}
        selector = {"selector": {"matchLabels": {"app": name}}}
        others = [{"source": {"notPrincipals": callers}}]
        rules = [{"from": [{"source": {"principals": [one]}}], "to": [_operation(k)]} for k, one in enumerate(callers)]
        closed = [{"from": others, "to": [{"operation": {"ports": ["8080"]}}]}, {"to": [{"operation": {"notPorts": ["8080"]}}]}]
        for kind, spec in (
            ("allow", {**target, "action": "ALLOW", "rules": rules}),
            ("deny", {**target, "action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/internal/keys", "/internal/keys/*"]}}]}]}),
            ("fence", {**target, "action": "DENY", "rules": [{"from": others}]}),
            ("guard", {**selector, "action": "DENY", "rules": closed}),
            ("open", {**selector, "action": "ALLOW", "rules": [{"from": [{"source": {"principals": callers}}]}]}),
        ):
            made.append(_policy(namespace, name, kind, spec))
    return made


def _operation(number: int) -> dict[str, object]:
    return {"operation": {"ports": ["80"], "methods": ["GET", "POST"], "paths": [f"/v1/items/{number}", f"/v1/items/{number}/{{*}}"]}}


def _policy(namespace: str, name: str, kind: str, spec: dict[str, object]) -> dict[str, object]:
    labels = {"app.kubernetes.io/managed-by": "meshwright"}
    metadata = {
        "name": f"{name}-{kind}",
        "namespace": namespace,
        "labels": labels,
        "annotations": {"meshwright.dev/policy": f"{namespace}/{name} {kind}"},
    }
    return {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec}


def main() -> int:
    parser = argparse.ArgumentParser(description="Emitter and fast reader against PyYAML's C code.")
    parser.add_argument("--services", type=int, default=300)
    made = documents(parser.parse_args().services)
    gc.disable()
    ours: list[float] = []
    theirs: list[float] = []
    reading: list[float] = []
    reading_theirs: list[float] = []
    size = 0
    for _ in range(7):
        start = time.process_time()
        emitter = Emitter()
        texts = [emitter.emit(one) for one in made]
        ours.append(time.process_time() - start)
        start = time.process_time()
        for one in made:
            yaml.dump(one, Dumper=yaml.CSafeDumper, sort_keys=False)
        theirs.append(time.process_time() - start)
        data = [text.encode() for text in texts]
        size = sum(map(len, data))
        start = time.process_time()
        memo = Memo()
        for one in data:
            read_documents(one, "x.yaml", memo)
        reading.append(time.process_time() - start)
        start = time.process_time()
        for one in data:
            yaml.load(one, Loader=yaml.CSafeLoader)
        reading_theirs.append(time.process_time() - start)
        gc.collect()
    our, their, read, read_theirs = (statistics.median(one) for one in (ours, theirs, reading, reading_theirs))
    each = 1e6 / len(made)
    print(f"{len(made)} documents, {size / 1e6:.1f} MB")
    print(f"emit {our * each:6.1f} us a document, CSafeDumper {their * each:6.1f}: {their / our:5.1f} x (goal {GOAL:.0f} x)")
    print(f"read {size / read / 1e6:6.1f} MB/s,         CSafeLoader {size / read_theirs / 1e6:6.1f}: {read_theirs / read:5.1f} x")
    return 0 if their / our >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
