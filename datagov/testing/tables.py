"""What the conformance suite builds in a source: hostile names, extreme cells, a table long enough to be sampled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

CANARY = "kanarie"
"""Stands in every text cell; it must never stand in a fact, an error or a log."""

HOSTILE_NAMES: Sequence[str] = (
    "select",
    "ORDER",
    "null",
    "Group",
    "with space",
    " leading",
    "客户信息表",
    "naïve café",
    'double"quote',
    "single'quote",
    "back`tick",
    "[bracket]",
    "a.b.c",
    "semi;colon",
    '"; DROP TABLE victim; --',
    "'); DELETE FROM victim; --",
    "percent%s",
    "per%(cent)s",
    "{brace}",
    "colon:name",
    "question?",
    "back\\slash",
    "new\nline",
    "tab\tname",
    "star*",
    "$dollar",
    "@at",
    "--dashes",
    "/*comment*/",
    "1number",
    "emoji😀",
    "שלום",
    "rowid",
    "x" * 63,
    "y" * 64,
    "z" * 128,
    "长" * 21,
    "长" * 70,
)
"""Names of tables and columns that break an adapter which quotes badly."""

Cell = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table to build: its name without schema, its columns as (name, kind), its rows.

    A kind is ``integer`` (64 bits), ``float``, ``text`` or ``binary``; every column allows NULL and none is a key.
    """

    name: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Cell]]


VICTIM = Table("victim", [("id", "integer"), ("note", "text")], [(n, f"{CANARY}-{n}") for n in range(20)])
EMPTY = Table("empty", [("id", "integer"), ("note", "text")], [])
LONG = Table("long", [("n", "integer"), ("note", "text")], [(n, f"{CANARY}-{n}") for n in range(5_000)])
EXTREMES = Table(
    "extremes",
    [("i", "integer"), ("f", "float"), ("t", "text"), ("b", "binary")],
    [
        (None, None, None, None),
        (2**63 - 1, math.inf, f"{CANARY}-张三-😀", b"\x00\xff\xfe"),
        (-(2**63), -math.inf, "", b""),
        (0, math.nan, f"{CANARY}\nline\ttab'\"", bytes(range(256))),
        (1, 1e308, f"{CANARY}" * 1_000, b"\xe5\xbc"),
        (-1, 5e-324, " ", b"\x80"),
    ],
)
