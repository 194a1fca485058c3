"""meshwright.toml: defaults, environments, and messages that point at the line."""

import pytest

from meshwright.cli.project import read_project
from meshwright.source import LineIndex


def read(text: str):
    outcome = read_project("/p", text)
    assert not outcome.diagnostics, outcome.diagnostics
    assert outcome.value is not None
    return outcome.value


def findings(text: str) -> list[tuple[str, str, str]]:
    """(code, line that the span covers, message)"""
    outcome = read_project("/p", text)
    assert outcome.value is None
    index = LineIndex(text)
    return [(found.code, index.line(index.position(found.span.start)[0]) if found.span else "", found.message) for found in outcome.diagnostics]


def test_an_empty_file_is_one_environment_with_defaults() -> None:
    (project,) = read("")
    assert project.environment == "default"
    assert project.sources == ("mesh",)
    assert project.inventory == ("k8s",)
    assert project.guard.engine == "embedded"
    assert project.publish.remote == ""
    assert project.homes == ()


def test_environments_are_sorted_and_override_what_they_name() -> None:
    production, staging = read('''
[inventory]
paths = ["k8s/production/"]
namespace = "shop"
[publish]
path = "clusters/production/mesh"
[env.staging]
inventory.paths = ["k8s/staging/"]
publish.path = "clusters/staging/mesh"
[env.staging.guard]
timeout = 3
[env.production]
''')
    assert (production.environment, staging.environment) == ("production", "staging")
    assert production.inventory == ("k8s/production",)
    assert staging.inventory == ("k8s/staging",)
    assert staging.default_namespace == "shop"
    assert (production.guard.timeout, staging.guard.timeout) == (10.0, 3.0)
    assert (production.publish.path, staging.publish.path) == ("clusters/production/mesh", "clusters/staging/mesh")


def test_one_environment_table_leaves_no_default_environment() -> None:
    assert [project.environment for project in read("[env.staging]\n")] == ["staging"]


def test_homes_keep_the_slash_that_makes_them_folders() -> None:
    (project,) = read('[homes]\nshop = ["mesh/shop/", "./mesh//extra.mesh"]\n')
    assert project.homes == (("shop", ("mesh/shop/", "mesh/extra.mesh")),)


def test_an_unknown_key_is_an_error_with_a_proposal_at_its_line() -> None:
    text = 'language = 1\n[publish]\nbranch = "main"\nbrnch = "x"\n'
    outcome = read_project("/p", text)
    (found,) = outcome.diagnostics
    assert found.code == "MW0903"
    assert found.help == ("did you mean `branch`?",)
    assert found.span is not None and text[found.span.start : found.span.end] == "brnch"


@pytest.mark.parametrize(("text", "line"), [
    ('[sources]\npaths = "mesh"\n', 'paths = "mesh"'),
    ("[sources]\npaths = [1]\n", "paths = [1]"),
    ('[guard]\nengine = "opaa"\n', 'engine = "opaa"'),
    ("[guard]\ntimeout = 0\n", "timeout = 0"),
    ("[guard]\ntimeout = true\n", "timeout = true"),
    ("language = 2\n", "language = 2"),
    ("language = true\n", "language = true"),
    ('[publish]\npath = "."\n', 'path = "."'),
    ('[publish]\nbranch = "-delete"\n', 'branch = "-delete"'),
    ('[publish]\nbranch = "a..b"\n', 'branch = "a..b"'),
    ('[output]\ndirectory = "x/.GIT/hooks"\n', 'directory = "x/.GIT/hooks"'),
    ('[inventory]\nnamespace = "Shop"\n', 'namespace = "Shop"'),
    ('[env.staging]\nguard.engine = "opa"\n', 'guard.engine = "opa"'),
    ("sources = 1\n", "sources = 1"),
    ("[env.Staging]\n", "[env.Staging]"),
])
def test_a_wrong_value_is_shown_where_it_stands(text: str, line: str) -> None:
    assert [(code, where) for code, where, _ in findings(text)] == [("MW0904", line)]


@pytest.mark.parametrize("path", ["../up", "/etc", "a/../../b", "~/x", "a\\\\b", "C:/x", "a\\u0000b"])
def test_a_path_that_may_leave_the_project_is_refused(path: str) -> None:
    for text in (f'[sources]\npaths = ["{path}"]\n', f'[output]\ndirectory = "{path}"\n', f'[homes]\nshop = ["{path}"]\n',
                 f'[guard]\npacks = ["{path}"]\n', f'[env.a]\ninventory.foreign = ["{path}"]\n'):
        assert [code for code, _, _ in findings(text)] == ["MW0905"]


def test_a_remote_may_leave_the_project() -> None:
    assert read('[publish]\nremote = "../gitops.git"\n')[0].publish.remote == "../gitops.git"


def test_several_mistakes_are_reported_together() -> None:
    codes = [code for code, _, _ in findings('[sourcs]\n[guard]\nengine = 1\n[output]\ndirectory = "/"\n')]
    assert codes == ["MW0903", "MW0904", "MW0905"]


def test_text_that_is_not_toml_is_shown_at_its_line() -> None:
    assert [(code, line) for code, line, _ in findings('language = 1\n[sources\npaths = []\n')] == [("MW0902", "[sources")]
