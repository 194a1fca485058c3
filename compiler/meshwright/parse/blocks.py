"""Builders for declarations, blocks, and the file as a whole; see access.py for what a builder gets."""

from collections.abc import Iterable
from typing import Any

from meshwright.diagnostics import Label, error
from meshwright.ir import syntax
from meshwright.parse import literals
from meshwright.parse.access import BUILDERS as ACCESS
from meshwright.parse.context import Context, Line
from meshwright.parse.plan import Builder

# Statements of the top level that this version does not implement, by the name of their rule.
LATER = {"version": "version", "external": "external", "egress": "egress", "issuer": "issuer", "route_to": "route to",
         "traffic": "traffic", "fault": "fault", "limit": "limit", "authorizer": "authorizer", "consult": "consult",
         "telemetry": "telemetry", "require": "require", "profile": "profile",
         "apply": "apply", "env": "env", "include": "include"}


def later_statement(c: Context, v: list[Any], a: int, b: int) -> syntax.Later:
    """A statement of the top level for a later version: what is inside it for a later version is not told again."""
    span = c.span(a, b)
    while c.later and c.later[-1].span.start >= span.start:
        c.later.pop()
    word = c.lexemes[a]
    if word == "profile":
        while c.parameters and c.parameters[-1] > a:
            c.parameters.pop()
    return syntax.Later("route to" if word == "route" else word, "", span)


def later_in(where: str) -> Builder:
    """A builder for something inside a block that a later version implements."""
    def build(c: Context, v: list[Any], a: int, b: int) -> syntax.Later:
        node = syntax.Later(c.lexemes[a], where, c.span(a, b))
        c.later.append(node)
        return node

    return build


def route_match(c: Context, v: list[Any], a: int, b: int) -> syntax.Later:
    """A match of a route by anything but its path."""
    word = c.lexemes[a]
    node = syntax.Later("method" if word.isupper() else word, "route", c.span(a, b))
    c.later.append(node)
    return node


def split_line(c: Context, v: list[Any], a: int, b: int) -> syntax.Later:
    """`split 90% v1, 10% v2`."""
    node = syntax.Later("split", "route", c.span(a, b))
    c.later.append(node)
    return node


def error_node(c: Context, v: list[Any], a: int, b: int) -> syntax.ErrorNode:
    """What did not parse; its place was set when it was skipped."""
    node = syntax.ErrorNode(c.skips[a])
    c.errors.append(node)
    return node


def line(tag: str) -> Builder:
    """A builder for a line that the block picks up by ``tag``: its value is the node in it."""
    return lambda c, v, a, b: Line(tag, v[0] if v else None, c.span(a, b))


def text_line(tag: str) -> Builder:
    """The same for a line with a string."""
    return lambda c, v, a, b: Line(tag, literals.text(c, v[0]), c.span(a, b))


def token_name(c: Context, index: int) -> syntax.Name:
    """A name out of a bare token."""
    return syntax.Name(None, c.lexemes[index], False, c.at(index))


def token_text(c: Context, index: int) -> syntax.Text:
    """The text of a token: of a string what it means, of any other what is written."""
    return literals.text(c, index) if c.lexemes[index][0] == '"' else syntax.Text(c.lexemes[index], c.at(index))


def waive(c: Context, v: list[Any], a: int, b: int) -> syntax.WaiveStatement:
    """The kind and a name, or the id of a node; then an owner, perhaps."""
    named = type(v[2]) is syntax.Name
    subject = v[2] if named else literals.text(c, v[1])
    owner: Any = next((part.value for part in v if type(part) is Line), None)
    kind = token_text(c, v[1]) if named else None
    until, because = v[-2:]
    return syntax.WaiveStatement(token_text(c, v[0]), kind, subject, owner, until, because, c.span(a, b))


def setting(c: Context, v: list[Any], a: int, b: int) -> syntax.Setting:
    """A line of `mesh`."""
    value = token_text(c, v[0])
    return syntax.Setting(c.lexemes[a], value.text, c.span(a, b), value.span)


def mesh(c: Context, v: list[Any], a: int, b: int) -> syntax.MeshBlock:
    settings = tuple(item for item in v if type(item) is syntax.Setting)
    pick(c, (Line(item.key, item, item.span) for item in settings))
    return syntax.MeshBlock(settings, c.span(a, b))


def enforce(c: Context, v: list[Any], a: int, b: int) -> Line:
    date = next((part for part in v[1:] if type(part) is syntax.Date), None)
    reason = next((part for part in v[1:] if type(part) is syntax.Text), None)
    mode = c.lexemes[v[0]]
    return Line("enforce", syntax.Enforce(mode if mode in ("yes", "no") else "observe", date, reason, c.span(a, b)), c.span(a, b))


def waypoint(c: Context, v: list[Any], a: int, b: int) -> Line:
    kind: Any = "shared" if v else c.lexemes[b]
    return Line("waypoint", syntax.WaypointTerm(kind, v[0] if v else None, c.span(a, b)), c.span(a, b))


def namespace(c: Context, v: list[Any], a: int, b: int) -> syntax.NamespaceBlock:
    found = pick(c, v[1:])
    return syntax.NamespaceBlock(v[0], found.get("owner"), found.get("enforce"), found.get("waypoint"), c.span(a, b))


def port_line(c: Context, v: list[Any], a: int, b: int) -> syntax.PortLine:
    target: Any = None
    alias: Any = None
    for part in v[2:]:
        if type(part) is Line:
            alias = part.value
        else:
            target = part
    return syntax.PortLine(token_name(c, v[0]), v[1], target, alias, c.span(a, b))


