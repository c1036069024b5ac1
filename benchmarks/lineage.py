"""Lineage side by side: this engine, sqlglot.lineage, sqllineage, and parsing alone, on shapes anyone can
generate.

    python benchmarks/lineage.py            the table, as Markdown
    python benchmarks/lineage.py --quick    the small sizes only
    python benchmarks/lineage.py --corpus   tracing against parsing on the texts of ``lineage_corpus`` only

Every engine gets the same text and, where it takes one, the same catalog. An engine that is not installed,
fails, or needs more than its deadline is said so. Times are the best of a few runs, in
milliseconds of processor time, so that a busy machine does not disturb them.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import time
from collections.abc import Callable
from typing import Any

DEADLINE = 20.0
Shape = Callable[[int], tuple[str, dict[str, list[str]] | None]]
Engine = Callable[[str, dict[str, list[str]] | None], Any]


def star(n: int) -> tuple[str, dict[str, list[str]] | None]:
    return "insert into s.o select * from s.t", {"s.t": [f"c{i}" for i in range(n)]}


def wide(n: int) -> tuple[str, dict[str, list[str]] | None]:
    items = ", ".join(f"a{i} + coalesce(b{i}, 0) as c{i}" for i in range(n))
    return f"insert into s.o select {items} from s.t", None


def cte_chain(n: int) -> tuple[str, dict[str, list[str]] | None]:
    steps = "".join(f", c{i} as (select a + 1 as a, upper(b) as b, c from c{i - 1} where c > 1)" for i in range(1, n))
    return f"insert into s.o with c0 as (select a, b, c from s.t){steps} select a, b, c from c{n - 1}", None


def union(n: int) -> tuple[str, dict[str, list[str]] | None]:
    return "insert into s.o " + " union all ".join(f"select a, b, c from s.t{i}" for i in range(n)), None


def case(n: int) -> tuple[str, dict[str, list[str]] | None]:
    arms = " ".join(f"when x = {i} then y{i}" for i in range(n))
    return f"insert into s.o select case {arms} end as z from s.t", None


def diamond(n: int) -> tuple[str, dict[str, list[str]] | None]:
    steps = "".join(
        f", c{i} as (select l.a + r.a as a from c{i - 1} l join c{i - 1} r on l.a = r.a)" for i in range(1, n)
    )
    return f"insert into s.o with c0 as (select a from s.t){steps} select a from c{n - 1}", None


def script(n: int) -> tuple[str, dict[str, list[str]] | None]:
    one = "insert into s.o{0} (x, y) select t.a, md5(u.b) from s.t{0} t join s.u u on u.id = t.id where t.c > 5"
    return ";\n".join(one.format(i) for i in range(n)), None


SHAPES: list[tuple[str, Shape, tuple[int, ...]]] = [
    ("star", star, (100, 1_000, 10_000)),
    ("wide", wide, (100, 1_000, 5_000)),
    ("CTE chain", cte_chain, (10, 100, 1_000)),
    ("union", union, (200, 2_000)),
    ("case", case, (100, 1_000)),
    ("diamond", diamond, (8, 80, 800)),
    ("script", script, (10, 100, 1_000)),
]


def parse_only(sql: str, schema: dict[str, list[str]] | None) -> int:
    import sqlglot

    return len(sqlglot.parse(sql, dialect="postgres"))


def datagov(sql: str, schema: dict[str, list[str]] | None) -> int:
    from datagov.lineage import trace

    return len(trace(sql, dialect="postgres", schema=schema).edges)


def sqlglot_lineage(sql: str, schema: dict[str, list[str]] | None) -> int:
    """Every output column of every statement, the scope built once, as its documentation advises."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    nested = {"s": {name.split(".")[1]: dict.fromkeys(columns, "text") for name, columns in (schema or {}).items()}}
    found = 0
    for tree in sqlglot.parse(sql, dialect="postgres"):
        query = tree.find(exp.Query)
        qualified = qualify(
            query, dialect="postgres", schema=nested if schema else None, validate_qualify_columns=False
        )
        scope = build_scope(qualified)
        for column in qualified.named_selects:
            node = lineage(column, qualified, None, dialect="postgres", scope=scope)
            found += sum(1 for leaf in node.walk() if not leaf.downstream)
    return found


def sqllineage(sql: str, schema: dict[str, list[str]] | None) -> int:
    from sqllineage.core.metadata.dummy import DummyMetaDataProvider
    from sqllineage.runner import LineageRunner

    return len(
        LineageRunner(sql, dialect="ansi", metadata_provider=DummyMetaDataProvider(schema or {})).get_column_lineage()
    )


