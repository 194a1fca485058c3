"""Writing a tree into a folder: all or nothing, and never over the work of others."""

import os
from pathlib import Path

import pytest

import meshwright.publish.folder as folder
from meshwright.ir.filetree import File, FileTree
from meshwright.ir.lock import LOCK_FILE
from meshwright.publish import compare, write


def tree(**files: str) -> FileTree:
    return FileTree(tuple(sorted(File(name.replace("__", "/") + ".yaml", text.encode(), f"p {name}") for name, text in files.items())))


def contents(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file() and path.name != LOCK_FILE}


def done(outcome):
    assert not outcome.diagnostics, outcome.diagnostics
    return outcome.value


def refused(outcome) -> list[str]:
    return [found.code for found in outcome.diagnostics]


def test_the_folder_becomes_the_tree(tmp_path: Path) -> None:
    first = done(write(tree(shop__a="1\n", b="2\n"), "out/mesh", str(tmp_path)))
    assert first.created == ("b.yaml", "shop/a.yaml")
    second = done(write(tree(b="3\n", edge__c="4\n"), "out/mesh", str(tmp_path)))
    assert (second.created, second.replaced, second.deleted) == (("edge/c.yaml",), ("b.yaml",), ("shop/a.yaml",))
    assert contents(tmp_path / "out/mesh") == {"b.yaml": "3\n", "edge/c.yaml": "4\n"}
    assert not (tmp_path / "out/mesh/shop").exists()
    assert done(write(tree(b="3\n", edge__c="4\n"), "out/mesh", str(tmp_path))).unchanged


def test_compare_writes_nothing(tmp_path: Path) -> None:
    assert done(compare(tree(a="1\n"), "out", str(tmp_path))).created == ("a.yaml",)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("new", [tree(a="2\n"), tree(b="2\n")])
def test_a_file_edited_by_hand_is_neither_replaced_nor_deleted(tmp_path: Path, new: FileTree) -> None:
    done(write(tree(a="1\n"), "out", str(tmp_path)))
    (tmp_path / "out/a.yaml").write_text("mine\n")
    before = (tmp_path / "out" / LOCK_FILE).read_bytes()
    assert refused(write(new, "out", str(tmp_path))) == ["MW0751"]
    assert contents(tmp_path / "out") == {"a.yaml": "mine\n"}
    assert (tmp_path / "out" / LOCK_FILE).read_bytes() == before


def test_a_foreign_file_of_the_same_name_stays(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.yaml").write_text("theirs\n")
    assert refused(write(tree(a="1\n", b="1\n"), "out", str(tmp_path))) == ["MW0750"]
    assert contents(tmp_path / "out") == {"a.yaml": "theirs\n"}


def test_a_foreign_manifest_is_refused_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/README.md").write_text("hello\n")
    done(write(tree(a="1\n"), "out", str(tmp_path)))
    assert contents(tmp_path / "out") == {"README.md": "hello\n", "a.yaml": "1\n"}
    for name in ("z.yml", "z.json", "Kustomization"):
        (tmp_path / "out" / name).write_text("x\n")
        assert refused(compare(tree(a="1\n"), "out", str(tmp_path))) == ["MW0750"]
        (tmp_path / "out" / name).unlink()


def test_what_is_already_as_wanted_is_no_conflict(tmp_path: Path) -> None:
    """A run that was killed before it wrote the lock: the next one goes on."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.yaml").write_text("1\n")
    assert done(write(tree(a="1\n", b="2\n"), "out", str(tmp_path))).created == ("b.yaml",)


def test_a_checkout_with_crlf_is_not_edited(tmp_path: Path) -> None:
    done(write(tree(a="1\n2\n"), "out", str(tmp_path)))
    (tmp_path / "out/a.yaml").write_bytes(b"1\r\n2\r\n")
    assert done(write(tree(a="1\n2\n"), "out", str(tmp_path))).unchanged


@pytest.mark.parametrize(("content", "code"), [
    (b"", "MW0708"), (b"<<<<<<< ours\n", "MW0707"), (b'{"schema": 9, "files": [\n\n]}\n', "MW0708"),
    (b'{"schema": 1, "files": [\n{"path": "../../x", "sha256": "' + b"0" * 64 + b'", "policy": ""}\n]}\n', "MW0708")])
def test_a_lock_that_cannot_be_trusted_stops_everything(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / LOCK_FILE).write_bytes(content)
    assert refused(write(tree(a="1\n"), "out", str(tmp_path))) == [code]
    assert contents(tmp_path / "out") == {}


def test_links_on_the_way_are_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "out")
    assert refused(write(tree(a="1\n"), "out/mesh", str(tmp_path))) == ["MW0753"]
    os.unlink(tmp_path / "out")
    (tmp_path / "out").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "out/shop")
    assert refused(write(tree(shop__a="1\n"), "out", str(tmp_path))) == ["MW0753"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_where_our_file_was_is_an_edit(tmp_path: Path) -> None:
    done(write(tree(a="1\n"), "out", str(tmp_path)))
    (tmp_path / "secret").write_text("1\n")
    (tmp_path / "out/a.yaml").unlink()
    os.symlink(tmp_path / "secret", tmp_path / "out/a.yaml")
    assert refused(write(tree(a="2\n"), "out", str(tmp_path))) == ["MW0751"]
    assert (tmp_path / "secret").read_text() == "1\n"


def test_the_root_of_a_repository_is_never_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out/.git").mkdir(parents=True)
    assert refused(write(tree(a="1\n"), "out", str(tmp_path))) == ["MW0753"]


@pytest.mark.parametrize("path", ["../x.yaml", "/x.yaml", "a//b.yaml", ".git/hooks/x.yaml", "a\\b.yaml", "con.yaml", "a:b.yaml", "x\n.yaml"])
def test_names_that_are_not_portable_are_refused(tmp_path: Path, path: str) -> None:
    assert "MW0754" in refused(write(FileTree((File(path, b"1\n", ""),)), "out", str(tmp_path)))
    assert not (tmp_path / "out").exists()


def test_names_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    assert refused(write(FileTree((File("A.yaml", b"1\n", ""), File("a.yaml", b"1\n", ""))), "out", str(tmp_path))) == ["MW0754"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out/A.txt").write_text("x\n")
    assert refused(write(FileTree((File("a.txt", b"1\n", ""),)), "out", str(tmp_path))) == ["MW0754"]


def test_an_interruption_before_the_first_rename_leaves_nothing(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tree(shop__a="1\n", b="2\n"), "out/mesh", str(tmp_path), stop)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    done(write(tree(a="1\n"), "out", str(tmp_path)))
    monkeypatch.setattr(folder.os, "fsync", full)
    assert refused(write(tree(a="2\n", b="3\n"), "out", str(tmp_path))) == ["MW0756"]
    assert contents(tmp_path / "out") == {"a.yaml": "1\n"}


def test_an_empty_tree_leaves_an_empty_folder_alone(tmp_path: Path) -> None:
    assert done(write(FileTree(()), "out", str(tmp_path))).unchanged
    assert list(tmp_path.iterdir()) == []
    done(write(tree(a="1\n"), "out", str(tmp_path)))
    assert done(write(FileTree(()), "out", str(tmp_path))).deleted == ("a.yaml",)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [LOCK_FILE]
