"""The tree of one ``.mesh`` file: as written, nothing filled in, every node with its place.

Bare names stay bare, numbers are ints, strings are unescaped.  What the grammar knows but this version does not
implement is a ``Later``; what could not be parsed is an ``ErrorNode``, and its neighbours are still there.
"""

from typing import Literal, Union

from meshwright.record import NamedTuple
from meshwright.source import Span


class Name(NamedTuple):
    """`web` (namespace None), `shop/web`, or a quoted name; `quoted` only when it needs its quotes."""

    namespace: str | None
    text: str
    quoted: bool
    span: Span


class Text(NamedTuple):
    """A string literal, unescaped; also hosts and titles."""

    text: str
    span: Span


class Number(NamedTuple):
    value: int
    span: Span


class Date(NamedTuple):
    text: str  # "2027-03-31"
    span: Span


class Cidr(NamedTuple):
    text: str  # as written, host bits not judged here
    span: Span


class Path(NamedTuple):
    """A path literal: `"/a/{id}/**"`.  segments None = {id}; a trailing slash is a last segment ""."""

    text: str
    segments: tuple[str | None, ...]
    subtree: bool
    span: Span


# --- sources and destinations of rules --------------------------------------------------------------------------------


class SourceTerm(NamedTuple):
    """kind: name (service, workload, account or group) · any-workload · anyone · clients (of `name`, `port`) ·
    clients-any (of any gateway) · unidentified (from `cidrs`) · service-account (`name`) · namespace (`name`)."""

    kind: Literal["name", "any-workload", "anyone", "clients", "clients-any", "unidentified", "service-account", "namespace"]
    name: Name | None
    port: Number | None
    cidrs: tuple[Cidr, ...]
    span: Span


class TargetTerm(NamedTuple):
    """kind: name (service, external or group) · any-service · namespace · pods (of `name`) · pods-any-service · pods-any-workload."""

    kind: Literal["name", "any-service", "namespace", "pods", "pods-any-service", "pods-any-workload"]
    name: Name | None
    span: Span


class Door(NamedTuple):
    """One line in the braces: a conjunction.  port: a number or a name; methods () = none written; call "pkg.Svc/Method"."""

    port: Name | Number | None
    methods: tuple[Text, ...]
    path: Path | None
    call: Text | None
    span: Span


class RuleStatement(NamedTuple):
    effect: Literal["allow", "deny"]
    sources: tuple[SourceTerm, ...]
    targets: tuple[TargetTerm, ...]
    doors: tuple[Door, ...] | None  # None: no braces = everything at that destination
    when: tuple[Span, ...]  # conditions: parsed, not implemented in this version
    until: Date | None
    because: Text | None
    span: Span


# --- declarations -----------------------------------------------------------------------------------------------------


class Setting(NamedTuple):
    """`key value` of a mesh block."""

    key: str
    value: str
    span: Span
    value_span: Span


class MeshBlock(NamedTuple):
    settings: tuple[Setting, ...]
    span: Span


class Enforce(NamedTuple):
    mode: Literal["yes", "observe", "no"]
    until: Date | None
    because: Text | None
    span: Span


class WaypointTerm(NamedTuple):
    """`waypoint none | per service | per service-account | per namespace | edge/shared`."""

    kind: Literal["none", "service", "service-account", "namespace", "shared"]
    name: Name | None
    span: Span


class NamespaceBlock(NamedTuple):
    name: Name
    owner: Text | None
    enforce: Enforce | None
    waypoint: WaypointTerm | None
    span: Span


class PortLine(NamedTuple):
    """`port http 80 -> 8080 as web`.  target: number or container port name; None = same as number."""

    protocol: Name
    number: Number
    target: Number | Name | None
    alias: Name | None
    span: Span


class LabelTerm(NamedTuple):
    key: Text
    value: Text
    span: Span


