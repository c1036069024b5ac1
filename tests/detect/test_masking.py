"""Masked, hashed, tokenised and redacted columns are told as such, with the entity if it shows."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier

MOBILES = [f"13{i % 10}{i:04d}{(i * 7919) % 10000:04d}" for i in range(100, 200)]
NAMES = ["王", "李", "张", "刘", "陈"]

CASES = [
    ("mobile", [f"{m[:3]}****{m[7:]}" for m in MOBILES], "CN_MOBILE", "partial"),
    ("c1", [f"{m[:3]}****{m[7:]}" for m in MOBILES], "CN_MOBILE", "partial"),
    ("身份证号", [f"44030{i % 10}********{i:04d}" for i in range(60)], "CN_RESIDENT_ID", "partial"),
    ("customer_name", [f"{NAMES[i % 5]}**" for i in range(60)], "PERSON", "partial"),
    ("email", [f"a***{i}@example.com" for i in range(60)], "EMAIL_ADDRESS", "partial"),
    ("card_no", [f"6222 **** **** {i:04d}" for i in range(60)], "CREDIT_CARD", "partial"),
    ("id_card_md5", [hashlib.md5(m.encode()).hexdigest() for m in MOBILES], "CN_RESIDENT_ID", "hash"),
    ("sjh_sha256", [hashlib.sha256(m.encode()).hexdigest() for m in MOBILES], "CN_MOBILE", "hash"),
    ("c2", [hashlib.sha256(m.encode()).hexdigest() for m in MOBILES], None, "hash"),
    ("phone", [f"tok_{hashlib.sha1(m.encode()).hexdigest()[:16]}" for m in MOBILES], "PHONE_NUMBER", "token"),
    ("email", ["[REDACTED]"] * 40, "EMAIL_ADDRESS", "redacted"),
    ("ssn", ["***"] * 40, "SOCIAL_SECURITY", "redacted"),
]


@pytest.mark.parametrize(("name", "values", "entity", "masking"), CASES)
def test_a_masked_column_is_told(name: str, values: list[str], entity: str | None, masking: str) -> None:
    verdict = ColumnClassifier().classify(name, pa.array(values), table="customer")

    assert (verdict.entity, verdict.masking) == (entity, masking)
    assert verdict.bound is None


@pytest.mark.parametrize(
    "values",
    [
        ["plain text", "other words"] * 20,
        ["C++", "**bold**", "x", "plain"] * 10,
        [f"{i:032d}" for i in range(50)],
    ],
    ids=["words", "asterisks in some", "padded numbers"],
)
def test_an_open_column_is_not_called_masked(values: list[str]) -> None:
    assert ColumnClassifier().classify("c1", pa.array(values)).masking is None
