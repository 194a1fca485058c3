"""JUnit XML: a suite for each environment, a case for each finding, and one that passes where nothing was found."""

from collections.abc import Sequence

from meshwright.diagnostics.render.findings import Finding


def as_junit(findings: Sequence[Finding], environments: Sequence[str], command: str) -> str:
    """Errors are failures; warnings and infos pass and say so."""
    names = tuple(environments) or ("default",)
    suites = []
    failures = cases = 0
    for name in names:
        mine = [one for one in findings if not one.environments or name in one.environments]
        bad = sum(one.severity == "error" for one in mine)
        body = [_case(one, command) for one in mine] or [f'    <testcase name="{_xml(command)}" classname="meshwright"/>']
        failures, cases = failures + bad, cases + len(body)
        suite = _xml(f"meshwright {command} {name}")
        suites += [f'  <testsuite name="{suite}" tests="{len(body)}" failures="{bad}" errors="0" skipped="0">', *body, "  </testsuite>"]
    head = f'<testsuites name="meshwright" tests="{cases}" failures="{failures}" errors="0">'
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>")) + "\n"


def _case(found: Finding, command: str) -> str:
    place = found.place
    where = f' file="{_xml(place.path)}"' + (f' line="{place.line}"' if place.line else "") if place is not None else ""
    text = _xml((f"{place.path}:{place.line}:{place.column}\n" if place is not None and place.line else "") + found.whole)
    body = (f'<failure type="{found.code}" message="{_xml(found.message)}">{text}</failure>' if found.severity == "error"
            else f"<system-out>{found.severity}: {text}</system-out>")
    name = f"{found.code} {place.path}:{place.line}" if place is not None else found.code
    return f'    <testcase name="{_xml(name)}" classname="meshwright.{_xml(command)}"{where}>{body}</testcase>'


def _xml(text: str) -> str:
    """Escaped; what XML 1.0 cannot hold becomes a replacement character."""
    kept = "".join(char if char in "\t\n" or char.isprintable() or char > "\uffff" else "\ufffd" for char in text)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("\n", "&#10;")
