"""Hive's names of types, ``struct<id:int,tags:array<string>>``, as the JSON that Spark writes them in."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"[^<>,:()]+|[<>,:]|\([^()]*\)")
_SAME = {
    "tinyint": "byte",
    "smallint": "short",
    "int": "integer",
    "bigint": "long",
    "decimal": "decimal(10,0)",
    "timestamp with local time zone": "timestamp",
    "timestamp_ltz": "timestamp",
}
_DEEPEST = 60


def spark_type(hive: str) -> Any:
    """The type as Spark's JSON has it; one that Spark does not have, or that cannot be read, stays Hive's text.

    >>> spark_type("array<bigint>")
    {'type': 'array', 'elementType': 'long', 'containsNull': True}
    >>> spark_type("struct<a b:decimal(10,2)>")["fields"][0]["type"], spark_type("uniontype<int,string>")
    ('decimal(10,2)', 'uniontype<int,string>')
    """
    tokens = _TOKEN.findall(hive)
    if "".join(tokens) != hive:
        return hive
    try:
        kind, at = _read(tokens, 0, 0)
    except (IndexError, ValueError):
        return hive
    return kind if at == len(tokens) else hive


def _read(tokens: list[str], at: int, depth: int) -> tuple[Any, int]:
    """The type that begins at a token, and the position behind it. Raises ValueError for what is no type."""
    if depth > _DEEPEST:
        raise ValueError
    word = tokens[at].strip().lower()
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    if following.startswith("("):
        return f"{word}{following.replace(' ', '')}", at + 2
    if following != "<":
        return _SAME.get(word, word), at + 1
    match word:
        case "array":
            element, at = _read(tokens, at + 2, depth + 1)
            return {"type": "array", "elementType": element, "containsNull": True}, _after(tokens, at, ">")
        case "map":
            key, at = _read(tokens, at + 2, depth + 1)
            value, at = _read(tokens, _after(tokens, at, ","), depth + 1)
            made = {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": True}
            return made, _after(tokens, at, ">")
        case "struct":
            return _struct(tokens, at + 2, depth)
    raise ValueError


def _struct(tokens: list[str], at: int, depth: int) -> tuple[Any, int]:
    fields = []
    while True:
        name = tokens[at]
        kind, at = _read(tokens, _after(tokens, at + 1, ":"), depth + 1)
        fields.append({"name": name, "type": kind, "nullable": True, "metadata": {}})
        if tokens[at] == ">":
            return {"type": "struct", "fields": fields}, at + 1
        at = _after(tokens, at, ",")


def _after(tokens: list[str], at: int, mark: str) -> int:
    if tokens[at] != mark:
        raise ValueError
    return at + 1
