"""Input nobody hopes for: huge cells, odd types, wide tables, failing recognisers. Answers stay honest."""

from __future__ import annotations

import decimal
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier
from datagov.detect.custom import load
from datagov.detect.exhaustive import scan
from datagov.detect.sample import MAX_CELL
from datagov.errors import ConfigError

ROOT = Path(__file__).parents[2]
MAILS = [f"p{n}@example.com" for n in range(60)]


def nested(depth: int, value: object) -> pa.Array:
    """A struct in a struct, ``depth`` levels deep."""
    array: pa.Array = pa.array([value] * 3)
    for _ in range(depth):
        array = pa.StructArray.from_arrays([array], names=["f"])
    return array


class Badge(pa.ExtensionType):
    """A type of a user's own over text."""

    def __init__(self) -> None:
        super().__init__(pa.string(), "test.badge")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type: pa.DataType, serialized: bytes) -> Badge:
        return cls()


TYPES = {
    "dictionary": pa.array(MAILS).dictionary_encode(),
    "large text": pa.array(MAILS, pa.large_string()),
    "text view": pa.array(MAILS, pa.string_view()),
    "binary": pa.array([mail.encode() for mail in MAILS]),
    "large binary": pa.array([mail.encode() for mail in MAILS], pa.large_binary()),
    "binary view": pa.array([mail.encode() for mail in MAILS], pa.binary_view()),
    "extension": pa.ExtensionArray.from_storage(Badge(), pa.array(MAILS)),
    "runs": pa.RunEndEncodedArray.from_arrays(pa.array([60], pa.int32()), pa.array(MAILS[:1])),
}
OTHERS = {
    "decimal256": pa.array([decimal.Decimal("9" * 70)], pa.decimal256(76, 0)),
    "dense union": pa.UnionArray.from_dense(
        pa.array([0, 1], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array([1]), pa.array(["a"])]
    ),
    "list view": pa.array([["a"], []], pa.list_view(pa.string())),
    "large list": pa.array([["a"], None], pa.large_list(pa.string())),
    "fixed list": pa.array([[1, 2]], pa.list_(pa.int8(), 2)),
    "interval": pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
    "half float": pa.array([1.5], pa.float16()),
}


@pytest.fixture(scope="module")
def classifier() -> ColumnClassifier:
    return ColumnClassifier()


@pytest.mark.parametrize("kind", TYPES)
def test_addresses_are_found_whatever_arrow_type_holds_them(classifier: ColumnClassifier, kind: str) -> None:
    assert classifier.classify("c1", TYPES[kind]).entity == "EMAIL_ADDRESS"


@pytest.mark.parametrize("kind", TYPES)
def test_a_full_scan_counts_them_or_says_that_it_could_not(kind: str) -> None:
    seen = scan([TYPES[kind]])

    assert seen.whole.get("EMAIL_ADDRESS", 0) + seen.unscanned == len(TYPES[kind])
    assert seen.bound == (None if seen.unscanned else 0.0)


@pytest.mark.parametrize("kind", OTHERS)
def test_other_types_are_judged_or_not_examined_and_never_fail(classifier: ColumnClassifier, kind: str) -> None:
    array = OTHERS[kind]

    verdict, seen = classifier.classify("c1", array), scan([array])

    assert "failed" not in (verdict.reason or "")
    assert verdict.entity is None
    assert seen.unscanned == len(array) - array.null_count
    assert verdict.outcome == "examined" or (verdict.bound is None and verdict.reason)


@pytest.mark.parametrize("depth", [20, 200])
def test_structs_of_two_hundred_levels_are_answered_for(classifier: ColumnClassifier, depth: int) -> None:
    verdict = classifier.classify("payload", nested(depth, "p@example.com"))

    assert "failed" not in (verdict.reason or "")
    if verdict.contains:
        assert verdict.contains == ("EMAIL_ADDRESS",)
    else:
        assert (verdict.examined, verdict.bound) == (0, None)
        assert verdict.reason


