"""Random worlds with what real istiod made of them, stored, so that ``make test`` needs no Go.

``python -m tests.support.stored_worlds`` makes the file anew; ``make conformance`` compares it with what istiod says today.
"""

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from tests.support import hand_made, random_worlds
from tests.support.chains import kept
from tests.support.istiod import Istiod

Json = dict[str, Any]
FILE = Path(__file__).resolve().parents[1] / "conformance" / "worlds.jsonl.gz"
WORLDS = 16
HAND_MADE = "hand-made"  # instead of a seed: the world of tests/support/hand_made.py


def stored() -> list[Json]:
    """The hand-made world, then random ones. Each: ``seed``, ``mesh`` (MeshConfig), ``objects``, ``refused``, ``authorizations``, ``addresses`` (workloads only), ``proxies``."""
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def asked(istiod: Istiod, seeds: list[str]) -> Iterator[Json]:
    """The same worlds, from istiod."""
    for seed in seeds:
        objects, mesh = (hand_made.objects(), {}) if seed == HAND_MADE else (random_worlds.objects(seed), random_worlds.mesh(seed))
        answer = istiod.ask(objects, ["ztunnel", "envoy"], mesh=mesh)
        workloads = [{"workload": {key: one["workload"].get(key, []) for key in ("namespace", "name", "addresses", "authorization_policies")}}
                     for one in answer["addresses"] if "workload" in one]
        refused = sorted(one["object"] for one in answer["refused"])
        yield {"seed": seed, "mesh": mesh, "objects": objects, "refused": refused, "authorizations": answer["authorizations"], "addresses": workloads,
               "proxies": [kept(one) for one in answer["proxies"] if one["kind"] != "router"]}


def accepted(world: Json) -> list[Json]:
    """The objects that take part."""
    return [one for one in world["objects"] if identity(one) not in world["refused"]]


def pods(world: Json) -> dict[str, str]:
    """namespace/name of each pod -> its address."""
    return {f"{one['workload']['namespace']}/{one['workload']['name']}": str(ip_address(b64decode(one["workload"]["addresses"][0])))
            for one in world["addresses"]}


def identity(one: Json) -> str:
    """As the program names an object: Kind.group/namespace/name."""
    group = one["apiVersion"].rpartition("/")[0]
    return f"{one['kind']}{'.' + group if group else ''}/{one['metadata'].get('namespace', '')}/{one['metadata']['name']}"


def main() -> None:
    with Istiod() as istiod:
        worlds = list(asked(istiod, [HAND_MADE, *(f"stored-{number}" for number in range(WORLDS))]))
    text = "".join(json.dumps(one, sort_keys=True, separators=(",", ":")) + "\n" for one in worlds)
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(FILE, FILE.stat().st_size)


if __name__ == "__main__":
    main()
