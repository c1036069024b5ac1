"""The promises of every connector, whether its source has rows or not."""
# ruff: noqa: D102 - the names of the tests are the sentences that say what is promised

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from datagov import facts
from datagov.contracts import Connector, Source
from datagov.errors import ConfigError, DatagovError
from datagov.testing.tables import CANARY


class ConnectorConformance:
    """The promises of every connector. Set ``connector``; override :meth:`source` and :meth:`missing`."""

    connector: Callable[[Source], Connector]

    def source(self, folder: Path) -> Source:
        """A source with something in it; create what it needs below ``folder``."""
        raise NotImplementedError

    def missing(self, folder: Path) -> Source:
        """A source whose options are right but which is not there."""
        raise NotImplementedError

    def fingerprint(self, source: Source) -> str:
        """A digest of everything the source holds; by default of every file below ``source.base``."""
        digest = sha256()
        for path in sorted(path for path in source.base.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(source.base)}\0".encode() + sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def harvested(self, source: Source) -> Mapping[str, list[dict[str, Any]]]:
        """The facts of a source as rows by table; fails when a batch does not have its table's published schema."""
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for name, batch in type(self).connector(source).harvest():
            assert name in facts.TABLES, f"{name!r} is not a fact table"
            assert batch.schema.equals(facts.TABLES[name].schema, check_metadata=False), f"schema of {name!r}"
            batch.validate(full=True)
            rows[name] += batch.to_pylist()
        return rows

    def test_it_says_its_role(self, tmp_path: Path) -> None:
        made = type(self).connector(self.source(tmp_path))

        assert isinstance(made, Connector)
        assert made.role in ("data", "pipeline", "declarations")

    def test_facts_have_the_published_schemas_and_no_null_where_none_is_allowed(self, tmp_path: Path) -> None:
        rows = self.harvested(self.source(tmp_path))

        assert rows, "a harvest without any fact says nothing; report a problem instead"
        for name, found in rows.items():
            for field in facts.TABLES[name].fields:
                nulls = sum(row[field.name] is None for row in found)
                assert not (field.required and nulls), f"{name}.{field.name} is never NULL"

    def test_ids_are_unique_and_in_the_range_of_the_source(self, tmp_path: Path) -> None:
        source = replace(self.source(tmp_path), source_id=7)

        for name, rows in self.harvested(source).items():
            if identity := facts.TABLES[name].identity:
                ids = [row[identity] for row in rows]
                assert len(set(ids)) == len(ids), f"ids of {name} are unique"
                assert all(n // facts.ID_STRIDE == 7 for n in ids), f"ids of {name} belong to the source"
            if any(field.name == "source_id" for field in facts.TABLES[name].fields):
                assert {row["source_id"] for row in rows} <= {7, None}, f"source_id of {name}"

    def test_facts_refer_to_facts_that_are_there(self, tmp_path: Path) -> None:
        rows = self.harvested(self.source(tmp_path))

        for child, parent, key in (("column", "dataset", "dataset_id"), ("statement", "job", "job_id")):
            known = {row[key] for row in rows.get(parent, ())}
            assert {row[key] for row in rows.get(child, ())} <= known, f"every {child} has its {parent}"

    def test_a_second_harvest_gives_the_same_facts(self, tmp_path: Path) -> None:
        source = self.source(tmp_path)

        assert self.harvested(source) == self.harvested(source)

    def test_harvesting_leaves_the_source_as_it_was(self, tmp_path: Path) -> None:
        source = self.source(tmp_path)
        before = self.fingerprint(source)

        self.harvested(source)

        assert self.fingerprint(source) == before

    def test_no_path_of_this_machine_is_in_a_fact(self, tmp_path: Path) -> None:
        rows = self.harvested(self.source(tmp_path))

        assert not [name for name in rows if str(tmp_path) in repr(rows[name])]

    def test_an_unknown_option_is_an_error_with_file_and_line_and_without_its_value(self, tmp_path: Path) -> None:
        source = self.source(tmp_path)
        wrong = replace(source, options={**source.options, "no_such_option": CANARY}, file="my.yaml", line=42)

        error = error_of(lambda: self.harvested(wrong))

        assert isinstance(error, ConfigError)
        assert str(error).startswith("my.yaml:42: ")
        assert "no_such_option" in str(error)
        assert_sentence(error)

    def test_a_missing_source_is_a_sentence(self, tmp_path: Path) -> None:
        source = self.missing(tmp_path)

        error = error_of(lambda: self.harvested(source))

        assert_sentence(error)
        assert str(tmp_path) not in str(error), "an error names the path as the configuration does"


def error_of(action: Callable[[], object]) -> Exception:
    """The exception an action raises; fails when it raises none."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - any exception is the answer here; the caller judges it
        return error
    raise AssertionError("an error was expected, and none came")


def assert_sentence(error: Exception) -> None:
    """A DatagovError of one line that ends in a full stop and holds no canary, nor does its cause."""
    assert isinstance(error, DatagovError), f"{type(error).__name__} is not a DatagovError"
    text = str(error)
    assert text.endswith(".") and "\n" not in text, "a sentence"
    assert CANARY not in text, "no value in an error"
    assert error.__cause__ is None and (error.__context__ is None or error.__suppress_context__), (
        "a driver's error, which may hold values, must not travel along: raise from None"
    )
