"""However many workers there are, a server sees no more connections of a night than it was promised."""

import threading
from pathlib import Path

import pytest
import yaml
from _postgres import Server

import datagov


@pytest.mark.parametrize("most", [1, 3])
def test_a_night_holds_at_most_so_many_connections_to_a_server(
    most: int, tmp_path: Path, pg: Server, schema: str
) -> None:
    pg.run(
        f"CREATE TABLE {schema}.customer (id int PRIMARY KEY, mobile text)",
        f"INSERT INTO {schema}.customer VALUES (1, 'x')",
        *(f"CREATE VIEW {schema}.slow_{n} AS SELECT mobile FROM {schema}.customer, pg_sleep(0.5)" for n in range(8)),
    )
    pg.grant(schema)
    source = {"use": "postgres", "dsn": pg.dsn(pg.reader), "schemas": [schema]}
    limits = {"workers": 4, "connections": most, "sample_rows": 100_000}
    config = {"version": 1, "platform": "x", "sources": {"core": source}, "limits": limits}
    (tmp_path / "datagov.yaml").write_text(yaml.safe_dump(config))
    seen, over = [0], threading.Event()

    def look() -> None:
        sql = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'datagov' AND usename = '{pg.reader}'"
        while not over.wait(0.02):
            seen.append(int(pg.rows(sql)[0][0]))

    watch = threading.Thread(target=look)
    watch.start()
    try:
        audit = datagov.run(tmp_path / "datagov.yaml")
    finally:
        over.set()
        watch.join()

    assert audit.exit != 3
    assert max(seen) == most