ENGINES: list[tuple[str, Engine]] = [
    ("parse only", parse_only),
    ("datagov", datagov),
    ("sqlglot.lineage", sqlglot_lineage),
    ("sqllineage", sqllineage),
]


def _measured(engine: Engine, sql: str, schema: dict[str, list[str]] | None, answer: Any) -> None:
    try:
        engine("insert into s.o select a from s.t", None)  # imports and tables made once are not measured
        best = float("inf")
        began = time.perf_counter()
        for _ in range(5):
            start = time.process_time()
            engine(sql, schema)
            best = min(best, time.process_time() - start)
            if time.perf_counter() - began > DEADLINE / 4:
                break
        answer.send(f"{best * 1000:,.2f}")
    except ImportError:
        answer.send("not installed")
    except (Exception, RecursionError) as error:  # noqa: BLE001  a benchmark reports whatever an engine raises
        answer.send(type(error).__name__)


def measure(engine: Engine, sql: str, schema: dict[str, list[str]] | None) -> str:
    """The time of one engine on one text in a process of its own, or why there is none."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_measured, args=(engine, sql, schema, theirs))
    process.start()
    theirs.close()
    try:
        told = ours.recv() if ours.poll(DEADLINE) else f"> {DEADLINE * 1000:,.0f}"
    except EOFError:
        told = "crashed"
    process.kill()
    process.join()
    return str(told)


def _pass_over(work: Callable[[Any], Any], texts: list[Any], *, collecting: bool) -> float:
    """Processor milliseconds of one pass, the collector emptied before it, then on or off for all of it."""
    gc.collect()
    if not collecting:
        gc.disable()
    try:
        start = time.process_time_ns()
        for text in texts:
            work(text)
        return (time.process_time_ns() - start) / 1e6
    finally:
        gc.enable()


def corpus_rows(rounds: int = 9) -> None:
    """Time of ``trace`` over time of ``sqlglot.parse`` on the same texts, best of so many alternating passes.

    A text that sqlglot refuses as a whole, or fails on, has no time to compare with and is left out. Both are warm,
    and both run once with Python's collector on and once with it off.
    """
    import sqlglot
    from lineage_corpus import Text, corpus
    from sqlglot.errors import SqlglotError

    from datagov.lineage import trace
    from datagov.lineage.dialects import speech

    def parse_text(text: Text) -> None:
        sqlglot.parse(text.sql, dialect=speech(text.dialect).name)

    def trace_text(text: Text) -> None:
        trace(text.sql, dialect=text.dialect, **text.options)

    groups: dict[str, list[Text]] = {name: [] for name in ("< 120", "< 1,000", "< 10,000", "more", "all")}
    refused = 0
    for text in corpus():
        trace_text(text)
        try:
            parse_text(text)
        except (SqlglotError, AttributeError):
            refused += 1
            continue
        size = len(text.sql)
        name = "< 120" if size < 120 else "< 1,000" if size < 1_000 else "< 10,000" if size < 10_000 else "more"
        groups[name].append(text)
        groups["all"].append(text)
    print(f"\n{refused} texts that sqlglot refuses are left out.\n")
    print("| characters | texts | collector | parse ms | datagov ms | datagov / parse |")
    print("|---|---:|---|---:|---:|---:|")
    for name, texts in groups.items():
        for collecting in (True, False):
            parsed = traced = float("inf")
            for _ in range(rounds):
                parsed = min(parsed, _pass_over(parse_text, texts, collecting=collecting))
                traced = min(traced, _pass_over(trace_text, texts, collecting=collecting))
            told = "on" if collecting else "off"
            ratio = f"{traced / parsed:.2f}"
            print(f"| {name} | {len(texts):,} | {told} | {parsed:,.1f} | {traced:,.1f} | {ratio} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", action="store_true", help="tracing against parsing on the corpus only")
    parser.add_argument("--quick", action="store_true", help="leave the large sizes out")
    options = parser.parse_args()
    if options.corpus:
        corpus_rows()
        return
    quick = options.quick
    names = [name for name, _ in ENGINES]
    print("| shape | size | " + " | ".join(f"{name} ms" for name in names) + " | datagov / parse |")
    print("|---|---:|" + "---:|" * (len(names) + 1))
    for shape, build, sizes in SHAPES:
        for size in sizes[:-1] if quick else sizes:
            sql, schema = build(size)
            told = [measure(engine, sql, schema) for _, engine in ENGINES]
            try:
                ratio = f"{float(told[1].replace(',', '')) / float(told[0].replace(',', '')):.2f}"
            except (ValueError, ZeroDivisionError):
                ratio = "-"
            print(f"| {shape} | {size:,} | " + " | ".join(told) + f" | {ratio} |", flush=True)
    corpus_rows()


if __name__ == "__main__":
    main()
