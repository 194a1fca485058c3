"""The complete reader: PyYAML's parser (libyaml where it is built), its events turned into values under limits.

No constructor of PyYAML runs: there are no tags to objects, nothing is executed, aliases and depth are counted, keys must be unique.
"""

from typing import Any

from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.inventory.documents import Read
from meshwright.inventory.limits import ALIAS_NODES, DEPTH, DOCUMENTS
from meshwright.inventory.plain import MARKED, Places
from meshwright.inventory.scalars import Ambiguous, resolve
from meshwright.source import Span

_CORE = "tag:yaml.org,2002:"


class Failure(Exception):
    """Leaves the reader with what is wrong; never leaves this module's callers."""

    def __init__(self, found: Diagnostic) -> None:
        super().__init__(found.message)
        self.found = found


class _Open:
    """A mapping or list whose end has not come yet."""

    __slots__ = ("anchor", "count", "key", "key_span", "keys", "merges", "merging", "value")

    def __init__(self, value: Any, anchor: str | None, count: int) -> None:
        self.value = value
        self.anchor = anchor
        self.count = count  # nodes read before it
        self.key: str | None = None  # mapping: the key whose value comes next
        self.key_span = (0, 0)
        self.keys: dict[str, tuple[int, int]] = {}
        self.merges: list[Any] = []
        self.merging = False  # the value that comes next belongs to a bare `<<`


