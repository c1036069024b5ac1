"""A directory of people as CSV with a heading: ``principal,name,status,left_at,replaced_by,entity``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from datagov.errors import ConfigError
from datagov.ownership import shapes
from datagov.ownership.directory import Read
from datagov.plural import counted


def people(text: str, name: str) -> Iterator[Read]:
    """The people in the text, line by line; raises ConfigError with file and line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [field.strip() for field in next(reader, [])]
        if missing := {"principal", "status"} - set(header):
            raise ConfigError(f"The column {sorted(missing)[0]!r} is missing.", file=name, line=1)
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            if len(row) != len(header):
                raise ConfigError(
                    f"This line has {counted(len(row), 'field')}, the heading {len(header)}.",
                    file=name,
                    line=reader.line_num,
                )
            fields = dict(zip(header, (field.strip() for field in row), strict=True))
            yield Read(reader.line_num, shapes.person(fields, file=name, line=reader.line_num))
    except csv.Error:
        raise ConfigError("This is not a valid CSV file.", file=name, line=reader.line_num or 1) from None
