"""The same bytes on every machine: hash seed, locale, time zone, order of the objects."""

import hashlib
import os
import subprocess
import sys

import pytest
import yaml
from tests.conftest import ROOT
from tests.support.bundles import shop
from tests.support.kubectl import kubectl

from meshwright.ir.lock import with_lock
from meshwright.ir.manifest import Bundle
from meshwright.render import render

PROGRAM = """
import hashlib, sys
from meshwright.ir.lock import with_lock
from meshwright.render import render
from tests.support.bundles import shop
print(hashlib.sha256(repr(with_lock(render(shop(), "kustomize").value)).encode()).hexdigest())
"""


def test_no_environment_changes_a_byte():
    found = set()
    for seed, locale, zone in (("0", "C", "UTC"), ("1", "tr_TR.UTF-8", "Asia/Tokyo"), ("77", "de_DE.ISO-8859-1", "America/New_York")):
        path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(ROOT)])
        env = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone, "PYTHONPATH": path}
        found.add(subprocess.run([sys.executable, "-c", PROGRAM], env=env, check=True, capture_output=True, text=True).stdout.strip())
    assert found == {hashlib.sha256(repr(with_lock(tree("kustomize"))).encode()).hexdigest()}


def test_the_order_of_objects_changes_no_byte():
    bundle = shop()
    turned = Bundle(tuple(reversed(bundle.manifests)), (), tuple(reversed(bundle.components)))
    assert render(turned, "kustomize") == render(bundle, "kustomize")


def test_text_is_ascii_with_line_feeds_and_no_blanks_at_line_ends():
    for file in tree("kustomize").files:
        assert file.content.isascii() and file.content.endswith(b"\n") and b"\r" not in file.content
        assert all(line == line.rstrip() for line in file.content.split(b"\n"))


def test_kustomize_builds_the_tree_and_finds_every_object(tmp_path):
    program = kubectl()
    if program is None:
        pytest.skip("no kubectl on PATH, and none that the package index gives runs here")
    files = with_lock(tree("kustomize")).files
    for file in files:
        (tmp_path / file.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.path).write_bytes(file.content)
    answer = subprocess.run([program, "kustomize", str(tmp_path)], check=True, capture_output=True, timeout=60)
    built = sorted(
        (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"], repr(one["spec"]))
        for one in yaml.safe_load_all(answer.stdout)
    )
    assert built == sorted((one.kind, one.namespace, one.name, repr(as_lists(one.body["spec"]))) for one in shop().manifests)


def tree(layout):
    outcome = render(shop(), layout)
    assert outcome.value is not None
    return outcome.value


def as_lists(value):
    """Keys sorted, as kustomize writes them."""
    if isinstance(value, dict):
        return {key: as_lists(value[key]) for key in sorted(value)}
    return [as_lists(one) for one in value] if isinstance(value, (list, tuple)) else value
