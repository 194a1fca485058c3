"""Where a field of an object stands in its file: asked only for what is wrong, so the text is read once more for it."""

from typing import Any

from meshwright.inventory.text import chunks
from meshwright.ir.filetree import FileTree
from meshwright.ir.inventory import Object
from meshwright.source import Span

_LARGEST = 8 << 20  # bytes of a file that is read again


def place_in(tree: FileTree, found: Object, place: tuple[str | int, ...]) -> Span:
    """The span of the key or list item at ``place`` of ``found``; of as much of it as there is, at last the span of the object.

    ``tree`` holds the file of the object, or not: the objects of an inventory keep the span of their name.
    """
    content = next((file.content for file in tree.files if file.path == found.span.path), b"")
    if not content or len(content) > _LARGEST:
        return found.span
    text = content.decode("utf-8", "replace")
    start, end = next(((part.start, part.end) for part in chunks(text) if part.start <= found.span.start < part.end), (0, 0))
    at = _node(text[start:end], place) if end else None
    return found.span if at is None else Span(found.span.path, start + at[0], start + at[1])


def _node(text: str, place: tuple[str | int, ...]) -> tuple[int, int] | None:
    import yaml

    try:
        node: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return None
    if not isinstance(node, yaml.MappingNode) or not any(key.value == "metadata" for key, _ in node.value):
        return None  # a List or several objects in one: which one is not known here
    at = None
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if pair is None:
                break
            key, node = pair
            at = (key.start_mark.index, key.end_mark.index)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            at = (node.start_mark.index, max(node.start_mark.index + 1, min(node.end_mark.index, text.find("\n", node.start_mark.index))))
        else:
            break
    return at
