"""What a user adds to detection in datagov.yaml works in a whole night; what is wrong in it is said with its line."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from datagov.audit import Audit, Engines
from datagov.config import load
from datagov.errors import ConfigError

Night = Callable[..., Audit]

BADGES = """\
recognizers:
  - name: Badge recogniser
    supported_entity: ACME_BADGE
    patterns: [{name: badge, regex: "BDG-[0-9]{4}-[A-Z]{2}", score: 0.8}]
    context: [badge]
"""

SHIPS = """\
from presidio_analyzer import LocalRecognizer, RecognizerResult

class Ships(LocalRecognizer):
    def __init__(self):
        super().__init__(supported_entities=["SHIP"])
    def load(self): pass
    def analyze(self, text, entities, nlp_artifacts=None):
        return [RecognizerResult("SHIP", 0, len(text), 0.9)] if text.startswith("MV ") else []

class Failing(Ships):
    def analyze(self, text, entities, nlp_artifacts=None):
        raise ValueError(text)

class Needy(Ships):
    def __init__(self, registry):
        super().__init__()

not_a_recogniser = 7
"""

HEAD = "column,entity,decision,by,when,low,high,note\n"


def rows(audit: Audit, sql: str) -> list[dict[str, object]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()


def found(audit: Audit, column: str) -> list[tuple[object, object, object]]:
    sql = (
        "SELECT entity, mode, by_content FROM detection JOIN column c USING (column_id)"
        " JOIN dataset d USING (dataset_id)"
        f" WHERE d.name || '.' || c.name || coalesce('.' || c.field_path, '') = '{column}' ORDER BY entity"
    )
    return [(row["entity"], row["mode"], bool(row["by_content"])) for row in rows(audit, sql)]


def evidence_of(audit: Audit, column: str) -> dict[str, object]:
    sql = (
        "SELECT e.evidence FROM examination e JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        f" WHERE d.name || '.' || c.name = '{column}'"
    )
    told: dict[str, object] = json.loads(str(rows(audit, sql)[0]["evidence"]))
    return told


def table(folder: Path, name: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        db.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", data)
    db.close()


def test_recognisers_and_words_of_the_user_are_used_by_the_workers(shop: Path, audited: Night) -> None:
    (shop / "own").mkdir()
    (shop / "own" / "recognisers.yaml").write_text(BADGES, "utf-8")
    (shop / "ships.py").write_text(SHIPS, "utf-8")
    (shop / "words.csv").write_text("term,language,role,entity,strength\nqqzz,en,is,HEALTH,3\n", "utf-8")
    data = [(f"BDG-{n:04d}-AB", f"MV Vessel {n}", f"note {n}") for n in range(60)]
    table(shop, "fleet", ("a", "b", "qqzz"), data)

    audit = audited(settings="detection: {recognisers: [own/recognisers.yaml, 'ships:Ships'], words: [words.csv]}\n")

    assert found(audit, "main.fleet.a") == [("ACME_BADGE", "is", True)]
    assert found(audit, "main.fleet.b") == [("SHIP", "is", True)]
    assert found(audit, "main.fleet.qqzz") == [("HEALTH", "is", False)]
    assert not (shop / "__pycache__").exists()


def test_a_column_on_which_a_recogniser_of_the_user_fails_is_not_examined_and_never_clean(
    shop: Path, audited: Night
) -> None:
    (shop / "ships.py").write_text(SHIPS, "utf-8")

    audit = audited(settings="detection: {recognisers: ['ships:Failing']}\n")

    outcomes = rows(audit, "SELECT DISTINCT e.outcome FROM examination e WHERE rows_total > 0")
    said = [str(row["message"]) for row in rows(audit, "SELECT message FROM problem WHERE stage = 'detect' AND fatal")]
    assert outcomes == [{"outcome": "not_examined"}]
    assert any("the recogniser 'ships:Failing' raised ValueError" in message for message in said)
    assert not audit.complete
    assert b"user1@example.org" not in audit.evidence_path.read_bytes()


FILES = {
    "recognisers.yaml": BADGES,
    "lookahead.yaml": BADGES.replace("BDG-", "(?=x)"),
    "broken.yaml": "recognizers:\n  - [\n",
    "words.csv": "term,language,role,entity,strength\na,en,is,EMAIL_ADDRES,3\n",
    "roles.csv": "term,language,role,entity,strength\na,en,is,EMAIL_ADDRESS,3\nb,en,was,EMAIL_ADDRESS,3\n",
    "quotes.csv": 'term,language,role,entity,strength\n"a,en\n',
    "when.csv": HEAD + "main.customer.email,EMAIL_ADDRESS,rejected,li.wei,yesterday,,,\n",
    "entity.csv": HEAD + "main.customer.email,EMAIL,rejected,li.wei,2026-11-24,,,\n",
    "any.csv": HEAD + "main.customer.email,*,confirmed,li.wei,2026-11-24,,,\n",
    "header.csv": "column,entity,by,when\n",
    "ships.py": SHIPS,
}

WRONG_FILES = {
    "recognisers: [gone.yaml]": "datagov.yaml:6: There is no file 'gone.yaml'",
    "recognisers: [lookahead.yaml]": "lookahead.yaml:2: Recogniser 'Badge recogniser': The pattern",
    "recognisers: [broken.yaml]": "broken.yaml:3: This is not valid YAML.",
    "words: [words.csv]": "words.csv:2: There is no entity 'EMAIL_ADDRES'",
    "words: [roles.csv]": "roles.csv:3: A lexicon row needs",
    "words: [quotes.csv]": "quotes.csv:2: This line is not valid CSV",
    "corrections: gone.csv": "datagov.yaml:6: There is no file 'gone.csv'",
    "corrections: when.csv": "when.csv:2: The 'when' of a correction is a date",
    "corrections: entity.csv": "entity.csv:2: There is no entity 'EMAIL'",
    "corrections: any.csv": "any.csv:2: '*' can only be rejected",
    "corrections: header.csv": "header.csv:1: The first line of the corrections must name the column 'decision'",
    "recognizers: [x.yaml]": "datagov.yaml:6: There is no setting called 'recognizers' in detection",
}
"""A wrong line under ``detection:``, and what is said of it before anything is read."""

WRONG_CODE = {
    "recognisers: ['gone:Ships']": "datagov.yaml:6: The recogniser 'gone:Ships' cannot be imported: there is no module",
    "recognisers: ['ships:Boats']": "datagov.yaml:6: The module 'ships' has nothing called 'Boats'.",
    "recognisers: ['ships:Needy']": "datagov.yaml:6: The recogniser 'ships:Needy' cannot be made: it raised TypeError.",
    "recognisers: ['ships:not_a_recogniser']": "datagov.yaml:6: 'ships:not_a_recogniser' is no recogniser",
    "nlp: {nlp_engine_name: nonesuch, models: []}": "datagov.yaml:6: There is no NLP engine 'nonesuch'",
    "nlp: {nlp_engine_name: spacy, models: [{lang_code: en, model_name: xx_none_sm}]}": (
        "datagov.yaml:6: The model 'xx_none_sm' is not installed, and nothing is downloaded"
    ),
    "nlp: {nlp_engine_name: spacy, models: [{model_name: xx_none_sm}]}": (
        "datagov.yaml:6: A model of an NLP engine needs lang_code and model_name."
    ),
}
"""What only a worker can tell, because code or a library must be imported for it."""


def written(shop: Path, line: str) -> Path:
    for name, text in FILES.items():
        (shop / name).write_text(text, "utf-8")
    path = shop / "datagov.yaml"
    path.write_text(
        f"platform: shop\nsources:\n  a: {{use: sqlite,\n    path: shop.db}}\ndetection:\n  {line}\n", "utf-8"
    )
    return path


@pytest.mark.parametrize("line", WRONG_FILES)
def test_a_wrong_file_of_detection_is_refused_with_its_line(shop: Path, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(shop, line))

    assert str(caught.value).startswith(WRONG_FILES[line])
    assert str(shop) not in str(caught.value)


@pytest.mark.parametrize("line", WRONG_CODE)
def test_code_and_models_that_cannot_be_used_are_refused_before_a_run_begins(
    shop: Path, engines: Engines, line: str
) -> None:
    from datagov.audit import run

    with pytest.raises(ConfigError) as caught:
        run(written(shop, line), engines=engines)

    assert str(caught.value).startswith(WRONG_CODE[line])
    assert not (shop / ".datagov").exists()


def test_a_decision_of_the_future_is_refused_with_its_line(shop: Path, audited: Night) -> None:
    (shop / "said.csv").write_text(HEAD + "main.customer.email,EMAIL_ADDRESS,rejected,li.wei,2099-01-01,,,\n", "utf-8")

    with pytest.raises(ConfigError, match="one of the future") as caught:
        audited(settings="detection: {corrections: said.csv}\n")

    assert (caught.value.file, caught.value.line) == ("said.csv", 2)
    assert not (shop / ".datagov").exists()


OFFLINE = """
import socket
def refuse(*arguments, **named):
    raise RuntimeError("a socket was opened")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from presidio_analyzer import LocalRecognizer
