"""`pytest tests/unit/lower --update-goldens` writes tests/golden/lower anew; read the diff before you commit it."""

import contextlib

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    with contextlib.suppress(ValueError):  # another folder of the same run has it already
        parser.addoption("--update-goldens", action="store_true", default=False, help="write golden files anew")


@pytest.fixture
def update_goldens(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-goldens", default=False))
