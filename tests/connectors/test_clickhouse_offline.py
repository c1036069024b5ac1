"""The engine of a folder has no network where the kernel can refuse it, by no way around; else that is told."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from _clickhouse import folder_source
from _sources import datasets, harvested, read

from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.vocabulary import sentences

pytestmark = [
    pytest.mark.chdb,
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
        reason="only Linux on x86-64 and ARM64 refuses sockets to a process",
    ),
]

TRIED = """
import ctypes, errno, json, os, platform, socket, subprocess, sys, threading
from datagov.connectors._clickhouse_offline import shut_off

libc = ctypes.CDLL(None, use_errno=True)

def tried(make):
    try:
        make()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "made"

def called(number, *rest):
    ctypes.set_errno(0)
    return "made" if libc.syscall(number, *rest) >= 0 else errno.errorcode[ctypes.get_errno()]

def in_a_thread():
    said = []
    one = threading.Thread(target=lambda: said.append(tried(socket.socket)))
    one.start()
    one.join()
    return said[0]

IN_A_CHILD = [sys.executable, "-c", "import socket; socket.socket()"]
one, other = socket.socketpair()
found = {"shut": shut_off()}
one.sendall(b"x")
found |= {
    "heard": other.recv(1).decode(),
    "ip": tried(socket.socket),
    "unix": tried(lambda: socket.socket(socket.AF_UNIX)),
    "pair": tried(socket.socketpair),
    "pipe": tried(os.pipe),
    "thread": in_a_thread(),
    "child": "PermissionError" in subprocess.run(IN_A_CHILD, capture_output=True, text=True).stderr,
    "rings": called(425, 1, ctypes.create_string_buffer(120)),
    "x32": called(0x40000000 + 41, 2, 1, 0) if platform.machine() == "x86_64" else "EACCES",
}
print(json.dumps(found))
"""
FORBIDDEN = """
import ctypes, errno, platform, struct
number = {"x86_64": 157, "aarch64": 167}[platform.machine()]
steps = [
    (0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 16), (0x15, 0, 1, 22),
    (0x06, 0, 0, 0x00050000 | errno.EPERM), (0x06, 0, 0, 0x7FFF0000),
]
held = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))
program = Program(len(steps), ctypes.addressof(held))
prctl = ctypes.CDLL(None).prctl
prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
assert prctl(38, 1, 0, 0, 0) == 0
assert prctl(22, 2, ctypes.addressof(program), 0, 0) == 0
assert prctl(22, 2, ctypes.addressof(program), 0, 0) == -1
"""
"""What a container does that forbids seccomp: from here on nobody may put a filter in."""
HARVESTED = """
import json, sys
from pathlib import Path
from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.contracts import Source

given = Source(1, "lake", "clickhouse", {"path": sys.argv[1]}, Path(sys.argv[2]), "datagov.yaml", 3)
rows = [(name, row) for name, batch in ClickhouseConnector(given).harvest() for row in batch.to_pylist()]
print(json.dumps({
    "problems": [(row["kind"], row["message"], row["fatal"]) for name, row in rows if name == "problem"],
    "datasets": [row["name"] for name, row in rows if name == "dataset"],
}))
"""
MADE = (
    "CREATE DATABASE s",
    "CREATE TABLE s.t (a UInt64) ENGINE = MergeTree ORDER BY a",
    "INSERT INTO s.t SELECT number FROM numbers(20)",
)


def answered(script: str, *words: str) -> object:
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_sockets_are_refused_by_every_way_and_what_the_engine_needs_is_not() -> None:
    assert answered(TRIED) == {
        "shut": True,
        "heard": "x",
        "ip": "EACCES",
        "unix": "EACCES",
        "pair": "made",
        "pipe": "made",
        "thread": "EACCES",
        "child": True,
        "rings": "EACCES",
        "x32": "EACCES",
    }


def test_a_folder_that_is_opened_with_network_is_read_and_that_is_told(tmp_path: Path) -> None:
    given = folder_source(tmp_path, *MADE)
    connector = ClickhouseConnector(given)
    assert harvested(connector)["problem"] == []
    assert read(connector, datasets(connector)["s.t"]).num_rows == 20

    said = answered(FORBIDDEN + HARVESTED, str(given.options["path"]), str(given.base))
    assert isinstance(said, dict)
    assert said["datasets"] == ["s.t"]
    ((code, message, fatal),) = said["problems"]
    assert (code, fatal) == ("online", False)
    assert "was opened with network" in message
    chinese = sentences.text(message).of("zh")
    assert chinese != message
    assert "network" not in chinese
