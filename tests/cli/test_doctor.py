"""``datagov doctor``: the installation, the sources, what their access settles, and the next step."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import datagov


def test_doctor_names_the_installation_the_source_and_the_next_step(audited: Path) -> None:
    done = datagov("doctor", cwd=audited)

    assert "Access samples (" in done.stdout
    assert ") can settle CR-001, " in done.stdout

    assert done.returncode == 0, done.stdout
    assert "datagov.connectors: sqlite" in done.stdout
    assert "Source 'shop': 1 dataset, 2 columns." in done.stdout
    assert "[next] Declare who owns each dataset" in done.stdout


def test_doctor_looks_at_the_runs_of_its_own_configuration_and_speaks_both_languages(audited: Path) -> None:
    text = (audited / "datagov.yaml").read_text()
    (audited / "other.yaml").write_text(text)
    own = datagov("doctor", "--lang", "zh", cwd=audited).stdout
    other = datagov("doctor", "-c", "other.yaml", cwd=audited).stdout

    assert "数据源 'shop'：1 个数据集" in own
    assert "[next]" in own
    assert "[next]" not in other
    assert "No audit of this configuration has run yet" in other


def test_doctor_counts_owners_and_names_only_sources_with_rows_for_what_access_settles(shop: Path) -> None:
    (shop / "sql").mkdir()
    (shop / "sql" / "a.sql").write_text("SELECT 1;\n")
    (shop / "CODEOWNERS").write_text("/sql/ @crm\n")
    (shop / "datagov.yaml").write_text(
        "platform: shop\nsources:\n  shop: {use: sqlite, path: shop.db}\n"
        "  jobs: {use: sqlfolder, path: sql, dialect: sqlite}\n  code: {use: codeowners, path: .}\n"
    )
    said = datagov("doctor", cwd=shop).stdout

    assert "Source 'code': 1 owner of files." in said
    assert "Access samples ('shop') can settle " in said


def test_doctor_refuses_a_configuration_that_is_not_there_or_is_wrong(shop: Path) -> None:
    (shop / "bad.yaml").write_text("platform: x\nsources: {a: {use: sqlite}}\nregisters: {purposes: gone.yaml}\n")

    assert datagov("doctor", "-c", "nowhere.yaml", cwd=shop).returncode == 2
    refused = datagov("doctor", "-c", "bad.yaml", cwd=shop)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "bad.yaml:3: The register 'purposes' names the file 'gone.yaml', which is not there" in refused.stderr
