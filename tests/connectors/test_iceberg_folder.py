"""Iceberg tables that no catalog names: which of the metadata files in a folder counts, and when none does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _iceberg import BY_FOLDER, PEOPLE, catalog_in, lake, person
from _lakes import problems, rows
from _sources import harvested

from datagov.errors import SourceError


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Any]:
    with catalog_in(tmp_path) as made:
        yield made


def test_of_a_folder_with_two_last_versions_none_is_taken(catalog: Any, tmp_path: Path) -> None:
    current = Path(person(catalog).metadata_location.removeprefix("file://"))
    (first,) = set(current.parent.glob("00000-*.metadata.json"))
    shutil.copy(first, current.with_name("00001-ffffffff-0000-0000-0000-000000000000.metadata.json"))
    made = lake(tmp_path, **BY_FOLDER)

    assert "dataset" not in harvested(made)
    assert "has 2 metadata files of its last version" in problems(made)["crm.person"]
    assert len(rows(lake(tmp_path), "crm.person")["id"]) == 10


def _as_hadoop(folder: Path) -> list[Path]:
    """The metadata files of a table renamed as Iceberg's Hadoop catalog names them, with their logs; without a hint."""
    files = sorted((folder / "metadata").glob("*.metadata.json"))
    names = {file.name: f"v{n}.metadata.json" for n, file in enumerate(files, start=1)}
    made = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        for old, new in names.items():
            text = text.replace(old, new)
        file.unlink()
        made.append(file.with_name(names[file.name]))
        made[-1].write_text(text, encoding="utf-8")
    return made


def _grown(catalog: Any, tmp_path: Path) -> Path:
    """The folder of a table of four versions: created, 10 rows, 20 rows, 18 rows."""
    made = person(catalog)
    made.append(PEOPLE)
    made.delete("id = 3")
    return tmp_path / "lake/crm/person"


def test_a_hint_says_which_version_counts_whatever_higher_one_lies_beside(catalog: Any, tmp_path: Path) -> None:
    files = _as_hadoop(_grown(catalog, tmp_path))
    hint = files[0].with_name("version-hint.text")
    shutil.copy(files[1], files[0].with_name("v9.metadata.json"))
    shutil.copy(files[1], files[0].with_name("00010-0b1c.metadata.json"))

    hint.write_text("4\n")
    assert len(rows(lake(tmp_path, **BY_FOLDER), "crm.person")["id"]) == 18
    hint.write_text("3")
    assert len(rows(lake(tmp_path, **BY_FOLDER), "crm.person")["id"]) == 18, "a hint that is late"
    hint.write_text("v2.metadata.json")
    assert len(rows(lake(tmp_path, **BY_FOLDER), "crm.person")["id"]) == 10
    assert not problems(lake(tmp_path, **BY_FOLDER))


@pytest.mark.parametrize("hint", ["7", "../../elsewhere", ""])
def test_a_hint_that_leads_nowhere_is_a_sentence(catalog: Any, tmp_path: Path, hint: str) -> None:
    files = _as_hadoop(_grown(catalog, tmp_path))
    files[0].with_name("version-hint.text").write_text(hint)
    made = lake(tmp_path, **BY_FOLDER)

    assert "dataset" not in harvested(made)
    assert "has a version-hint.text that leads to no metadata file" in problems(made)["crm.person"]


def test_a_hint_that_is_no_text_is_a_sentence(catalog: Any, tmp_path: Path) -> None:
    files = _as_hadoop(_grown(catalog, tmp_path))
    files[0].with_name("version-hint.text").write_bytes(b"\xff\xfe")

    assert "its version-hint.text cannot be read" in problems(lake(tmp_path, **BY_FOLDER))["crm.person"]


def test_an_orphan_of_a_higher_number_that_does_not_follow_the_last_version_is_a_sentence(
    catalog: Any, tmp_path: Path
) -> None:
    folder = _grown(catalog, tmp_path)
    assert len(rows(lake(tmp_path, **BY_FOLDER), "crm.person")["id"]) == 18
    (second,) = (folder / "metadata").glob("00001-*.metadata.json")
    shutil.copy(second, second.with_name("00007-ffffffff-0000-0000-0000-000000000000.metadata.json"))
    made = lake(tmp_path, **BY_FOLDER)

    assert "dataset" not in harvested(made)
    assert "whose log does not name the one before it" in problems(made)["crm.person"]
    assert len(rows(lake(tmp_path), "crm.person")["id"]) == 18, "the catalog knows"


def test_what_a_dropped_table_left_does_not_count_for_the_one_made_in_its_place(catalog: Any, tmp_path: Path) -> None:
    _grown(catalog, tmp_path)
    catalog.drop_table("crm.person")
    person(catalog)
    made = lake(tmp_path, **BY_FOLDER)

    assert "dataset" not in harvested(made)
    assert "is younger than the one of its last version" in problems(made)["crm.person"]
    assert len(rows(lake(tmp_path), "crm.person")["id"]) == 10, "the catalog knows"


def test_what_failed_commits_left_of_former_versions_changes_nothing(catalog: Any, tmp_path: Path) -> None:
    folder = _grown(catalog, tmp_path)
    (second,) = (folder / "metadata").glob("00001-*.metadata.json")
    shutil.copy(second, second.with_name("00002-ffffffff-0000-0000-0000-000000000000.metadata.json"))

    assert len(rows(lake(tmp_path, **BY_FOLDER), "crm.person")["id"]) == 18


def test_of_two_tables_with_one_name_the_second_is_said_to_be_unread(catalog: Any, tmp_path: Path) -> None:
    person(catalog, "crm.person")
    shutil.copytree(tmp_path / "lake/crm/person", tmp_path / "lake/person")
    made = lake(tmp_path, **BY_FOLDER, schema="crm")

    assert [row["name"] for row in harvested(made)["dataset"]] == ["crm.person"]
    assert [one for one in problems(made).values() if "has the same name 'crm.person'" in one]


def test_a_folder_whose_metadata_names_files_elsewhere_is_not_read(catalog: Any, tmp_path: Path) -> None:
    person(catalog)
    shutil.copytree(tmp_path / "lake/crm/person", tmp_path / "copy/person")

    with pytest.raises(SourceError, match="has files outside its folder"):
        rows(lake(tmp_path, path="copy"), "lake.person")
