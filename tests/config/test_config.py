"""datagov.yaml: what is wrong is said with file and line, and a secret is never repeated."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from datagov import config
from datagov.errors import ConfigError, UsageError
from datagov.vocabulary import legal_bases, terms

GOOD = """\
platform: shop
sources:
  app:
    use: sqlite
    path: shop.db
registers:
  consent:
    - source: app
      table: main.consent
      columns: {subject: id, purpose: p, state: s, event_time: t}
      given: [yes_]
      withdrawn: [no_]
declarations:
  - select: main.*
    owner: li.wei@example.org
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "datagov.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_good_file_gives_sources_with_their_place(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, GOOD))

    (source,) = loaded.sources
    assert (source.name, source.plugin, source.options, source.line) == ("app", "sqlite", {"path": "shop.db"}, 3)
    assert loaded.model.declarations[0].owner == "li.wei@example.org"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "datagov.yaml: The configuration must be a mapping with 'platform' and 'sources'."),
        ("platform: x\n", "datagov.yaml:1: The setting 'sources' is missing."),
        (GOOD + "colour: red\n", "datagov.yaml:16: There is no setting called 'colour'"),
        (
            GOOD.replace("owner:", "owned_by:"),
            "datagov.yaml:15: There is no setting called 'owned_by' in entry 1 of declarations (main.*);",
        ),
        (
            GOOD + "  - {select: 'app.*', procesed_at: at}\n",
            "datagov.yaml:16: There is no setting called 'procesed_at' in entry 2 of declarations (app.*); "
            "did you mean 'processed_at'?",
        ),
        (
            GOOD + "detection: {full_scan: {megabyte: 3}}\n",
            "datagov.yaml:16: There is no setting called 'megabyte' in detection.full_scan; did you mean 'megabytes'?",
        ),
        (
            GOOD.replace("  consent:\n", "  principals: {file: p.json, lst: data}\n  consent:\n"),
            "datagov.yaml:7: There is no setting called 'lst' in registers.principals; did you mean 'list'?",
        ),
        (
            GOOD.replace("      columns:", "      colums:"),
            "datagov.yaml:10: There is no setting called 'colums' in entry 1 of registers.consent (main.consent); "
            "did you mean 'columns'?",
        ),
        (GOOD.replace("use: sqlite", "useful: sqlite"), "datagov.yaml:3: The setting 'use' in sources.app is missing."),
        (GOOD + "language: fr\n", "datagov.yaml:16: The setting 'language' must be 'en' or 'zh'."),
        (GOOD + "platform: again\n", "datagov.yaml:16: The key 'platform' stands here a second time."),
        (GOOD + "a: &x [1]\nb: *x\n", "datagov.yaml:17: YAML aliases are not accepted"),
        (GOOD + "  - : [\n", "datagov.yaml:1"),
        ("[" * 100, "datagov.yaml:1: The file is nested more than 40 deep."),
        ("platform: x\nsources: {}\n", "datagov.yaml:2: The setting 'sources' is wrong"),
        (GOOD + "rules: {packs: []}\n", "datagov.yaml:16: The setting 'packs' in rules is wrong"),
        (b"\xff\xfe\x00", "datagov.yaml: The file is not UTF-8 text."),
        (
            GOOD + "  - {select: a.b.c, entity_type: PHONE_NUMBRE}\n",
            "datagov.yaml:16: The setting 'entity_type' in entry 2 of declarations (a.b.c) is wrong: no kind of data "
            "has this name; did you mean PHONE_NUMBER.",
        ),
        (
            GOOD + "  - {select: a.b, legal_basis: consnt}\n",
            "datagov.yaml:16: The setting 'legal_basis' in entry 2 of declarations (a.b) is wrong: no legal basis "
            "has this name; did you mean consent.",
        ),
        (
            GOOD + "  - {select: a.b.c, legal_basis: consent}\n",
            "datagov.yaml:16: Entry 2 of declarations (a.b.c) is wrong: 'legal_basis' is about a whole dataset",
        ),
        (
            GOOD + "  - {select: a.b, entity_type: PERSON}\n",
            "datagov.yaml:16: Entry 2 of declarations (a.b) is wrong: 'entity_type' is about a column",
        ),
        (GOOD + "limits: {workers: 0}\n", "datagov.yaml:16: The setting 'workers' in limits is wrong"),
    ],
)
def test_a_fault_is_a_sentence_with_file_and_line(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        config.load(write(tmp_path, text))

    assert (
        str(error.value).startswith(sentence.split(":1")[0])
        if sentence.endswith(":1")
        else sentence in str(error.value)
    )


@pytest.mark.parametrize("name", legal_bases.names())
def test_every_legal_basis_is_accepted_in_any_case_and_has_words_in_both_languages(tmp_path: Path, name: str) -> None:
    loaded = config.load(write(tmp_path, GOOD + f"    legal_basis: {name.upper()}\n"))

    assert loaded.model.declarations[0].legal_basis == name.upper()
    assert legal_bases.meanings()[legal_bases.meanings()[name.lower()]] == legal_bases.meanings()[name.lower()]
    assert terms.load().words[f"legal_basis.{name}"].zh


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"datagov\.yaml: There is no such file\."):
        config.load(tmp_path / "datagov.yaml")


