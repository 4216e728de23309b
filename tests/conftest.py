"""Where SENSORIUM_CI is set, everything that the tests want is there: a test that skips has failed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

EXEMPT = ("gpu", "network", "ray", "torchvision")


def _failed(report: Any) -> None:
    if os.environ.get("SENSORIUM_CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"SENSORIUM_CI is set, and this test was skipped. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if not any(item.get_closest_marker(marker) for marker in EXEMPT):
        _failed(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    _failed(report)
    return report
