"""Modules put off until they are used are the real ones when they are."""

from __future__ import annotations

import subprocess
import sys


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_checker_starts_without_the_statistics_it_never_uses() -> None:
    code = (
        "import sys, datagov.expectations._gx;"
        " print([m for m in ('scipy.stats._stats_py', 'altair.vegalite') if m in sys.modules])"
    )

    assert run_python(code) == "[]"


def test_a_module_that_is_touched_is_the_real_one() -> None:
    code = (
        "from datagov.expectations import _later; _later.postpone()\n"
        "from scipy import stats\n"
        "import altair\n"
        "print(round(stats.norm.cdf(0), 2), altair.Chart.__name__)"
    )

    assert run_python(code) == "0.5 Chart"
