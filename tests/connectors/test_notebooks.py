"""A folder of Jupyter notebooks: the SQL of their cells, found without running anything."""

from __future__ import annotations

import ast
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import pytest
from _sources import harvested
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagov.connectors._notebook_file import MOST_MB
from datagov.connectors._python_text import MOST_TEXT, Strings, Text, without_macros
from datagov.connectors._python_tree import below
from datagov.connectors.notebooks import NotebooksConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.lineage import trace
from datagov.testing import ConnectorConformance


def source(folder: Path, **options: object) -> Source:
    given = {"path": "nb", "dialect": "postgres", **options}
    return Source(6, "nb", "notebooks", given, folder, "datagov.yaml", 4)


def saved(folder: Path, *cells: str, name: str = "a.ipynb", **metadata: Any) -> Path:
    """A notebook as Jupyter saves it: a heading, then the cells."""
    made = nbformat.v4.new_notebook(metadata=metadata)
    made.cells = [nbformat.v4.new_markdown_cell("# A heading\nwith `SELECT 1`"), *map(nbformat.v4.new_code_cell, cells)]
    path = folder / "nb" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return folder


def read(folder: Path, *cells: str, **options: Any) -> dict[str, list[dict[str, Any]]]:
    return harvested(NotebooksConnector(source(saved(folder, *cells), **options)))


def statements(rows: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, str]]:
    jobs = {job["job_id"]: job for job in rows["job"]}
    return [(jobs[s["job_id"]]["name"], jobs[s["job_id"]]["dialect"], s["sql"]) for s in rows["statement"]]


