"""The emitter: block style, two spaces, lists at the column of their key, keys in the order of the mapping, no anchors."""

from collections.abc import Mapping

from meshwright.render.quote import Quoted


def emit(document: Mapping[str, object], quoted: Quoted) -> str:
    """``document`` as YAML text that ends in a line break.

    Values are mappings with string keys, lists or tuples, strings, integers, booleans and None; anything else is a
    TypeError (floats have no spelling that all readers share).
    """
    out: list[str] = []
    _mapping(document, "", out, quoted)
    return "".join(out)


def _mapping(values: Mapping[str, object], indent: str, out: list[str], quoted: Quoted) -> None:
    for key, value in values.items():
        if type(value) is str:
            out.append(f"{indent}{quoted[key]}: {quoted[value]}\n")
        elif isinstance(value, Mapping):
            if value:
                out.append(f"{indent}{quoted[key]}:\n")
                _mapping(value, indent + "  ", out, quoted)
            else:
                out.append(f"{indent}{quoted[key]}: {{}}\n")
        elif isinstance(value, (list, tuple)):
            if value:
                out.append(f"{indent}{quoted[key]}:\n")
                _list(value, indent, out, quoted)
            else:
                out.append(f"{indent}{quoted[key]}: []\n")
        else:
            out.append(f"{indent}{quoted[key]}: {_scalar(value)}\n")


def _list(values: list[object] | tuple[object, ...], indent: str, out: list[str], quoted: Quoted) -> None:
    for value in values:
        if type(value) is str:
            out.append(f"{indent}- {quoted[value]}\n")
        elif isinstance(value, Mapping):
            if value:
                # The dash takes the place of the first key's indent.
                first = len(out)
                _mapping(value, indent + "  ", out, quoted)
                out[first] = f"{indent}- {out[first][len(indent) + 2 :]}"
            else:
                out.append(f"{indent}- {{}}\n")
        elif isinstance(value, (list, tuple)):
            if value:
                first = len(out)
                _list(value, indent + "  ", out, quoted)
                out[first] = f"{indent}- {out[first][len(indent) + 2 :]}"
            else:
                out.append(f"{indent}- []\n")
        else:
            out.append(f"{indent}- {_scalar(value)}\n")


def _scalar(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if type(value) is int:
        return str(value)
    raise TypeError(f"a value of type {type(value).__name__} has no spelling that every YAML reader shares")
