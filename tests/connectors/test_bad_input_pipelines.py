"""Folders of pipelines and declarations with every kind of bad file beside a good one: one night, a sentence each.

The table says what is told of which file. The good file beside the bad ones counts, and the night is incomplete.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping

import pytest
from _bad_folders import ASSET, CONTRACT, COPY, DAG, EVENT, FOLDERS, MODEL, file_of, logged, notebook
from _bad_input import ENDLESS, LEVELS, Made, Told, is_fit_to_be_told, link, night, sparse, write
from _sources import database

from datagov.model import Exit
from datagov.testing import CANARY

JSON = ("openlineage", "openmetadata", "datahub", "gx", "notebooks")
PYTHON = ("airflow", "dagster")
YAML = ("odcs", "fides")
LOGS = ("querylog", "sparklog")


def nested(form: str) -> str:
    return {"list": "[" * LEVELS + "]" * LEVELS, "object": '{"a":' * LEVELS + "1" + "}" * LEVELS}[form]


def inside(good: str, value: str) -> str:
    """A good JSON object with one more member."""
    return f'{{"more": {value}, {good.strip()[1:]}'


Case = tuple[str, str, Made, str]
"""Source, name of the file without its end, content, and what is said of it."""


def cases() -> Iterator[Case]:
    for source, folder in FOLDERS.items():
        yield source, "pipe", os.mkfifo, "is not a regular file, or a link to nothing"
        yield source, "device", link("/dev/zero"), "is a link that leads out of its folder"
        yield source, "itself", link(f"itself{folder.suffix}"), "is not a regular file, or a link to nothing"
        yield source, "nowhere", link("not-there"), "is not a regular file, or a link to nothing"
        yield source, "up", link(".."), "is a linked folder, which is not followed"
    for source in (*JSON, *YAML, *PYTHON, "sqlfolder", "sqlmesh"):
        yield source, "large", sparse(200), "is larger than"
        yield source, "bytes", b"\xff\xfe\xff" + CANARY.encode(), "utf-8 text" if source == "sqlfolder" else "UTF-8"
    for source in JSON:
        good = FOLDERS[source].good
        lines = source == "openlineage"
        deep = "is not one JSON document" if lines else "This is nested too deep"
        shape = {"gx": "The suite is not a JSON object", "notebooks": "An object is expected here"}.get(source)
        yield source, "cut", good[: len(good) // 2], "is not one JSON document" if lines else "This is not valid JSON"
        yield source, "deep-list", nested("list"), shape or deep
        yield source, "deep-object", nested("object"), deep
        yield source, "deep-inside", inside(good, nested("list")), deep
        yield source, "digits", inside(good, "9" * 5_000), deep if lines else "A number has too many digits"
        yield source, "scalar", "42", shape or ("is not a JSON object" if lines else "The record is not an object")
        yield source, "nul", b"\0" * 99, shape or ("is not one JSON document" if lines else "This is not valid JSON")
    for source in PYTHON:
        code = FOLDERS[source].good.replace(json.dumps(COPY), "%s")
        for name, deep in {
            "minus": "-" * LEVELS + "1",
            "sum": "1+" * LEVELS + "1",
            "attributes": "a" + ".b" * LEVELS,
            "calls": "f" + "()" * LEVELS,
            "lambdas": "lambda:" * LEVELS + "1",
        }.items():
            yield source, name, code % deep, "is nested too deeply or is no text"
        for name, bad, line in (
            ("brackets", code % ("(" * LEVELS + ")" * LEVELS), 4),
            ("syntax", f"def {CANARY}(:\n", 1),
            ("nul", b"\0" * 99, 1),
        ):
            yield source, name, bad, f"is no valid Python at line {line}"
    for source in YAML:
        yield source, "aliases", bomb(), "YAML aliases are not accepted"
        yield source, "deep-list", "a: " + nested("list"), "nested more than 40 deep"
        yield source, "deep-keys", "".join(f"{' ' * n}a{n}:\n" for n in range(900)), "nested more than 40 deep"
        yield source, "dashes", "- " * LEVELS + "1", "nested more than 40 deep"
        yield source, "syntax", f"a: [{CANARY}\n b: c", "This is not valid YAML"
        yield source, "object", f"a: !!python/object/apply:os.system [{CANARY}]\n", "and was left out"
        yield source, "nul", b"a: 1\nb: \0\n", "holds a control character"
    yield "odcs", "version", CONTRACT.replace("v3.1.0", "v9.0.0"), "apiVersion"
    yield "notebooks", "version", notebook("1", version=9), "no notebook of nbformat 2, 3 or 4"
    yield "notebooks", "code", notebook(f"def {CANARY}(:"), "is no valid Python at its line 1"
    yield "notebooks", "deep-code", notebook("x = " + "-" * LEVELS + "1"), "is nested too deeply or is no text"
    yield "sqlfolder", "nul", b"\0" * 99, "holds NUL characters"
    yield "sqlfolder", "brackets", f"SELECT {'(' * LEVELS}1{')' * LEVELS};", "nests deeper than 200 levels"
    yield "sqlfolder", "open", f"SELECT '{CANARY}", "a quote or a comment stays open"
    yield "sqlmesh", "header", "MODEL (" + "(" * LEVELS, "has a MODEL header that does not end"
    yield "sqlmesh", "brackets", MODEL % f"SELECT {'(' * LEVELS}1{')' * LEVELS}", "nests deeper than 200 levels"
    for source in LOGS:
        yield source, "large", sparse(100), "has a line above 64 MB, line 1; what follows is not read"
    other = "not of the format postgres-json or not utf-8 text"
    yield "querylog", "deep", nested("list") + "\n", other
    yield "querylog", "bytes", b"\xff\xfe\xff" + CANARY.encode(), other
    begun = '{"Event":"SparkListenerLogStart","Spark Version":"3.5.0"}\n'
    yield "sparklog", "deep", begun + inside("{}", nested("list")), "is no event of Spark; it was left out"
    yield "sparklog", "bytes", b"\xff\xfe\xff" + CANARY.encode(), "is no event log of Spark; exclude it"


def bomb() -> str:
    """Nine times nine times nine … of one word."""
    more = (f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(20))
    return f"a: &a [{', '.join([CANARY] * 9)}]\n{''.join(more)}"


CASES = tuple(cases())
ENDLESS_SQL: Mapping[str, str] = {
    "sqlfolder": f"{ENDLESS};\n{COPY};\n",
    "airflow": DAG % json.dumps(ENDLESS),
    "dagster": ASSET % json.dumps(ENDLESS),
    "notebooks": notebook(f"%%sql {ENDLESS}"),
    "sqlmesh": MODEL % ENDLESS,
    "openlineage": json.dumps({**EVENT, "job": {"namespace": "e", "name": "n", "facets": {"sql": {"query": ENDLESS}}}}),
    "querylog": logged(f"CREATE TABLE crm.big AS {ENDLESS}"),
}
"""A file whose SQL never gets traced, for every source that holds SQL."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One night over everything."""
    folder = tmp_path_factory.mktemp("bad")
    database(
        folder,
        "CREATE TABLE customer (mail TEXT); CREATE TABLE copy (mail TEXT);",
        rows={"INSERT INTO customer VALUES (?)": [(f"u{n}@example.org",) for n in range(50)]},
    )
    for source, one in FOLDERS.items():
        write(folder / file_of(source, "good"), one.good)
    for source, name, made, _ in CASES:
        write(folder / file_of(source, name), made)
    for source, made in ENDLESS_SQL.items():
        write(folder / file_of(source, "endless"), made)
    sources = [f"{name}: {{use: {name}, path: {name}, {one.options}}}" for name, one in FOLDERS.items()]
    return night(
        folder,
        "app: {use: sqlite, path: app.db, schema: crm}\n" + "\n".join(sources),
        limits="{statement_seconds: 1.5}",
    )