CELLS = [
    ("a cell magic", ["%%sql\nSELECT a\nFROM t"], [("a.ipynb[2]", "postgres", "SELECT a\nFROM t")]),
    (
        "a cell magic with a connection",
        ["%%sql mysql+pymysql://reader:geheim@db/core\nSELECT a FROM t"],
        [("a.ipynb[2]", "mysql", "SELECT a FROM t")],
    ),
    (
        "the connection of an earlier cell",
        ["%load_ext sql\n%sql sqlite:///core.db", "%%sql\nSELECT a FROM t"],
        [("a.ipynb[3]", "sqlite", "SELECT a FROM t")],
    ),
    (
        "options of JupySQL, and a result",
        ["%%sql dwh --alias d --no-execute found <<\nSELECT a FROM t"],
        [("a.ipynb[2]", "snowflake", "SELECT a FROM t")],
    ),
    (
        "a saved query that another cell reads",
        ["%%sql --save old\nSELECT a FROM t", "%%sql\nCREATE TABLE x AS SELECT a FROM old"],
        [
            ("a.ipynb[2]", "postgres", "SELECT a FROM t"),
            ("a.ipynb[3]", "postgres", "WITH old AS (SELECT a FROM t) CREATE TABLE x AS SELECT a FROM old"),
        ],
    ),
    (
        "line magics, alone, assigned and continued",
        ["x = 1\n%sql SELECT a FROM t\nrows = %sql SELECT b \\\n  FROM t\nfound = %sql sqlite:// SELECT c FROM t"],
        [
            ("a.ipynb[2]", "postgres", "SELECT a FROM t"),
            ("a.ipynb[2]", "postgres", "SELECT b  \n  FROM t"),
            ("a.ipynb[2]", "sqlite", "SELECT c FROM t"),
        ],
    ),
    (
        "a variable in a magic",
        ["table = 'dw.person'", "%%sql\nSELECT a FROM {{table}} WHERE d = :day AND b = '{no}'"],
        [("a.ipynb[3]", "postgres", "SELECT a FROM dw.person WHERE d = :day AND b = '{no}'")],
    ),
    ("Spark's magic", ["%%sparksql -c\nSELECT a FROM t"], [("a.ipynb[2]", "spark", "SELECT a FROM t")]),
    (
        "BigQuery's magic",
        ["%%bigquery df --project p\nSELECT a FROM t"],
        [("a.ipynb[2]", "bigquery", "SELECT a FROM t")],
    ),
    (
        "pandas with an engine",
        ["engine = create_engine('mysql://h/d')", "pd.read_sql('SELECT a FROM t', engine)"],
        [("a.ipynb[3]", "mysql", "SELECT a FROM t")],
    ),
    (
        "pandas with the connection of an engine",
        ["e = sa.create_engine('oracle://h')\nwith e.connect() as c:\n    pd.read_sql_query('SELECT 1', con=c)"],
        [("a.ipynb[2]", "oracle", "SELECT 1")],
    ),
    ("Spark", ["spark.sql('SELECT a FROM t').show()"], [("a.ipynb[2]", "spark", "SELECT a FROM t")]),
    (
        "a cursor",
        ["c = sqlite3.connect('x.db')\ncur = c.cursor()\ncur.execute('''INSERT INTO a SELECT b FROM t''')"],
        [("a.ipynb[2]", "sqlite", "INSERT INTO a SELECT b FROM t")],
    ),
    (
        "text() of SQLAlchemy",
        ["engine.execute(sa.text('DELETE FROM t'))\nengine.execute(text(\"SELECT 1\"))"],
        [("a.ipynb[2]", "postgres", "DELETE FROM t"), ("a.ipynb[2]", "postgres", "SELECT 1")],
    ),
    (
        "DuckDB",
        [
            "import duckdb\ncon = duckdb.connect()",
            "con.sql('FROM t')\ncon.sql('SELECT a FROM t')\nduckdb.sql('SELECT b FROM t')",
        ],
        [("a.ipynb[3]", "duckdb", "SELECT a FROM t"), ("a.ipynb[3]", "duckdb", "SELECT b FROM t")],
    ),
    (
        "a name that several cells assign has the text of the cell before",
        [
            "q = 'SELECT a FROM t'\npd.read_sql(q, c)",
            "q = q + ' WHERE x'\npd.read_sql(q, c)",
            "q = 'SELECT 3'",
            "pd.read_sql(q, c)",
        ],
        [
            ("a.ipynb[2]", "postgres", "SELECT a FROM t"),
            ("a.ipynb[3]", "postgres", "SELECT a FROM t WHERE x"),
            ("a.ipynb[5]", "postgres", "SELECT 3"),
        ],
    ),
    (
        "implicit concatenation, f-strings and numbers",
        ["T, N = 'x', 1\nt = 'dw.person'\nn = 10\npd.read_sql('SELECT a '\n  f'FROM {t} LIMIT {n}', c)"],
        [("a.ipynb[2]", "postgres", "SELECT a FROM dw.person LIMIT 10")],
    ),
    (
        "Python among shell lines, help and magics",
        ["!pip install x\n%matplotlib inline\nos?\nif 1:\n    !ls\n    c.execute('''SELECT a\n%sql FROM t''')"],
        [("a.ipynb[2]", "postgres", "SELECT a\n%sql FROM t")],
    ),
    ("Python below a magic of time", ["%%time\nspark.sql('SELECT 1')"], [("a.ipynb[2]", "spark", "SELECT 1")]),
    ("Python of Spark's magics", ["%%pyspark\nspark.sql('SELECT 1')"], [("a.ipynb[2]", "spark", "SELECT 1")]),
    ("Python that is sent to Spark", ["%%spark\nspark.sql('SELECT 1')"], [("a.ipynb[2]", "spark", "SELECT 1")]),
    (
        "SQL that is sent to Spark",
        ["%%spark -c sql -o df\nSELECT a FROM t"],
        [("a.ipynb[2]", "spark", "SELECT a FROM t")],
    ),
    (
        "a parameter hides a name, a default does not",
        ["q = 'SELECT a FROM t'", "def run(q, rows=pd.read_sql(q, c)):\n    pass\nlambda x: con.execute(q)"],
        [("a.ipynb[3]", "postgres", "SELECT a FROM t"), ("a.ipynb[3]", "postgres", "SELECT a FROM t")],
    ),
    (
        "a name that is given another connection",
        ["x = sqlite3.connect('a')\nx.execute('SELECT 1')", "x = opened()\nx.execute('SELECT 2')"],
        [("a.ipynb[2]", "sqlite", "SELECT 1"), ("a.ipynb[3]", "postgres", "SELECT 2")],
    ),
    ("await on the top level", ["await con.execute('SELECT 1')"], [("a.ipynb[2]", "postgres", "SELECT 1")]),
    (
        "an escape that Python warns of",
        ["c.execute('SELECT a FROM t WHERE b ~ \"\\d\"')"],
        [("a.ipynb[2]", "postgres", 'SELECT a FROM t WHERE b ~ "\\d"')],
    ),
]


