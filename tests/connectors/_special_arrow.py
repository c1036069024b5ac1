"""How files of Arrow's types hold the special values of the conformance suite, and what arrives of them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa
from _special import BYTES, LEVELS, NO_DECIMAL_NAN
from _special import UUID as IDENTIFIER

from datagov.testing import Cannot, Special

HUGE = "123456789012345678901234567890123456789012345678901234567890123456.0000000001"
HUGE_38 = "1234567890123456789012345678.0000000001"
SHANGHAI = datetime(1990, 3, 7, 8, 9, 10, 500_000, ZoneInfo("Asia/Shanghai"))
MOST_UNSIGNED = 2**64 - 1


def nested(levels: int) -> tuple[pa.DataType, Any]:
    """A list in a list in a list, with one number in the last."""
    kind, value = pa.int32(), 1
    for _ in range(levels):
        kind, value = pa.list_(kind), [value]
    return kind, value


def damaged() -> pa.Array:
    """Text of which the last byte is no UTF-8; Arrow itself refuses to make it."""
    return pa.array([b"ab\xff", None], pa.binary()).view(pa.string())


DEEP, DEEP_VALUE = nested(LEVELS)
NOT_TYPE = Cannot("Arrow has no such type; a text holds it.")

ARROW: Mapping[str, Special | Cannot] = {
    "float_nan": Special(pa.float64(), float("nan"), float("nan")),
    "float_infinity": Special(pa.float64(), float("inf"), float("inf")),
    "float_minus_infinity": Special(pa.float32(), float("-inf"), float("-inf")),
    "decimal_nan": NO_DECIMAL_NAN,
    "decimal_huge": Special(pa.decimal256(76, 10), Decimal(HUGE), Decimal(HUGE)),
    "date_zero": Cannot("Arrow counts days, so every date is one."),
    "date_infinity": Cannot("Arrow counts days, so every date is one."),
    "date_before_christ": Special(pa.date32(), -735_600, "-0045-12-31"),
    "timestamp_with_zone": Special(pa.timestamp("us", "Asia/Shanghai"), SHANGHAI, SHANGHAI),
    "time_with_zone": Cannot("Arrow's times of day have no zone."),
    "unsigned": Special(pa.uint64(), MOST_UNSIGNED, MOST_UNSIGNED),
    "array": Special(pa.list_(pa.string()), ["a", None, "b,c"], ["a", None, "b,c"]),
    "enum": Special(pa.dictionary(pa.int32(), pa.string()), "长", "长"),
    "bit": NOT_TYPE,
    "uuid": Special(pa.uuid(), UUID(IDENTIFIER), UUID(IDENTIFIER)),
    "json": Special(pa.json_(), '{"mobile": ["1", null]}', '{"mobile": ["1", null]}'),
    "xml": NOT_TYPE,
    "bytes": Special(pa.binary(), BYTES, BYTES),
    "not_utf8": Special(pa.string(), damaged(), "ab\ufffd"),
    "interval": Special(pa.month_day_nano_interval(), (14, 3, 4_500_000_000), pa.MonthDayNano((14, 3, 4_500_000_000))),
    "inet": NOT_TYPE,
    "money": NOT_TYPE,
    "range": NOT_TYPE,
    "domain": NOT_TYPE,
    "composite": Special(
        pa.struct([("street", pa.string()), ("number", pa.int32())]),
        {"street": "长安街", "number": 1},
        {"street": "长安街", "number": 1},
    ),
    "deep": Special(DEEP, DEEP_VALUE, DEEP_VALUE),
}


ORC: Mapping[str, Special | Cannot] = {
    **ARROW,
    "decimal_huge": Special(pa.decimal128(38, 10), Decimal(HUGE_38), Decimal(HUGE_38)),
    "unsigned": Cannot("ORC's whole numbers all have a sign."),
    "enum": Cannot("Arrow writes no dictionary to ORC, where every text may be one."),
    "uuid": Cannot("ORC has no such type; a text or bytes hold it."),
    "json": Cannot("ORC has no such type; a text holds it."),
    "interval": Cannot("ORC has no such type."),
}

PARQUET: Mapping[str, Special | Cannot] = {
    **ARROW,
    "interval": Cannot("Arrow neither writes nor reads the intervals of Parquet."),
}

DELTA: Mapping[str, Special | Cannot] = {
    **PARQUET,
    "decimal_huge": Special(pa.decimal128(38, 10), Decimal(HUGE_38), Decimal(HUGE_38)),
    "unsigned": Cannot("Delta's whole numbers all have a sign."),
    "uuid": Cannot("Delta has no such type; a text holds it."),
}

ICEBERG: Mapping[str, Special | Cannot] = {
    **DELTA,
    "date_before_christ": Cannot("PyIceberg, which writes the tables here, refuses it."),
    "timestamp_with_zone": Special(pa.timestamp("us", "UTC"), SHANGHAI, SHANGHAI.astimezone(ZoneInfo("UTC"))),
    "unsigned": Cannot("Iceberg's whole numbers all have a sign."),
    "uuid": ARROW["uuid"],
    "json": Cannot("Iceberg has no such type; a text holds it."),
    "not_utf8": Cannot("PyIceberg, which writes the tables here, refuses it."),
}

NOT_HIVE = Cannot("Hive and Spark have no such type; a text holds it.")
_SPARK: Mapping[str, Special | Cannot] = {
    "unsigned": Cannot("Hive's and Spark's whole numbers all have a sign."),
    "uuid": NOT_HIVE,
    "json": NOT_HIVE,
    "interval": Cannot("Hive's tables hold no intervals, and those that Spark keeps are whole numbers."),
}
SPARK_PARQUET: Mapping[str, Special | Cannot] = {**DELTA, **_SPARK}
SPARK_ORC: Mapping[str, Special | Cannot] = {**ORC, **_SPARK}


def hive_type(kind: pa.DataType) -> str:
    """What a Hive metastore calls a type."""
    if pa.types.is_list(kind):
        return f"array<{hive_type(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{hive_type(field.type)}' for field in kind)}>"
    if pa.types.is_dictionary(kind):
        return hive_type(kind.value_type)
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return {"int32": "int", "date32[day]": "date"}.get(str(kind), str(kind))


def special_table(values: Mapping[str, Special]) -> pa.Table:
    """The values as columns, with a second row of NULL."""
    arrays = [
        one.value if isinstance(one.value, pa.Array) else pa.array([one.value, None], one.type)
        for one in values.values()
    ]
    return pa.Table.from_arrays(arrays, names=list(values))
