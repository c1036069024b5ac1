"""How many rows a column needs: few when they are plain, more when they are in doubt, all when it is clean."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier, adaptive
from datagov.detect.sample import MAX_ROWS

ROWS = 20_000
chance = random.Random(5)


def mail(n: int) -> str:
    return f"p{n}@example.com"


def luhn_free(n: int) -> str:
    return f"ref {n}"


def column(share: float) -> pa.Array:
    """E-mail addresses in a share of the cells, references in the others."""
    return pa.array([mail(n) if chance.random() < share else luhn_free(n) for n in range(ROWS)])


def test_a_column_of_one_checked_identifier_is_settled_by_a_quarter_of_its_sample() -> None:
    verdict = ColumnClassifier().classify("c1", column(1.0), population=ROWS)

    assert verdict.entity == "EMAIL_ADDRESS"
    assert verdict.evidence["settled_early"]
    assert verdict.examined == MAX_ROWS // 4 == verdict.evidence["read"]


def test_a_column_that_is_mostly_one_identifier_is_read_whole() -> None:
    verdict = ColumnClassifier().classify("c1", column(0.85), population=ROWS)

    assert verdict.entity == "EMAIL_ADDRESS"
    assert "settled_early" not in verdict.evidence
    assert verdict.examined == MAX_ROWS


def test_a_clean_column_is_never_settled_early_because_its_bound_is_what_was_read() -> None:
    verdict = ColumnClassifier().classify("c1", column(0.0), population=ROWS)

    assert verdict.entity is None
    assert verdict.bound == pytest.approx(3 / MAX_ROWS)


def test_a_share_at_the_border_is_decided_on_four_times_the_rows() -> None:
    classifier = ColumnClassifier()
    needed = next(row.alone for row in classifier._rows if row.entity == "EMAIL_ADDRESS")
    assert needed is not None

    verdict = classifier.classify("c1", column(needed), population=ROWS)

    assert verdict.evidence["drawn"] == adaptive.MORE_ROWS
    assert verdict.examined == adaptive.MORE_ROWS


def test_the_part_that_settles_a_column_is_spread_over_the_whole_table() -> None:
    first_half = [mail(n) if n < ROWS // 2 else luhn_free(n) for n in range(ROWS)]

    verdict = ColumnClassifier().classify("c1", pa.array(first_half), population=ROWS)

    assert "settled_early" not in verdict.evidence


def test_kinds_that_alternate_in_the_order_of_the_table_are_seen() -> None:
    fields = pa.array([mail(n) if n % 4 == 0 else luhn_free(n) for n in range(MAX_ROWS)])

    verdict = ColumnClassifier().classify("c1", fields, population=100_000)

    assert verdict.entity is None
    assert verdict.examined == MAX_ROWS


@pytest.mark.parametrize("chunks", [1, 3, 100])
def test_chunks_do_not_change_what_is_drawn(chunks: int) -> None:
    whole = column(0.7)
    step = ROWS // chunks
    cut = pa.chunked_array(
        [whole.slice(at, step) for at in range(0, step * chunks, step)] + [whole.slice(step * chunks)]
    )

    one = ColumnClassifier(seed=3).classify("c1", whole)
    many = ColumnClassifier(seed=3).classify("c1", cut)

    assert (one.entity, one.confidence, one.evidence["hits"]) == (many.entity, many.confidence, many.evidence["hits"])
