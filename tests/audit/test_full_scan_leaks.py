"""No value that a scan reads to the last row is kept: not in an output, a log or the evidence, in no encoding."""

from __future__ import annotations

import base64
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from datagov.cli import cli
from tests.detect import values

CANARY = "kanarienvogel"


def hidden(secret: str) -> Iterator[bytes]:
    """The ways in which a secret may lie in a file: as it is, UTF-16, hexadecimal, base64 at each of three offsets."""
    raw = secret.encode()
    yield raw
    yield secret.encode("utf-16-le")
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        yield coded[4 if shift else 0 : len(coded) // 4 * 4 - 4]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bytes, list[str]]]:
    folder = tmp_path_factory.mktemp("leaks")
    kinds = ("CN_RESIDENT_ID", "CN_MOBILE", "CN_BANK_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "CREDIT_CARD")
    numbers = {kind: values.valid(kind, 40, random.Random(5)) for kind in kinds}
    columns = {f"c_{kind.lower()}": texts for kind, texts in numbers.items()}
    columns["name"] = [f"{CANARY}{n} Smith" for n in range(40)]
    columns["mail"] = [f"{CANARY}.{n}@example.com" for n in range(40)]
    columns["note"] = [
        f"ask {CANARY} about it and write to {CANARY}.{n}@example.com or call {numbers['CN_MOBILE'][n]}"
        for n in range(40)
    ]
    columns["payload"] = [f'{{"who": "{CANARY}{n}", "card": "{numbers["CREDIT_CARD"][n]}"}}' for n in range(40)]
    with sqlite3.connect(folder / "x.db") as db:
        db.execute(f"CREATE TABLE t ({', '.join(f'{name} TEXT' for name in columns)}, raw BLOB)")
        for n, row in enumerate(zip(*columns.values(), strict=True)):
            marks = ", ".join("?" * (len(row) + 1))
            db.execute(f"INSERT INTO t VALUES ({marks})", [*row, f"{CANARY}{n}".encode() + b"\xff"])
    db.close()
    (folder / "datagov.yaml").write_text(
        "platform: p\noutput: out\ndetection: {full_scan: {}}\nsources: {s: {use: sqlite, path: x.db}}\n"
    )
    said = []
    config = str(folder / "datagov.yaml")
    asked = [["scan", "-c", config, "--full", "--all", "-f", form] for form in ("text", "json", "csv")]
    asked += [["column", "-c", config, f"main.t.{name}", "-f", form] for name in columns for form in ("text", "json")]
    for arguments in asked:
        done = CliRunner().invoke(cli, arguments)
        assert done.exit_code in (0, 3), done.output
        said.append(done.output)
    kept = b"".join(path.read_bytes() for path in sorted((folder / "out").rglob("*")) if path.is_file())
    yield folder, kept + "\n".join(said).encode(), [CANARY, *(text for texts in numbers.values() for text in texts)]


def test_something_was_found_and_counted(outputs: tuple[Path, bytes, list[str]]) -> None:
    _, kept, _ = outputs

    assert b'"full_scan"' in kept
    assert b"CN_MOBILE" in kept


def test_no_canary_lies_in_any_output_in_any_encoding(outputs: tuple[Path, bytes, list[str]]) -> None:
    _, kept, secrets = outputs
    folded = kept.lower()

    found = [secret for secret in secrets for form in hidden(secret) if form in kept or form.lower() in folded]

    assert found == []
