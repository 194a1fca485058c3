"""Findings for other tools: what each format's documentation demands, its limits, fingerprints, and text that must not break out."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from meshwright.cli.pages import about
from meshwright.diagnostics import Diagnostic, Label, error, info, warning
from meshwright.diagnostics.render.findings import Finding, findings
from meshwright.diagnostics.render.github import as_github
from meshwright.diagnostics.render.gitlab import as_gitlab
from meshwright.diagnostics.render.junit import as_junit
from meshwright.diagnostics.render.markdown import as_markdown
from meshwright.diagnostics.render.rdjson import as_rdjson
from meshwright.diagnostics.render.sarif import as_sarif
from meshwright.source import Span

TEXT = 'in shop\nallow wäb -> orders { GET "/a" }\n'
START = TEXT.index("wäb")
PATH = "mesh/a b,c:d%e.mesh"
EVIL = "a\"<b>&'|`\x1b[31m\x00\ud800::error::x\r\n%0A, @team ]]> *x*"


def made(*found: Diagnostic, text: str = TEXT, prefix: str = "") -> tuple[Finding, ...]:
    return findings(found, {PATH: text, "\n": "x"}.get, prefix)


UNKNOWN = error("MW0201", "there is no `wäb`", Span(PATH, START, START + 3), others=(Label(Span(PATH, 0, 2), "home"),), notes=("why",), help=("do",))
SOME = made(warning("MW0411", "said twice", Span(PATH, 0, 2)), UNKNOWN, info("MW0413", "idle"), error("MW0901", EVIL))


def sarif(found: tuple[Finding, ...]) -> Any:
    return json.loads(as_sarif(found, about, "1.2.3", "meshwright"))


def test_sarif_has_what_code_scanning_asks_for() -> None:
    log = sarif(SOME)
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({one.code for one in SOME})
    for rule in rules:
        assert re.fullmatch(r"[A-Za-z0-9]+", rule["name"]) and rule["shortDescription"]["text"] and rule["fullDescription"]["text"]
        assert rule["help"]["text"] and rule["help"]["markdown"].startswith(f"# {rule['id']} ")
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert len(rule["properties"]["tags"]) <= 10 and 0 <= float(rule["properties"]["security-severity"]) <= 10
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] and result["level"] in ("error", "warning", "note") and result["message"]["text"]
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact["uriBaseId"] == "%SRCROOT%" and not re.search(r"[\s:,]|^[/.]|%(?![0-9A-F]{2})", artifact["uri"])
        assert re.fullmatch(r"[0-9a-f]{32}", result["partialFingerprints"]["primaryLocationLineHash"])
    first = next(result for result in run["results"] if result["ruleId"] == "MW0201")
    assert run["columnKind"] == "unicodeCodePoints"
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 7, "endLine": 2, "endColumn": 10}
    assert first["relatedLocations"][0]["message"] == {"text": "home"}
    assert run["automationDetails"] == {"id": "meshwright/"}


def test_the_limits_of_code_scanning_are_kept_and_said() -> None:
    many = made(*(error("MW0201", f"number {number}") for number in range(5_002)), *(warning("MW0411", f"more {number}") for number in range(3)))
    (run,) = sarif(many)["runs"]
    assert len(run["results"]) == 5_000 and {result["level"] for result in run["results"]} == {"error"}
    assert "5 more findings are left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    (run,) = sarif(made(UNKNOWN._replace(others=tuple(Label(Span(PATH, 0, 1), "x") for _ in range(2_000)), notes=("y" * 100_000,))))["runs"]
    assert len(run["results"][0]["relatedLocations"]) == 99 and len(run["results"][0]["message"]["text"]) == 8_000


def command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it."""
    found = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert found is not None, line
    kind, given, data = found.groups()
    properties = dict(part.split("=", 1) for part in given.split(","))

    def back(text: str) -> str:
        return text.replace("%2C", ",").replace("%3A", ":").replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")

    return kind, {name: back(value) for name, value in properties.items()}, back(data)


def test_github_annotations_survive_any_text() -> None:
    lines = as_github(SOME).splitlines()
    read = [command(line) for line in lines]
    assert [(kind, given["title"]) for kind, given, _ in read] == [("error", "MW0201"), ("error", "MW0901"), ("warning", "MW0411"), ("notice", "MW0413")]
    assert read[0][1] == {"file": PATH, "title": "MW0201", "line": "2", "endLine": "2", "col": "7", "endColumn": "10"}
    assert read[0][2] == "there is no `wäb`\nnote: why\nhelp: do"
    assert read[1][2] == EVIL.replace("\ud800", "?")


def test_github_shows_ten_of_a_kind_and_says_how_many_it_does_not() -> None:
    lines = as_github(made(*(error("MW0201", f"number {number:02}") for number in range(25)), *(warning("MW0411", str(number)) for number in range(10)))).splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == 10 and errors[-1].endswith("and 16 more: see the log of this step")
    assert sum(line.startswith("::warning ") for line in lines) == 10 and "more" not in lines[-1]


