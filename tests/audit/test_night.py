"""A whole night over a small shop: what it finds, and that whatever goes wrong is said and never called clean."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datagov.audit import Audit, Engines, run
from datagov.errors import ConfigError
from datagov.model import Exit
from tests.audit.conftest import CARD

Night = Callable[..., Audit]


def rows(audit: Audit, sql: str) -> list[dict[str, Any]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()


def problems(audit: Audit) -> list[str]:
    return [row["message"] for row in rows(audit, "SELECT message FROM problem ORDER BY stage, object")]


def exposed(audit: Audit) -> dict[str, str]:
    found = rows(
        audit,
        "SELECT d.name || '.' || c.name AS name, x.entity, o.name AS origin FROM exposure x"
        " JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        " JOIN column o ON o.column_id = x.origin_column_id ORDER BY 1",
    )
    return {row["name"]: row["entity"] for row in found}


def test_personal_data_is_found_and_followed_to_its_copy(audited: Night) -> None:
    audit = audited()

    assert audit.complete
    assert exposed(audit) == {
        "main.customer.email": "EMAIL_ADDRESS",
        "main.mailing.address": "EMAIL_ADDRESS",
        "main.nobody.email": "EMAIL_ADDRESS",
    }
    assert rows(audit, "SELECT by_content FROM detection ORDER BY by_content") == [
        {"by_content": 0},
        {"by_content": 1},
        {"by_content": 1},
    ]
    assert rows(audit, "SELECT DISTINCT d.name FROM flow f JOIN dataset d USING (dataset_id)") == [
        {"name": "main.mailing"}
    ]
    (edge,) = rows(audit, "SELECT file, line, type FROM edge WHERE type = 'DIRECT'")
    assert (edge["file"], edge["line"]) == ("sql/mailing.sql", 3)


def test_an_empty_table_is_not_examined_and_never_clean(audited: Night) -> None:
    (row,) = rows(
        audited(),
        "SELECT e.outcome, e.reason FROM examination e JOIN column c USING (column_id)"
        " JOIN dataset d USING (dataset_id) WHERE d.name = 'main.nobody'",
    )

    assert row["outcome"] == "not_examined"
    assert row["reason"]


def test_no_literal_of_the_sql_is_stored(audited: Night) -> None:
    audit = audited()

    assert CARD.encode() not in audit.evidence_path.read_bytes()
    (statement,) = rows(audit, "SELECT sql FROM statement")
    assert "SELECT email FROM main.customer WHERE id <> 0000000000000000000" in statement["sql"]


def test_two_runs_on_the_same_input_give_the_same_facts_and_reports(audited: Night) -> None:
    first, second = audited(), audited()

    dump = [list(sqlite3.connect(audit.evidence_path).iterdump()) for audit in (first, second)]
    assert dump[0] == dump[1]
    assert first.evidence_path != second.evidence_path
    for name in ("text", "json", "sarif", "html"):
        assert first.report(name) == second.report(name)


BROKEN = {
    "segfaulting": ("{use: segfaulting}", "could not be read. Its worker process died (signal SIGSEGV)."),
    "hanging": ("{use: hanging}", "could not be read. It was stopped after its deadline of 20 s."),
    "leaking": ("{use: leaking}", "could not be read. It failed with an unexpected RuntimeError."),
    "lying": ("{use: lying}", "do not have the published schema"),
    "gone": ("{use: sqlite, path: gone.db}", "the file 'gone.db' does not exist"),
    "folder": ("{use: sqlite, path: sql}", "the file 'sql'"),
    "no_sql": ("{use: sqlfolder, path: no_sql, dialect: sqlite}", "no_sql"),
    "klingon": ("{use: sqlfolder, path: sql, dialect: klingon}", "klingon"),
    "no_contracts": ("{use: odcs, path: no_contracts}", "no_contracts"),
}
"""Sources that cannot be read, each with what must be said of it."""


def test_broken_sources_are_incomplete_each_in_a_sentence_and_the_others_finish(audited: Night) -> None:
    audit = audited(**{name: options for name, (options, _) in BROKEN.items()})

    said = problems(audit)
    assert audit.exit is Exit.INCOMPLETE
    for name, (_, sentence) in BROKEN.items():
        assert any(sentence.lower() in problem.lower() for problem in said), name
    assert CARD not in " ".join(said)
    assert exposed(audit)["main.mailing.address"] == "EMAIL_ADDRESS"
    assert {row["name"] for row in rows(audit, "SELECT name FROM source WHERE outcome = 'read'")} >= {"shop", "sql"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("{use: oracle}", "datagov.yaml:6: Source 'bad': No datagov.connectors plugin is called 'oracle'. Installed:"),
        ("{use: sqlite, path: shop.db, colour: red}", "datagov.yaml:6: Source 'bad' has an option 'colour'"),
    ],
)
def test_a_source_that_can_never_be_read_stops_before_the_night(
    audited: Night, shop: Path, options: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as told:
        audited(bad=options)

    assert str(told.value).startswith(sentence)
    assert not (shop / ".datagov").exists()


def test_a_reader_that_dies_leaves_its_columns_unreadable_and_reads_the_next_table(audited: Night) -> None:
    audit = audited(bad="{use: dyingreader}")

    outcomes = rows(
        audit,
        "SELECT d.name, e.outcome FROM examination e JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        " WHERE d.name LIKE 'x.%' ORDER BY 1",
    )
    assert audit.exit is Exit.INCOMPLETE
    assert outcomes == [
        {"name": "x.broken", "outcome": "unreadable"},
        {"name": "x.whole", "outcome": "scanned"},
    ]


UNREADABLE = {
    "typo.sql": "SELEC * FORM x;",
    "deep.sql": "SELECT " + "(" * 5000 + "1" + ")" * 5000 + ";",
    "long.sql": "SELECT '" + "x" * 400_000 + "';",
}


def test_sql_that_cannot_be_read_is_counted_with_its_line_and_hides_no_neighbour(audited: Night, shop: Path) -> None:
    for n, (name, text) in enumerate(UNREADABLE.items()):
        target = f"CREATE TABLE main.after_{n} AS SELECT email FROM main.customer"
        (shop / "sql" / name).write_text(f"\n{text}\n{target};\n")

    audit = audited()

    places = {(row["file"], row["line"]) for row in rows(audit, "SELECT file, line FROM problem WHERE fatal")}
    assert audit.exit is Exit.INCOMPLETE
    assert places == {(f"sql/{name}", 2) for name in UNREADABLE}
    assert {f"main.after_{n}.email" for n in range(3)} <= set(exposed(audit))


def test_a_file_of_sql_that_is_not_text_is_a_problem_of_its_own(audited: Night, shop: Path) -> None:
    (shop / "sql" / "bad.sql").write_bytes(b"\xff\xfe\x00SELECT")

    audit = audited()

    assert audit.exit is Exit.INCOMPLETE
    assert any("bad.sql" in problem for problem in problems(audit))
    assert exposed(audit)["main.mailing.address"] == "EMAIL_ADDRESS"


def test_a_locked_database_is_a_sentence(audited: Night, shop: Path) -> None:
    holder = sqlite3.connect(shop / "shop.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        audit = audited(shop="{use: sqlite, path: shop.db, busy_seconds: 0.2}")
    finally:
        holder.close()

    assert audit.exit is Exit.INCOMPLETE
    assert any("locked" in problem for problem in problems(audit))


def test_a_contract_that_does_not_validate_names_file_and_line(audited: Night, shop: Path) -> None:
    (shop / "contracts").mkdir()
    (shop / "contracts" / "bad.odcs.yaml").write_text("apiVersion: v3.1.0\nkind: DataContract\nschema: 7\n")

    audit = audited(contracts="{use: odcs, path: contracts}")

    assert audit.exit is Exit.INCOMPLETE
    assert rows(audit, "SELECT file FROM problem WHERE fatal") == [{"file": "contracts/bad.odcs.yaml"}]


def test_what_an_earlier_run_wrote_is_never_touched(audited: Night) -> None:
    first = audited()
    before = first.evidence_path.read_bytes()

    second = audited(bad="{use: sqlite, path: gone.db}")

    assert second.exit is Exit.INCOMPLETE
    assert first.evidence_path.read_bytes() == before


def test_run_takes_a_path_and_settings_of_the_command(audited: Night, shop: Path, engines: Engines) -> None:
    audited()

    audit = run(shop / "datagov.yaml", fail_on="low", engines=engines)

    assert audit.exit in (Exit.CLEAN, Exit.FINDINGS)
    assert audit.evidence().run()["platform"] == "shop"


def own_rule() -> str:
    """The rule that docs/rules.md shows."""
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    return page.split("`rules/ACME-001.yaml`:")[1].split("```yaml\n")[1].split("```")[0]


def test_the_rule_that_the_documentation_shows_runs_from_a_folder(audited: Night, shop: Path) -> None:
    (shop / "rules").mkdir()
    (shop / "rules" / "ACME-001.yaml").write_text(own_rule(), encoding="utf-8")

    audit = audited(settings="rules: {packs: [core, ./rules]}\n")

    found = rows(audit, "SELECT subject, message_en FROM finding WHERE rule = 'ACME-001' ORDER BY subject")
    assert audit.complete
    assert found[0] == {"subject": "main.customer.email", "message_en": "main.customer.email (TEXT) has no comment."}
    assert {row["rule"] for row in rows(audit, "SELECT rule FROM evaluation")} > {"ACME-001", "CR-001", "DO-001"}


def test_a_rule_whose_sql_is_broken_is_an_error_and_never_a_pass(audited: Night, shop: Path) -> None:
    (shop / "rules").mkdir()
    (shop / "rules" / "ACME-001.yaml").write_text(own_rule().replace("FROM detection", "FROM detektion"), "utf-8")

    audit = audited(settings="rules: {packs: [core, ./rules]}\n")

    assert audit.exit is Exit.INCOMPLETE
    assert rows(audit, "SELECT error FROM evaluation WHERE rule = 'ACME-001'") == [{"error": 1}]


def test_rules_over_rows_and_over_facts_are_asked_for_apart_so_that_one_kind_cannot_lose_the_other(
    audited: Night,
) -> None:
    kinds = {"rows": {"CR-001", "CR-002", "CR-005"}, "facts": {"CR-016", "DO-001", "DO-002", "DO-004", "NS-001"}}

    results = rows(audited(), "SELECT rule, result_id FROM result ORDER BY rule")

    starts = {kind: {r["result_id"] // 2**28 for r in results if r["rule"] in names} for kind, names in kinds.items()}
    assert starts == {"facts": {0}, "rows": {1}}