class Nothing(LocalRecognizer):
    def __init__(self): super().__init__(supported_entities=["NOTHING"])
    def load(self): pass
    def analyze(self, text, entities, nlp_artifacts=None): return []
"""


def test_a_trained_engine_on_disk_reads_free_text_only_and_opens_no_socket(shop: Path, audited: Night) -> None:
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Zorblax Quimby"}])
    pipeline.to_disk(shop / "model")
    (shop / "offline.py").write_text(OFFLINE, "utf-8")
    notes = [(f"on day {n} the visitor Zorblax Quimby asked for his papers", "Zorblax Quimby") for n in range(30)]
    table(shop, "visit", ("note", "c1"), notes)
    nlp = "{nlp_engine_name: spacy, models: [{lang_code: en, model_name: model}]}"

    without = audited()
    audit = audited(settings=f"detection: {{nlp: {nlp}, recognisers: ['offline:Nothing']}}\n")

    assert found(without, "main.visit.note") == []
    assert found(audit, "main.visit.note") == [("PERSON", "contains", True)]
    assert all(mode != "is" or by_content for _, mode, by_content in found(audit, "main.visit.c1"))
    assert audit.complete


def test_people_s_decisions_stand_and_one_about_a_lost_column_is_told(shop: Path, audited: Night) -> None:
    (shop / "decided.csv").write_text(
        HEAD
        + "main.customer.EMAIL,EMAIL_ADDRESS,confirmed,li.wei,2026-11-01,,,\n"
        + "main.customer.note,HEALTH,confirmed,li.wei,2026-11-01,,,diagnoses\n"
        + "main.mailing.address,*,rejected,han.mei,2026-11-02,,,test data\n"
        + "main.nobody.email,EMAIL_ADDRESS,rejected,han.mei,2026-11-02,,,\n"
        + "main.customer.fax,PHONE_NUMBER,rejected,han.mei,2026-11-02,,,\n",
        "utf-8",
    )

    audit = audited(settings="detection: {corrections: decided.csv}\n")

    assert found(audit, "main.customer.email") == [("EMAIL_ADDRESS", "is", True)]
    assert found(audit, "main.customer.note") == [("HEALTH", "declared", False)]
    assert found(audit, "main.mailing.address") == []
    assert found(audit, "main.nobody.email") == []
    assert evidence_of(audit, "main.mailing.address")["rejected"] == {
        "entity": "EMAIL_ADDRESS",
        "by": "han.mei",
        "when": "2026-11-02",
        "note": "test data",
    }
    (lost,) = rows(audit, "SELECT file, line, fatal, message FROM problem WHERE kind = 'unmatched'")
    assert (lost["file"], lost["line"], lost["fatal"]) == ("decided.csv", 6, 0)
    assert audit.complete


def test_a_confirmed_tag_stands_on_a_table_that_cannot_be_read(shop: Path, audited: Night) -> None:
    with sqlite3.connect(shop / "shop.db") as db:
        db.execute(
            "CREATE VIEW torn AS SELECT abs(CASE WHEN id = 2 THEN -9223372036854775808 ELSE 1 END) AS n FROM customer"
        )
    db.close()
    (shop / "decided.csv").write_text(HEAD + "main.torn.n,HEALTH,confirmed,li.wei,2026-11-01,,,\n", "utf-8")

    audit = audited(settings="detection: {corrections: decided.csv}\n")

    assert found(audit, "main.torn.n") == [("HEALTH", "declared", False)]
    assert not audit.complete