def test_gitlab_has_its_fields_and_no_lines_in_fingerprints() -> None:
    issues = json.loads(as_gitlab(SOME))
    assert [set(issue) for issue in issues] == [{"description", "check_name", "fingerprint", "severity", "location"}] * 4
    assert {issue["severity"] for issue in issues} <= {"info", "minor", "major", "critical", "blocker"}
    assert issues[0]["location"] == {"path": PATH, "lines": {"begin": 2}} and issues[-1]["location"]["lines"]["begin"] == 1
    assert len({issue["fingerprint"] for issue in issues}) == 4
    assert not any(issue["location"]["path"].startswith(("./", "/")) for issue in issues)


def test_fingerprints_stay_when_lines_move_and_tell_equal_findings_apart() -> None:
    def prints(text: str) -> list[str]:
        places = [found.start() for found in re.finditer("wäb", text)]
        return [one.fingerprint for one in made(*(UNKNOWN._replace(span=Span(PATH, place, place + 3)) for place in places), text=text)]

    before = prints(TEXT)
    assert prints("# a remark\n\n" + TEXT) == before == prints(TEXT.replace("allow", "   allow"))
    assert prints(TEXT.replace("orders", "ledger")) != before
    twice = prints(TEXT + TEXT)
    assert twice[0] == before[0] and len(set(twice)) == 2


def test_equal_findings_of_several_environments_are_one() -> None:
    (one,) = made(*(UNKNOWN._replace(environment=name) for name in ("production", "staging")))
    assert one.environments == ("production", "staging") and one.text == "there is no `wäb` (environment production, staging)"


def test_paths_are_those_of_the_repository() -> None:
    assert made(UNKNOWN, prefix="services/shop/")[0].path == f"services/shop/{PATH}"
    (one,) = made(error("MW0907", "x", Span("\n", 0, 1)))
    assert as_github((one,)).count("\n") == 1 and json.loads(as_gitlab((one,)))


def test_junit_is_xml_with_counts_that_agree() -> None:
    root = ElementTree.fromstring(as_junit(SOME, ("default",), "check"))
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("testsuites", "testsuite", "4", "2", "0")
    cases = suite.findall("testcase")
    assert len(cases) == 4 and all(case.get("name") and case.get("classname") for case in cases)
    assert (cases[0].get("file"), cases[0].get("line")) == (PATH, "2")
    assert [case[0].tag for case in cases] == ["failure", "failure", "system-out", "system-out"]
    assert cases[0][0].get("type") == "MW0201" and cases[0][0].get("message") == "there is no `wäb`"
    (suite,) = ElementTree.fromstring(as_junit((), ("default",), "check"))
    assert [case.get("name") for case in suite] == ["check"] and suite.get("failures") == "0"
    several = ElementTree.fromstring(as_junit(made(UNKNOWN._replace(environment="b")), ("a", "b"), "check"))
    assert [suite.get("failures") for suite in several] == ["0", "1"]


def test_rdjson_counts_bytes() -> None:
    value = json.loads(as_rdjson(SOME))
    assert value["source"]["name"] == "meshwright" and value["severity"] == "ERROR"
    first, *_, last = value["diagnostics"]
    assert first["location"] == {"path": PATH, "range": {"start": {"line": 2, "column": 7}, "end": {"line": 2, "column": 11}}}  # `ä` is two bytes
    assert first["code"] == {"value": "MW0201"} and {one["severity"] for one in value["diagnostics"]} == {"ERROR", "WARNING", "INFO"}
    assert last["location"] == {"path": "meshwright.toml"}
    assert json.loads(as_rdjson(()))["diagnostics"] == []


def test_markdown_stays_in_its_cells_and_its_size() -> None:
    text = as_markdown(SOME, "check")
    assert text.startswith("### `meshwright check`: 2 errors, 1 warning, 1 info\n")
    rows = text.split("|---|---|---|\n")[1].splitlines()
    assert len(rows) == 4 and all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
    assert "<b>" not in text and "@team" not in text and "\x1b" not in text
    many = as_markdown(made(*(error("MW0201", f"number {number} " + "x" * 500) for number in range(3_000))), "check")
    assert len(many.encode()) <= 1_000_000
    left = re.search(r"\nand (\d+) more\n$", many)
    assert left is not None and many.count("| error MW0201 |") + int(left[1]) == 3_000
    assert as_markdown((), "check") == "### `meshwright check`: nothing found\n"


@pytest.mark.parametrize("render", [as_gitlab, as_rdjson, as_github, lambda found: as_markdown(found, "check"), lambda found: as_junit(found, (), "check"),
                                    lambda found: as_sarif(found, about, "1", "m")])
def test_a_hundred_thousand_findings_are_written(render: Any) -> None:
    many = made(*(error("MW0201", str(number), Span(PATH, START, START + 3)) for number in range(10_000)))
    assert render(many * 10)
