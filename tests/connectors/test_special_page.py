"""The page of connectors says of each kind of special value how it arrives, as the conformance suites have it."""

from pathlib import Path

from _special import MYSQL, POSTGRES, SQLITE
from _special_arrow import ARROW, DELTA, ICEBERG, ORC, PARQUET, SPARK_PARQUET
from _special_clickhouse import CLICKHOUSE
from test_duckdb_conformance import SPECIAL as DUCKDB

from datagov.testing import KINDS, Cannot, Special

PAGE = Path(__file__).parents[2] / "docs" / "connectors.md"
SOURCES = {
    "postgres": POSTGRES,
    "mysql": MYSQL,
    "sqlite": SQLITE,
    "duckdb": DUCKDB,
    "clickhouse": CLICKHOUSE,
    "parquet": PARQUET,
    "arrow": ARROW,
    "orc": ORC,
    "delta": DELTA,
    "iceberg": ICEBERG,
    "spark": SPARK_PARQUET,
}


def shown(answer: Special | Cannot) -> str:
    if isinstance(answer, Cannot):
        return "–"
    return "text" if isinstance(answer.comes, str) else type(answer.comes).__name__


def test_the_page_says_how_every_kind_arrives() -> None:
    rows = [" | ".join(["kind", *SOURCES]), " | ".join(["---"] * (len(SOURCES) + 1))]
    rows += [" | ".join([meaning, *(shown(of[kind]) for of in SOURCES.values())]) for kind, meaning in KINDS.items()]
    table = "".join(f"| {row} |\n" for row in rows)

    assert table in PAGE.read_text("utf-8"), table