@pytest.mark.parametrize(("cells", "expected"), [case[1:] for case in CELLS], ids=[case[0] for case in CELLS])
def test_sql_of_cells_is_statements_of_jobs(
    tmp_path: Path, cells: list[str], expected: list[tuple[str, str, str]]
) -> None:
    rows = read(tmp_path, *cells, connections={"dwh": "snowflake"})

    assert statements(rows) == expected
    assert "problem" not in rows


@pytest.mark.parametrize(
    "cell",
    [
        "df.query('a > 3')",
        "subprocess.run('ls')",
        "%%bash\npsql -c 'SELECT 1'",
        "print('SELECT 1')",
        "cur.execute()",
        "%%html\nselect one from these",
        "!ls select",
    ],
)
def test_what_is_no_sql_is_neither_a_statement_nor_a_problem(tmp_path: Path, cell: str) -> None:
    rows = read(tmp_path, cell)

    assert "statement" not in rows
    assert "problem" not in rows


def test_a_statement_stands_on_its_line_of_the_file(tmp_path: Path) -> None:
    rows = read(
        tmp_path, "import x\npd.read_sql(\n    '''SELECT a,\n  mobile FROM t''', c)", "%%sql\n\nSELECT b\nFROM u"
    )
    written = (tmp_path / "nb" / "a.ipynb").read_text().split("\n")

    for row, (first, last) in zip(
        rows["statement"], [("SELECT a,", "mobile FROM t"), ("SELECT b", "FROM u")], strict=True
    ):
        assert row["file"] == "nb/a.ipynb"
        assert first in written[row["line"] - 1]
        assert last in written[row["end_line"] - 1]


def test_lineage_of_a_cell_points_at_the_line_of_the_file(tmp_path: Path) -> None:
    rows = read(tmp_path, "spark.sql('''\nCREATE TABLE x AS\nSELECT\n  t.mobile\nFROM t''')")
    (row,) = rows["statement"]
    traced = trace(row["sql"], dialect="spark", line_offset=row["line"] - 1)
    (edge,) = [edge for edge in traced.edges if edge.type == "DIRECT"]

    assert edge.span is not None
    assert "t.mobile" in (tmp_path / "nb" / "a.ipynb").read_text().split("\n")[edge.span.line - 1]


OPAQUE = [
    "pd.read_sql(build(), c)",
    "spark.sql(build())",
    "for t in tables:\n    q = 'SELECT a FROM ' + t\n    pd.read_sql(q, c)",
    "if x:\n    q = 'SELECT 1'\nelse:\n    q = 'SELECT 2'\npd.read_sql(q, c)",
    "conn.execute(select(users))",
    "pd.read_sql(open('nowhere.sql').read(), c)",
    "%%sql\nSELECT a FROM {{ chosen }}",
    "%sql --file nowhere.sql",
    "q = 'SELECT a FROM t'\ndef run(q):\n    con.execute(q)",
    "q = 'SELECT a FROM t'\nrun = lambda q: con.execute(q)",
    "q = 'SELECT a FROM t'\ndef run(*, q):\n    def now():\n        pd.read_sql(q, c)\n    now()",
    "%%snowflake\nSELECT mobile\nFROM t",
    "%%trino prod\nWITH a AS (SELECT 1) TABLE a; INSERT INTO x TABLE a",
    "%%bash\npsql -c 'select mobile from t'",
    '%%spark -l scala\nspark.sql("create or replace temp view a as table t")',
    "!psql -c 'SELECT mobile FROM t'",
    "out = !mysql -e 'delete from t'",
    "!psql \\\n  -c 'INSERT INTO t VALUES (1)'\nx = 1",
    "%time con.execute('SELECT a FROM t')",
]


