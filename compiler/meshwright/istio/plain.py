"""Strict reading of plain YAML content: every helper raises ``Refused`` with the place of what is wrong."""

from collections.abc import Mapping, Sequence

from meshwright.ir.inventory import Labels


class Refused(Exception):
    """The API server's schema or Istio's webhook would refuse the object; never leaves the room."""


def mapping(value: object, where: str) -> Mapping[str, object]:
    """A YAML mapping with text keys; None is refused, as the schemas do."""
    if type(value) is dict or isinstance(value, Mapping):  # the first test is the quick one
        return value
    raise Refused(f"`{where}` must be a mapping")


def optional_mapping(content: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
    """The mapping under ``key``; {} when the key is absent or null (the API server drops nulls of optional fields)."""
    value = content.get(key)
    return {} if value is None else mapping(value, f"{where}.{key}" if where else key)


def optional_list(content: Mapping[str, object], key: str, where: str) -> Sequence[object]:
    """The list under ``key``; () when absent or null."""
    value = content.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Refused(f"`{where}.{key}` must be a list")
    return value


def text(content: Mapping[str, object], key: str, where: str, default: str | None = None) -> str:
    """The string under ``key``; ``default`` when absent (None: it is required)."""
    value = content.get(key)
    if value is None and default is not None:
        return default
    if type(value) is not str:
        raise Refused(f"`{where}.{key}` must be a string")
    return value


def filled(content: Mapping[str, object], key: str, where: str, default: str | None = None) -> str:
    """As ``text``, but an empty string is refused, as Gateway API does for names, hosts and kinds: it is not the same as absent."""
    if content.get(key) == "":
        raise Refused(f"`{where}.{key}` must not be empty")
    return text(content, key, where, default)


def number(content: Mapping[str, object], key: str, where: str) -> int:
    """A port number under ``key``, 1-65535."""
    value = content.get(key)
    if type(value) is not int or not 1 <= value <= 65535:
        raise Refused(f"`{where}.{key}` must be a port number")
    return value


def only(content: Mapping[str, object], known: frozenset[str], where: str) -> None:
    """Refuse keys that the schema does not know."""
    if not content.keys() <= known:
        strange = sorted(str(key) for key in content.keys() - known)
        raise Refused(f"unknown field `{where}.{strange[0]}`")


def labels(value: object, where: str) -> Labels:
    """A mapping of label keys to values, sorted; refuses other values than strings."""
    found = mapping(value, where)
    for key, content in found.items():
        if type(key) is not str or type(content) is not str:
            raise Refused(f"`{where}` must map strings to strings")
    return tuple(sorted(found.items()))  # type: ignore[arg-type]  # both were just looked at


def metadata_labels(content: Mapping[str, object], key: str = "labels") -> Mapping[str, str]:
    """metadata.labels or metadata.annotations of any object; whatever is not text there is left out."""
    metadata = content.get("metadata")
    found = metadata.get(key) if isinstance(metadata, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {name: value for name, value in found.items() if type(name) is str and type(value) is str}


def metadata_text(content: Mapping[str, object], key: str, name: str) -> str | None:
    """What ``metadata_labels`` has under ``name``, None = nothing."""
    metadata = content.get("metadata")
    found = metadata.get(key) if type(metadata) is dict or isinstance(metadata, Mapping) else None
    value = found.get(name) if type(found) is dict or isinstance(found, Mapping) else None
    return value if type(value) is str else None
