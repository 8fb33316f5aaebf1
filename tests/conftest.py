"""What all tests share: the way to `hosts.py`, the flag that rewrites goldens, and skips that count as failures."""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # `import hosts`

NO_SKIP = os.environ.get("PLY_NO_SKIP") == "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="rewrite the goldens of tests/golden as they are now"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "anywhere: says nothing about the kernel, so one kernel is enough to run it on")
    config.addinivalue_line("markers", "booted: `make vm` runs it in each of the kernels that are booted")


def _forbid(report: pytest.TestReport | pytest.CollectReport) -> None:
    """With PLY_NO_SKIP=1, what was skipped has failed; a known bug (`xfail`) is no skip."""
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipping is forbidden here (PLY_NO_SKIP=1): {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid(report)
    return report
