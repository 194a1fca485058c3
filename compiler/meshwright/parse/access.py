"""Builders for names, sources, destinations, doors, rules and invariants.

The name of a builder is the name of the rule in mesh.lark; it gets the kept values (a token is the number of its lexeme)
and the first and last lexeme of the node.
"""

from collections.abc import Callable
from typing import Any

from meshwright.diagnostics import Diagnostic, error
from meshwright.ir import syntax
from meshwright.parse import literals
from meshwright.parse.context import Context
from meshwright.parse.lexemes import candidates
from meshwright.parse.plan import Builder
from meshwright.parse.reserved import SOURCES, TARGETS, check_gateway, check_source, check_target
from meshwright.record import new
from meshwright.source import Span


def bare(c: Context, v: list[Any], a: int, b: int) -> syntax.Name:
    """A name without namespace."""
    starts = c.starts
    return new(syntax.Name, (None, c.lexemes[a], False, new(Span, (c.path, starts[a], starts[a + 1]))))


def full(c: Context, v: list[Any], a: int, b: int) -> syntax.Name:
    """`shop/web`."""
    namespace, name = c.lexemes[a].split("/", 1)
    starts = c.starts
    return new(syntax.Name, (namespace, name, False, new(Span, (c.path, starts[a], starts[a + 1]))))


def quoted(c: Context, v: list[Any], a: int, b: int) -> syntax.Name:
    """A name in quotes; marked for the formatter when it does not need them."""
    literal = literals.text(c, a)
    needed = candidates(literal.text) != ("NAME",) if literal.text else True
    if not literal.text:
        c.report(error("MW0117", "a name cannot be empty", literal.span, label="empty", help=("write the name between the quotes",)))
    if not needed and check_source(literal.text) is None:
        c.cut.kinds[a] = "UNQUOTE"
        return syntax.Name(None, literal.text, False, literal.span)
    return syntax.Name(None, literal.text, True, literal.span)


def parameter(c: Context, v: list[Any], a: int, b: int) -> syntax.Name:
    """`$api`."""
    c.parameters.append(a)
    return bare(c, v, a, b)


def first(c: Context, v: list[Any], a: int, b: int) -> Any:
    """For rules that only wrap one value."""
    return v[0]


def number(c: Context, v: list[Any], a: int, b: int) -> syntax.Number:
    """A port."""
    return literals.port(c, a)


def until(c: Context, v: list[Any], a: int, b: int) -> syntax.Date:
    """`until 2027-03-31`."""
    return literals.date(c, v[0])


def because(c: Context, v: list[Any], a: int, b: int) -> syntax.Text:
    """`because "…"`."""
    return literals.text(c, v[0])


def source(c: Context, v: list[Any], a: int, b: int) -> syntax.SourceTerm:
    """Every source that begins with a keyword."""
    word = c.lexemes[a]
    span = c.span(a, b)
    if word == "clients":
        if not v:
            return syntax.SourceTerm("clients-any", None, None, (), span)
        refuse(c, v[0], check_gateway)
        return syntax.SourceTerm("clients", v[0], v[1] if len(v) > 1 else None, (), span)
    if word == "any":
        return syntax.SourceTerm("any-workload", None, None, (), span)
    if word == "anyone":
        return syntax.SourceTerm("anyone", None, None, (), span)
    if word == "unidentified":
        return syntax.SourceTerm("unidentified", None, None, (), span)
    if word == "namespace":
        return syntax.SourceTerm("namespace", v[0], None, (), span)
    return syntax.SourceTerm("service-account", v[0], None, (), span)


def cidr_source(c: Context, v: list[Any], a: int, b: int) -> syntax.SourceTerm:
    """`unidentified from 10.0.0.0/16, …`."""
    return syntax.SourceTerm("unidentified", None, None, tuple(literals.cidr(c, token) for token in v), c.span(a, b))


def sources(c: Context, v: list[Any], a: int, b: int) -> tuple[syntax.SourceTerm, ...]:
    """The list before `->`; MW0108 for a bare reserved word."""
    terms = []
    for item in v:
        if type(item) is syntax.Name:
            if item.text in SOURCES:
                refuse(c, item, check_source)
            item = new(syntax.SourceTerm, ("name", item, None, (), item.span))
        terms.append(item)
    return tuple(terms)


def target(c: Context, v: list[Any], a: int, b: int) -> syntax.TargetTerm:
    """Every destination that begins with a keyword."""
    word = c.lexemes[a]
    span = c.span(a, b)
    if word == "pods":
        if v:
            refuse(c, v[0], check_target)
            return syntax.TargetTerm("pods", v[0], span)
        return syntax.TargetTerm("pods-any-service" if c.lexemes[b] == "service" else "pods-any-workload", None, span)
    if word == "namespace":
        return syntax.TargetTerm("namespace", v[0], span)
    return syntax.TargetTerm("any-service", None, span)


def targets(c: Context, v: list[Any], a: int, b: int) -> tuple[syntax.TargetTerm, ...]:
    """The list behind `->`; MW0108 for a bare reserved word."""
    terms = []
    for item in v:
        if type(item) is syntax.Name:
            if item.text in TARGETS:
                refuse(c, item, check_target)
            item = new(syntax.TargetTerm, ("name", item, item.span))
        terms.append(item)
    return tuple(terms)


