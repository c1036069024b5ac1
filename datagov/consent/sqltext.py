"""Times and subject keys as a source stores them, brought to one comparable form by the source itself.

Each element compiles to the dialect's own words: SQLite here, PostgreSQL, MySQL/MariaDB and DuckDB likewise. What
cannot be read as a time becomes NULL where the dialect can say so, and is counted as such, never dropped.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LOW = "0001-01-01 00:00:00"
"""A time before every other."""
HIGH = "9999-12-31 23:59:59"
"""A time after every other."""


class Instant(FunctionElement[Any]):
    """A time in UTC that compares with other instants, to the millisecond; a time without a zone is UTC.

    SQLite, PostgreSQL, MySQL and DuckDB read ISO 8601, ``YYYYMMDD`` as text or number, seconds or milliseconds of 1970.
    """

    inherit_cache = True
    name = "instant"


class KeyText(FunctionElement[Any]):
    """A subject key as text: 7, 7.0 and '7 ' are one key; an empty key is NULL."""

    inherit_cache = True
    name = "key_text"


class ExactText(FunctionElement[Any]):
    """A column as text that is equal only to the same characters, whatever the collation of the column."""

    inherit_cache = True
    name = "exact_text"
    type = sa.String()


class Moment(FunctionElement[Any]):
    """A time that is known beforehand, in the form of the instants it is compared with."""

    inherit_cache = True
    name = "moment"


def instant(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column of times as an Instant."""
    return Instant(column)


def moment(text: str) -> sa.ColumnElement[Any]:
    """A time as ISO 8601 text, UTC unless it says otherwise, as a constant."""
    time = datetime.fromisoformat(text)
    utc = time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
    return Moment(sa.literal(utc.isoformat(" ", "milliseconds")))


