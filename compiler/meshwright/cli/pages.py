"""The page of a diagnostic code; loaded only when there is a diagnostic to show."""

from meshwright.diagnostics.codes import Code


def page(code: str) -> str:
    """``docs/diagnostics/<code>-<slug>.md``, or "" for a code without a page."""
    for known in _codes(code[2:4]):
        if known.code == code:
            return f"docs/diagnostics/{known.code}-{known.slug}.md"
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


_ROOMS = {"01": ("parse",), "02": ("resolve",), "03": ("check",), "04": ("prove",), "05": ("guard",), "06": ("lower",),
          "07": ("render", "publish"), "08": ("inventory",), "09": ("project",)}
