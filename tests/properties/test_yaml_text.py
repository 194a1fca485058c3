"""Every string comes back as itself: through PyYAML (YAML 1.1), ruamel.yaml (YAML 1.2), kubectl, and our own readers."""

import json
import subprocess
from io import StringIO
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as some
from ruamel.yaml import YAML
from tests.support.hazards import HAZARDS
from tests.support.kubectl import kubectl

from meshwright.inventory.events import read_events
from meshwright.inventory.plain import Memo, read_plain
from meshwright.render.emit import Emitter
from meshwright.render.quote import quote

LOADERS = (yaml.CSafeLoader, yaml.SafeLoader)
TEXT = some.text(some.characters(exclude_categories=("Cs",)), max_size=40)
# An object as deep and mixed as manifests are.
KEYS = TEXT | some.sampled_from([text for text in HAZARDS if len(text) < 100])
VALUES = some.recursive(
    some.one_of(TEXT, some.sampled_from(HAZARDS), some.integers(-(10**17), 10**17), some.booleans(), some.none()),
    lambda inner: some.one_of(some.lists(inner, max_size=4), some.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=15,
)


def modern(text: str) -> object:
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    return reader.load(StringIO(text))


def test_there_are_enough_hazards():
    assert len(set(HAZARDS)) == len(HAZARDS) >= 109


def test_hazards_come_back_as_keys_values_and_items():
    document = {
        "values": {f"k{number}": text for number, text in enumerate(HAZARDS)},
        "items": list(HAZARDS),
        "keys": {text: "x" for text in HAZARDS if len(text) < 1000},
    }
    text = Emitter().emit(document)
    assert text.isascii()
    for loader in LOADERS:
        assert yaml.load(text, loader) == document
    assert modern(text) == document
    assert json.dumps(read_events(text, 0, "x", {})[0].value) == json.dumps(document)


def test_hazards_come_back_from_kubectl(tmp_path: Path):
    program = kubectl()
    if program is None:
        pytest.skip("no kubectl on PATH, and none that the package index gives runs here")
    data = {f"k{number}": text for number, text in enumerate(HAZARDS)}
    (tmp_path / "x.yaml").write_text(Emitter().emit({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data}))
    command = [program, "label", "--local", "-o", "json", "-f", str(tmp_path / "x.yaml"), "a=b"]
    answer = subprocess.run(command, check=True, capture_output=True, timeout=60, env={"HOME": str(tmp_path), "KUBECONFIG": ""})
    assert json.loads(answer.stdout)["data"] == data


@given(TEXT)
def test_a_quoted_string_is_one_ascii_line_and_comes_back(text):
    made = quote(text)
    assert made.isascii() and made.isprintable()
    for loader in LOADERS:
        assert yaml.load(f"a: {made}\n", loader) == {"a": text}


@given(some.dictionaries(TEXT, VALUES, min_size=1, max_size=4))
def test_any_document_comes_back(document):
    text = Emitter().emit(document)
    assert yaml.load(text, yaml.CSafeLoader) == document
    assert json.dumps(read_events(text, 0, "x", {})[0].value) == json.dumps(document)


@settings(max_examples=25)
@given(some.dictionaries(TEXT, VALUES, min_size=1, max_size=4))
def test_any_document_comes_back_in_yaml_1_2(document):
    assert modern(Emitter().emit(document)) == document


# Keys and values as manifests have them: then the fast reader must know every line.
NAMES = some.from_regex(r"[a-zA-Z][a-zA-Z0-9]{0,8}(/[a-z0-9.-]{0,5}[a-z])?", fullmatch=True)
MANIFESTS = some.dictionaries(
    NAMES,
    some.recursive(
        some.one_of(TEXT, some.sampled_from(HAZARDS), some.integers(0, 65535), some.booleans()),
        lambda inner: some.one_of(some.lists(some.one_of(TEXT, some.dictionaries(NAMES, inner, min_size=1, max_size=3)), max_size=3),
                                  some.dictionaries(NAMES, inner, max_size=3)),
        max_leaves=12,
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip


@given(MANIFESTS)
def test_the_fast_reader_knows_what_the_emitter_writes(document):
    text = "# header\n" + Emitter().emit(document)
    found = read_plain(text, 0, len(text), Memo(), {})
    assert json.dumps(found) == json.dumps(document)


def test_a_key_that_no_reader_would_know_is_refused():
    Emitter().emit({"k" * 1000: 1})
    for key in ("k" * 1001, "é" * 170):
        with pytest.raises(ValueError, match="a key of"):
            Emitter().emit({key: 1})
