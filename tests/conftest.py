"""What every test may use: the corpora, and a count of their cases that the run ends with."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORPORA = Path(os.environ.get("MESHWRIGHT_CORPORA", ROOT.parent / "shared" / "corpora"))

# Commands that tests start must find the checkout's packages, installed or not.
os.environ["PYTHONPATH"] = os.pathsep.join(str(ROOT / part) for part in ("compiler", "grammar", "policies"))


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real YAML and recorded decisions; the test is skipped, visibly, where there is none."""
    if not CORPORA.is_dir():
        pytest.skip(f"no corpora at {CORPORA}: set MESHWRIGHT_CORPORA")
    return CORPORA


@pytest.fixture
def count_cases(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """Say how many cases of a corpus a test judged: ``count_cases("ztunnel decisions", 8123)``."""

    def count(name: str, number: int) -> None:
        request.node.user_properties.append(("corpus-cases", (name, number)))

    return count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of corpus cases that ran; user properties survive the way back from parallel workers."""
    total: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for key, value in report.user_properties:
            if key == "corpus-cases" and report.when == "call":
                total[value[0]] += value[1]
    if not CORPORA.is_dir():
        terminalreporter.write_line(f"corpus cases: 0, because {CORPORA} does not exist (set MESHWRIGHT_CORPORA)")
    elif total:
        parts = ", ".join(f"{name} {number}" for name, number in sorted(total.items()))
        terminalreporter.write_line(f"corpus cases: {sum(total.values())} ({parts})")
