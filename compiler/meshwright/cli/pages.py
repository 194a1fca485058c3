"""The page of a diagnostic code; loaded only when there is a diagnostic to show."""

import os

from meshwright.diagnostics.codes import Code
from meshwright.diagnostics.render.findings import About


def page(code: str) -> str:
    """Where the page of a code is, "" for a code without one: in the installed package, else in Meshwright's repository."""
    for known in _codes(code[2:4]):
        if known.code == code:
            name = f"{known.code}-{known.slug}.md"
            installed = os.path.join(_package(), "pages", name)
            return installed if os.path.isfile(installed) else f"docs/diagnostics/{name}"
    return ""


def about(code: str) -> About:
    """What the catalogue says of a code; empty texts for one that it does not have."""
    for known in _codes(code[2:4]):
        if known.code == code:
            name = f"{known.code}-{known.slug}.md"
            # in the wheel, else in a checkout
            for folder in (os.path.join(_package(), "pages"), os.path.join(_package(), "..", "..", "docs", "diagnostics")):
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, encoding="utf-8") as stream:
                        return About(code, known.slug, known.summary, stream.read())
            return About(code, known.slug, known.summary, "")
    return About(code, "", "", "")


def all_codes() -> tuple[Code, ...]:
    """The whole catalogue, in order."""
    return tuple(sorted(code for room in _ROOMS for code in _codes(room)))


def _package() -> str:
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


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
