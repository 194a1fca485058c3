"""What is read from disk, and what is refused unread."""

import os
from pathlib import Path

import pytest

import meshwright.cli.files as files
from meshwright.cli.files import load_project, read_sources
from meshwright.ir.project import Project


def project(root: Path, text: str = "") -> Project:
    (root / "meshwright.toml").write_text(text)
    loaded = load_project(str(root), None)
    assert loaded.value is not None, loaded.diagnostics
    return loaded.value.projects[0]


def put(path: Path, content: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def codes(outcome) -> list[str]:
    assert outcome.value is None
    return [found.code for found in outcome.diagnostics]


def test_sources_are_found_sorted_and_relative(tmp_path: Path) -> None:
    for name in ("b.mesh", "a/z.mesh", "a/.hidden.mesh", ".git/x.mesh", "a/note.txt"):
        put(tmp_path / "mesh" / name, b"# x\n")
    outcome = read_sources(project(tmp_path), (), ".")
    assert [source.path for source in outcome.value or ()] == ["mesh/a/z.mesh", "mesh/b.mesh"]


def test_files_on_the_command_line_replace_the_folders(tmp_path: Path) -> None:
    put(tmp_path / "mesh/a.mesh")
    put(tmp_path / "other/b.mesh")
    outcome = read_sources(project(tmp_path), ("other/b.mesh",), str(tmp_path))
    assert [source.path for source in outcome.value or ()] == ["other/b.mesh"]


def test_a_file_named_twice_is_one_source(tmp_path: Path) -> None:
    put(tmp_path / "mesh/a.mesh")
    os.symlink("a.mesh", tmp_path / "mesh/b.mesh")
    outcome = read_sources(project(tmp_path), ("mesh", "mesh/a.mesh", "./mesh/../mesh/a.mesh"), str(tmp_path))
    assert [source.path for source in outcome.value or ()] == ["mesh/a.mesh"]


def test_a_link_out_of_the_project_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "outside.mesh")
    put(tmp_path / "p/mesh/a.mesh")
    os.symlink(tmp_path / "outside.mesh", tmp_path / "p/mesh/b.mesh")
    assert codes(read_sources(project(tmp_path / "p"), (), ".")) == ["MW0905"]
    assert codes(read_sources(project(tmp_path / "p"), ("../outside.mesh",), str(tmp_path / "p"))) == ["MW0905"]


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path: Path) -> None:
    put(tmp_path / "mesh/a.mesh", b"# one\n# \xff\n")
    outcome = read_sources(project(tmp_path), (), ".")
    assert codes(outcome) == ["MW0909"]
    assert "0xff in line 2" in outcome.diagnostics[0].message


def test_a_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_SOURCE", 10)
    put(tmp_path / "mesh/a.mesh", b"#" * 11)
    assert codes(read_sources(project(tmp_path), (), ".")) == ["MW0915"]


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "mesh").mkdir()
    os.mkfifo(tmp_path / "mesh/a.mesh")
    assert codes(read_sources(project(tmp_path), (), ".")) == ["MW0907"]


@pytest.mark.parametrize("name", [b"\xff.mesh", b"a\nb.mesh", b"\xe2\x80\xae.mesh"])
def test_a_name_that_cannot_be_shown_is_refused(tmp_path: Path, name: bytes) -> None:
    (tmp_path / "mesh").mkdir()
    with open(os.path.join(os.fsencode(tmp_path), b"mesh", name), "wb"):
        pass
    assert codes(read_sources(project(tmp_path), (), ".")) == ["MW0907"]


def test_no_sources_is_no_clean_answer(tmp_path: Path) -> None:
    (tmp_path / "mesh").mkdir()
    assert codes(read_sources(project(tmp_path), (), ".")) == ["MW0908"]
    assert codes(read_sources(project(tmp_path), ("nope.mesh",), str(tmp_path))) == ["MW0907"]


def test_a_missing_project_names_the_one_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path)
    (tmp_path / "mesh").mkdir()
    monkeypatch.chdir(tmp_path / "mesh")
    (found,) = load_project(".", None).diagnostics
    assert found.code == "MW0901"
    assert found.help == ("there is one further up: run with `-C ..`",)


def test_an_unknown_environment_gets_a_proposal(tmp_path: Path) -> None:
    project(tmp_path, "[env.staging]\n")
    (found,) = load_project(str(tmp_path), "stagin").diagnostics
    assert (found.code, found.help) == ("MW0906", ("did you mean `staging`?",))
