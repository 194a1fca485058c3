"""Bad input: a clear error with its code, nothing written, nothing lost.  Each case spoils a copy of the example."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.applications import codes, meshwright

SHOP = "mesh/shop/shop.mesh"


def edit(path: str, old: str, new: str) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new, 1))

    return apply


def append(path: str, data: bytes) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        with (root / path).open("ab") as file:
            file.write(data)

    return apply


def bomb(root: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    (root / "k8s" / "bomb.yaml").write_text("\n".join(lines))


def link(root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "x.mesh").write_text("in shop\n")
    (root / "mesh" / "link").symlink_to(outside)


def replace(path: str, data: bytes) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        (root / path).write_bytes(data)

    return apply


# name, what is spoilt, words that the message must have
CASES: tuple[tuple[str, Callable[[Path], None], str], ...] = (
    ("misspelt service", edit(SHOP, "allow web -> orders", "allow web -> ordesr"), "orders"),
    ("duplicate service", edit(SHOP, "group storefront", "group backends = web, ledger\ngroup backends = orders\ngroup storefront"), "backends"),
    ("missing name", edit(SHOP, "allow ledger -> postgres", "allow -> postgres"), "unexpected"),
    ("syntax error in the middle", edit(SHOP, "allow web -> orders {", "allow web => orders {"), "unexpected `=`"),
    ("not UTF-8", append(SHOP, b"# \xff\xfe\n"), "UTF-8"),
    ("NUL", append(SHOP, b"# a\x00b\n"), "NUL"),
    ("byte order mark", replace(SHOP, "\ufeffin shop\n".encode()), "byte"),
    ("bidirectional control", append(SHOP, "# \u202e tfel ot thgir\n".encode()), "RIGHT-TO-LEFT"),
    ("confusable", edit(SHOP, "allow ledger -> postgres", "allow l\u0435dger -> postgres"), "e"),
    ("50 MB source", replace("mesh/shop/huge.mesh", b"# filler line of a very long file\n" * 1_500_000), "large"),
    ("100,000 nested braces", append(SHOP, b"namespace x " + b"{" * 100_000 + b"\n"), "deep"),
    ("alias bomb", bomb, "alias"),
    ("deep YAML", replace("k8s/deep.yaml", b"a: " + b"[" * 100_000), "inside each other"),
    ("link out of the project", link, "link"),
    ("Service without selector", edit("k8s/postgres.yaml", "  selector:\n    app: postgres\n  ports", "  ports"), "selector"),
    ("selector that matches nothing", edit("k8s/postgres.yaml", "  selector:\n    app: postgres\n  ports", "  selector:\n    app: postgers\n  ports"), "no pod carries"),
    ("port name that does not exist", edit(SHOP, "{ port db }", "{ port database }"), "database"),
    ("target port name that does not exist", edit("k8s/postgres.yaml", "targetPort: db", "targetPort: dbx"), "dbx"),
    ("container port without a number", edit("k8s/web.yaml", "containerPort: 8080", "hostIP: 10.0.0.1"), "containerPort"),
    ("two mesh blocks", append("mesh/platform/mesh.mesh", b"\nmesh { istio 1.31 }\n"), "mesh"),
    ("version outside the matrix", edit("mesh/platform/mesh.mesh", "istio 1.30", "istio 1.12"), "1.12"),
    ("template of Helm", append("k8s/web.yaml", b"---\nkind: {{ .Values.kind }}\n"), "template"),
    ("grant in somebody else's file", append(SHOP, b"\nallow web -> edge/public\n"), "edge"),
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", root)
    return root


def digest(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()
    }


@pytest.mark.parametrize(("spoil", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_bad_input_is_refused_with_a_reason_and_nothing_is_written(shop: Path, spoil: Callable[[Path], None], words: str) -> None:
    spoil(shop)
    before = digest(shop)
    start = time.monotonic()
    code, document, stderr = meshwright("compile", cwd=shop)
    assert code == 1, stderr
    assert time.monotonic() - start < 60
    errors = [found for found in document["diagnostics"] if found["severity"] == "error"]
    assert errors
    assert any(words.lower() in (found["message"] + " ".join([*found["notes"], *found["help"]])).lower() for found in errors), errors
    assert "Traceback" not in stderr
    assert digest(shop) == before


def test_windows_line_ends_mean_the_same(shop: Path) -> None:
    assert meshwright("compile", "--out", "one", cwd=shop)[0] == 0
    for path in (shop / "mesh").rglob("*.mesh"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert meshwright("compile", "--out", "two", cwd=shop)[0] == 0
    assert digest(shop / "one") == digest(shop / "two")


def test_all_independent_mistakes_come_in_one_run_sorted_by_place(shop: Path) -> None:
    edit(SHOP, "allow web -> orders", "allow web -> ordesr")(shop)
    edit(SHOP, "{ port db }", "{ port database }")(shop)
    _, document, _ = meshwright("check", cwd=shop)
    errors = [found for found in document["diagnostics"] if found["severity"] == "error"]
    assert len(errors) >= 2
    places = [(found["place"]["path"], found["place"]["start"]["offset"]) for found in errors if found["place"]]
    assert places == sorted(places)


@pytest.mark.parametrize("delay", [0.05, 0.15, 0.25, 0.4, 0.6])
def test_an_interrupt_writes_nothing_and_exits_130(shop: Path, delay: float) -> None:
    before = digest(shop)
    process = subprocess.Popen([sys.executable, "-m", "meshwright", "compile"], cwd=shop, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=dict(os.environ))
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    # Too early: Python itself is starting and dies of the signal, or of the exception in its own modules. Too late: the compile was done.
    if process.returncode == 1 and b"KeyboardInterrupt" in stderr and b"meshwright" not in stderr:
        assert digest(shop) == before
        return
    assert process.returncode in (130, -signal.SIGINT, 0), stderr
    if process.returncode in (130, -signal.SIGINT):
        after = digest(shop)
        # Either nothing at all, or (late) the complete tree with its lock: never half of it.
        assert after == before or "deploy/mesh/.meshwright.lock" in after
        assert b"Traceback" not in stderr or process.returncode == -signal.SIGINT


def test_what_a_broken_inventory_hides_is_not_said_to_be_missing(shop: Path) -> None:
    append("k8s/orders.yaml", b"bad: [\n")(shop)
    edit(SHOP, "allow web -> orders", "allow wbe -> orders")(shop)
    _, document, _ = meshwright("check", cwd=shop)
    # The file itself, and a misspelling that has nothing to do with it; none of the many rules about `orders`.
    assert codes(document, "error") == ["MW0806", "MW0201"]
    assert "wbe" in document["diagnostics"][-1]["message"]


def test_a_word_that_cannot_be_read_is_one_mistake(shop: Path) -> None:
    edit(SHOP, "{ port db }", "{ port 99999 }")(shop)
    _, document, _ = meshwright("check", cwd=shop)
    assert codes(document, "error") == ["MW0110"]


def test_codes_of_the_report_are_in_the_catalogue(shop: Path) -> None:
    edit(SHOP, "allow web -> orders", "allow web -> ordesr")(shop)
    _, document, _ = meshwright("check", cwd=shop)
    for code in codes(document):
        assert list((ROOT / "docs" / "diagnostics").glob(f"{code}-*.md")), code
