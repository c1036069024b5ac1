"""No value of any kind of column, nor one inside an error's text, lies in an output, report, log or evidence."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from datagov.cli import cli
from tests.audit.test_full_scan_leaks import hidden

CANARY = "kanarienvogel"
RAISING = """\
from presidio_analyzer import LocalRecognizer

class Raising(LocalRecognizer):
    def __init__(self): super().__init__(supported_entities=["RAISED"])
    def load(self): pass
    def analyze(self, text, entities, nlp_artifacts=None):
        print(text)
        if "odd" in text: raise KeyError(text)
        if "exit" in text: raise SystemExit(text)
        return []
"""


def columns() -> dict[str, pa.Array]:
    """A column of every kind of type and of everything that can go wrong with one, a canary in each cell."""
    words = [f"{CANARY}{n}" for n in range(60)]
    raw = [word.encode() for word in words]
    return {
        "name": pa.array([f"{word} Smith" for word in words]),
        "mail": pa.array([f"{word}@example.com" for word in words]),
        "masked": pa.array([f"{word[:4]}****{word}" for word in words]),
        "note": pa.array([f"ask {word} and write to {word}@example.com, AKIAIOSFODNN7EXAMPLE" for word in words]),
        "odd": pa.array([f"odd {word} is a text of words" for word in words]),
        "leave": pa.array([f"exit {word} is a text of words" for word in words]),
        "long": pa.array([f"{word} " * 1_000 for word in words]),
        "bytes": pa.array(raw),
        "broken": pa.array([one + b"\xff" for one in raw]),
        "coded": pa.array(words).dictionary_encode(),
        "inner": pa.array([{"who": word, "more": [{"mail": f"{word}@example.com"}]} for word in words]),
        "pairs": pa.array([[(word, word)] for word in words], pa.map_(pa.string(), pa.string())),
        "lists": pa.array([[word, None] for word in words]),
        "payload": pa.array([json.dumps({word: {"who": word}, f"{word}@x.org": 1}) for word in words]),
        "halves": pa.array([json.dumps({"a": f"{word}\ud800"}) for word in words]),
        "torn": pa.array([f'{{"a": "{word}' for word in words]),
    }


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bytes]]:
    folder = tmp_path_factory.mktemp("canaries")
    (folder / "lake").mkdir()
    held = columns()
    pq.write_table(
        pa.table({name: array for name, array in held.items() if name != "coded"}), folder / "lake/t.parquet"
    )
    lines = [f"{CANARY}{n},{n}" for n in range(60)]
    lines[30] = f"{CANARY},1,2,3"
    (folder / "lake" / "torn.csv").write_text("word,n\n" + "\n".join(lines) + f'\n"{CANARY} with no end')
    with sqlite3.connect(folder / "x.db") as db:
        db.execute("CREATE TABLE u (id INTEGER PRIMARY KEY, word TEXT, d DATE, n NUMERIC)")
        db.executemany("INSERT INTO u (word, d, n) VALUES (?, ?, ?)", [(f"{CANARY}{n}",) * 3 for n in range(60)])
        db.execute(f"CREATE VIEW v AS SELECT '{CANARY}' || abs(-9223372036854775808) AS x FROM u")
    db.close()
    (folder / "raising.py").write_text(RAISING)
    (folder / "datagov.yaml").write_text(
        "platform: p\noutput: out\ndetection: {full_scan: {}, recognisers: ['raising:Raising']}\n"
        "sources: {s: {use: sqlite, path: x.db}, lake: {use: files, path: lake}}\n"
    )
    said: list[str] = []
    config = str(folder / "datagov.yaml")
    asked = [["scan", "-c", config, "--all", "-f", "json"]]
    asked += [["audit", "-c", config]]
    reports = [part for form in ("html", "sarif", "json", "text") for part in ("-f", f"{form}={folder}/out/r.{form}")]
    asked += [["report", "-c", config, *reports]]
    asked += [["column", "-c", config, f"lake.t.{name}"] for name in ("note", "odd", "inner", "payload")]
    root, logs = logging.getLogger(), folder / "debug.log"
    handler, level = logging.FileHandler(logs), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        for arguments in asked:
            done = CliRunner().invoke(cli, arguments)
            assert done.exit_code in (0, 1, 3), done.output
            said.append(done.output)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()
    kept = b"".join(path.read_bytes() for path in sorted((folder / "out").rglob("*")) if path.is_file())
    yield folder, kept + logs.read_bytes() + "\n".join(said).encode()


def test_columns_were_examined_and_failures_were_told(outputs: tuple[Path, bytes]) -> None:
    _, kept = outputs

    assert b"EMAIL_ADDRESS" in kept
    assert b"the recogniser 'raising:Raising' raised KeyError" in kept
    assert b"the recogniser 'raising:Raising' raised SystemExit" in kept
    assert b"2 broken lines of the file" in kept
    assert all((outputs[0] / "out" / f"r.{form}").stat().st_size > 0 for form in ("html", "sarif", "json", "text"))


def test_no_canary_lies_in_any_output_in_any_encoding(outputs: tuple[Path, bytes]) -> None:
    _, kept = outputs
    folded = kept.lower()

    assert [form for form in hidden(CANARY) if form in kept or form.lower() in folded] == []
    assert b"AKIAIOSFODNN7EXAMPLE" not in kept
