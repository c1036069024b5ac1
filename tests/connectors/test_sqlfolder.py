"""A folder of SQL files: every file a job, every file that cannot be read a problem."""

from pathlib import Path

import pytest
from _sources import harvested, opened_to_all, unprivileged

from datagov.connectors.sqlfolder import MAX_BYTES, SqlFolderConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError


def source(folder: Path, **options: object) -> Source:
    return Source(2, "etl", "sqlfolder", {"path": "sql", "dialect": "hive", **options}, folder, "datagov.yaml", 5)


def folder(tmp_path: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = tmp_path / "sql" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


def problems(rows: dict) -> dict[str, str]:
    assert all(row["fatal"] for row in rows["problem"])
    return {row["object"]: row["message"] for row in rows["problem"]}


def test_files_are_jobs_in_the_order_of_their_paths_with_their_place(tmp_path: Path) -> None:
    base = folder(tmp_path, {"b.sql": "SELECT 2;", "a/z.SQL": "SELECT 1;\nSELECT 3\n", "notes.txt": "no"})
    rows = harvested(SqlFolderConnector(source(base)))

    assert [(row["name"], row["kind"], row["dialect"], row["file"], row["line"]) for row in rows["job"]] == [
        ("a/z.SQL", "sql_file", "hive", "sql/a/z.SQL", 1),
        ("b.sql", "sql_file", "hive", "sql/b.sql", 1),
    ]
    assert [(row["ordinal"], row["kind"], row["sql"], row["line"], row["end_line"]) for row in rows["statement"]] == [
        (0, "SCRIPT", "SELECT 1;\nSELECT 3\n", 1, 2),
        (0, "SCRIPT", "SELECT 2;", 1, 1),
    ]


def test_line_endings_and_a_byte_order_mark_do_not_move_anything(tmp_path: Path) -> None:
    base = folder(tmp_path, {"a.sql": b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n"})
    (row,) = harvested(SqlFolderConnector(source(base)))["statement"]

    assert (row["sql"], row["end_line"]) == ("SELECT 1;\r\nSELECT 2;\r\n", 2)


def test_the_encoding_is_an_option(tmp_path: Path) -> None:
    base = folder(tmp_path, {"a.sql": "SELECT 姓名 FROM 客户".encode("gb18030")})
    (row,) = harvested(SqlFolderConnector(source(base, encoding="gb18030")))["statement"]

    assert row["sql"] == "SELECT 姓名 FROM 客户"


def test_include_and_exclude_are_globs_over_paths_in_the_folder(tmp_path: Path) -> None:
    base = folder(tmp_path, {"ods/a.sql": "", "ods/tmp_b.sql": "", "dw/c.sql": ""})
    rows = harvested(SqlFolderConnector(source(base, include=["ods/*"], exclude=["*/tmp_*"])))

    assert [row["name"] for row in rows["job"]] == ["ods/a.sql"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"SELECT '\xc4\xe3'", "is not utf-8 text; save it so or set the source's 'encoding'"),
        ("SELECT 1".encode("utf-16-le"), "holds NUL characters"),
        (b"-" * (MAX_BYTES + 1), "is larger than 5 MB"),
    ],
    ids=["gbk", "utf-16", "large"],
)
def test_a_file_that_is_no_text_is_a_problem_and_the_others_still_come(tmp_path: Path, content, says) -> None:
    base = folder(tmp_path, {"bad.sql": content, "good.sql": "SELECT 1"})
    rows = harvested(SqlFolderConnector(source(base)))

    assert [row["name"] for row in rows["job"]] == ["good.sql"]
    assert says in problems(rows)["sql/bad.sql"]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    base = folder(tmp_path, {"a.sql": "SELECT 1"})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.sql").write_text("SELECT 2")
    (tmp_path / "sql" / "file.sql").symlink_to(tmp_path / "outside" / "secret.sql")
    (tmp_path / "sql" / "inside.sql").symlink_to("a.sql")
    (tmp_path / "sql" / "dangling.sql").symlink_to("nowhere.sql")
    (tmp_path / "sql" / "loop.sql").symlink_to("loop.sql")
    (tmp_path / "sql" / "sub").symlink_to(tmp_path / "outside")
    rows = harvested(SqlFolderConnector(source(base)))

    assert [row["name"] for row in rows["job"]] == ["a.sql", "inside.sql"]
    assert problems(rows).keys() == {"sql/file.sql", "sql/dangling.sql", "sql/loop.sql", "sql/sub"}


def test_a_file_and_a_folder_without_permission_are_problems(tmp_path: Path) -> None:
    base = folder(tmp_path, {"a.sql": "SELECT 1", "closed/b.sql": "SELECT 2", "c.sql": "SELECT 3"})
    opened_to_all(tmp_path)
    (tmp_path / "sql" / "closed").chmod(0)
    (tmp_path / "sql" / "c.sql").chmod(0)
    with unprivileged():
        rows = harvested(SqlFolderConnector(source(base)))
    (tmp_path / "sql" / "closed").chmod(0o755)

    assert [row["name"] for row in rows["job"]] == ["a.sql"]
    assert "Permission denied" in problems(rows)["sql/c.sql"]
    assert "Permission denied" in problems(rows)["sql/closed"]


def test_a_name_that_is_not_utf8_is_shown_with_replacements(tmp_path: Path) -> None:
    base = folder(tmp_path, {"a.sql": "SELECT 1"})
    (tmp_path / "sql" / "b\udcff.sql").write_text("SELECT 2")
    rows = harvested(SqlFolderConnector(source(base)))

    assert [row["name"] for row in rows["job"]] == ["a.sql", "b\ufffd.sql"]


def test_a_folder_without_sql_is_a_problem_at_its_place_in_the_configuration(tmp_path: Path) -> None:
    base = folder(tmp_path, {"readme.txt": ""})
    (row,) = harvested(SqlFolderConnector(source(base)))["problem"]

    assert (row["kind"], row["fatal"], row["file"], row["line"]) == ("empty", True, "datagov.yaml", 5)


def test_a_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "sql").write_text("SELECT 1")

    with pytest.raises(SourceError, match="the folder 'sql' is a file or a link to nothing; give"):
        harvested(SqlFolderConnector(source(tmp_path)))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"encoding": "no-such"}, "'encoding'"),
        ({"dialect": "Hive QL"}, "'dialect'"),
        ({"encoding": "rot13"}, "'encoding'"),
    ],
)
def test_a_wrong_option_names_itself_and_its_place(tmp_path: Path, options: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=r"^datagov\.yaml:5: .*" + says):
        SqlFolderConnector(source(tmp_path, **options))


def test_a_path_may_refer_to_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = folder(tmp_path, {"a.sql": "SELECT 1"})
    monkeypatch.setenv("JOBS", "sql")

    assert [job["name"] for job in harvested(SqlFolderConnector(source(base, path="${JOBS}")))["job"]] == ["a.sql"]


def test_a_path_that_refers_to_an_unset_variable_names_it_and_the_line_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^datagov\.yaml:5: The environment variable 'NO_SUCH_FOLDER' is not set"):
        SqlFolderConnector(source(tmp_path, path="${NO_SUCH_FOLDER}/sql"))
