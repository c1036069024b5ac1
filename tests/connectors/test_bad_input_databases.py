"""Databases that are down, refuse, stay silent, break off, dawdle or lose a table: a sentence, and the rest is read.

One night reads the same tables ``bad`` and ``good`` of each database through a proxy for every fault. What happens to
``bad`` happens when its rows are asked for: no other statement has the name of its column ``faulty``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import _mysql
import _postgres
import pytest
from _bad_input import Told, is_fit_to_be_told, night, proxy

from datagov.model import Exit

pytestmark = pytest.mark.server

TABLES = (
    "CREATE TABLE {schema}.good (mail text)",
    "CREATE TABLE {schema}.bad (mail text, faulty int)",
    "INSERT INTO {schema}.good VALUES ('u1@example.org'), ('u2@example.org')",
    "INSERT INTO {schema}.bad VALUES ('kanarie@example.org', 1), ('kanarie@example.org', 2)",
)
PORTS = {"postgres": 5432, "sqlalchemy": 5432, "mysql": 3306}
UNREACHED: Mapping[str, str] = {
    "refused": "accepts no connection; check that the server runs, and",
    "silent": "does not answer; check host, port and firewall.",
    "stranger": "refuses this account",
}
"""Sources that nothing is known of, and what is said of them."""
BROKEN: Mapping[str, str | None] = {
    "reset": "cannot be read because the connection broke; run again.",
    "hole": "",
    "slow": None,
    "dropped": "is not there any more; run again.",
}
"""Sources whose table ``bad`` meets something, and what is said of it; of a black hole it is who gave up waiting."""
SECONDS = "connect_seconds: 2, statement_seconds: 1"


@dataclass(frozen=True)
class Night:
    """What a night over all of it told, how long it took, and its folder."""

    told: Told
    seconds: float
    folder: Path

    def outcomes(self, source: str) -> Mapping[str, str]:
        """What became of the mails of a source's tables, by the table's own name."""
        found = self.told.rows(
            "SELECT d.name, e.outcome FROM examination e JOIN column c USING (column_id) JOIN dataset d"
            " USING (dataset_id) JOIN source s USING (source_id) WHERE c.name = 'mail' AND s.name = ?",
            source,
        )
        return {row["name"].rpartition(".")[2]: row["outcome"] for row in found}


def option(use: str, port: int, schema: str, reader: str, database: str) -> str:
    match use:
        case "postgres":
            where = f"dsn: 'postgresql://{reader}@127.0.0.1:{port}/{database}?sslmode=disable', schemas: [{schema}]"
        case "sqlalchemy":
            url = f"postgresql+psycopg://{reader}@127.0.0.1:{port}/{database}"
            return f"{{use: sqlalchemy, url: '{url}', schemas: [{schema}], options: {{connect_timeout: 2}}}}"
        case _:
            where = f"dsn: 'mysql://{reader}@127.0.0.1:{port}', databases: [{schema}], password: 'file:secret'"
    return f"{{use: {use}, {where}, {SECONDS}}}"


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The night: a source for every database and fault, called ``database_fault``."""
    folder = tmp_path_factory.mktemp("db")
    (folder / "secret").write_text(_mysql.SECRET)
    (folder / "wrong").write_text("geheim")
    lines = []
    with _postgres.server() as pg, _mysql.server() as my, ExitStack() as opened:
        schema = my.database(folder)
        my.run(*(one.format(schema=schema) for one in TABLES))
        pg.run(f"CREATE SCHEMA {schema}", *(one.format(schema=schema) for one in TABLES))
        for use in PORTS:
            for fault in (*UNREACHED, *BROKEN):
                name, port = f"{use}_{fault}", PORTS[use]
                reader = my.reader if use == "mysql" else pg.reader
                held = schema
                if fault == "dropped":
                    held = f"{schema}_{use}"
                    run: Callable[..., None] = my.run if use == "mysql" else pg.run
                    run(f"CREATE SCHEMA {held}", *(one.format(schema=held) for one in TABLES))
                    if use == "mysql":
                        my.run(f"GRANT SELECT, SHOW VIEW ON {held}.* TO {my.reader}")

                    def drop(run: Callable[..., None] = run, held: str = held) -> None:
                        run(f"DROP TABLE {held}.bad")

                    port = opened.enter_context(proxy(port, "none", named=b"faulty", meanwhile=drop))
                elif fault in ("refused", "silent"):
                    port = opened.enter_context(proxy(port, {"silent": "hole"}.get(fault, fault)))
                elif fault in ("reset", "hole", "slow"):
                    port = opened.enter_context(proxy(port, fault, named=b"faulty"))
                elif fault == "stranger":
                    reader = "datagov_nobody"
                lines.append(f"{name}: {option(use, port, held, reader, pg.database)}")
        for held in (schema, f"{schema}_postgres", f"{schema}_sqlalchemy"):
            pg.grant(held)
        begun = time.monotonic()
        told = night(folder, "\n".join(lines), seconds=8)
        yield Night(told, time.monotonic() - begun, folder)


@pytest.mark.parametrize("use", PORTS)
@pytest.mark.parametrize(("fault", "says"), UNREACHED.items(), ids=list(UNREACHED))
def test_a_server_that_cannot_be_used_is_a_sentence_with_the_way_out(
    over: Night, use: str, fault: str, says: str
) -> None:
    (message,) = over.told.of(f"{use}_{fault}")

    assert says in message
    assert message.endswith(".")


@pytest.mark.parametrize("use", PORTS)
@pytest.mark.parametrize(("fault", "says"), BROKEN.items(), ids=list(BROKEN))
def test_what_happens_while_a_table_is_read_costs_at_most_that_table(
    over: Night, use: str, fault: str, says: str | None
) -> None:
    assert over.outcomes(f"{use}_{fault}") == {"good": "scanned", "bad": "scanned" if says is None else "unreadable"}
    if says:
        assert over.told.rows(
            "SELECT message FROM problem WHERE fatal AND message LIKE '%' || ? || '%' AND source_id ="
            " (SELECT source_id FROM source WHERE name = ?)",
            says,
            f"{use}_{fault}",
        )


def test_the_night_is_incomplete_ends_in_time_and_repeats_nothing(over: Night) -> None:
    assert over.told.audit.exit is Exit.INCOMPLETE
    assert over.seconds < 150
    assert is_fit_to_be_told(over.told.texts, over.folder)
    assert _mysql.SECRET not in over.told.texts
