"""What the files declare, under full names, each thing once."""


from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import syntax
from meshwright.record import NamedTuple
from meshwright.resolve.headers import Desk, refuse_stranger
from meshwright.source import Span


class Group(NamedTuple):
    name: str
    members: tuple[syntax.Name, ...]
    home: str  # of the file: members' bare names are in it
    span: Span


class Declared(NamedTuple):
    """Every declaration of the program; keys are ids, values the first declaration of that id."""

    meshes: tuple[syntax.MeshBlock, ...]
    namespaces: dict[str, syntax.NamespaceBlock]
    services: dict[str, syntax.ServiceBlock]
    groups: dict[str, Group]
    gateways: dict[str, tuple[syntax.GatewayBlock, Desk]]
    broken: bool  # some statement did not parse: a name may be missing because of that


def collect(desks: tuple[Desk, ...], found: list[Diagnostic]) -> Declared:
    """Gather declarations of all files; MW0202 for a second one of the same name, MW0203 and MW0206 for names that may not stand there."""
    broken = any(desk.module.errors or any(isinstance(each, syntax.ErrorNode) for each in desk.module.statements) for desk in desks)
    declared = Declared((), {}, {}, {}, {}, broken)
    meshes: list[syntax.MeshBlock] = []
    titles: dict[tuple[str, str], Span] = {}
    for desk in desks:
        for each in desk.module.statements:
            if isinstance(each, syntax.RuleStatement):
                continue  # most statements
            if isinstance(each, syntax.MeshBlock):
                if meshes:
                    found.append(_twice("a second `mesh` block", each.span, meshes[0].span, "the settings of a mesh stand in one place"))
                meshes.append(each)
            elif isinstance(each, syntax.NamespaceBlock):
                name = each.name.text
                refuse_stranger(desk, name, f"it declares namespace `{name}`", each.name.span, found)
                if name in declared.namespaces:
                    found.append(_twice(f"namespace `{name}` is declared twice", each.name.span, declared.namespaces[name].name.span))
                else:
                    declared.namespaces[name] = each
            elif isinstance(each, syntax.ServiceBlock):
                if (own := _own(desk, each.name, "service", found)) is not None:
                    if own in declared.services:
                        found.append(_twice(f"service `{own}` is declared twice", each.name.span, declared.services[own].name.span))
                    else:
                        declared.services[own] = each
            elif isinstance(each, syntax.GatewayBlock):
                if (own := _own(desk, each.name, "gateway", found)) is not None:
                    if own in declared.gateways:
                        found.append(_twice(f"gateway `{own}` is declared twice", each.name.span, declared.gateways[own][0].name.span))
                    else:
                        declared.gateways[own] = each, desk
            elif isinstance(each, syntax.GroupStatement):
                name = each.name.text
                if name in declared.groups:
                    found.append(
                        _twice(
                            f"group `{name}` is declared twice",
                            each.name.span,
                            declared.groups[name].span,
                            "groups are known in the whole mesh",
                        )
                    )
                else:
                    declared.groups[name] = Group(name, each.members, desk.home, each.name.span)
            elif isinstance(each, syntax.InvariantBlock | syntax.TestBlock):
                what = "invariants" if isinstance(each, syntax.InvariantBlock) else "tests"
                if (what, each.title.text) in titles:
                    found.append(
                        _twice(
                            f"two {what} have the title `{each.title.text}`",
                            each.title.span,
                            titles[what, each.title.text],
                            f"reports tell {what} apart by their titles",
                        )
                    )
                else:
                    titles[what, each.title.text] = each.title.span
    return declared._replace(meshes=tuple(meshes))


def qualify(desk_home: str, name: syntax.Name, found: list[Diagnostic]) -> str | None:
    """The id that ``name`` stands for in a file of that home; None and MW0203 for a bare name in a file without one."""
    if name.namespace is not None:
        return f"{name.namespace}/{name.text}"
    if desk_home:
        return f"{desk_home}/{name.text}"
    found.append(
        error(
            "MW0203",
            f"`{name.text}` does not say its namespace",
            name.span,
            label="a bare name",
            notes=("a bare name is in the home namespace of its file, and this file has no `in` line",),
            help=(f"write `<namespace>/{name.text}`, or begin the file with `in <namespace>`",),
        )
    )
    return None


def _own(desk: Desk, name: syntax.Name, what: str, found: list[Diagnostic]) -> str | None:
    full = qualify(desk.home, name, found)
    if full is not None:
        refuse_stranger(desk, full.split("/", 1)[0], f"it declares {what} `{full}`", name.span, found)
    return full


def _twice(message: str, second: Span, first: Span, note: str = "which of the two is meant cannot be told") -> Diagnostic:
    return error(
        "MW0202",
        message,
        second,
        label="again here",
        others=(Label(first, "first declared here"),),
        notes=(note,),
        help=("keep one of them",),
    )
