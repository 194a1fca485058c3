"""Policies from a bundle or a single file."""

import gzip
import io
import json
import tarfile

import pytest
from tests.unit.guard import sample

from meshwright.guard import guard
from meshwright.guard.bundle import read_bundle
from meshwright.guard.org import Unusable
from meshwright.ir.project import Guard

RULE = """package guardrails.owners

import data.teams.known

deny contains f if {
	some space in input.intent.namespaces
	not space.owner in known
	f := {"msg": sprintf("`%s` is no team", [space.owner]), "node": space.id}
}
"""


def pack(files, links=(), raw=b""):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in files if isinstance(files, list) else files.items():
            content = text if isinstance(text, bytes) else text.encode() if isinstance(text, str) else json.dumps(text).encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, kind in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    return stream.getvalue()


def judge(tmp_path, raw, packs=("policy.tar.gz",), engine="embedded"):
    (tmp_path / "policy.tar.gz").write_bytes(raw)
    return guard(sample.program(), sample.TEXTS, Guard(packs, engine, "http://127.0.0.1:9", 20.0), str(tmp_path))


def test_rules_and_data_of_a_bundle(tmp_path):
    files = {"/.manifest": {"revision": "r1", "roots": ["guardrails", "teams"]}, "/guardrails/owners.rego": RULE,
             "/teams/data.json": {"known": ["team-a@example.com"]}, "/.signatures.json": "x"}
    outcome = judge(tmp_path, pack(files))
    assert [found.message for found in outcome.value.findings] == ["`team-shop@example.com` is no team"]
    assert outcome.value.packs[0].name == "policy" and outcome.value.findings[0].guardrail == "policy/owners"
    files["/teams/data.json"] = b"known:\n- team-shop@example.com\n"
    files["/teams/data.yaml"] = files.pop("/teams/data.json")
    clean = judge(tmp_path, pack(files))
    assert clean.value.findings == () and clean.value.packs[0].digest != outcome.value.packs[0].digest


def test_a_single_file(tmp_path):
    (tmp_path / "owners.rego").write_text(RULE.replace("import data.teams.known\n", "known := set()\n"))
    outcome = guard(sample.program(), sample.TEXTS, Guard(("owners.rego",), "embedded", "", 20.0), str(tmp_path))
    assert [found.guardrail for found in outcome.value.findings] == ["owners/owners"]
    (tmp_path / "owners.txt").write_text(RULE)
    outcome = guard(sample.program(), sample.TEXTS, Guard(("owners.txt",), "embedded", "", 20.0), str(tmp_path))
    assert [said.code for said in outcome.diagnostics] == ["MW0583"]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "in the middle"), (b"x" * 100, "no .tar.gz"), (gzip.compress(b"x" * 600), "no .tar.gz"), (pack({"a.rego": RULE})[:-20], "in the middle"),
        (pack([("a.rego", RULE), ("a.rego", RULE)]), "twice"), (pack([("a.rego", RULE), ("./a.rego", RULE)]), "twice"),
        (pack({"../a.rego": RULE}), "no plain file"), (pack({"x/../../a.rego": RULE}), "no plain file"),
        (pack({}, [("a.rego", tarfile.SYMTYPE)]), "no plain file"), (pack({}, [("a.rego", tarfile.LNKTYPE)]), "no plain file"),
        (pack({}, [("a", tarfile.CHRTYPE)]), "no plain file"), (gzip.compress(bytes(40 << 20)), "larger"),
        (pack({f"{i}.rego": "" for i in range(2001)}), "more than"), (pack({"a.rego": b"\xff"}), "UTF-8"),
        (pack({".manifest": {"rego_version": 0}, "a.rego": RULE}), "before 1.0"),
        (pack({".manifest": {"rego_version": 1, "file_rego_versions": {"/a.rego": 0}}, "a.rego": RULE}), "before 1.0"),
        (pack({".manifest": {"wasm": [{"entrypoint": "x"}]}, "a.rego": RULE}), "WebAssembly"), (pack({"policy.wasm": b"x"}), "WebAssembly"),
        (pack({"patch.json": {}}), "delta"), (pack({".manifest": "[]"}), "no object"), (pack({".manifest": "{"}), "not JSON"),
        (pack({".manifest": {"roots": ["other"]}, "a.rego": RULE}), "outside its roots"),
        (pack({".manifest": {"roots": ["guardrails"]}, "a.rego": RULE, "data.json": {"x": 1}}), "outside its roots"),
        (pack({".manifest": {"roots": ["guard"]}, "a.rego": RULE}), "outside its roots"), (pack({".manifest": {"roots": 1}}), "roots"),
        (pack({"data.json": {"a": {"b": 1}}, "a/data.json": {"b": 2}}), "so does other"), (pack({"data.json": {"a": 1}, "a/data.json": {"b": 2}}), "so does other"), (pack({"a/data.json": {"b": 1}, "a/b/c/data.json": {"x": 1}}), "so does other"),
        (pack({"data.json": "[1]"}), "no object"), (pack({"data.yaml": "a: &x 1\nb: *x\n"}), "aliases"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_and_broken_bundles(raw, why):
    with pytest.raises(Unusable) as refused:
        read_bundle(raw)
    assert why in refused.value.args[0], refused.value.args


def test_refusals_are_no_pass(tmp_path):
    assert [said.code for said in judge(tmp_path, b"x").diagnostics] == ["MW0596"]
    assert [said.code for said in judge(tmp_path, pack({"data.json": {"a": 1}})).diagnostics] == ["MW0584"]
    both = pack({"a.rego": RULE, "guardrails/owners/data.json": {"known": []}, "teams/data.json": {"known": []}})
    assert [said.code for said in judge(tmp_path, both).diagnostics] == ["MW0593"]
    fine = pack({"a.rego": RULE, "teams/data.json": {"known": []}})
    assert [said.code for said in judge(tmp_path, fine, engine="opa").diagnostics] == ["MW0596"]
    (tmp_path / "other.tar.gz").write_bytes(pack({"b.rego": "package b\n\ndeny contains 1 if false\n", "teams/data.json": {"x": 1}}))
    assert [said.code for said in judge(tmp_path, fine, ("policy.tar.gz", "other.tar.gz")).diagnostics] == ["MW0593"]