@pytest.mark.parametrize("cell", OPAQUE)
def test_what_only_a_run_would_tell_is_opaque_and_does_not_make_the_audit_incomplete(tmp_path: Path, cell: str) -> None:
    problems = read(tmp_path, cell)["problem"]

    assert {(p["kind"], p["fatal"], p["file"]) for p in problems} == {("opaque", False, "nb/a.ipynb")}
    assert all("cell 2" in p["message"] for p in problems)


def test_sql_in_a_file_beside_the_notebook_is_read(tmp_path: Path) -> None:
    (tmp_path / "nb").mkdir()
    (tmp_path / "nb" / "load.sql").write_text("\nSELECT 1\n")
    (tmp_path / "outside.sql").write_text("SELECT 2")
    rows = read(
        tmp_path,
        "c.execute(open('load.sql').read())",
        "%sql --file load.sql",
        "c.execute(Path('../outside.sql').read_text())",
    )

    assert [(row["file"], row["line"], row["sql"]) for row in rows["statement"]] == [
        ("nb/load.sql", 1, "\nSELECT 1\n")
    ] * 2
    assert [p["kind"] for p in rows["problem"]] == ["opaque"]


@pytest.mark.parametrize("version", [2, 3])
def test_old_formats_are_read(tmp_path: Path, version: int) -> None:
    (tmp_path / "nb").mkdir()
    old: Any = import_module(f"nbformat.v{version}")
    before = "x = 1\n" if version == 3 else ""
    cells = [old.new_code_cell(input=f"{before}spark.sql('SELECT a FROM t')")]
    made = old.new_notebook(worksheets=[old.new_worksheet(cells=cells)])
    (tmp_path / "nb" / "a.ipynb").write_text(old.writes_json(made))
    rows = harvested(NotebooksConnector(source(tmp_path)))

    assert statements(rows) == [("a.ipynb[1]", "spark", "SELECT a FROM t")]
    assert "problem" not in rows


def test_text_that_is_not_held_line_by_line_is_read_and_its_lines_are_called_inexact(tmp_path: Path) -> None:
    saved(tmp_path, "x = 1\nspark.sql('''SELECT a\nFROM t''')")
    path = tmp_path / "nb" / "a.ipynb"
    path.write_text(json.dumps(json.loads(path.read_text())))
    rows = harvested(NotebooksConnector(source(tmp_path)))

    assert statements(rows) == [("a.ipynb[2]", "spark", "SELECT a\nFROM t")]
    assert [(p["kind"], p["fatal"]) for p in rows["problem"]] == [("inexact_lines", False)]


def test_a_cell_that_is_no_python_is_named_with_its_line_and_the_others_are_read(tmp_path: Path) -> None:
    rows = read(tmp_path, "spark.sql('SELECT 1')", "x = 1\ndef broken(:\n", "spark.sql('SELECT 2')")
    (problem,) = rows["problem"]

    assert [sql for _, _, sql in statements(rows)] == ["SELECT 1", "SELECT 2"]
    assert (problem["kind"], problem["fatal"]) == ("failed", True)
    assert "def broken" in (tmp_path / "nb" / "a.ipynb").read_text().split("\n")[problem["line"] - 1]


BROKEN = [
    ("no JSON", b'{"cells": [', "not valid JSON"),
    ("no text", b"\xff\xfe{", "is not UTF-8"),
    ("a list", b"[]", "An object is expected"),
    ("a future format", b'{"nbformat": 9, "cells": []}', "no notebook of nbformat"),
    ("no cells", b'{"nbformat": 4}', "no list of cells"),
    ("cells that are no list", b'{"nbformat": 4, "cells": 3}', "is no list"),
    ("a cell that is no object", b'{"nbformat": 4, "cells": [3]}', "An object is expected"),
    ("nested deeply", b'{"nbformat": 4, "cells": ' + b"[" * 100_000, "nested too deep"),
    ("source of numbers", b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}', "is no text"),
]


