"""How databases write the special values of the conformance suite, and what arrives of them."""

from collections.abc import Mapping
from dataclasses import replace

from datagov.testing import Cannot, Special

HUGE = "1234567890123456789012345678901234567890123456789012345678901234567890.0000000001"
LEVELS = 40
JSON_DEEP = "[" * LEVELS + "1" + "]" * LEVELS
UUID = "00000000-0000-4000-8000-00000000abcd"
BYTES = b"\x00\xff\xfe\x00"

NO_UNSIGNED = Cannot("Its whole numbers all have a sign.")
NO_DECIMAL_NAN = Cannot("Its decimals are numbers.")

POSTGRES: Mapping[str, Special | Cannot] = {
    "float_nan": Special("double precision", "'NaN'", float("nan")),
    "float_infinity": Special("double precision", "'Infinity'", float("inf")),
    "float_minus_infinity": Special("real", "'-Infinity'", float("-inf")),
    "decimal_nan": Special("numeric", "'NaN'", "NaN"),
    "decimal_huge": Special("numeric", HUGE, HUGE),
    "date_zero": Cannot("PostgreSQL has no year, month or day zero."),
    "date_infinity": Special("date", "'infinity'", "infinity"),
    "date_before_christ": Special("date", "'0044-03-15 BC'", "0044-03-15 BC"),
    "timestamp_with_zone": Special("timestamptz", "'1990-03-07 08:09:10.5+08'", "1990-03-07 00:09:10.5+00"),
    "time_with_zone": Special("timetz", "'08:09:10+08'", "08:09:10+08"),
    "unsigned": NO_UNSIGNED,
    "array": Special("text[]", "'{a,NULL,\"b,c\"}'", '{a,NULL,"b,c"}'),
    "enum": Special("mood", "'sad'", "sad", ("CREATE TYPE mood AS ENUM ('ok', 'sad')",)),
    "bit": Special("bit varying(9)", "B'0101'", "0101"),
    "uuid": Special("uuid", f"'{UUID}'", UUID),
    "json": Special("jsonb", """'{"mobile": ["1", null]}'""", '{"mobile": ["1", null]}'),
    "xml": Special("xml", "'<a b=\"1\">c</a>'", '<a b="1">c</a>'),
    "bytes": Special("bytea", f"'\\x{BYTES.hex()}'", BYTES),
    "not_utf8": Cannot("A database in UTF8 refuses it; one in SQL_ASCII has a test of its own."),
    "interval": Special("interval", "'1 year 2 months 3 days 4:05:06.5'", "P1Y2M3DT4H5M6.5S"),
    "inet": Special("inet", "'2001:db8::1/64'", "2001:db8::1/64"),
    "money": Special("money", "'$1,234.56'", "$1,234.56"),
    "range": Special("int4range", "'[1,5)'", "[1,5)"),
    "domain": Special("mail", "'a@b.cn'", "a@b.cn", ("CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%')",)),
    "composite": Special(
        "place", "ROW('长安街', 1)", "(长安街,1)", ("CREATE TYPE place AS (street text, number int)",)
    ),
    "deep": Special("json", f"'{JSON_DEEP}'", JSON_DEEP),
}

