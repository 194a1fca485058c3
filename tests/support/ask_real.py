"""Fill in what the real programs answer: ``python -m tests.support.ask_real CASE.json...``.

A case has ``mesh`` (MeshConfig), ``objects`` and a ``question``; it gets ``refused``, ``allowed``, ``status`` and ``by``.  The files in
tests/conformance/disagreements are such cases.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.support.data_plane import DataPlane
from tests.support.istiod import Istiod


def answered(case: dict[str, Any], istiod: Istiod) -> dict[str, Any]:
    """The case with the answer of istiod's configuration in a real Envoy."""
    made = istiod.ask(case["objects"], ["envoy"], mesh=case["mesh"])
    with DataPlane({"case": made["proxies"]}) as plane:
        (real,) = plane.ask("case", [case["question"]])
    return {**case, "refused": sorted(one["object"] for one in made["refused"]), "allowed": real.allowed, "status": real.status, "by": real.by}


if __name__ == "__main__":
    with Istiod() as running:
        for name in sys.argv[1:]:
            found = answered(json.loads(Path(name).read_text(encoding="utf-8")), running)
            Path(name).write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            print(name, found["allowed"], found["status"], found["by"])
