"""What the tests of the sources came to, as text and as JUnit XML."""

from collections.abc import Sequence

from meshwright.ir.expectations import Expectation, Tested
from meshwright.ir.intent import Program

MOST_UNTESTED = 20  # rules that are listed


def tests_text(tested: Tested, program: Program) -> str:
    """Every expectation below its title, then how much of the rules they look at."""
    lines: list[str] = []
    title = None
    for one in tested.expectations:
        if one.test != title:
            title = one.test
            lines.append(f'test "{title}"')
        lines.append(f"  {one.status:7} {one.text}")
    passed = sum(one.status == "passes" for one in tested.expectations)
    looked = tested.rules - len(tested.untested)
    lines.append(f"{passed} of {_count(len(tested.expectations), 'expectation')} pass; they look at {looked} of "
                 f"{_count(tested.rules, 'rule')} and {_share(tested.boxes_tested, tested.boxes)} of what the rules say")
    if tested.untested:
        lines.append("no test looks at:")
        lines += [f"  {program.rules[number].span.path}: {program.rules[number].text}" for number in tested.untested[:MOST_UNTESTED]]
        if len(tested.untested) > MOST_UNTESTED:
            lines.append(f"  and {len(tested.untested) - MOST_UNTESTED} more")
    return "\n".join(lines) + "\n"


def tests_junit(runs: Sequence[Tested]) -> str:
    """JUnit XML: one suite an environment, one case an expectation; unknown ones are errors, others that fail are failures."""
    suites = []
    for tested in runs:
        failed = sum(one.status == "fails" for one in tested.expectations)
        unknown = sum(one.status == "unknown" for one in tested.expectations)
        cases = "".join(_case(one) for one in tested.expectations)
        counts = f'tests="{len(tested.expectations)}" failures="{failed}" errors="{unknown}" skipped="0" time="0"'
        suites.append(f'  <testsuite name="{_xml(tested.environment)}" {counts}>\n{cases}  </testsuite>\n')
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="meshwright">\n{"".join(suites)}</testsuites>\n'


def _case(one: Expectation) -> str:
    start = f'    <testcase classname="{_xml(one.test)}" name="{_xml(one.text)}" file="{_xml(one.span.path)}" time="0"'
    if one.status == "passes":
        return start + "/>\n"
    tag = "failure" if one.status == "fails" else "error"
    return f'{start}>\n      <{tag} message="{_xml(one.reason)}"/>\n    </testcase>\n'


def _xml(text: str) -> str:
    """For an attribute; characters that XML does not have become U+FFFD."""
    plain = "".join(char if char.isprintable() or char == " " else "\ufffd" for char in text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _share(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "nothing"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
