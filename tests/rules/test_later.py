"""Modules put off until they are used are the real ones when they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


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


@pytest.mark.heavy
def test_a_worker_survives_great_expectations_where_spark_is_installed_without_its_own_needs() -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    code = (
        "import datagov.expectations._gx, sys; print('pyspark' in sys.modules); import pyspark; print(pyspark.__name__)"
    )

    assert run_python(code) == "False\npyspark"


def test_a_night_with_nothing_to_evaluate_does_not_wait_for_great_expectations(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from datagov.contracts import CheckRequest; from datagov.store import FactStore\n"
        "from datagov.expectations.checker import GxChecker\n"
        f"path = Path({str(tmp_path / 'evidence.sqlite')!r})\n"
        "with FactStore(path): pass\n"
        "request = CheckRequest(facts=path, as_of='2026-01-01T00:00:00Z', rules=('DO-001', 'CR-001'), sources=(),"
        " seed=0, packs=('core',), base=path.parent)\n"
        "found = {}\n"
        "for table, batch in GxChecker().check(request): found.setdefault(table, []).extend(batch.to_pylist())\n"
        "print(sorted((r['rule'], r['outcome']) for r in found['result']), 'great_expectations' in sys.modules)"
    )

    assert run_python(code) == "[('CR-001', 'unknown'), ('DO-001', 'unknown')] False"
