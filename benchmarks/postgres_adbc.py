"""ADBC beside our own reading of PostgreSQL: rows a second, and which special values arrive otherwise.

    python benchmarks/postgres_adbc.py                 the special values of the conformance suite, through both
    python benchmarks/connectors.py --only postgres    the speed, among others

Needs ``pip install adbc-driver-postgresql``, which nothing else here needs; without it there is a sentence instead.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "connectors"))

MISSING = "not measured: adbc-driver-postgresql is not installed"


def installed() -> bool:
    return find_spec("adbc_driver_postgresql") is not None


def read(uri: str, sql: str) -> int:
    """Rows of a query, batch by batch, as ADBC gives them."""
    from adbc_driver_postgresql import dbapi

    with closing(dbapi.connect(uri)) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(sql)
        return sum(batch.num_rows for batch in cursor.fetch_record_batch())


def read_all(uri: str, queries: Sequence[str]) -> int:
    """Rows of several queries, each in a connection of its own, as splits are read."""
    return sum(read(uri, sql) for sql in queries)


def cell(uri: str, sql: str) -> Any:
    """The first cell of a query; an error is its own answer."""
    from adbc_driver_postgresql import dbapi

    with closing(dbapi.connect(uri)) as connection, closing(connection.cursor()) as cursor:
        try:
            cursor.execute(sql)
            return cursor.fetch_arrow_table().column(0).to_pylist()[0]
        except Exception as error:  # noqa: BLE001 - what goes wrong is what is asked
            return type(error)


def fidelity() -> Iterator[str]:
    """A row for each special value that PostgreSQL has: what it is, what ADBC gives, what we give."""
    from _postgres import server
    from _sources import datasets
    from _sources import read as rows
    from _special import POSTGRES, statements

    from datagov.connectors.postgres import PostgresConnector
    from datagov.testing import KINDS, Special

    values = {kind: answer for kind, answer in POSTGRES.items() if isinstance(answer, Special)}
    with server() as pg:
        pg.run("CREATE SCHEMA s", "; ".join(["SET search_path = s", *statements(values)]))
        pg.grant("s")
        connector = PostgresConnector(pg.source(Path(tempfile.mkdtemp()), "s"))
        ours = rows(connector, datasets(connector)["s.special"])
        uri = f"postgresql://postgres@127.0.0.1/{pg.database}"
        for kind, value in values.items():
            here = ours[kind].to_pylist()[0]
            there = cell(uri, f'SELECT "{kind}" FROM s.special LIMIT 1')
            same = "the same" if repr(there) == repr(here) else "otherwise"
            assert repr(here) == repr(value.comes)
            yield f"{KINDS[kind]} | {str(here)[:40]!r} | {str(there)[:60]!r} | {same}"


def main() -> None:
    if not installed():
        print(MISSING)
        return
    print("| value | datagov | ADBC | |\n|---|---|---|---|")
    for row in fidelity():
        print(f"| {row} |")


if __name__ == "__main__":
    main()
