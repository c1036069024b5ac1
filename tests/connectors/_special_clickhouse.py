"""How ClickHouse writes the special values of the conformance suite, and what arrives; an array is never NULL."""

from collections.abc import Mapping

from _special import BYTES, LEVELS, NO_DECIMAL_NAN, UUID
from _special_arrow import HUGE as HUGE_76
from _special_arrow import nested

from datagov.testing import Cannot, Special

_NOT_TYPE = Cannot("ClickHouse has no such type; a String holds it.")
_LIST, _DEEP = "Array(", "[" * LEVELS + "1" + "]" * LEVELS
CLICKHOUSE: Mapping[str, Special | Cannot] = {
    "float_nan": Special("Nullable(Float64)", "nan", float("nan")),
    "float_infinity": Special("Nullable(Float64)", "inf", float("inf")),
    "float_minus_infinity": Special("Nullable(Float32)", "-inf", float("-inf")),
    "decimal_nan": NO_DECIMAL_NAN,
    "decimal_huge": Special("Nullable(Decimal(76, 10))", f"'{HUGE_76}'", HUGE_76),
    "date_zero": Cannot("ClickHouse stores its first day, 1970-01-01, in its place."),
    "date_infinity": Cannot("ClickHouse counts days, so every date is one."),
    "date_before_christ": Cannot("ClickHouse refuses it."),
    "timestamp_with_zone": Special(
        "Nullable(DateTime64(1, 'Asia/Shanghai'))", "'1990-03-07 08:09:10.5'", "1990-03-07 00:09:10.5"
    ),
    "time_with_zone": Cannot("Its times of day have no zone."),
    "unsigned": Special("Nullable(UInt64)", "18446744073709551615", 2**64 - 1),
    "array": Special("Array(Nullable(String))", "['a', NULL, 'b,c']", ["a", None, "b,c"], beside=[]),
    "enum": Special("Nullable(Enum8('a' = 1, '长' = 2))", "'长'", "长"),
    "bit": Cannot("It has functions over the bits of whole numbers, and no type."),
    "uuid": Special("Nullable(UUID)", f"'{UUID}'", UUID),
    "json": Special("Nullable(JSON)", """'{"mobile": ["1", null]}'""", '{"mobile":["1",null]}'),
    "xml": _NOT_TYPE,
    "bytes": Special("Nullable(String)", f"unhex('{BYTES.hex()}')", BYTES),
    "not_utf8": Special("Nullable(String)", "unhex('6162ff')", b"ab\xff"),
    "interval": Special("Nullable(IntervalDay)", "INTERVAL 3 DAY", "3"),
    "inet": Special("Nullable(IPv6)", "'2001:db8::1'", "2001:db8::1"),
    "money": Cannot("It has no such type; decimals hold amounts."),
    "range": Cannot("It has no such type."),
    "domain": Cannot("Its types have no names of their own."),
    "composite": Special(
        "Tuple(street String, number Int32)",
        "('长安街', 1)",
        {"street": "长安街", "number": 1},
        beside={"street": "", "number": 0},
    ),
    "deep": Special(f"{_LIST * LEVELS}Int8{')' * LEVELS}", _DEEP, nested(LEVELS)[1], beside=[]),
}
