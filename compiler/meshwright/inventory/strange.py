"""Kinds that nobody models: said once, so that a workload in one of them is no surprise."""

from collections.abc import Sequence

from meshwright.diagnostics import Diagnostic, Label, info, warning
from meshwright.ir.inventory import Object

_SHOWN = 5
_HELP = ("declare the service in the sources, with the labels and the account of its pods",)


def name_unknown(objects: Sequence[Object]) -> list[Diagnostic]:
    """MW0818, one per kind: a warning for kinds that run pods, an information for the others."""
    kinds: dict[tuple[str, str], list[Object]] = {}
    for one in objects:
        kinds.setdefault((one.api_version, one.kind), []).append(one)
    found = []
    for (api_version, kind), members in sorted(kinds.items()):
        first, *others = members
        runs = any(has_containers(one.content) for one in members)
        say = warning if runs else info
        more = f" and {len(others)} more" if others else ""
        what = "runs pods that are" if runs else "may run pods or lead traffic somewhere, which is"
        found.append(
            say(
                "MW0818",
                f"{kind} `{first.id.partition(' ')[2]}`{more} of `{api_version}` {what} not modelled",
                first.span,
                others=[Label(one.span, "and this one") for one in others[:_SHOWN]],
                notes=("rules and proofs do not speak about it: its pods keep what the mesh gives them",),
                help=_HELP if runs else (),
            )
        )
    return found


def has_containers(content: object) -> bool:
    """Whether a pod specification stands somewhere in ``content``."""
    level = [content]
    for _ in range(10):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                if type(one.get("containers")) is list:
                    return True
                below.extend(one.values())
            elif type(one) is list:
                below.extend(one)
        level = below
    return False