@pytest.mark.parametrize("cell", ["x" * 100_000_000, "word " * 20_000_000, "1" * 100_000_000])
def test_a_cell_of_a_hundred_megabytes_is_cut_counted_and_scanned(classifier: ColumnClassifier, cell: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    array = pa.array([cell, "p@example.com"])

    verdict, seen = classifier.classify("note", array), scan([array])

    assert (verdict.evidence["cut"], verdict.examined) == (1, 1)
    assert f"longer than {MAX_CELL}" in (verdict.reason or "")
    assert (seen.rows, seen.unscanned, seen.whole) == (2, 0, {"EMAIL_ADDRESS": 1})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2_000_000


@pytest.mark.parametrize(
    ("array", "examined"),
    [(pa.nulls(9), 0), (pa.array([None] * 9, pa.string()), 0), (pa.array(["CNY"] * 9), 9), (pa.array(["x"]), 1)],
)
def test_nulls_constants_and_single_rows_say_what_was_read(
    classifier: ColumnClassifier, array: pa.Array, examined: int
) -> None:
    verdict = classifier.classify("c1", array)

    assert (verdict.entity, verdict.examined) == (None, examined)
    assert verdict.bound == (min(1.0, 3 / examined) if examined else None)


def test_bytes_that_are_no_text_are_counted_and_never_clean(classifier: ColumnClassifier) -> None:
    array = pa.array([b"\xff\xfe\x00" + bytes([n]) for n in range(40)] + [b"p@example.com"])

    verdict, seen = classifier.classify("c1", array), scan([array])

    assert verdict.evidence["unreadable"] == 40
    assert "not text" in (verdict.reason or "")
    assert seen.unscanned + sum(seen.whole.values()) == 41 or seen.unscanned == 41


@pytest.mark.parametrize("regex", [r"(a+)+\1", r"(?=x)(a*)*b", r"(?<!q)(.*)*z", r"(?P<x>a)(?P=x)"])
def test_a_pattern_that_could_take_forever_is_refused_with_a_sentence(tmp_path: Path, regex: str) -> None:
    file = tmp_path / "own.yaml"
    pattern = {"name": "p", "regex": regex, "score": 0.5}
    file.write_text(json.dumps({"recognizers": [{"name": "Own", "supported_entity": "OWN", "patterns": [pattern]}]}))

    with pytest.raises(ConfigError, match="google-re2"):
        load([file])


def test_a_pattern_that_backtracks_elsewhere_is_linear_here(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    pattern = {"name": "p", "regex": "(x+x+)+y", "score": 0.8}
    file.write_text(json.dumps({"recognizers": [{"name": "Own", "supported_entity": "OWN", "patterns": [pattern]}]}))

    verdict = ColumnClassifier(recognisers=[file]).classify("c1", pa.array(["x" * 1400] * 50))

    assert (verdict.entity, verdict.outcome) == (None, "examined")


RAISING = """
from presidio_analyzer import LocalRecognizer
class Raising(LocalRecognizer):
    def __init__(self): super().__init__(supported_entities=["RAISED"])
    def load(self): pass
    def analyze(self, text, entities, nlp_artifacts=None): raise RuntimeError(text)
"""


def test_a_recogniser_that_raises_leaves_the_column_unexamined_and_its_value_unsaid() -> None:
    space: dict[str, type] = {}
    exec(RAISING, space)
    classifier = ColumnClassifier(recognisers=[space["Raising"]()])

    verdict = classifier.classify("c1", pa.array([f"canary{n} is a text of words" for n in range(30)]))

    assert (verdict.outcome, verdict.bound, verdict.examined) == ("not_examined", None, 0)
    assert "canary" not in repr(verdict)


NO_SOCKET = """
import socket, _socket, sys
def refuse(*args, **kwargs): raise AssertionError("a socket was asked for")
for home in (socket, _socket):
    for name in ("getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo"):
        setattr(home, name, refuse)
for name in ("connect", "connect_ex", "bind", "sendto"):
    setattr(socket.socket, name, refuse)
socket.create_connection = refuse
sys.addaudithook(lambda event, _: refuse() if event.startswith("socket.") and event != "socket.__new__" else None)
import pyarrow as pa
from datagov.detect import ColumnClassifier
from datagov.detect.exhaustive import scan
columns = {
    "email": ["a@example.com", "b@xn--fsq.example"], "url": ["http://example.com/a?u=a@example.com"],
    "note": ["mail b@example.org, +1 212 555 0100, 11010519491231002X"] * 9, "phone": ["+86 138 0013 8000"],
    "ip": ["10.0.0.1", "2001:db8::1"], "c1": [None],
}
judge = ColumnClassifier()
for name, values in columns.items():
    array = pa.array(values, pa.string())
    judge.classify(name, array)
    scan([array])
assert judge.recognise("write to someone@example.co.uk")
"""


def test_no_socket_is_asked_for_by_sample_scan_or_free_text() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", NO_SOCKET], capture_output=True, text=True, env=environment, timeout=120
    )

    assert done.returncode == 0, done.stderr[-2000:]
