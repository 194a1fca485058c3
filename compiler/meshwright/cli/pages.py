"""The page of a diagnostic code; loaded only when there is a diagnostic to show."""

import os

from meshwright.diagnostics.codes import Code


def page(code: str) -> str:
    """Where the page of a code is, "" for a code without one: in the installed package, else in Meshwright's repository."""
    for known in _codes(code[2:4]):
        if known.code == code:
            name = f"{known.code}-{known.slug}.md"
            installed = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "pages", name)
            return installed if os.path.isfile(installed) else f"docs/diagnostics/{name}"
    return ""


def _codes(room: str) -> tuple[Code, ...]:
    from importlib import import_module

    found: tuple[Code, ...] = ()
    for name in _ROOMS.get(room, ()):
        try:
            found += import_module(f"meshwright.diagnostics.codes.{name}").CODES
        except ModuleNotFoundError:
            continue
    return found


_ROOMS = {"01": ("parse",), "02": ("resolve",), "03": ("check",), "04": ("prove", "istio"), "05": ("guard",), "06": ("lower",),
          "07": ("render", "publish"), "08": ("inventory",), "09": ("project",)}
