"""`test "…" { … }` in the sources, judged by `meshwright test`."""

import json
import xml.etree.ElementTree as xml
from pathlib import Path
from typing import Any

from tests.e2e.test_commands import SCHEMA, run, violations
from tests.unit.cli.test_pages import project

__all__ = ["project"]  # a fixture: web may GET /orders on orders


def write(project: Path, text: str) -> None:
    (project / "mesh/tests.mesh").write_text(f"in shop\n\n{text}\n")


def report(project: Path, code: int) -> Any:
    done = run(project, "test", "--format", "json")
    assert done.returncode == code, done.stderr
    value = json.loads(done.stdout)
    assert violations(value, SCHEMA) == []
    return value["result"]["default"]


def test_what_passes_and_how_much_of_the_rules_it_looks_at(project: Path) -> None:
    write(project, 'test "orders" { expect allow web -> orders { GET "/orders" } }\nallow orders -> web { GET "/back" }')
    value = report(project, 0)
    assert [one["status"] for one in value["expectations"]] == ["passes"]
    assert (value["rules"], value["rules_tested"], value["boxes"], value["boxes_tested"]) == (2, 1, 2, 1)
    done = run(project, "test")
    assert 'test "orders"\n  passes  expect allow web -> orders { GET "/orders" }\n' in done.stderr
    assert 'no test looks at:\n  mesh/tests.mesh: allow orders -> web { GET "/back" }\n' in done.stderr


def test_a_test_changes_no_byte_of_the_output(project: Path) -> None:
    before = run(project, "compile", "--stdout").stdout
    write(project, 'test "orders" { expect deny web -> orders }')
    assert run(project, "compile", "--stdout").stdout == before != ""
    assert run(project, "check").returncode == 0


def test_junit_tells_failures_from_doubts(project: Path) -> None:
    write(project, 'test "a <b> & \\"c\\"" {\n  expect allow web -> orders { GET "/orders" }\n  expect allow orders -> web\n}')
    done = run(project, "test", "--format", "junit")
    assert done.returncode == 1
    root = xml.fromstring(done.stdout)
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    first, second = suite
    assert first.get("classname") == 'a <b> & "c"' and list(first) == []
    assert [child.tag for child in second] == ["failure"]


def test_a_name_that_does_not_exist_is_an_error_everywhere(project: Path) -> None:
    write(project, 'test "orders" { expect deny web -> ordres }')
    for command in ("check", "test"):
        done = run(project, command)
        assert done.returncode == 1
        assert "did you mean `orders`?" in done.stderr


def test_a_caller_without_a_way_is_not_hidden_by_one_that_has_it(project: Path) -> None:
    write(project, 'gateway public { listen http 80 }\n'
                   'test "a" { expect allow web, clients of public -> orders { GET "/orders" } }')
    done = run(project, "test")
    assert done.returncode == 1
    assert "no route leads to `shop/orders` port 80" in done.stderr


def test_two_tests_of_one_title(project: Path) -> None:
    write(project, 'test "a" { expect deny orders -> web }\ntest "a" { expect deny orders -> web }')
    assert "two tests have the title `a`" in run(project, "check").stderr
    write(project, 'test "a" { expect deny orders -> web }\ninvariant "a" { never orders -> web }')
    assert run(project, "check").returncode == 0


def test_conditions_are_for_a_later_version(project: Path) -> None:
    write(project, 'test "a" { expect allow web -> orders { GET "/orders" } with token customers }')
    assert "MW0211" in run(project, "test").stderr


