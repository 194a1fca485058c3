"""The fastest reader: one object as `render` writes it, block by block; it gives up on everything else, and `read_plain` reads that.

INVARIANT: what it reads, `read_documents` and `objects_of` make the same object of (a property holds it against them and PyYAML).
Every character is looked at: what stands between the marks is a block of whole lines, read by the rules of the plain reader when
it first comes, and remembered for one run, as policies say the same things again and again.
"""

import re
from typing import Any

from meshwright.inventory.fields import LONGEST_NAME
from meshwright.inventory.kinds import CLUSTER_SCOPED, KUSTOMIZE_GROUP, group_of
from meshwright.inventory.limits import DEPTH
from meshwright.inventory.plain import NOT_WORDS, OPEN, UNREAD, Memo, build, read_line
from meshwright.ir.inventory import Object
from meshwright.source import Span

_NAME = "[a-z](?:[a-z0-9.-]*[a-z0-9])?"
# Everything before the key `spec`, in five groups: what is before the name, name, namespace, what is before the policy, policy.
_BEGIN = (r"((?:#[^\n]*\n)?apiVersion: [^\n]+\nkind: [^\n]+)\nmetadata:\n  name: (NAME)\n  namespace: (NAME)\n"
          r"  ((?:labels:\n(?:    [^ \n][^\n]*\n)+  )?annotations:\n    [^ \n:]+: )\"([ !#-\[\]-~]*)\"\nspec:\n  ").replace("NAME", _NAME)
_LISTING = r"((?:#[^\n]*\n)?apiVersion: [^\n]+\nkind: [^\n]+)\nresources:\n- ((?:NAME/NAME\n- )*+NAME/NAME)\n".replace("NAME", _NAME)
_RULES = "\n  rules:\n  - "
_RULE = "\n  - "
_TO = "\n    to:\n    - "
# Below `from` and `to`, in the usual case: an item of one key, with a mapping of lists of words.
_ITEM = ":\n    - "
_FIELD = "\n        "
_VALUE = "\n        - "

Mapping = dict[str, Any]


class Known:
    """What one run has understood, and the values made of it: whoever gets them must not change them; None: not in the subset."""

    __slots__ = ("begin", "blocks", "heads", "memo", "metadata", "rules", "sources", "specs", "targets")

    def __init__(self, memo: Memo) -> None:
        self.begin = re.compile(_BEGIN).match
        self.memo = memo
        self.blocks = _Blocks(memo, 0)
        self.heads = _Heads(memo, 0)
        self.metadata = _Metadata(memo, 2)
        self.specs = _Blocks(memo, 2)
        self.rules = _Rules(memo, 4)
        self.rules["{}"] = {}
        self.sources = _Side(self.rules, "from", "")
        self.targets = _Side(self.rules, "to", _TO[5:])


