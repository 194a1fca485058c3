"""Data of the organisation for guardrails: YAML and JSON files of the project, joined into one object."""

import json
import os
from typing import Any

from meshwright.diagnostics import Diagnostic, error

MOST_BYTES = 1 << 20  # of one file
DEEPEST = 50


def read_org(paths: tuple[str, ...], root: str) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    """The top-level keys of all files, and what is wrong with them.

    ``paths``: files relative to ``root``.  Diagnostics: MW0594 a file that cannot be read, is no object with text keys, holds what
    JSON cannot say, or repeats a key of another one.
    """
    data: dict[str, Any] = {}
    owners: dict[str, str] = {}
    found: list[Diagnostic] = []
    for path in paths:
        try:
            read = _read(path, root)
            for key in read:
                if key in owners:
                    raise Unusable(f"the key `{key}` stands in `{owners[key]}` already", "give every key one file")
        except Unusable as problem:
            found.append(error("MW0594", f"the data of `{path}` cannot be used", notes=problem.args[:1], help=problem.args[1:]))
            continue
        data.update(read)
        owners.update(dict.fromkeys(read, path))
    return dict(sorted(data.items())), tuple(found)


class Unusable(Exception):
    """Why, and what to do."""


def _read(path: str, root: str) -> dict[str, Any]:
    full = os.path.realpath(os.path.join(root, path))
    if not full.startswith(os.path.realpath(root) + os.sep):
        raise Unusable("it lies outside the project", "copy it into the project")
    try:
        with open(full, "rb") as file:
            raw = file.read(MOST_BYTES + 1)
        text = raw.decode("utf-8")
    except OSError as problem:
        raise Unusable(f"{problem.strerror}".lower(), "name a file below the folder of meshwright.toml") from None
    except UnicodeDecodeError as problem:
        raise Unusable(f"it is not UTF-8 (byte {problem.start})", "save it as UTF-8") from None
    if len(raw) > MOST_BYTES:
        raise Unusable(f"it is larger than {MOST_BYTES} bytes", "keep what no guardrail reads elsewhere")
    data = load_json(text) if path.endswith(".json") else load_yaml(text)
    if not isinstance(data, dict):
        raise Unusable("it is no object at the top", "write keys and values")
    return data


def load_json(text: str) -> Any:
    """The value of a text; Unusable when it is not JSON, or holds what engines do not agree about."""
    try:
        value = json.loads(text, object_pairs_hook=_once)
        _judge(value, 0)
        return value
    except (ValueError, RecursionError) as problem:
        raise Unusable(f"it is not JSON: {problem}", "write JSON, or name the file .yaml") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Unusable("a key stands twice in one object", "remove one of them")
    return made


def load_yaml(text: str) -> Any:
    """The same for YAML, without aliases."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                raise Unusable("it has aliases (`*name`)", "write the value out where it is used")
            depth += isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent))
            depth -= isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent))
            if depth > DEEPEST:
                raise Unusable("it is nested too deeply", f"use at most {DEEPEST} levels")
        _no_duplicates(yaml.compose(text, Loader=loader))
        value = yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError) as problem:
        said = " ".join(str(problem).split())
        raise Unusable(f"it is not YAML: {said}", "write one document, as Kubernetes reads YAML") from None
    _judge(value, 0)
    return value


def _no_duplicates(node: Any) -> None:
    import yaml

    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(keys)) != len(keys):
            raise Unusable("a key stands twice in one object", "remove one of them")
        for _, value in node.value:
            _no_duplicates(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _no_duplicates(value)


def _judge(value: Any, depth: int) -> None:
    """Only what JSON can say, and engines agree about."""
    if depth > DEEPEST:
        raise Unusable("it is nested too deeply", f"use at most {DEEPEST} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise Unusable(f"the key `{key}` is no text", "put it in quotes")
            _judge(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _judge(item, depth + 1)
    elif isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > 2**53:
            raise Unusable(f"the number {value} is too large", "put it in quotes")
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise Unusable("it has a number that is none", "write a number, or a text in quotes")
    elif not isinstance(value, (str, bool, type(None))):
        raise Unusable(f"the value `{value}` is neither text, number, boolean, list nor object", "put it in quotes, dates too")