class ServiceBlock(NamedTuple):
    name: Name
    ports: tuple[PortLine, ...]
    service_account: Name | None
    headless: bool
    labels: tuple[LabelTerm, ...]  # the selector
    span: Span


class GroupStatement(NamedTuple):
    name: Name
    members: tuple[Name, ...]
    span: Span


class Listen(NamedTuple):
    """`listen https 443 host "a", "b" { certificate x; tls min 1.3 }` or `listen http 80 { redirect https }`."""

    protocol: Name
    port: Number
    hosts: tuple[Text, ...]
    certificate: Name | None
    tls_min: Text | None
    redirect: Name | None
    span: Span


class GatewayBlock(NamedTuple):
    name: Name
    listeners: tuple[Listen, ...]
    span: Span


class RouteLine(NamedTuple):
    """`path "/api/**" -> orders`, `-> orders port 8080`.  path None: `-> web` alone, every path."""

    path: Path | None
    target: Name
    port: Number | Name | None
    span: Span


class RouteBlock(NamedTuple):
    gateway: Name
    hosts: tuple[Text, ...]
    lines: tuple[RouteLine, ...]
    span: Span


class ClaimLine(NamedTuple):
    """`never A -> B`, `never A reaches B`, `to B only from A`, `from A only to B`; of a test: `expect allow|deny A -> B`."""

    kind: Literal["never", "never-reaches", "only-from", "only-to", "expect-allow", "expect-deny"]
    sources: tuple[SourceTerm, ...]
    targets: tuple[TargetTerm, ...]
    doors: tuple[Door, ...] | None
    span: Span


class InvariantBlock(NamedTuple):
    title: Text
    claims: tuple[ClaimLine, ...]
    span: Span


class TestBlock(NamedTuple):
    title: Text
    claims: tuple[ClaimLine, ...]
    span: Span


class WaiveStatement(NamedTuple):
    """`waive "zero_trust/any_workload" on service web owner "…" until … because "…"`."""

    finding: Text  # a guardrail, or the code of a diagnostic
    kind: Text | None  # "service" in front of a name; None: ``subject`` is the id of a node
    subject: "Name | Text"
    owner: Text | None
    until: Date
    because: Text
    span: Span


class Later(NamedTuple):
    """A statement of the language that this version parses and formats but does not implement: an error in `resolve`.

    `where` is "" at top level, else the block it stands in ("gateway", "route", "namespace", "service", "mesh").
    """

    keyword: str
    where: str
    span: Span


class ErrorNode(NamedTuple):
    """Text that did not parse; its diagnostic is in the outcome."""

    span: Span


Statement = Union[MeshBlock, NamespaceBlock, ServiceBlock, GroupStatement, GatewayBlock, RouteBlock, RuleStatement,
                  InvariantBlock, TestBlock, WaiveStatement, Later, ErrorNode]


class Comment(NamedTuple):
    """`# text`; own_line False: it stands behind code."""

    text: str
    own_line: bool
    span: Span


class Module(NamedTuple):
    """One file."""

    path: str
    home: Name | None  # header `in shop`
    tier: Name | None  # header `tier platform`
    statements: tuple[Statement, ...]  # in order of writing
    later: tuple[Later, ...]  # those inside blocks; top-level ones stand in `statements`
    comments: tuple[Comment, ...]
    tokens: "Tokens | None" = None  # None: made by hand, cannot be formatted
    errors: tuple[ErrorNode, ...] = ()  # those inside blocks; top-level ones stand in `statements`


class Tokens(NamedTuple):
    """Every character of a file, for formatting: ``lexemes`` joined give the text back.

    ``kinds`` has one entry a lexeme: "" for blanks, comments and newlines that separate nothing, "_NL" for a newline that
    ends a statement, the text itself for keywords and marks, else the name of a terminal ("NAME", "STRING", "INT", ...);
    "UNQUOTE" is a name in quotes that it does not need.
    """

    lexemes: tuple[str, ...]
    kinds: tuple[str, ...]
