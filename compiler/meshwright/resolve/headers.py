"""The header lines `in` and `tier`, held against the path tables of the project file.

Authority is not claimed in a file: who may speak for a namespace is decided by where the file stands.
"""

from collections.abc import Iterable

from meshwright.diagnostics import Diagnostic, did_you_mean, error
from meshwright.ir import syntax
from meshwright.ir.project import PROJECT_FILE, Project
from meshwright.record import NamedTuple
from meshwright.source import Span


class Desk(NamedTuple):
    """One file: its home namespace ("" = no `in` line) and the namespaces it may speak for (None = all of them)."""

    module: syntax.Module
    home: str
    speaks_for: frozenset[str] | None


def desks(modules: Iterable[syntax.Module], project: Project, found: list[Diagnostic]) -> tuple[Desk, ...]:
    """Judge the headers of every file: MW0204 for `in`, MW0205 for `tier`.  With an empty table `homes` every file may speak for all."""
    homes, tiers = dict(project.homes), dict(project.tiers)
    return tuple([_desk(module, homes, tiers, found) for module in modules])


def refuse_stranger(desk: Desk, namespace: str, what: str, span: Span, found: list[Diagnostic]) -> bool:
    """MW0206 when the file may not speak for ``namespace`` ("" = every namespace); True when it was refused."""
    if desk.speaks_for is None or namespace in desk.speaks_for:
        return False
    where = f"namespace `{namespace}`" if namespace else "every namespace"
    keeper = f"`{namespace}` or of the platform tier" if namespace else "the platform tier"
    found.append(
        error(
            "MW0206",
            f"this file may not speak for {where}: {what}",
            span,
            label=f"decides about {where}",
            notes=(
                f"what may reach a namespace is decided in its own files, which `[homes]` in {PROJECT_FILE} names and code owners protect",
            ),
            help=(f"move the statement into a file of {keeper}",),
        )
    )
    return True


def _desk(module: syntax.Module, homes: dict[str, tuple[str, ...]], tiers: dict[str, tuple[str, ...]], found: list[Diagnostic]) -> Desk:
    platform = _judge_tier(module, tiers, found)
    home = module.home.text if module.home is not None else ""
    if not homes:
        return Desk(module, home, None)
    own = {namespace for namespace, prefixes in homes.items() if _below(module.path, prefixes)}
    if module.home is not None and not platform and home not in own:
        _refuse_home(module, module.home, homes, found)
        own.add(home)  # one mistake, one diagnostic: what follows is judged as if the line were right
    return Desk(module, home, None if platform else frozenset(own))


def _judge_tier(module: syntax.Module, tiers: dict[str, tuple[str, ...]], found: list[Diagnostic]) -> bool:
    """Whether the file has the rank of the platform; a refused tier counts as held, because it was reported."""
    tier = module.tier
    if tier is None:
        return False
    if tier.text not in tiers:
        near = did_you_mean(tier.text, tiers)
        found.append(
            error(
                "MW0205",
                f"tier `{tier.text}` is not in the table `[tiers]`",
                tier.span,
                label="no such tier",
                notes=("a file cannot give itself a rank: the project file says which paths hold it",),
                help=(f"did you mean `{near[0]}`?" if near else f'add `{tier.text} = ["<folder>/"]` under `[tiers]` in {PROJECT_FILE}',),
            )
        )
    elif not _below(module.path, tiers[tier.text]):
        found.append(
            error(
                "MW0205",
                f"`{module.path}` does not stand in a folder of tier `{tier.text}`",
                tier.span,
                label="claimed here",
                notes=(f"`[tiers]` in {PROJECT_FILE} gives this tier to {_listed(tiers[tier.text])}",),
                help=("move the file there, or drop the line",),
            )
        )
    return tier.text == "platform"


def _refuse_home(module: syntax.Module, name: syntax.Name, homes: dict[str, tuple[str, ...]], found: list[Diagnostic]) -> None:
    prefixes = homes.get(name.text)
    if prefixes is None:
        near = did_you_mean(name.text, homes)
        found.append(
            error(
                "MW0204",
                f"no path of this project may speak for namespace `{name.text}`",
                name.span,
                label="not in the table `[homes]`",
                notes=(f"`[homes]` in {PROJECT_FILE} lists the namespaces and the folders of their files",),
                help=(f"did you mean `{near[0]}`?" if near else f'add `{name.text} = ["<folder>/"]` under `[homes]`',),
            )
        )
    else:
        found.append(
            error(
                "MW0204",
                f"`{module.path}` does not stand in a folder of namespace `{name.text}`",
                name.span,
                label="claimed here",
                notes=(f"`[homes]` in {PROJECT_FILE} gives this namespace to {_listed(prefixes)}",),
                help=("move the file there, or name the namespace that its folder belongs to",),
            )
        )


def _below(path: str, prefixes: Iterable[str]) -> bool:
    return any(path == prefix or path.startswith(prefix.rstrip("/") + "/") or prefix in ("", ".", "./") for prefix in prefixes)


def _listed(prefixes: Iterable[str]) -> str:
    return ", ".join([f"`{prefix}`" for prefix in prefixes])
