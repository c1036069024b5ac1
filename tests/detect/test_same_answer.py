"""The same seed gives the same answer: in any process, thread and chunking; no check raises, whatever the text."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datagov.detect import ColumnClassifier
from datagov.detect.identifiers import shipped

ROOT = Path(__file__).parents[2]

TELLING = """
import random, pyarrow as pa
from datagov.detect import ColumnClassifier
chance = random.Random(1)
notes = [f"write to p{n}@example.com or call +1 212 555 {n:04d}, part {n:05d}-77" for n in range(1500)]
chance.shuffle(notes)
parts = [f"part {n:05d}-{n:05d} of lot" for n in range(1500)]
columns = {"note": notes, "c1": parts, "c2": [f"p{n}@x.org" for n in range(1500)]}
judge = ColumnClassifier(seed=7)
print([judge.classify(name, pa.array(cells), table="t") for name, cells in columns.items()])
"""


def told(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", TELLING], capture_output=True, text=True, env=environment, timeout=250, check=True
    )
    return done.stdout


def test_another_process_with_other_hashes_gives_the_same_verdicts() -> None:
    assert told("1") == told("2")


def test_chunks_of_any_size_give_the_same_verdict() -> None:
    cells = [f"write to p{n}@example.com about part {n:05d}-77" if n % 3 else None for n in range(2_000)]
    judge, whole = ColumnClassifier(seed=3), pa.array(cells)
    chunks = pa.chunked_array([whole.slice(0, 1), whole.slice(0, 0), whole.slice(1, 700), whole.slice(701)])

    one, many = judge.classify("note", whole), judge.classify("note", chunks)

    assert {**one.evidence, "cell_bytes": 0} == {**many.evidence, "cell_bytes": 0}
    assert (one.entity, one.contains, one.confidence) == (many.entity, many.contains, many.confidence)


def test_threads_that_share_a_classifier_do_not_mix_their_texts() -> None:
    judge = ColumnClassifier()
    texts = [
        "write to a@example.com now",
        "the key is AKIAIOSFODNN7EXAMPLE",
        "call +1 212 555 0100",
        "京A12345 stood here",
    ]
    alone = [judge.recognise(text) for text in texts]

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(judge.recognise, texts * 60))

    assert together == alone * 60
    assert all(alone)


ROWS = [row for row in shipped() if row.check.__name__ != "always"]


@settings(max_examples=25, deadline=None)
@given(st.one_of(st.text(max_size=40), st.text("0123456789ABXYZ.-/ ", max_size=30), st.text("٠١٢४५６７", max_size=20)))
@example("620201199001011234")
@example("")
@example("\x00")
@example("²³¹")
@example("9" * 5_000)
def test_no_check_raises_whatever_the_text(text: str) -> None:
    for row in ROWS:
        assert row.check(text) in (True, False), row.entity
        assert row.shape is None or row.shape(text) in (True, False), row.entity


NAMES = {
    "ten thousand characters": "customer_email_" * 700,
    "right to left": "البريد_الإلكتروني",
    "zero width": "e\u200bm\u200dail\ufeff",
    "control": "\x00\x07\x1b[31memail\r\n",
    "emoji": "📧email📱",
    "half a character": "email\ud800",
    "turned": "\u202eliame",
    "combining": "e\u0301" * 3_000,
    "ten thousand Chinese": "客户邮箱" * 2_500,
    "one word without end": "a" * 10_000,
    "nothing": "",
}


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("table", [None, "", "a.b.\ud800", "客户" * 5_000])
def test_any_name_table_comment_and_type_is_answered_for_at_once(kind: str, table: str | None) -> None:
    name = NAMES[kind]
    cells = pa.array([f"p{n}@example.com" for n in range(30)])

    verdict = ColumnClassifier().classify(name, cells, table=table, comment=name * 100, dtype="enum('" + name + "\x00")

    assert (verdict.entity, verdict.outcome) == ("EMAIL_ADDRESS", "examined")


def test_a_table_of_ten_thousand_columns_is_answered_for() -> None:
    judge, array = ColumnClassifier(), pa.array([random.Random(n).choice("AB") for n in range(5)])

    assert {judge.classify(f"column_{n}", array).outcome for n in range(10_000)} == {"examined"}