MYSQL: Mapping[str, Special | Cannot] = {
    "float_nan": Cannot("MySQL and MariaDB refuse it."),
    "float_infinity": Cannot("MySQL and MariaDB refuse it."),
    "float_minus_infinity": Cannot("MySQL and MariaDB refuse it."),
    "decimal_nan": NO_DECIMAL_NAN,
    "decimal_huge": Special(
        "decimal(65,10)", "-1234567890123456789012345678901234567890123456789012345.5",
        "-1234567890123456789012345678901234567890123456789012345.5000000000",
    ),
    "date_zero": Special("date", "'0000-00-00'", "0000-00-00"),
    "date_infinity": Cannot("Its last date is the end of the year 9999."),
    "date_before_christ": Cannot("Its first date is in the year 0."),
    "timestamp_with_zone": Special(
        "timestamp(1) null", "'1990-03-07 08:09:10.5'", "1990-03-07 00:09:10.5", ("SET time_zone = '+08:00'",)
    ),
    "time_with_zone": Cannot("Its times of day have no zone."),
    "unsigned": Special("bigint unsigned", "18446744073709551615", 2**64 - 1),
    "array": Cannot("It has no arrays; a JSON document holds them."),
    "enum": Special("enum('a','长')", "'长'", "长"),
    "bit": Special("bit(64)", "b'1111'", 15),
    "uuid": Special("uuid", f"'{UUID}'", UUID),
    "json": Special("json", """'{"mobile": ["1", null]}'""", '{"mobile": ["1", null]}'),
    "xml": Cannot("It has functions over XML in text, and no type."),
    "bytes": Special("longblob", f"X'{BYTES.hex()}'", BYTES),
    "not_utf8": Cannot("It refuses text that is not of its column's character set."),
    "interval": Special("time(1)", "'-838:59:58.5'", "-838:59:58.5"),
    "inet": Special("inet6", "'2001:db8::1'", "2001:db8::1"),
    "money": Cannot("It has no such type; decimals hold amounts."),
    "range": Cannot("It has no such type."),
    "domain": Cannot("Its types have no names of their own."),
    "composite": Cannot("It has no such type."),
    "deep": Special("json", f"'{JSON_DEEP[LEVELS - 30 : len(JSON_DEEP) - LEVELS + 30]}'", "[" * 30 + "1" + "]" * 30),
}  # fmt: skip

_TEXT_OR_NUMBER = Cannot("SQLite stores NULL, numbers, text and bytes only; such a value is a text.")

SQLITE: Mapping[str, Special | Cannot] = {
    "float_nan": Cannot("SQLite stores NULL in its place."),
    "float_infinity": Special("REAL", "9e999", float("inf")),
    "float_minus_infinity": Special("REAL", "-9e999", float("-inf")),
    "decimal_nan": NO_DECIMAL_NAN,
    "decimal_huge": Special("TEXT", f"'{HUGE}'", HUGE),
    "date_zero": Special("DATE", "'0000-00-00'", "0000-00-00"),
    "date_infinity": Special("DATE", "'infinity'", "infinity"),
    "date_before_christ": Special("DATE", "'-0044-03-15'", "-0044-03-15"),
    "timestamp_with_zone": Special("TIMESTAMP", "'1990-03-07 08:09:10+08'", "1990-03-07 08:09:10+08"),
    "time_with_zone": Special("TIME", "'08:09:10+08'", "08:09:10+08"),
    "unsigned": NO_UNSIGNED,
    "array": _TEXT_OR_NUMBER,
    "enum": _TEXT_OR_NUMBER,
    "bit": _TEXT_OR_NUMBER,
    "uuid": Special("UUID_TEXT", f"'{UUID}'", UUID),
    "json": Special("JSON_TEXT", """'{"mobile": ["1", null]}'""", '{"mobile": ["1", null]}'),
    "xml": _TEXT_OR_NUMBER,
    "bytes": Special("BLOB", f"X'{BYTES.hex()}'", BYTES),
    "not_utf8": Special("TEXT", "CAST(X'6162FF' AS TEXT)", "ab\ufffd"),
    "interval": _TEXT_OR_NUMBER,
    "inet": _TEXT_OR_NUMBER,
    "money": Special("MONEY", "'$1,234.56'", "$1,234.56"),
    "range": _TEXT_OR_NUMBER,
    "domain": _TEXT_OR_NUMBER,
    "composite": _TEXT_OR_NUMBER,
    "deep": Special("TEXT", f"'{JSON_DEEP}'", JSON_DEEP),
}


def arriving(answers: Mapping[str, Special | Cannot], **cells: object) -> Mapping[str, Special | Cannot]:
    """The answers with other cells arriving of some kinds."""
    changed: dict[str, Special | Cannot] = dict(answers)
    for kind, cell in cells.items():
        answer = answers[kind]
        assert isinstance(answer, Special)
        changed[kind] = replace(answer, comes=cell)
    return changed


def statements(values: Mapping[str, Special], *, table: str = "special", quote: str = '"') -> list[str]:
    """SQL that makes the table with its two rows; the types' own statements come first."""
    declared = [statement for value in values.values() for statement in value.before]
    columns = ", ".join(f"{quote}{kind}{quote} {value.type}" for kind, value in values.items())
    cells = ", ".join(str(value.value) for value in values.values())
    nulls = ", ".join("NULL" for _ in values)
    return [*declared, f"CREATE TABLE {table} ({columns})", f"INSERT INTO {table} VALUES ({cells}), ({nulls})"]
