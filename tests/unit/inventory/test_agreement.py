"""All YAML of this repository and of the corpora: our readers and PyYAML see the same."""

import yaml
from tests.conftest import ROOT

from meshwright.inventory.documents import read_documents
from meshwright.inventory.events import read_events
from meshwright.inventory.plain import Memo
from meshwright.inventory.scalars import Ambiguous


def test_the_repository(count_cases):
    files = [path for top in ("examples", "tests") for path in sorted((ROOT / top).rglob("*.y*ml")) if agree(path)]
    assert files
    count_cases("own YAML files", len(files))


def test_the_corpora(corpora, count_cases):
    files = [path for path in sorted(corpora.rglob("*.yaml")) if agree(path)]
    assert len(files) > 20
    count_cases("YAML files", len(files))


def agree(path) -> bool:
    """Whether the file could be read; it is an error if it is read differently."""
    data = path.read_bytes()
    if len(data) > 1 << 20:
        return False
    outcome = read_documents(data, path.name, Memo())
    if outcome.diagnostics or outcome.value is None:
        return False
    ours = [read.value for read in outcome.value.reads]
    slow = [read.value for read in read_events(data.decode("utf-8").removeprefix("\ufeff"), 0, path.name, {}) if read.value is not None]
    theirs = [one for one in yaml.load_all(data, yaml.CSafeLoader) if one is not None]
    assert repr(ours) == repr(slow), path
    assert same(ours, theirs), path
    return True


def same(ours: object, theirs: object) -> bool:
    """Equal in type and value, but for words that readers read differently and keys that JSON turns into strings."""
    if isinstance(ours, Ambiguous):
        return True
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return list(ours) == [str(key) for key in theirs] and all(map(same, ours.values(), theirs.values()))
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and ours == theirs
