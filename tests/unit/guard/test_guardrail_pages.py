"""The page of every shipped guardrail: what fails there is found by it, what is fixed is not."""

import os
import re

import pytest
from tests.support.sources import app, namespace, run

from meshwright.guard import guard
from meshwright.guard.catalogue import catalogue, page
from meshwright.guard.packs import SHIPPED, shipped_packs
from meshwright.ir.project import Guard

# What the examples stand in.
INVENTORY = "".join((
    namespace("shop"), namespace("batch"), namespace("edge"), namespace("legacy"),
    app("web", "http=http:80>8080"), app("cart", "http=http:80>8080"), app("db", "tcp=tcp:5432"),
    app("orders", "http=http:80>8080", "admin=tcp:9000"), app("job", "http=http:80>8080", ns="batch"),
    *(app(name, "http=http:80>8080") for name in "abc"),
))
ENTRIES = tuple(entry for listed in catalogue(shipped_packs(), "/").value for entry in listed.entries)


def test_there_are_as_many_as_promised():
    assert len(ENTRIES) >= 25 and len({entry.id for entry in ENTRIES}) == len(ENTRIES)
    assert {entry.pack for entry in ENTRIES} == {"ambient", "egress", "gateway_tls", "zero_trust"}
    assert all(entry.title and entry.description for entry in ENTRIES)


def test_no_page_is_left_over():
    pages = {f"{pack}/{name[:-3]}" for pack in shipped_packs() for name in os.listdir(os.path.join(SHIPPED, pack)) if name.endswith(".md")}
    assert pages == {entry.id for entry in ENTRIES}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_page_is_true(entry):
    text = page(entry)
    head, fails, fixed = re.split(r"\n## (?:Fails|Fixed)\n", text)
    assert head.startswith(f"# {entry.id}\n") and "Goes wrong like this: " in head
    assert entry.id in found(entry.pack, fails)
    assert entry.id not in found(entry.pack, fixed)


def found(pack, section):
    blocks = dict(re.findall(r"(?ms)^```(\w+)\n(.*?)^```", section))
    kubernetes = INVENTORY + blocks.get("yaml", "")
    checked = run(blocks["mesh"], kubernetes)
    assert [said for said in checked.diagnostics if said.severity == "error"] == []
    outcome = guard(checked.program, dict(checked.texts), Guard((pack,), "embedded", "", 30.0), "/")
    assert outcome.value is not None, outcome.diagnostics
    assert all(finding.span is not None for finding in outcome.value.findings), "every finding has a place"
    return {finding.guardrail for finding in outcome.value.findings}