@pytest.mark.parametrize(("content", "says"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_notebook_is_a_sentence_and_the_others_are_read(tmp_path: Path, content: bytes, says: str) -> None:
    saved(tmp_path, "spark.sql('SELECT 1')", name="z.ipynb")
    (tmp_path / "nb" / "a.ipynb").write_bytes(content)
    rows = harvested(NotebooksConnector(source(tmp_path)))
    (problem,) = rows["problem"]

    assert says in problem["message"]
    assert (problem["fatal"], problem["file"]) == (True, "nb/a.ipynb")
    assert [sql for _, _, sql in statements(rows)] == ["SELECT 1"]


def test_a_notebook_with_huge_outputs_is_a_sentence_and_is_not_read_into_memory(tmp_path: Path) -> None:
    saved(tmp_path, "spark.sql('SELECT 1')", name="z.ipynb")
    with (tmp_path / "nb" / "a.ipynb").open("wb") as file:
        file.truncate(200 << 20)
    rows = harvested(NotebooksConnector(source(tmp_path)))

    assert [p["fatal"] for p in rows["problem"]] == [True]
    assert f"larger than {MOST_MB} MB" in rows["problem"][0]["message"]
    assert [sql for _, _, sql in statements(rows)] == ["SELECT 1"]


def test_outputs_and_passwords_of_connections_never_become_facts(tmp_path: Path) -> None:
    cell = nbformat.v4.new_code_cell("%%sql postgresql://u:geheim@h/d\nSELECT 1")
    cell.outputs = [nbformat.v4.new_output("stream", text="Zhang San, 13800138000")]
    (tmp_path / "nb").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "nb" / "a.ipynb")
    told = repr(harvested(NotebooksConnector(source(tmp_path))))

    assert "SELECT 1" in told
    assert "geheim" not in told
    assert "Zhang" not in told


def test_notebooks_of_other_languages_give_their_magics_only_and_those_of_sql_their_cells(tmp_path: Path) -> None:
    saved(tmp_path, "x <- 1", "%%sql\nSELECT 1", name="r.ipynb", language_info={"name": "R"})
    saved(tmp_path, "SELECT 2", name="s.ipynb", kernelspec={"name": "x", "display_name": "x", "language": "sql"})
    rows = harvested(NotebooksConnector(source(tmp_path)))

    assert [sql for _, _, sql in statements(rows)] == ["SELECT 1", "SELECT 2"]
    assert [(p["file"], p["kind"], p["fatal"]) for p in rows["problem"]] == [("nb/r.ipynb", "opaque", False)]


def test_links_that_lead_out_and_loops_are_sentences_and_copies_of_jupyter_are_left_out(tmp_path: Path) -> None:
    saved(tmp_path, "spark.sql('SELECT 1')")
    saved(tmp_path, "spark.sql('SELECT 2')", name=".ipynb_checkpoints/a-checkpoint.ipynb")
    (tmp_path / "out.ipynb").write_text("{}")
    (tmp_path / "nb" / "b.ipynb").symlink_to(tmp_path / "out.ipynb")
    (tmp_path / "nb" / "c.ipynb").symlink_to("c.ipynb")
    (tmp_path / "nb" / "d").symlink_to(tmp_path / "nb")
    rows = harvested(NotebooksConnector(source(tmp_path)))

    assert [sql for _, _, sql in statements(rows)] == ["SELECT 1"]
    assert [(p["object"], p["fatal"]) for p in rows["problem"]] == [
        ("nb/b.ipynb", True),
        ("nb/c.ipynb", True),
        ("nb/d", True),
    ]


def test_nothing_of_a_notebook_is_run(tmp_path: Path) -> None:
    rows = read(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')", "!touch ran", "spark.sql('SELECT 1')")

    assert len(rows["statement"]) == 1
    assert not (tmp_path / "ran").exists()


def test_a_folder_without_notebooks_is_a_problem_and_a_missing_one_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(NotebooksConnector(source(tmp_path)))
    (tmp_path / "nb").mkdir()
    (problem,) = harvested(NotebooksConnector(source(tmp_path)))["problem"]

    assert (problem["kind"], problem["fatal"], problem["file"], problem["line"]) == ("empty", True, "datagov.yaml", 4)


PIECES = st.sampled_from(
    ["%%sql", "%sql", " --save", " a", " <<", "\n", "'", '"""', "SELECT 1", "\\", "!x", "x?", "q = ", "{{q}}",
     "spark.sql(", ")", "f'{", "}'", "#", "-f", "=", "  ", "://", "with "]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=3))
def test_cells_of_any_text_end_with_facts_or_sentences(tmp_path: Path, cells: list[str]) -> None:
    rows = read(tmp_path, *cells)

    assert all(row["line"] >= 1 and row["file"] for table in rows.values() for row in table)


class TestConformance(ConnectorConformance):
    connector = NotebooksConnector

    def source(self, folder: Path) -> Source:
        saved(folder, "%%sql\nSELECT 1", "def broken(:")
        (folder / "nb" / "e.ipynb").write_text("(")
        return source(folder)

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere")


LITERALS = [
    "cur.execute('create table x as select a from ' + lookup('hunter2b'))",
    "cur.execute(f\"create table x as select a from {lookup('hunter2b', b'hunter2b')}\")",
    "cur.execute('create table x as select a from {}'.format(lookup('hunter2b')))",
    "cur.execute(lookup('hunter2b') + '; create table x as select a from t')",
    "cur.execute(f\"create table x as select a from {f'hunter2b{y}'.upper()}\")",
]


@pytest.mark.parametrize("code", LITERALS)
def test_no_literal_of_python_becomes_a_name_of_sql(tmp_path: Path, code: str) -> None:
    assert "hunter2b" not in repr(read(tmp_path, code))


def test_what_is_not_known_is_called_by_the_names_it_is_made_of() -> None:
    found = without_macros(Text("SELECT a FROM {{ lookup('hunter2b', var.table, 3) }}", 1), {})

    assert found.sql.rstrip("_") == "SELECT a FROM lookup_var_table"


DOUBLED = [
    ("joined", ["a = 'select 1 from t -- '"] + ["a = a + a"] * 32 + ["cur.execute(a)"]),
    ("an f-string", ["a = 'select 1 from t -- '"] + ["a = f'{a}{a}'"] * 32 + ["cur.execute(a)"]),
    ("a template", ["a = 'select 1 from t -- '"] + ["a = '{0}{0}'.format(a)"] * 32 + ["cur.execute(a)"]),
    (
        "a sum of names",
        ["c0 = 'x'"] + [f"c{i + 1} = c{i} + c{i}" for i in range(32)] + ["cur.execute('select ' + c32)"],
    ),
]


@pytest.mark.parametrize("code", [case[1] for case in DOUBLED], ids=[case[0] for case in DOUBLED])
def test_a_text_that_doubles_itself_is_not_known(tmp_path: Path, code: list[str]) -> None:
    rows = read(tmp_path, "\n".join(code))

    assert all(len(row["sql"]) <= MOST_TEXT for row in rows.get("statement", []))
    assert [problem["kind"] for problem in rows["problem"]] == ["opaque"]


def test_saved_queries_that_double_each_other_stay_short(tmp_path: Path) -> None:
    cells = ["%%sql --save q0\nSELECT a FROM t"]
    several = [", ".join(f"q{i}" for i in range(count)) for count in range(1, 31)]
    cells += [f"%%sql --save q{number}\nSELECT q0.a FROM {names}" for number, names in enumerate(several, 1)]
    rows = read(tmp_path, *cells)

    assert max(len(row["sql"]) for row in rows["statement"]) <= MOST_TEXT
    assert {problem["kind"] for problem in rows["problem"]} == {"opaque"}


def test_names_of_a_module_are_worked_out_once() -> None:
    names = ["c0 = unknown()", *[f"c{i + 1} = c{i} + c{i}" for i in range(60)], "d = e", "e = d"]
    tree = ast.parse("\n".join(names))
    strings = Strings(below(tree))

    assert strings.text(ast.Name("c60")) is None
    assert strings.part(ast.Name("c60")) is None
    assert strings.text(ast.Name("d")) is None
