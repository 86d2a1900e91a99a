"""Options of the test suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--study", choices=("quick", "full"), default="quick", help="the study that tests/report looks at")
