"""Ten times the SQL is about ten times the work: counted in lines of Python run, which no busy machine disturbs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from datagov.lineage import trace


def _wide(n: int) -> str:
    items = ", ".join(f"a{i} + coalesce(b{i}, 0) as c{i}" for i in range(n))
    return f"insert into s.o select {items} from s.t"


def _chain(n: int) -> str:
    steps = "".join(f", c{i} as (select a + 1 as a, upper(b) as b from c{i - 1} where a > 1)" for i in range(1, n))
    return f"insert into s.o with c0 as (select a, b from s.t){steps} select a, b from c{n - 1}"


def _diamond(n: int) -> str:
    steps = "".join(
        f", c{i} as (select l.a + r.a as a from c{i - 1} l join c{i - 1} r on l.a = r.a)" for i in range(1, n)
    )
    return f"insert into s.o with c0 as (select a from s.t){steps} select a from c{n - 1}"


def _union(n: int) -> str:
    return "insert into s.o " + " union all ".join(f"select a, b from s.t{i}" for i in range(n))


def _case(n: int) -> str:
    arms = " ".join(f"when x = {i} then y{i}" for i in range(n))
    return f"insert into s.o select case {arms} end as z from s.t"


def _script(n: int) -> str:
    one = "insert into s.o{0} (x, y) select t.a, md5(u.b) from s.t{0} t join s.u u on u.id = t.id where t.c > 5"
    return ";\n".join(one.format(i) for i in range(n))


def _rows(n: int) -> str:
    return "insert into s.o (a, b) values " + ", ".join(f"({i}, 'x')" for i in range(n))


def _stars(n: int) -> str:
    steps = ";\n".join(f"create table s.t{i} as select * from s.t{i - 1}" for i in range(1, n))
    return f"create table s.t0 (a int, b int);\n{steps}"


def _lines_run(sql: str) -> int:
    """How many lines of Python one trace runs, its edges and their places told."""
    lines = 0

    def count(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        for edge in trace(sql, dialect="postgres").edges:
            assert edge.span.line
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("shape", [_wide, _chain, _diamond, _union, _case, _script, _rows, _stars])
def test_ten_times_the_size_is_at_most_eleven_times_the_work(shape: Callable[[int], str]) -> None:
    _lines_run(shape(4))  # tables that are made once are not counted

    assert _lines_run(shape(150)) <= 11 * _lines_run(shape(15))
