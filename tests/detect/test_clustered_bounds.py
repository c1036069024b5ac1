"""What a clean column may still hold, where rows of one block are alike: the stated share holds in 95 of 100 tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from datagov.connectors._neighbours import Neighbours
from datagov.detect import ColumnClassifier, evidence
from datagov.detect.sample import Sample
from datagov.detect.stability import remember, settle

TABLES = 1_500
SLACK = 0.015
"""Two and a half standard errors of a share of 5 % among so many tables."""
READ = 1_000


@dataclass(frozen=True)
class Draw:
    """How a sample is drawn: of so many blocks, this many are taken, and of their rows at most so many."""

    sizes: np.ndarray
    taken: int
    most: int = 2_000


DRAWS = {
    "as PostgreSQL: 430 blocks, thinned to 2,000 rows": Draw(np.full(20_000, 50), 430),
    "blocks of very unequal size": Draw(np.random.default_rng(5).geometric(0.03, 20_000), 430),
    "as MariaDB: 186 ranges of 14 rows": Draw(np.full(50_000, 14), 186),
    "as ClickHouse: 16 granules": Draw(np.full(3_000, 8_192), 16),
    "single rows": Draw(np.ones(200_000, int), 2_000),
}


def tables(draw: Draw, share: float, likeness: float, chance: np.random.Generator) -> Iterator[tuple[bool, float, int]]:
    """Of simulated tables: whether a row that was read is a hit, how many rows came together, and how many were read.

    A block holds hits in ``likeness`` of its rows or in none, so that ``share`` of all rows are hits.
    """
    for _ in range(TABLES):
        blocks = chance.choice(len(draw.sizes), draw.taken, replace=False)
        sizes = draw.sizes[blocks]
        kept = chance.multivariate_hypergeometric(sizes, min(draw.most, int(sizes.sum())), method="marginals")
        neighbours = Neighbours()
        neighbours.together(kept[kept > 0].tolist())
        read = chance.multivariate_hypergeometric(kept, min(READ, int(kept.sum())), method="marginals")
        hit = chance.random(len(blocks)) < share / likeness
        seen = (chance.binomial(read, likeness) * hit).any()
        sample = Sample("text", (), (), int(kept.sum()), int(read.sum()), int(read.sum()), 0, 0, 0)
        yield bool(seen), evidence.alike(neighbours.alike, sample), int(read.sum())


def missed(draw: Draw, *, likeness: float, counted: bool) -> float:
    """The largest share of tables in which nothing was seen although more rows were hits than the bound stated;
    with ``counted`` off, of the bound that takes all rows for drawn one by one."""
    chance = np.random.default_rng(11)
    ((_, alike, read), *_) = tables(draw, 0.0, likeness, chance)
    usual = evidence.bound(read, alike=alike if counted else 1.0) or 1.0
    worst = 0.0
    for factor in (1.02, 1.3, 2.0):
        share = usual * factor
        if share > likeness:
            continue
        wrong = 0
        for seen, alike, read in tables(draw, share, likeness, chance):
            bound = evidence.bound(read, alike=alike if counted else 1.0)
            wrong += not seen and bound is not None and bound < share
        worst = max(worst, wrong / TABLES)
    return worst


@pytest.mark.parametrize("likeness", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("how", DRAWS)
def test_more_than_the_stated_share_is_missed_in_at_most_one_of_twenty_tables(how: str, likeness: float) -> None:
    assert missed(DRAWS[how], likeness=likeness, counted=True) <= 0.05 + SLACK


@pytest.mark.parametrize("how", [how for how in DRAWS if how != "single rows"])
def test_rows_of_blocks_taken_for_single_rows_would_state_too_much(how: str) -> None:
    assert missed(DRAWS[how], likeness=1.0, counted=False) > 0.2


def test_rows_drawn_one_by_one_say_as_much_as_they_did() -> None:
    words = pa.array([f"w{n % 7}" for n in range(900)])
    verdict = ColumnClassifier().classify("c1", words)

    assert verdict.bound == pytest.approx(3 / 900)
    assert "alike" not in verdict.evidence


def test_the_neighbours_of_rows_that_were_not_read_do_not_count() -> None:
    words = pa.array([f"w{n % 7}" for n in range(2_000)])
    verdict = ColumnClassifier().classify("c1", words, alike=5.0)

    assert verdict.evidence["drawn"] == 1_000
    assert verdict.evidence["alike"] == 3.0
    assert verdict.bound == pytest.approx(3 * 3.0 / 1_000)


def test_what_could_not_be_read_counts_beside_the_blocks() -> None:
    alone = evidence.bound(900, missed=100)
    together = evidence.bound(900, missed=100, alike=5.0)

    assert alone is not None
    assert together is not None
    assert alone < together < 5 * alone


def test_what_was_found_inside_texts_stays_reported_while_few_blocks_were_read() -> None:
    judge = ColumnClassifier()
    notes = [f"the parcel went out on day {n} as it was asked for" for n in range(80)]
    held = judge.classify("note", pa.array([*notes, *[f"write to p{n}@example.com about it" for n in range(20)]]))
    clean = pa.array([f"a letter of day {n} was answered by the desk" for n in range(100)])

    alone = settle(remember(held), judge.classify("note", clean))
    together = settle(remember(held), judge.classify("note", clean, alike=50.0))

    assert held.contains == ("EMAIL_ADDRESS",)
    assert together.contains == ("EMAIL_ADDRESS",)
    assert together.bound is None
    assert alone.contains == ()
