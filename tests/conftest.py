"""Settings of the whole suite: what must not be skipped where continuous integration runs."""

from __future__ import annotations

import os
import sys

import pytest

REQUIRED = [kind for kind in os.environ.get("DATAGOV_TEST_REQUIRE", "").split(",") if kind]
"""Markers (``server``, ``browser``, ``heavy``) whose tests must run here: a skip of one of them fails the suite."""

skipped: list[str] = []

vars(sys.modules["__main__"]).setdefault("__file__", __file__)
"""pyspark takes a process without it, as pytest-xdist's workers are, for its own doctests, and may end it."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note each required test that was skipped."""
    if report.skipped and any(kind in report.keywords for kind in REQUIRED):
        skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when a required test was skipped."""
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which required tests were skipped."""
    for nodeid in skipped:
        terminalreporter.write_line(f"required here, but skipped: {nodeid}")