@pytest.mark.parametrize(
    "option",
    [
        "password: hunter2hunter2",
        "db_password: hunter2hunter2",
        "api_key: hunter2hunter2",
        "dsn: postgresql://bob:hunter2hunter2@db/x",
        "dsn: postgresql://db/x?password=hunter2hunter2",
        "dsn: postgresql://db/x?sslpassword=hunter2hunter2&a=b",
        "dsn: host=db user=bob password=hunter2hunter2",
        "dsn: Server=db;Pwd=hunter2hunter2",
        "conn: {password: hunter2hunter2}",
        "passwords: [hunter2hunter2]",
        "pw: hunter2hunter2",
        "credentials: {any: hunter2hunter2}",
        "password: 12345678",
        "password: 'file:'",
    ],
)
def test_a_secret_in_plain_text_is_refused_and_not_repeated(tmp_path: Path, option: str) -> None:
    with pytest.raises(ConfigError) as error:
        config.load(write(tmp_path, GOOD.replace("path: shop.db", option)))

    assert "hunter2" not in str(error.value)
    assert "datagov.yaml:5" in str(error.value)


@pytest.mark.parametrize("option", ["password: ${DB_PASSWORD}", "password: file:secret.txt", "dsn: pg://u:${P}@db/x"])
def test_a_reference_to_a_secret_is_accepted(tmp_path: Path, option: str) -> None:
    loaded = config.load(write(tmp_path, GOOD.replace("path: shop.db", option)))

    assert loaded.sources[0].options


def test_references_are_followed_where_they_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "s3cret")
    (tmp_path / "secret.txt").write_text("from file\nsecond line\n")

    assert config.resolve("a-${DB_PASSWORD}-b", base=tmp_path) == "a-s3cret-b"
    assert config.resolve("file:secret.txt", base=tmp_path) == "from file"
    with pytest.raises(ConfigError, match="The environment variable 'NOT_SET' is not set"):
        config.resolve("${NOT_SET}", base=tmp_path)


def test_neither_repr_shows_an_option(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, GOOD))

    assert "shop.db" not in repr(loaded) + repr(loaded.sources[0])


def test_the_published_schema_accepts_the_good_file(tmp_path: Path) -> None:
    document = config.load(write(tmp_path, GOOD)).document.value
    schema = config.json_schema()

    jsonschema.validate(document, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "colour": "red"}, schema)


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("2026-06-30T16:00:00Z", "2026-06-30T16:00:00Z"),
        ("2026-07-01T00:00:00+08:00", "2026-06-30T16:00:00Z"),
        ("2026-06-30", "2026-06-30T00:00:00Z"),
    ],
)
def test_times_are_kept_in_utc(given: str, normal: str) -> None:
    assert config.utc(given) == normal


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="'as_of' is not a time"):
        config.utc("yesterday")