def read_events(text: str, offset: int, path: str, places: Places) -> list[Read]:
    """Every document in ``text``, which stands at ``offset`` of the file ``path``; raises ``Failure``.

    Aliases share the object they stand for.  ``places`` as in ``plain.read_plain``.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        return _Reader(loader, offset, path, places).documents()
    except yaml.reader.ReaderError as found:
        raise Failure(error("MW0806", f"`{path}` is not YAML: {found.reason}", Span(path, offset, offset))) from None
    except yaml.MarkedYAMLError as found:
        mark = found.problem_mark or found.context_mark
        at = offset + (mark.index if mark else 0)
        problem = (found.problem or "unreadable").replace(
            "found character that cannot start any token", "a character that cannot start a value"
        )
        others: tuple[Label, ...] = ()
        if found.context and found.context_mark and found.context_mark.index != (mark.index if mark else -1):
            others = (Label(Span(path, offset + found.context_mark.index, offset + found.context_mark.index + 1), found.context),)
        raise Failure(
            error(
                "MW0806",
                f"`{path}` is not YAML: {problem}",
                Span(path, at, at + 1),
                others=others,
                notes=("the rest of this document cannot be trusted, so none of it is used",),
            )
        ) from None
    finally:
        loader.dispose()


class _Reader:
    def __init__(self, loader: Any, offset: int, path: str, places: Places) -> None:
        self.next = loader.get_event
        self.offset = offset
        self.path = path
        self.places = places
        self.words: dict[str, object] = {}

    def documents(self) -> list[Read]:
        found: list[Read] = []
        while True:
            event = self.next()
            kind = type(event).__name__
            if kind == "StreamEndEvent":
                return found
            if kind == "DocumentStartEvent":
                if len(found) >= DOCUMENTS:
                    raise self.failure("MW0804", f"`{self.path}` holds more than {DOCUMENTS:,} documents", event)
                found.append(Read(self.document(), self.offset + event.start_mark.index, self.offset + event.end_mark.index))

    def document(self) -> object:
        stack: list[_Open] = []
        anchors: dict[str, tuple[object, int]] = {}
        named: set[str] = set()
        count = expanded = 0
        root: object = None
        while True:
            event = self.next()
            kind = type(event).__name__
            if kind == "DocumentEndEvent":
                return root
            anchor = None
            if kind not in ("AliasEvent", "MappingEndEvent", "SequenceEndEvent") and event.anchor:
                if event.anchor in named:
                    raise self.failure(
                        "MW0816",
                        f"the anchor `&{event.anchor}` is set twice",
                        event,
                        notes=("readers disagree on which one an alias means",),
                    )
                named.add(event.anchor)
            if kind == "ScalarEvent":
                count += 1
                value = self.scalar(event, as_key=bool(stack) and type(stack[-1].value) is dict and stack[-1].key is None)
                if event.anchor:
                    anchors[event.anchor] = (value, 1)
            elif kind == "AliasEvent":
                if event.anchor not in anchors:
                    raise self.failure(
                        "MW0816",
                        f"the alias `*{event.anchor}` stands for nothing that is complete at this place",
                        event,
                        notes=("an alias inside its own anchor has no finite value",),
                    )
                value, size = anchors[event.anchor]
                count += size
                expanded += size
                if expanded > ALIAS_NODES:
                    raise self.failure(
                        "MW0805",
                        f"aliases in `{self.path}` expand to more than {ALIAS_NODES:,} values",
                        event,
                        notes=("a few lines of aliases can stand for billions of values; this is a known attack on YAML readers",),
                        help=("write the values out",),
                    )
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self.tag(event, "map" if kind == "MappingStartEvent" else "seq")
                if stack and type(stack[-1].value) is dict and stack[-1].key is None:
                    raise self.failure(
                        "MW0816", "a key that is itself a list or a mapping", event, notes=("Kubernetes objects have names for keys",)
                    )
                if len(stack) >= DEPTH:
                    raise self.failure(
                        "MW0805", f"`{self.path}` is too deep: more than {DEPTH} mappings and lists inside each other", event
                    )
                count += 1
                stack.append(_Open({} if kind == "MappingStartEvent" else [], event.anchor, count))
                continue
            else:  # the end of a mapping or list
                done = stack.pop()
                value, anchor = done.value, done.anchor
                for merged in done.merges:
                    for key in merged:
                        value.setdefault(key, merged[key])
                if anchor:
                    anchors[anchor] = (value, count - done.count + 1)
            if not stack:
                root = value
                continue
            self.put(stack[-1], value, event)

    def put(self, top: _Open, value: object, event: Any) -> None:
        if type(top.value) is list:
            top.value.append(value)
        elif top.key is None:
            self.key(top, value, event)
        elif top.merging:
            top.key, top.merging = None, False
            merged = value if type(value) is list else [value]
            if not all(type(one) is dict for one in merged):
                raise self.failure("MW0816", "`<<` merges something that is not a mapping", event)
            top.merges.extend(merged)
        else:
            top.value[top.key] = value
            if top.key in MARKED and value is not None and type(event).__name__ == "ScalarEvent":
                self.places[id(top.value), top.key] = (self.offset + event.start_mark.index, self.offset + event.end_mark.index)
            top.key = None

    def key(self, top: _Open, value: object, event: Any) -> None:
        place = (self.offset + event.start_mark.index, self.offset + event.end_mark.index)
        if isinstance(value, Ambiguous) and value == "<<":
            if top.merges:
                raise self.failure("MW0808", "`<<` occurs twice in one mapping", event, help=("merge a list: `<<: [*a, *b]`",))
            top.key, top.merging = "<<", True
            return
        if type(value) is int:
            value = str(value)  # as Kubernetes does
        if type(value) is not str:
            shown = value if isinstance(value, str) else {True: "true", False: "false", None: "null"}.get(value, str(value))  # type: ignore[call-overload]
            raise self.failure(
                "MW0809" if isinstance(value, Ambiguous) else "MW0816",
                f"the key `{shown}` without quotes is not a string for every YAML reader",
                event,
                help=("put the key in quotes",),
            )
        if value in top.keys:
            raise Failure(
                error(
                    "MW0808",
                    f"the key `{value}` occurs twice in one mapping",
                    Span(self.path, *place),
                    label="again here",
                    others=(Label(Span(self.path, *top.keys[value]), "first here"),),
                    notes=("readers disagree on which of the two counts",),
                    help=("remove one of them",),
                )
            )
        top.keys[value] = place
        top.key = value

    def scalar(self, event: Any, as_key: bool) -> object:
        text: str = event.value
        if event.tag is not None and event.tag != "!":
            return self.tagged(event, text)
        if event.tag == "!" or not event.implicit[0]:
            return text
        if text in self.words:
            return self.words[text]
        if "{{" in text:
            raise self.failure(
                "MW0807", f"`{text.strip()[:60]}` is a template, not a value", event, help=("render the chart first: `helm template`",)
            )
        value = self.words[text] = resolve(text)
        return value

    def tagged(self, event: Any, text: str) -> object:
        self.tag(event, "str", "int", "bool", "null", "float")
        kind = event.tag.removeprefix(_CORE)
        value = text if kind == "str" else resolve(text)
        wanted = {"str": str, "int": int, "bool": bool, "null": type(None), "float": float}[kind]
        if type(value) is not wanted:
            raise self.failure("MW0816", f"`{text}` is not a plain value of type `{kind}`", event)
        return value

    def tag(self, event: Any, *known: str) -> None:
        if event.tag is not None and event.tag != "!" and event.tag.removeprefix(_CORE) not in known:
            raise self.failure(
                "MW0816",
                f"the tag `{event.tag}` has no meaning in a Kubernetes object",
                event,
                notes=("tags can name types that readers build; Meshwright builds none",),
                help=("remove the tag",),
            )

    def failure(self, code: str, message: str, event: Any, notes: tuple[str, ...] = (), help: tuple[str, ...] = ()) -> Failure:
        start, end = event.start_mark.index, event.end_mark.index
        return Failure(error(code, message, Span(self.path, self.offset + start, self.offset + end), notes=notes, help=help))