def earlier(left: sa.ColumnElement[Any], right: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The earlier of two instants, neither of them NULL."""
    return sa.case((left <= right, left), else_=right)


def later(left: sa.ColumnElement[Any], right: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The later of two instants, neither of them NULL."""
    return sa.case((left >= right, left), else_=right)


def _argument(element: FunctionElement[Any], compiler: Any, options: dict[str, Any]) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(Instant)
def _instant(element: Instant, compiler: Any, **options: Any) -> str:
    return f"CAST({_argument(element, compiler, options)} AS TIMESTAMP)"


@compiles(Instant, "postgresql")
def _instant_postgresql(element: Instant, compiler: Any, **options: Any) -> str:
    """By way of text, because a cast of zoned text to TIMESTAMP drops the zone and one of TIMESTAMPTZ moves it."""
    text = f"CAST({_argument(element, compiler, options)} AS TEXT)"
    return (
        f"CASE WHEN {text} ~ '^[12][0-9]{{3}}[01][0-9][0-3][0-9]$' THEN CAST({text} AS TIMESTAMP)"
        f" WHEN {text} ~ '^[0-9]{{9,10}}([.][0-9]+)?$'"
        f" THEN to_timestamp(CAST({text} AS DOUBLE PRECISION)) AT TIME ZONE 'UTC'"
        f" WHEN {text} ~ '^[0-9]{{12,13}}$'"
        f" THEN to_timestamp(CAST({text} AS DOUBLE PRECISION) / 1000) AT TIME ZONE 'UTC'"
        f" WHEN {text} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}.*[0-9]([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$'"
        f" AND {text} ~ ':' THEN CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
        f" WHEN {text} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}' THEN CAST({text} AS TIMESTAMP) END"
    )


@compiles(Instant, "duckdb")
def _instant_duckdb(element: Instant, compiler: Any, **options: Any) -> str:
    """By way of text, because a cast of zoned text to TIMESTAMP drops the zone and one of TIMESTAMPTZ moves it."""
    text = f"TRIM(CAST({_argument(element, compiler, options)} AS VARCHAR))"
    day = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    seconds = "[0-9]{9,10}([.][0-9]+)?"
    return (
        f"CASE WHEN regexp_full_match({text}, '[12][0-9]{{3}}[01][0-9][0-3][0-9]')"
        f" THEN TRY_CAST(regexp_replace({text}, '^(....)(..)(..)$', '\\1-\\2-\\3') AS TIMESTAMP)"
        f" WHEN regexp_full_match({text}, '{seconds}')"
        f" THEN make_timestamp(CAST(CAST({text} AS DECIMAL(28, 6)) * 1000000 AS BIGINT))"
        f" WHEN regexp_full_match({text}, '[0-9]{{12,13}}([.]0*)?')"
        f" THEN make_timestamp(CAST(CAST({text} AS DECIMAL(28, 3)) * 1000 AS BIGINT))"
        f" WHEN regexp_full_match({text}, '{day}.*:.*[0-9]([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)')"
        f" THEN make_timestamp(epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)))"
        f" WHEN regexp_full_match({text}, '{day}([T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]*)?)?)?')"
        f" THEN TRY_CAST({text} AS TIMESTAMP) END"
    )


@compiles(Instant, "mysql")
@compiles(Instant, "mariadb")
def _instant_mysql(element: Instant, compiler: Any, **options: Any) -> str:
    """Offsets are taken off by arithmetic: MariaDB ignores them in a cast, MySQL moves the time to the session's zone.

    What only begins like a time is none; a cast would give that beginning. No ``%``, which drivers read as a place.
    """
    text = f"TRIM(CONVERT({_argument(element, compiler, options)} USING utf8mb4))"
    day = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    clock = "[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]*)?)?"
    epoch = "CAST('1970-01-01' AS DATETIME(3)) + INTERVAL CAST"
    offset = f"REPLACE(REGEXP_SUBSTR({text}, '[+-][0-9]{{2}}(:?[0-9]{{2}})?$'), ':', '')"
    minutes = f"(SUBSTRING({offset}, 2, 2) * 60 + SUBSTRING(RPAD({offset}, 5, '0'), 4, 2))"
    ahead = f"CASE WHEN {text} REGEXP '[Zz]$' THEN 0 WHEN {offset} LIKE '-__' OR {offset} LIKE '-____'"
    local = f"CAST(REGEXP_REPLACE({text}, '([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$', '') AS DATETIME(3))"
    return (
        f"CAST(CASE WHEN {text} REGEXP '^0000' THEN NULL"
        f" WHEN {text} REGEXP '^[12][0-9]{{3}}[01][0-9][0-3][0-9]$' THEN CAST({text} AS DATETIME(3))"
        f" WHEN {text} REGEXP '^[0-9]{{9,10}}([.][0-9]+)?$' THEN {epoch}({text} AS DECIMAL(20, 3)) SECOND"
        f" WHEN {text} REGEXP '^[0-9]{{12,13}}$' THEN {epoch}({text} / 1000 AS DECIMAL(20, 3)) SECOND"
        f" WHEN {text} REGEXP '^{day}{clock}([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$'"
        f" THEN {local} - INTERVAL ({ahead} THEN -{minutes} ELSE {minutes} END) MINUTE"
        f" WHEN {text} REGEXP '^{day}({clock})?$' THEN CAST({text} AS DATETIME(3)) END AS DATETIME(3))"
    )


@compiles(Instant, "sqlite")
def _instant_sqlite(element: Instant, compiler: Any, **options: Any) -> str:
    x = _argument(element, compiler, options)
    iso = "'%Y-%m-%d %H:%M:%f'"
    return (
        f"CASE WHEN CAST({x} AS TEXT) GLOB '[12][0-9][0-9][0-9][01][0-9][0-3][0-9]'"
        f" THEN strftime({iso}, substr({x}, 1, 4) || '-' || substr({x}, 5, 2) || '-' || substr({x}, 7, 2))"
        f" WHEN typeof({x}) IN ('integer', 'real')"
        f" THEN strftime({iso}, CASE WHEN abs({x}) >= 100000000000 THEN {x} / 1000.0 ELSE {x} END, 'unixepoch')"
        f" WHEN {x} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' THEN strftime({iso}, trim({x})) END"
    )


@compiles(Instant, "clickhousedb")
def _instant_clickhouse(element: Instant, compiler: Any, **options: Any) -> str:
    """As text to the millisecond: ClickHouse's times begin in 1900. No ``%`` and no ``:``, which drivers read."""
    text = f"trim(CAST({_argument(element, compiler, options)} AS Nullable(String)))"
    day = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    clock = "[T ][0-9]{2}.[0-9]{2}(.[0-9]{2}([.][0-9]*)?)?"

    def shown(time: str) -> str:
        return f"toString({time}, 'UTC')"

    dated = f"concat(substring({text}, 1, 4), '-', substring({text}, 5, 2), '-', substring({text}, 7, 2))"
    plain = f"parseDateTime64BestEffortOrNull({text}, 3, 'UTC')"
    real = f"toDateOrNull(substring({text}, 1, 10)) IS NOT NULL"
    seconds = f"fromUnixTimestamp64Milli(assumeNotNull(toInt64(round(toFloat64OrZero({text}) * {{0}}))), 'UTC')"
    return (
        f"multiIf(match({text}, '^[12][0-9]{{3}}[01][0-9][0-3][0-9]$'),"
        f" concat(toString(toDateOrNull({dated})), ' 00:00:00.000'),"
        f" match({text}, '^[0-9]{{9,10}}([.][0-9]+)?$'), {shown(seconds.format(1000))},"
        f" match({text}, '^[0-9]{{12,13}}([.]0*)?$'), {shown(seconds.format(1))},"
        f" match({text}, '^{day}({clock}([Zz]|[+-][0-9]{{2}}(.?[0-9]{{2}})?)?)?$') AND {real}, {shown(plain)}, NULL)"
    )


@compiles(Moment)
def _moment(element: Moment, compiler: Any, **options: Any) -> str:
    return f"CAST({_argument(element, compiler, options)} AS TIMESTAMP)"


@compiles(Moment, "mysql")
@compiles(Moment, "mariadb")
def _moment_mysql(element: Moment, compiler: Any, **options: Any) -> str:
    return f"CAST({_argument(element, compiler, options)} AS DATETIME(3))"


@compiles(Moment, "clickhousedb")
@compiles(Moment, "sqlite")
def _moment_sqlite(element: Moment, compiler: Any, **options: Any) -> str:
    return _argument(element, compiler, options)


@compiles(KeyText)
def _key(element: KeyText, compiler: Any, **options: Any) -> str:
    return f"NULLIF(TRIM(CAST({_argument(element, compiler, options)} AS VARCHAR)), '')"


@compiles(KeyText, "postgresql")
def _key_postgresql(element: KeyText, compiler: Any, **options: Any) -> str:
    text = f"TRIM(CAST({_argument(element, compiler, options)} AS TEXT))"
    return f"NULLIF(CASE WHEN {text} ~ '^-?[0-9]+[.]0+$' THEN split_part({text}, '.', 1) ELSE {text} END, '')"


@compiles(KeyText, "mysql")
@compiles(KeyText, "mariadb")
def _key_mysql(element: KeyText, compiler: Any, **options: Any) -> str:
    text = f"TRIM({_exact_mysql_text(_argument(element, compiler, options))})"
    return f"NULLIF(CASE WHEN {text} REGEXP '^-?[0-9]+[.]0+$' THEN SUBSTRING_INDEX({text}, '.', 1) ELSE {text} END, '')"


@compiles(KeyText, "duckdb")
def _key_duckdb(element: KeyText, compiler: Any, **options: Any) -> str:
    text = f"TRIM({_exact_duckdb_text(_argument(element, compiler, options))})"
    return f"NULLIF(regexp_replace({text}, '^(-?[0-9]+)[.]0+$', '\\1'), '')"


@compiles(KeyText, "clickhousedb")
def _key_clickhouse(element: KeyText, compiler: Any, **options: Any) -> str:
    text = f"trim(CAST({_argument(element, compiler, options)} AS Nullable(String)))"
    return f"nullIf(replaceRegexpOne({text}, '^(-?[0-9]+)[.]0+$', '\\\\1'), '')"


@compiles(ExactText, "clickhousedb")
def _exact_clickhouse(element: ExactText, compiler: Any, **options: Any) -> str:
    return f"CAST({_argument(element, compiler, options)} AS Nullable(String))"


@compiles(ExactText)
def _exact(element: ExactText, compiler: Any, **options: Any) -> str:
    return f"CAST({_argument(element, compiler, options)} AS VARCHAR)"


@compiles(ExactText, "duckdb")
def _exact_duckdb(element: ExactText, compiler: Any, **options: Any) -> str:
    return _exact_duckdb_text(_argument(element, compiler, options))


def _exact_duckdb_text(argument: str) -> str:
    """Text that compares by its characters: a column may have a collation that does not."""
    return f'(CAST({argument} AS VARCHAR) COLLATE "C")'


@compiles(ExactText, "mysql")
@compiles(ExactText, "mariadb")
def _exact_mysql(element: ExactText, compiler: Any, **options: Any) -> str:
    return _exact_mysql_text(_argument(element, compiler, options))


def _exact_mysql_text(argument: str) -> str:
    """Text that compares by its characters: default collations hold 'a', 'A' and 'á' for equal."""
    return f"CONVERT({argument} USING utf8mb4) COLLATE utf8mb4_bin"


@compiles(KeyText, "sqlite")
def _key_sqlite(element: KeyText, compiler: Any, **options: Any) -> str:
    x = _argument(element, compiler, options)
    return (
        f"CASE WHEN typeof({x}) = 'real' AND {x} = CAST({x} AS INTEGER) THEN CAST(CAST({x} AS INTEGER) AS TEXT)"
        f" ELSE NULLIF(trim(CAST({x} AS TEXT)), '') END"
    )