def label(c: Context, v: list[Any], a: int, b: int) -> syntax.LabelTerm:
    return syntax.LabelTerm(token_text(c, v[0]), token_text(c, v[1]), c.span(a, b))


def labels(c: Context, v: list[Any], a: int, b: int) -> tuple[syntax.LabelTerm, ...]:
    return tuple(v)


def service(c: Context, v: list[Any], a: int, b: int) -> syntax.ServiceBlock:
    ports = tuple(item for item in v if type(item) is syntax.PortLine)
    terms = tuple(term for item in v if type(item) is tuple for term in item)
    found = pick(c, v[1:])
    return syntax.ServiceBlock(v[0], ports, found.get("service-account"), "headless" in found, terms, c.span(a, b))


def group(c: Context, v: list[Any], a: int, b: int) -> syntax.GroupStatement:
    return syntax.GroupStatement(v[0], tuple(v[1:]), c.span(a, b))


def hosts(c: Context, v: list[Any], a: int, b: int) -> tuple[syntax.Text, ...]:
    return tuple(literals.host(c, token) for token in v)


def tls_min(c: Context, v: list[Any], a: int, b: int) -> Line:
    return Line("tls", token_text(c, v[0]), c.span(a, b))


def redirect(c: Context, v: list[Any], a: int, b: int) -> Line:
    return Line("redirect", token_name(c, v[0]), c.span(a, b))


def listen(c: Context, v: list[Any], a: int, b: int) -> syntax.Listen:
    names = next((item for item in v if type(item) is tuple), ())
    found = pick(c, v[2:])
    return syntax.Listen(token_name(c, v[0]), v[1], names, found.get("certificate"), found.get("tls"), found.get("redirect"), c.span(a, b))


def gateway(c: Context, v: list[Any], a: int, b: int) -> syntax.GatewayBlock:
    return syntax.GatewayBlock(v[0], tuple(item for item in v if type(item) is syntax.Listen), c.span(a, b))


def route_path(c: Context, v: list[Any], a: int, b: int) -> syntax.Path:
    return literals.path(c, v[0])


def route_line(c: Context, v: list[Any], a: int, b: int) -> syntax.RouteLine:
    path: syntax.Path | None = None
    target: Any = None
    port: Any = None
    for part in v:
        kind = type(part)
        if kind is syntax.Path:
            path = part
        elif kind is syntax.Name:
            target = part
        elif kind is Line:
            port = part.value
    return syntax.RouteLine(path, target, port, c.span(a, b))


def route_at(c: Context, v: list[Any], a: int, b: int) -> syntax.RouteBlock:
    names = next((item for item in v if type(item) is tuple), ())
    return syntax.RouteBlock(v[0], names, tuple(item for item in v if type(item) is syntax.RouteLine), c.span(a, b))


def start(c: Context, v: list[Any], a: int, b: int) -> tuple[syntax.Name | None, syntax.Name | None, tuple[syntax.Statement, ...]]:
    """Home, tier and statements; MW0118 for a header line that does not come first."""
    statements: list[syntax.Statement] = []
    headers: list[Line] = []
    for item in v:
        if type(item) is not Line:
            statements.append(item)
            continue
        if statements:
            c.report(error("MW0118", f"`{item.tag} …` must come before every statement of the file", item.span, label="too late here",
                           notes=("bare names above it would be read in another namespace than bare names below it",),
                           help=("move the line to the top of the file",)))
        headers.append(item)
    for index in c.parameters:
        c.report(error("MW0122", f"`{c.lexemes[index]}` stands outside a profile", c.at(index), label="no argument is put here",
                       help=("write a name, or move the statement into a `profile` that has this `param`",)))
    found = pick(c, headers)
    return found.get("in"), found.get("tier"), tuple(statements)


def pick(c: Context, items: Iterable[Any]) -> dict[str, Any]:
    """The lines of a block by tag; MW0119 for one that is said twice, and the first counts."""
    found: dict[str, Line] = {}
    for item in items:
        if type(item) is not Line:
            continue
        if item.tag in found:
            c.report(error("MW0119", f"`{item.tag}` is said twice", item.span, label="again here",
                           others=(Label(found[item.tag].span, "first said here"),),
                           notes=("which of the two counts would depend on their order",), help=("keep one of the two lines",)))
        else:
            found[item.tag] = item
    return {tag: item.value for tag, item in found.items()}


BUILDERS: dict[str, Builder] = {
    **ACCESS,
    **dict.fromkeys(LATER, later_statement),
    "start": start, "error": error_node, "in_header": line("in"), "tier_header": line("tier"),
    "waive": waive, "mesh": mesh, "setting": setting, "mesh_later": later_in("mesh"),
    "namespace": namespace, "owner": text_line("owner"), "enforce": enforce, "waypoint": waypoint, "namespace_later": later_in("namespace"),
    "service": service, "port_line": port_line, "alias": line("as"), "service_account": line("service-account"),
    "headless": line("headless"), "label": label, "labels": labels, "group": group, "hosts": hosts,
    "gateway": gateway, "listen": listen, "certificate": line("certificate"), "tls_min": tls_min, "redirect": redirect,
    "listen_later": later_in("gateway"), "gateway_later": later_in("gateway"),
    "route_at": route_at, "route_line": route_line, "route_path": route_path, "route_port": line("port"),
    "route_match": route_match, "rewrite": later_in("route"), "split_line": split_line, "route_option": later_in("route"),
}
