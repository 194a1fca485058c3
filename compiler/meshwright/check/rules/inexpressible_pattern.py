"""MW0313: paths that proxies change before they match."""

import re
from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir import syntax

_UNRESERVED = r"[A-Za-z0-9._~-]"  # RFC 3986, 2.3: what Envoy's normalization decodes


def inexpressible_pattern(facts: Facts) -> Iterator[Diagnostic]:
    """What no path may hold at all is refused where paths are read (MW0114)."""
    paths = [route.path for route in facts.program.routes if route.path is not None]
    for statement in facts.statements():
        for door in statement.doors or ():
            if door.path is not None:
                paths.append(door.path)
    for path in paths:
        if "%" in path.text and (code := _decoded(path)):
            plain = chr(int(code[1:], 16))
            yield error(
                "MW0313",
                f"`{path.text}` never matches: proxies decode `{code}` before they compare",
                path.span,
                label=f"`{code}` is `{plain}`",
                notes=("a path is compared as the destination receives it, and letters, digits, `-`, `.`, `_` and `~` arrive decoded",),
                help=(f"write `{path.text.replace(code, plain)}`",),
            )


def _decoded(path: syntax.Path) -> str:
    """The first escape of a character that never stays encoded, "" for none."""
    return next((code for code in re.findall("%[0-9A-Fa-f]{2}", path.text) if re.fullmatch(_UNRESERVED, chr(int(code[1:], 16)))), "")
