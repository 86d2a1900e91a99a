"""Options of the test suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--study", choices=("quick", "full"), default="quick", help="the study that tests/report looks at")
    parser.addoption("--moments", type=int, default=0, help="at which make test-faults strikes a build")


@pytest.fixture
def moments(request: pytest.FixtureRequest) -> int:
    count: int = request.config.getoption("--moments")
    return count or pytest.skip("make test-faults strikes a build")
