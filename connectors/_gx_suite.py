"""A suite of Great Expectations as it stands in its JSON file: what is asserted of which columns, on which line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagov.errors import ConfigError
from datagov.jsonfile import Json, text_of

MOST_MB = 16
_WORDS: Mapping[str, str] = {
    "expect_column_values_to_not_be_null": "not_null",
    "expect_column_values_to_be_null": "always_null",
    "expect_column_values_to_be_unique": "unique",
    "expect_compound_columns_to_be_unique": "unique_together",
    "expect_select_column_values_to_be_unique_within_record": "distinct_in_row",
    "expect_column_values_to_be_in_set": "in_set",
    "expect_column_distinct_values_to_be_in_set": "in_set",
    "expect_column_distinct_values_to_equal_set": "in_set",
    "expect_column_values_to_not_be_in_set": "not_in_set",
    "expect_column_values_to_match_regex": "matches_pattern",
    "expect_column_values_to_match_regex_list": "matches_pattern",
    "expect_column_values_to_match_like_pattern": "matches_pattern",
    "expect_column_values_to_match_like_pattern_list": "matches_pattern",
    "expect_column_values_to_match_strftime_format": "matches_pattern",
    "expect_column_values_to_not_match_regex": "matches_no_pattern",
    "expect_column_values_to_not_match_regex_list": "matches_no_pattern",
    "expect_column_values_to_not_match_like_pattern": "matches_no_pattern",
    "expect_column_values_to_not_match_like_pattern_list": "matches_no_pattern",
    "expect_column_value_lengths_to_equal": "length",
    "expect_column_value_lengths_to_be_between": "length",
    "expect_column_values_to_be_between": "range",
    "expect_column_min_to_be_between": "range",
    "expect_column_max_to_be_between": "range",
    "expect_column_values_to_be_of_type": "type",
    "expect_column_values_to_be_in_type_list": "type",
    "expect_column_to_exist": "exists",
    "expect_table_row_count_to_be_between": "row_count",
    "expect_table_row_count_to_equal": "row_count",
    "expect_table_columns_to_match_set": "columns",
    "expect_table_columns_to_match_ordered_list": "columns",
    "expect_table_column_count_to_equal": "columns",
}
"""Types of expectations and the word they are declared by; another type keeps its name without ``expect_``."""
_NAME = re.compile(r"[A-Za-z]\w{0,150}")
_COLUMNS = ("column", "column_A", "column_B")
_LISTS = ("column_list", "column_set")


@dataclass(frozen=True, slots=True)
class Assertion:
    """What one expectation asserts: a word without any value, of columns or, with none, of the table."""

    word: str
    columns: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite: its name, its assertions, tables that its own ``meta`` cites, and the lines of what is malformed."""

    name: str
    assertions: tuple[Assertion, ...]
    cited: tuple[str, ...]
    malformed: tuple[int, ...]


def suite(path: Path, name: str, *, called: str) -> Suite:
    """The suite in a file; ``called`` is its name when it states none. Raises ConfigError with file and line.

    Shapes: 0.13 to 0.18 (``expectation_suite_name``, ``expectation_type``) and 1.x (``name``, ``type``).
    """
    document = Json(text_of(path, name, most_mb=MOST_MB), name)
    if not document.is_object(document.start):
        raise ConfigError("The suite is not a JSON object.", file=name, line=1)
    members = {member.key: member for member in document.members(document.start)}
    stated = next((members[key].value for key in ("name", "expectation_suite_name") if key in members), None)
    listed = members.get("expectations")
    if listed is None or not isinstance(listed.value, list):
        raise ConfigError("The file has no list of 'expectations', so it is no suite.", file=name, line=1)
    assertions: list[Assertion] = []
    malformed: list[int] = []
    for start, value in zip(document.starts(listed.start), listed.value, strict=True):
        line = document.line(start)
        found = _assertion(value, line)
        if found is None:
            malformed.append(line)
        else:
            assertions.append(found)
    meta = members["meta"].value if "meta" in members else None
    title = stated if isinstance(stated, str) and stated else called
    return Suite(title, tuple(assertions), tuple(dict.fromkeys(_cited(meta))), tuple(malformed))


def _assertion(value: Any, line: int) -> Assertion | None:
    if not isinstance(value, Mapping):
        return None
    type_, kwargs = value.get("type") or value.get("expectation_type"), value.get("kwargs")
    if not isinstance(type_, str) or not _NAME.fullmatch(type_) or not isinstance(kwargs, Mapping):
        return None
    columns = [kwargs[key] for key in _COLUMNS if kwargs.get(key) is not None]
    columns += [name for key in _LISTS if isinstance(kwargs.get(key), list) for name in kwargs[key]]
    if not all(isinstance(name, str) and name for name in columns):
        return None
    word = word_of(type_)
    if word == "columns":
        columns = []
    mostly = kwargs.get("mostly")
    partly = kwargs.get("row_condition") is not None or (isinstance(mostly, int | float) and mostly < 1)
    return Assertion(f"{word}:partly" if partly else word, tuple(dict.fromkeys(columns)), line)


def word_of(type_: str) -> str:
    """The word by which an expectation of this type is declared.

    >>> word_of("ExpectColumnValuesToBeUnique"), word_of("expect_something_of_our_own")
    ('unique', 'something_of_our_own')
    """
    return _WORDS.get(type_) or _WORDS.get(_snake(type_)) or _snake(type_).removeprefix("expect_")


def _snake(name: str) -> str:
    """The type of an expectation in the form of its function.

    >>> _snake("ExpectColumnToExist")
    'expect_column_to_exist'
    """
    return name if "_" in name else re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _cited(meta: Any) -> Iterator[str]:
    """Assets in the ``citations`` that 0.13 to 0.18 write when a suite is made from a batch."""
    citations = meta.get("citations") if isinstance(meta, Mapping) else None
    for citation in citations if isinstance(citations, Sequence) and not isinstance(citations, str) else ():
        batch = citation.get("batch_request") if isinstance(citation, Mapping) else None
        asset = batch.get("data_asset_name") if isinstance(batch, Mapping) else None
        if isinstance(asset, str) and asset:
            yield asset
