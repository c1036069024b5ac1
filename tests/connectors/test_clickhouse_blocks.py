"""Blocks from which rows of a stratum are drawn: they cut it up, and none is too small for the rows that it gives."""

from itertools import accumulate
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagov.connectors import _clickhouse_draw as drawing

PARTS = st.lists(st.integers(1, 40_000), min_size=1, max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(PARTS, st.integers(1, 3_000), st.data())
def test_blocks_cut_a_stratum_up_and_hold_enough_rows(sizes: list[int], wanted: int, data: st.DataObject) -> None:
    total = sum(sizes)
    low = data.draw(st.integers(0, total - 1))
    high = data.draw(st.integers(low + 1, total))
    starts = [0, *accumulate(sizes)][:-1]
    blocks, at = [], low
    while at < high:
        block = drawing.block_of(at, low, high, starts, wanted)
        blocks.append(block)
        at = block[1]

    assert [block[0] for block in blocks] == [low, *(block[1] for block in blocks[:-1])]
    assert blocks[-1][1] == high
    assert len(blocks) == 1 or min(end - start for start, end in blocks) >= wanted
    for start, end in blocks:
        some = data.draw(st.integers(start, end - 1))
        assert drawing.block_of(some, low, high, starts, wanted) == (start, end)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(PARTS, st.integers(1, 3_000), st.integers(0, 9))
def test_a_sample_has_about_the_rows_asked_for_and_none_twice(sizes: list[int], most: int, seed: int) -> None:
    parts = [(f"p{n}", size) for n, size in enumerate(sizes)]
    drawn, touched, _ = drawing.draw(parts, most, Random(seed), strata_of=most)

    assert min(most, sum(sizes)) - 64 <= sum(map(len, drawn.values())) <= most
    for name, size in parts:
        offsets = drawn.get(name, [])
        assert len(set(offsets)) == len(offsets)
        assert all(0 <= offset < size for offset in offsets)
    assert touched <= sum(sizes)


def test_a_large_table_gives_half_a_percent_of_its_granules() -> None:
    _, touched, _ = drawing.draw([("all_1_1_0", 100_000_000)], 2_000, Random(1), strata_of=2_000)

    assert touched <= 100_000_000 * 0.0053


def test_rows_that_were_deleted_do_not_count_for_how_many_came_together() -> None:
    parts = [("a", 200_000), ("b", 100_000)]
    offsets, _, drawn = drawing.draw(parts, 2_000, Random(1), strata_of=2_000)
    rows = [(part, offset) for part, name in enumerate(offsets) for offset in offsets[name]]
    of_b = [(part, offset) for part, offset in rows if part == 1 and offset < 25_000]

    assert drawn.alike(*zip(*rows, strict=True)) == 2_000 / drawn_blocks(drawn)
    assert drawn.alike(*zip(*of_b, strict=True)) <= 125
    assert drawn.alike(*zip(*rows[::10], strict=True)) < 16
    assert drawn.alike([], []) == 1.0


def drawn_blocks(drawn: drawing.Drawn) -> int:
    return len(drawn.blocks)