def refuse(c: Context, name: syntax.Name, check: Callable[[str], Callable[[Span], Diagnostic] | None]) -> None:
    """MW0108 when a bare name is a reserved word there."""
    if name.namespace is None and not name.quoted:
        found = check(name.text)
        if found is not None:
            c.report(found(name.span))


def door_port(c: Context, v: list[Any], a: int, b: int) -> tuple[str, Any]:
    """`port db` or `port 8080`."""
    return "port", v[0]


def methods(c: Context, v: list[Any], a: int, b: int) -> tuple[str, Any]:
    """`GET, POST "/a"`."""
    verbs = tuple([new(syntax.Text, (c.lexemes[token], c.at(token))) for token in v[:-1]])
    return "methods", (verbs, literals.path(c, v[-1]))


def door_path(c: Context, v: list[Any], a: int, b: int) -> tuple[str, Any]:
    """`path "/a/**"`."""
    return "path", literals.path(c, v[0])


def call(c: Context, v: list[Any], a: int, b: int) -> tuple[str, Any]:
    """`call "bank.Ledger/Post"`."""
    return "call", literals.call(c, v[0])


def door(c: Context, v: list[Any], a: int, b: int) -> syntax.Door:
    """One line in the braces."""
    port = path = rpc = None
    verbs: tuple[syntax.Text, ...] = ()
    for tag, value in v:
        if tag == "port":
            port = value
        elif tag == "methods":
            verbs, path = value
        elif tag == "path":
            path = value
        else:
            rpc = value
    return new(syntax.Door, (port, verbs, path, rpc, c.span(a, b)))


def doors(c: Context, v: list[Any], a: int, b: int) -> list[Any]:
    """The braces of a rule; error nodes are kept apart."""
    return v if len(v) == 1 and type(v[0]) is syntax.Door else [item for item in v if type(item) is syntax.Door]


def condition(c: Context, v: list[Any], a: int, b: int) -> Span:
    """One condition behind `when`."""
    return c.span(a, b)


def when(c: Context, v: list[Any], a: int, b: int) -> tuple[Span, ...]:
    """`when … and …`."""
    return tuple(v)


def rule(c: Context, v: list[Any], a: int, b: int) -> syntax.RuleStatement:
    """`allow` and `deny`."""
    lines: tuple[syntax.Door, ...] | None = None
    conditions: tuple[Span, ...] = ()
    date = reason = None
    for part in v[2:]:
        kind = type(part)
        if kind is list:
            lines = tuple(part)
        elif kind is syntax.Date:
            date = part
        elif kind is syntax.Text:
            reason = part
        else:
            conditions = part
    effect = "allow" if c.lexemes[a] == "allow" else "deny"
    return new(syntax.RuleStatement, (effect, v[0], v[1], lines, conditions, date, reason, c.span(a, b)))


def never(c: Context, v: list[Any], a: int, b: int) -> syntax.ClaimLine:
    """`never A -> B`."""
    return syntax.ClaimLine("never", v[0], v[1], tuple(v[2]) if len(v) > 2 else None, c.span(a, b))


def reaches(c: Context, v: list[Any], a: int, b: int) -> syntax.ClaimLine:
    """`never A reaches B`."""
    return syntax.ClaimLine("never-reaches", v[0], v[1], tuple(v[2]) if len(v) > 2 else None, c.span(a, b))


def only_from(c: Context, v: list[Any], a: int, b: int) -> syntax.ClaimLine:
    """`to B only from A`."""
    return syntax.ClaimLine("only-from", v[1], v[0], None, c.span(a, b))


def only_to(c: Context, v: list[Any], a: int, b: int) -> syntax.ClaimLine:
    """`from A only to B`."""
    return syntax.ClaimLine("only-to", v[0], v[1], None, c.span(a, b))


def invariant(c: Context, v: list[Any], a: int, b: int) -> syntax.InvariantBlock:
    """A title and its claims."""
    return syntax.InvariantBlock(literals.text(c, v[0]), tuple(item for item in v[1:] if type(item) is syntax.ClaimLine), c.span(a, b))


def expect(c: Context, v: list[Any], a: int, b: int) -> syntax.ClaimLine:
    """`expect allow A -> B`; the conditions behind `with` are for a later version."""
    lines = next((tuple(part) for part in v[2:] if type(part) is list), None)
    conditions = [part for part in v[2:] if type(part) is Span]
    if conditions:
        c.later.append(syntax.Later("with", "test", conditions[0]))
    effect = next(word for word in c.lexemes[a + 1 : b] if word in ("allow", "deny"))  # blanks are lexemes too
    return syntax.ClaimLine("expect-allow" if effect == "allow" else "expect-deny", v[0], v[1], lines, c.span(a, b))


def test(c: Context, v: list[Any], a: int, b: int) -> syntax.TestBlock:
    """A title and its expectations."""
    return syntax.TestBlock(literals.text(c, v[0]), tuple(item for item in v[1:] if type(item) is syntax.ClaimLine), c.span(a, b))


BUILDERS: dict[str, Builder] = {
    "bare": bare, "full": full, "quoted": quoted, "parameter": parameter, "number": number, "until": until, "because": because,
    "source": source, "cidr_source": cidr_source, "sources": sources, "listener_port": first, "target": target, "targets": targets,
    "door_port": door_port, "methods": methods, "door_path": door_path, "call": call, "door": door, "doors": doors,
    "condition": condition, "when": when, "rule": rule, "never": never, "reaches": reaches, "only_from": only_from,
    "only_to": only_to, "invariant": invariant, "expect": expect, "test": test,
}