class _Blocks(dict[str, Mapping | None]):
    """Memo of mappings at one column; the indent of the first line is left out."""

    def __init__(self, memo: Memo, column: int) -> None:
        self.memo = memo
        self.column = column

    def __missing__(self, text: str) -> Mapping | None:
        made = self[text] = self.read(text)
        return made

    def read(self, text: str) -> Mapping | None:
        found: Mapping = {}
        memo = self.memo
        tokens = [memo[line] for line in (" " * self.column + text).split("\n")]
        return found if build(tokens, found, self.column, DEPTH // 4, 0, {}) and found else None


class _Heads(_Blocks):
    """Those of kinds that are one namespaced object each."""

    def read(self, text: str) -> Mapping | None:
        head = super().read(text)
        if head is None or len(head) != 2:
            return None
        version, kind = head["apiVersion"], head["kind"]
        if type(version) is not str or type(kind) is not str or kind.endswith("List"):
            return None
        group = group_of(version)
        return None if group == KUSTOMIZE_GROUP or (group, kind) in CLUSTER_SCOPED else head


class _Metadata(_Blocks):
    """Of labels and one annotation without its value."""

    def read(self, text: str) -> Mapping | None:
        found = super().read(text + '""')
        return found if found is not None and type(found["annotations"]) is dict and not found.keys() & {"name", "namespace"} else None


class _Rules(_Blocks):
    """Of rules, or their first halves."""

    def __init__(self, memo: Memo, column: int) -> None:
        super().__init__(memo, column)
        self.fields = _Blocks(memo, 8)
        self.words = _Words()
        self.is_key = _Keys()

    def read(self, text: str) -> Mapping | None:
        key, _, item = text.partition(_ITEM)
        made = self.item(item)
        return super().read(text) if made is None or not self.is_key[key] else {key: [made]}

    def item(self, text: str) -> Mapping | None:
        """One item in the usual form: all fields but the last are few, and so are the lists of words."""
        outer, _, below = text.partition(":" + _FIELD)
        before, _, values = below.rpartition(":" + _VALUE)
        others, _, last = before.rpartition(_FIELD)
        found = [self.words[word] for word in values.split(_VALUE)]
        fields = self.fields[others] if others else {}
        if fields is None or last in fields or UNREAD in found or not (self.is_key[outer] and self.is_key[last]):
            return None
        return {outer: {**fields, last: found}}


class _Side(dict[str, list[Any] | None]):
    """Memo of one side of the rules that have both: the list below `from`, or below `to`."""

    def __init__(self, rules: _Rules, key: str, before: str) -> None:
        self.rules = rules
        self.key = key
        self.before = before  # what the texts leave out

    def __missing__(self, text: str) -> list[Any] | None:
        rule = self.rules.read(self.before + text)
        made = self[text] = rule[self.key] if rule is not None and rule.keys() == {self.key} else None
        return made


class _Words(dict[str, object]):
    """Memo of scalars on a line of their own; UNREAD: not in the subset."""

    def __missing__(self, text: str) -> object:
        column, dash, key, value, _, _ = read_line("- " + text)
        made = self[text] = value if column == 0 and dash and not key else UNREAD
        return made


class _Keys(dict[str, bool]):
    """Memo of whether a text is the key of a mapping as it stands, without quotes."""

    def __missing__(self, text: str) -> bool:
        column, dash, key, value, _, _ = read_line(text + ":")
        made = self[text] = column == 0 and not dash and key == text and value is OPEN
        return made


def read_rendered(data: bytes, path: str, known: Known) -> Object | None:
    """The one object in ``data`` if it stands there exactly as `render` writes objects; None: somebody else must read it."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return None
    begin = known.begin(text)
    if begin is None or text[-1] != "\n":
        return None
    before, name, namespace, between, policy = begin.groups()
    head, more = known.heads[before], known.metadata[between]
    spec = _spec(text[begin.end() : -1], known)
    if head is None or more is None or spec is None or name in NOT_WORDS or namespace in NOT_WORDS:
        return None
    if len(name) > LONGEST_NAME or len(namespace) > LONGEST_NAME:
        return None
    metadata = {"name": name, "namespace": namespace, **more, "annotations": dict.fromkeys(more["annotations"], policy)}
    content = {**head, "metadata": metadata, "spec": spec}
    return Object(head["apiVersion"], head["kind"], namespace, name, content, Span(path, *begin.span(2)))


def read_listing(data: bytes, known: Known) -> Mapping | None:
    """The kustomization in ``data`` if it stands there exactly as `render` writes it, or None, as above."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return None
    found = re.fullmatch(_LISTING, text)
    head = known.blocks[found[1]] if found else None
    return None if found is None or head is None else {**head, "resources": found[2].split("\n- ")}


def _spec(text: str, known: Known) -> Mapping | None:
    before, mark, rules = text.partition(_RULES)
    spec = known.specs[before]
    if not mark or spec is None:
        return spec
    if "rules" in spec:
        return None
    found = []
    whole, sources, targets = known.rules, known.sources, known.targets
    for rule in rules.split(_RULE):
        before, both, behind = rule.partition(_TO)
        if both:
            callers, doors = sources[before], targets[behind]
            if callers is None or doors is None:
                return None
            found.append({"from": callers, "to": doors})
        else:
            only = whole[rule]
            if only is None:
                return None
            found.append(only)
    return {**spec, "rules": found}