@pytest.mark.parametrize(
    ("source", "name", "says"), [(s, n, says) for s, n, _, says in CASES], ids=[f"{s}-{n}" for s, n, _, _ in CASES]
)
def test_a_bad_file_is_a_sentence_in_its_place(told: Told, source: str, name: str, says: str) -> None:
    messages = told.of(file_of(source, name))

    assert any(says in message for message in messages), messages
    assert all(message.endswith(".") for message in messages)


@pytest.mark.parametrize("source", FOLDERS)
def test_the_good_file_beside_the_bad_ones_counts(told: Told, source: str) -> None:
    kept = [
        told.rows(f"SELECT file FROM {table} WHERE file = ?", file_of(source, "good"))
        for table in ("job", "owner_assertion", "declaration")
    ]

    assert any(kept)
    assert told.rows("SELECT outcome FROM source WHERE name = ?", source) == [{"outcome": "read"}]


@pytest.mark.parametrize("source", ENDLESS_SQL)
def test_sql_that_would_hang_costs_its_own_statement(told: Told, source: str) -> None:
    (message,) = told.of(file_of(source, "endless"), kind="deadline")

    assert message == "It took longer than 1.5 s and was left out."
    assert not told.rows("SELECT * FROM problem WHERE kind = 'deadline' AND file LIKE '%good%'")


def test_the_night_is_incomplete_and_nothing_of_the_files_is_repeated(told: Told) -> None:
    assert told.audit.exit is Exit.INCOMPLETE
    assert not told.audit.complete
    assert told.outcomes() == {"crm.customer": "scanned", "crm.copy": "not_examined"}
    assert is_fit_to_be_told(told.texts, told.audit.evidence_path.parents[3])
