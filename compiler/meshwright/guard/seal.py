"""Writes what ships beside the packs: the JSON schemas, and for each pack its entries and the digest they were made for.

Run by the people who change a shipped pack or the documents: ``python -m meshwright.guard.seal``.  A sealed pack has passed the
static gate, so that nobody pays for it on every run; a test fails when a seal is old.
"""

import json
import os
import sys
from typing import Any

from meshwright.diagnostics import Diagnostic
from meshwright.guard import gate
from meshwright.guard.answer import Failure, Pack
from meshwright.guard.embedded import SEALED_FOR, Embedded
from meshwright.guard.packs import SCHEMAS, SEAL, SHIPPED, read_pack
from meshwright.guard.refusals import read_inventory


def main() -> int:
    os.makedirs(SCHEMAS, exist_ok=True)
    for name, schema in schemas().items():
        _write(os.path.join(SCHEMAS, name), schema)
    for name in PACKS:
        text = seal_text(name)
        if isinstance(text, Failure):
            for problem in text.diagnostics:
                print(problem.code, problem.message, *problem.notes, *problem.help, sep="\n  ", file=sys.stderr)
            return 1
        _write(os.path.join(SHIPPED, name, SEAL), text)
    return 0


PACKS = ("ambient", "egress", "gateway_tls", "zero_trust")


def schema_text() -> str:
    return schemas()["input.json"]


def schemas() -> dict[str, str]:
    """File name -> JSON schema."""
    from meshwright.guard.schema import json_schema, manifests_schema

    made = {"input.json": json_schema(), "manifests.json": manifests_schema()}
    return {name: json.dumps(schema, indent=1, sort_keys=True) + "\n" for name, schema in made.items()}


def seal_text(name: str) -> str | Failure:
    """The seal of one shipped pack, after the gate has looked at it."""
    pack = read_pack(name, os.path.join(SHIPPED, name))
    if isinstance(pack, Diagnostic):
        return Failure((pack,))
    fields = Embedded(60).ask(pack.modules, "{}", [], gate=True, only_gate=True)
    if isinstance(fields, Failure):
        return fields
    entries = read_inventory(fields[2], (pack,))
    if isinstance(entries, Failure):
        return entries
    body = {
        "reads": _reads(pack),
        "digest": pack.digest,
        "engine": SEALED_FOR,
        "entries": [{key: value for key, value in entry._asdict().items() if key != "pack"} for entry in entries],
    }
    return json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _reads(pack: Pack) -> Any:
    """The parts of the documents that the rules of a pack without defects can see."""
    import regorus

    engine = regorus.Engine()
    for module in pack.modules:
        engine.add_policy(module.path, module.text)
    return gate.reads(json.loads(engine.get_ast_as_json()), set(), json.loads(schema_text()))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
