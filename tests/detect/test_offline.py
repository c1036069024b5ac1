"""Detection opens no socket, keeps no value, and does not drag big libraries in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

NO_SOCKET = """
import socket
def refuse(*args, **kwargs): raise AssertionError("a socket was opened")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
import pyarrow as pa
from datagov.detect import ColumnClassifier
c = ColumnClassifier()
notes = ["mail b@example.org, +1 212 555 0100"] * 20
for name, values in (("email", ["a@example.com"]), ("note", notes), ("c1", [None])):
    c.classify(name, pa.array(values, pa.string()))
assert [d.entity for d in c.recognise("write to someone@example.co.uk")] == ["EMAIL_ADDRESS"]
"""

LEAN = """
import sys
import datagov.detect
c = datagov.detect.ColumnClassifier()
big = {"presidio_analyzer", "spacy", "pandas", "great_expectations", "sqlglot"} & set(sys.modules)
assert not big, big
"""


KEEPS_NOTHING = """
import functools, gc
import pyarrow as pa
from datagov.detect import ColumnClassifier
halves = ("canary", "qz")
def holds(container, word):
    items = container.items() if isinstance(container, dict) else enumerate(container)
    return any(isinstance(x, str) and word in x.casefold() and len(x) < 60 for pair in items for x in pair)
def kept():
    word = "".join(halves)
    gc.collect()
    caches = [o for o in gc.get_objects() if isinstance(o, functools._lru_cache_wrapper)]
    containers = [o for o in gc.get_objects() if isinstance(o, (tuple, list, dict))]
    containers += [inner for o in caches for inner in gc.get_referents(o) if isinstance(inner, dict)]
    return sum(holds(o, word) for o in containers)
def classified():
    word = "".join(halves)
    columns = {
        "email": [f"{word}{i}@example.com" for i in range(50)],
        "name": [f"{word.title()}{chr(97 + i % 26)} Smith" for i in range(50)],
        "note": [f"ask {word}{i} or {word}{i}@example.com" for i in range(50)],
        "c1": [f"{word}-{i}" for i in range(50)],
        "phone": [f"+86 138{i:04d}9173" for i in range(50)],
    }
    assert kept(), "the search finds what is there"
    classifier = ColumnClassifier()
    return classifier, repr([classifier.classify(name, pa.array(values)) for name, values in columns.items()])
classifier, said = classified()
assert "canary" not in said.casefold() and "9173" not in said
assert not kept()
"""


def run(code: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120)

    assert done.returncode == 0, done.stderr[-2000:]


def test_no_socket_is_opened() -> None:
    run(NO_SOCKET)


def test_a_classifier_starts_without_the_big_libraries() -> None:
    run(LEAN)


def test_no_value_is_kept() -> None:
    run(KEEPS_NOTHING)
